/* The stages of ACTS' Gnn plugin implemented with libtrkx: graph construction (embedding and neighbour
 * search), edge classification (filter and GNN) and track building (components, walkthrough), on the CPU and
 * without Torch.
 *
 * Rules for every stage:
 *  - Tensors are ACTS': nodeFeatures [N,F], edgeIndex [2,E] with all sources first, edgeFeatures [E,Fe] and
 *    edgeScores [E,1], row by row. On the CPU none is copied more than once, and nodeFeatures never.
 *  - The stages compute on the CPU: run the pipeline with Device::Cpu(), because ACTS' default is CUDA. If
 *    the context's device is CUDA, for ACTS' stages before or after, tensors are cloned from there and
 *    results to there on the context's stream. Any other device is refused before anything is computed, as
 *    is CUDA without a stream, which is what an ACTS built without CUDA has.
 *  - The order of nodes is never changed.
 *  - A stage may be called by any number of threads at once.
 *  - Errors. NoEdgesError if no edge is left. std::invalid_argument if configuration, device or tensors do
 *    not fit (including a tensor that was moved from), std::runtime_error if trkx fails; the message is
 *    trkx' own.
 *
 * docs/acts.md has an example and explains how each of ACTS' known pitfalls is handled. */
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
    /* threads: per call of a stage; 1 suits a sequencer that runs as many events as there are cores, 0 uses
     * all cores. kernels: trkx' own need libtrkx_ep.so beside libtrkx. */
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

/* The columns of the features that ACTS passes. */
struct FeatureColumns {
    /* The bundle's name of each column ("r", "phi", "z", ...; all known names: docs/bundle.md). Columns that
     * no network uses are ignored. Empty: those of the bundle's embedding, scaled as the bundle says. */
    std::vector<std::string> names = {};
    /* What each column has already been divided by: the featureScales in ACTS' configuration. Empty: nothing.
     * Each network gets its own selection, divided by the bundle's scales. */
    std::vector<float> scales = {};
};

/* src/columns.hpp */
class Columns;
class Selection;

/* Embedding and exact fixed-radius search, with the bundle's radius and k. Edges run outwards, from the node
 * nearer the origin: the columns must include x, y and z, or r and z.
 *
 * If the bundle's k depends on the hits' volumes, these come from a column "volume", or else from the top
 * bytes of the module ids, as in Acts::GeometryIdentifier. Since v45.3 ACTS' TrackFindingAlgorithmGnn sorts
 * the nodes by module but passes the ids unsorted. Ids that do not ascend may therefore belong to other
 * nodes: they are an error, unless nodesSortedByModule says that the nodes are in the order of their ids.
 * Module ids are not used otherwise. */
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

    /* inputValues [numNodes, columns]. Throws NoEdgesError if there are no nodes or no neighbours. */
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

/* The bundle's filter or its GNN, including sigmoid and cut (score > cut). Edge features are not used; those
 * of the remaining edges are passed on. */
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

/* Tracks of all edges passed to it: the cut is made by the edge classification. The nodes of a track keep
 * their order, tracks are in the order of their first nodes; which nodes form a track does not depend on the
 * order of the nodes. */
class TrackBuilding final : public ActsPlugins::TrackBuildingBase
{
  public:
    enum class Method {
        eComponents, /* weakly connected components */
        eWalkthrough /* trkx_walkthrough: needs scores, and outward edges; ties are resolved by position, so
                      * the columns must include x, y and z, or r, phi (or cos_phi and sin_phi) and z */
    };
    struct Config {
        Method method = Method::eComponents;
        std::shared_ptr<const Bundle> bundle = nullptr; /* needed if there are no columns */
        FeatureColumns columns = {};                    /* used only by the walkthrough */
        float minScore = 0.1f;                          /* of the walkthrough, see trkx_walkthrough_options */
        float addScore = 0.6f;                          /* likewise */
        std::size_t minCandidateSize = 3;               /* nodes; >= 1 */
        int threads = 1;                                /* of the components; 0: all cores */
    };

    TrackBuilding(const Config &config, std::unique_ptr<const Acts::Logger> logger);
    ~TrackBuilding() override;

    /* spacePointIds [N]. No edges: no tracks, and a warning, like ACTS' own. */
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
