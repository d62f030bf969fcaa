/* The stages of ACTS' Gnn plugin over libtrkx: graph construction (embedding and neighbour search), edge
 * classification (filter and GNN) and track building (components, walkthrough), on the CPU and without Torch.
 *
 * Rules that hold for every stage:
 *  - Tensors are ACTS': nodeFeatures [N,F], edgeIndex [2,E] with all sources first, edgeFeatures [E,Fe] and
 *    edgeScores [E,1], row by row. On the CPU none is copied more than once, and nodeFeatures never.
 *  - The stages compute on the CPU, and so does a pipeline of them best: run it with Device::Cpu(), for ACTS'
 * own default is CUDA. Where the context's device is CUDA, for the sake of ACTS' stages before or after,
 * tensors are cloned from there and results to there on the context's stream. A device that they cannot serve
 * is refused before anything is computed: CUDA without a stream, as where ACTS was built without CUDA, and
 * what is neither.
 *  - The order of nodes is never changed.
 *  - A stage may be called by any number of threads at once.
 *  - Errors. NoEdgesError where no edge is left. std::invalid_argument where configuration, device or tensors
 * do not fit (a tensor that was moved from is one), std::runtime_error where trkx fails; the message is trkx'
 * own.
 *
 * docs/acts.md has an example and tells how each of ACTS' known pitfalls is met. */
#pragma once

#include <Acts/Utilities/Logger.hpp>
#include <ActsPlugins/Gnn/Stages.hpp>

