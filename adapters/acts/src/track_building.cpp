/* Labels tracks with components or the walkthrough. */
#include <limits>

#include "columns.hpp"
#include "tensors.hpp"

namespace trkx_acts
{
namespace
{

constexpr float allEdges = -std::numeric_limits<float>::infinity();

/* The nodes' tracks, from 1; 0: none. */
struct Labels {
    std::vector<std::int32_t> of;
    std::size_t count = 0;
};

Labels components(const TrackBuilding::Config &config, std::size_t n, const trkx_edges &edges)
{
    Labels labels{std::vector<std::int32_t>(n)};
    trkx_labelling_options options;
    trkx_error error;
    trkx_labelling_options_init(&options);
    options.min_hits = config.minCandidateSize;
    options.threads = config.threads;
    check(trkx_components(n, &edges, nullptr, &options, labels.of.data(), &labels.count, &error), error);
    return labels;
}

/* xyz [n,3] mm */
Labels walk(const TrackBuilding::Config &config, const std::vector<float> &xyz, const trkx_edges &edges,
            const float *scores)
{
    Labels labels{std::vector<std::int32_t>(xyz.size() / 3)};
    trkx_walkthrough_options options;
    trkx_error error;
    trkx_walkthrough_options_init(&options);
    options.cut = allEdges;
    options.min_score = config.minScore;
    options.add_score = config.addScore;
    options.min_hits = config.minCandidateSize;
    options.xyz = xyz.data();
    check(
        trkx_walkthrough(labels.of.size(), &edges, scores, &options, labels.of.data(), &labels.count, &error),
        error);
    return labels;
}

/* The walkthrough of what is in the tensors. */
Labels walkthrough(const TrackBuilding::Config &config, const Columns &columns,
                   const ActsPlugins::PipelineTensors &tensors, const trkx_edges &edges,
                   const ActsPlugins::ExecutionContext &context)
{
    const OnCpu<float> nodes(tensors.nodeFeatures, context);
    require(tensors.edgeScores.has_value(), "the walkthrough needs edgeScores");
    const OnCpu<float> scores(*tensors.edgeScores, context);
    require(scores.rows() == edges.count, "the number of edgeScores is not that of the edges");
    columns.requireCount(nodes.columns());
    return walk(config, columns.positions(nodes.data(), nodes.rows()), edges, scores.data());
}

} // namespace

TrackBuilding::TrackBuilding(const Config &config, std::unique_ptr<const Acts::Logger> logger)
    : m_config(config), m_logger(std::move(logger))
{
    require(config.minCandidateSize >= 1, "minCandidateSize is 0");
    require(config.threads >= 0, "the number of threads is negative");
    if (config.method != Method::eWalkthrough) return;
    m_columns = std::make_unique<Columns>(config.bundle, config.columns);
    m_columns->requirePositions();
}

TrackBuilding::~TrackBuilding() = default;

std::vector<std::vector<int>> TrackBuilding::operator()(ActsPlugins::PipelineTensors tensors,
                                                        std::vector<int> &spacePointIds,
                                                        const ActsPlugins::ExecutionContext &execContext)
{
    const std::size_t n = spacePointIds.size();
    require(tensors.nodeFeatures.shape()[0] == n, std::to_string(n) + " space points do not match the " +
                                                      std::to_string(tensors.nodeFeatures.shape()[0]) +
                                                      " nodes");
    if (tensors.edgeIndex.size() == 0) {
        ACTS_WARNING("No edges are left after edge classification");
        return {};
    }
    const OnCpu<std::int64_t> index(tensors.edgeIndex, execContext);
    const trkx_edges edges = edgesView(index);
    const Labels labels = m_columns == nullptr
                              ? components(m_config, n, edges)
                              : walkthrough(m_config, *m_columns, tensors, edges, execContext);
    ACTS_DEBUG("Built " << labels.count << " tracks from " << edges.count << " edges");
    std::vector<std::vector<int>> tracks(labels.count);
    for (std::size_t i = 0; i < n; i++)
        if (labels.of[i] > 0) tracks[static_cast<std::size_t>(labels.of[i] - 1)].push_back(spacePointIds[i]);
    return tracks;
}

} // namespace trkx_acts