#include <trkx.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trkx_acts
{

/* The three networks and their settings, loaded once and shared by the stages. */
class Bundle
{
  public:
    /* threads: of each call of a stage; 1 suits a sequencer that runs as many events as there are cores, 0
     * takes all cores. kernels: trkx' own need libtrkx_ep.so beside libtrkx. */
    explicit Bundle(const std::string &directory, int threads = 1, trkx_kernels kernels = TRKX_KERNELS_TRKX);

    const trkx_pipeline *pipeline() const
    {
        return m_pipeline.get();
    }
    const trkx_bundle_info &info() const
    {
        return *trkx_pipeline_bundle(pipeline());
    }
    int threads() const
    {
        return m_threads;
    }

  private:
    struct Destroy {
        void operator()(trkx_pipeline *pipeline) const
        {
            trkx_pipeline_destroy(pipeline);
        }
    };
    std::unique_ptr<trkx_pipeline, Destroy> m_pipeline;
    int m_threads;
};

/* What the columns of the features are that ACTS passes. */
struct FeatureColumns {
    /* A name of the bundle's for each column ("r", "phi", "z", ...; all known names: docs/bundle.md). More
     * columns than the networks look at do no harm. Empty: those of the bundle's embedding, scaled as the
     * bundle says. */
    std::vector<std::string> names = {};
    /* By what each column has been divided already: the featureScales that ACTS is configured with. Empty: by
     * nothing. Each network gets its own selection, divided by the bundle's scales. */
    std::vector<float> scales = {};
};

/* src/columns.hpp */
class Columns;
class Selection;

/* Embedding and exact fixed-radius search, radius and k as the bundle says. Edges run outwards, from the node
 * nearer to the origin: among the columns there have to be x, y and z, or r and z.
 *
 * Where the bundle's k goes by the hits' volumes, these are a column "volume", or else the uppermost bytes of
 * the module ids, as in Acts::GeometryIdentifier. Since v45.3 ACTS' TrackFindingAlgorithmGnn sorts the nodes
 * by their modules, but passes the ids as they were before. Ids that do not ascend may therefore be those of
 * other nodes: they are an error, unless nodesSortedByModule says that the nodes are in the order of their
 * ids. Nothing else looks at module ids. */
class GraphConstruction final : public ActsPlugins::GraphConstructionBase
{
  public:
    struct Config {
        std::shared_ptr<const Bundle> bundle;
        FeatureColumns columns = {};
        bool nodesSortedByModule = false; /* as in TrackFindingAlgorithmGnn */
    };

    GraphConstruction(const Config &config, std::unique_ptr<const Acts::Logger> logger);
    ~GraphConstruction() override;

    /* inputValues [numNodes, columns]. Throws NoEdgesError where there are no nodes or no neighbours. */
    ActsPlugins::PipelineTensors operator()(std::vector<float> &inputValues, std::size_t numNodes,
                                            const std::vector<std::uint64_t> &moduleIds,
                                            const ActsPlugins::ExecutionContext &execContext = {}) override;

    Config config() const
    {
        return m_config;
    }

  private:
    Config m_config;
    std::unique_ptr<const Columns> m_columns;
    std::unique_ptr<const Selection> m_selection;
    std::unique_ptr<const Acts::Logger> m_logger;
    const Acts::Logger &logger() const
    {
        return *m_logger;
    }
};

/* The bundle's filter or its GNN, sigmoid and cut (score > cut) included. Edge features are not looked at;
 * those of the edges that are left are passed on. */
class EdgeClassification final : public ActsPlugins::EdgeClassificationBase
{
  public:
    struct Config {
        std::shared_ptr<const Bundle> bundle;
        trkx_network network = TRKX_NETWORK_FILTER; /* or TRKX_NETWORK_GNN */
        FeatureColumns columns = {};
        std::optional<float> cut = std::nullopt; /* 0..1; none: the bundle's */
    };

    EdgeClassification(const Config &config, std::unique_ptr<const Acts::Logger> logger);
    ~EdgeClassification() override;

    ActsPlugins::PipelineTensors operator()(ActsPlugins::PipelineTensors tensors,
                                            const ActsPlugins::ExecutionContext &execContext = {}) override;

    Config config() const
    {
        return m_config;
    }

  private:
    Config m_config;
    std::unique_ptr<const Columns> m_columns;
    std::unique_ptr<const Selection> m_selection;
    std::unique_ptr<const Acts::Logger> m_logger;
    const Acts::Logger &logger() const
    {
        return *m_logger;
    }
};

/* Tracks of all edges that are passed on: the cut is the edge classification's. The nodes of a track keep
 * their order, tracks come in the order of their first nodes; which nodes are a track does not depend on the
 * nodes' order. */
class TrackBuilding final : public ActsPlugins::TrackBuildingBase
{
  public:
    enum class Method {
        eComponents, /* weakly connected components */
        eWalkthrough /* trkx_walkthrough: needs scores, and edges that run outwards; ties go by position, so
                      * among the columns there have to be x, y and z, or r, phi (or cos_phi and sin_phi) and
                      * z */
    };
    struct Config {
        Method method = Method::eComponents;
        std::shared_ptr<const Bundle> bundle = nullptr; /* needed where there are no columns */
        FeatureColumns columns = {};                    /* looked at by the walkthrough alone */
        float minScore = 0.1f;                          /* of the walkthrough, see trkx_walkthrough_options */
        float addScore = 0.6f;                          /* likewise */
        std::size_t minCandidateSize = 3;               /* nodes; >= 1 */
        int threads = 1;                                /* of the components; 0: all cores */
    };

    TrackBuilding(const Config &config, std::unique_ptr<const Acts::Logger> logger);
    ~TrackBuilding() override;

    /* spacePointIds [N]. No edges: no tracks, and a warning, as ACTS' own. */
    std::vector<std::vector<int>> operator()(ActsPlugins::PipelineTensors tensors,
                                             std::vector<int> &spacePointIds,
                                             const ActsPlugins::ExecutionContext &execContext = {}) override;

    Config config() const
    {
        return m_config;
    }

  private:
    Config m_config;
    std::unique_ptr<const Columns> m_columns; /* of the walkthrough */
    std::unique_ptr<const Acts::Logger> m_logger;
    const Acts::Logger &logger() const
    {
        return *m_logger;
    }
};

} // namespace trkx_acts
