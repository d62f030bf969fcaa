#include <limits>

#include "tensors.hpp"

namespace trkx_acts
{
namespace
{

constexpr float allEdges = -std::numeric_limits<float>::infinity();

void label(const TrackBuilding::Config &config, std::size_t n, const trkx_edges &edges, const float *scores,
           std::vector<std::int32_t> &labels, std::size_t &count)
{
    trkx_error error;
    if (config.method == TrackBuilding::Method::eWalkthrough) {
        trkx_walkthrough_options options;
        trkx_walkthrough_options_init(&options);
        options.cut = allEdges;
        options.min_score = config.minScore;
        options.add_score = config.addScore;
        options.min_hits = config.minCandidateSize;
        check(trkx_walkthrough(n, &edges, scores, &options, labels.data(), &count, &error), error);
    } else {
        trkx_tracks_options options;
        trkx_tracks_options_init(&options);
        options.min_hits = config.minCandidateSize;
        options.threads = config.threads;
        check(trkx_tracks(n, &edges, nullptr, &options, labels.data(), &count, &error), error);
    }
}

} // namespace

TrackBuilding::TrackBuilding(const Config &config, std::unique_ptr<const Acts::Logger> logger)
    : m_config(config), m_logger(std::move(logger))
{
    require(config.minCandidateSize >= 1, "minCandidateSize is 0");
    require(config.threads >= 0, "there are fewer than 0 threads");
}

std::vector<std::vector<int>> TrackBuilding::operator()(ActsPlugins::PipelineTensors tensors,
                                                        std::vector<int> &spacePointIds,
                                                        const ActsPlugins::ExecutionContext &execContext)
{
    const std::size_t n = spacePointIds.size();
    require(tensors.nodeFeatures.shape()[0] == n, std::to_string(n) + " space points are not the " +
                                                      std::to_string(tensors.nodeFeatures.shape()[0]) +
                                                      " nodes");
    if (tensors.edgeIndex.size() == 0) {
        ACTS_WARNING("No edges are left after edge classification");
        return {};
    }
    const OnCpu<std::int64_t> index(tensors.edgeIndex, execContext);
    const trkx_edges edges = edgesView(index);
    std::optional<OnCpu<float>> scores;
    if (m_config.method == Method::eWalkthrough) {
        require(tensors.edgeScores.has_value(), "the walkthrough needs edgeScores");
        scores.emplace(*tensors.edgeScores, execContext);
        require(scores->rows() == edges.count, "there are not as many edgeScores as edges");
    }
    std::vector<std::int32_t> labels(n);
    std::size_t count = 0;
    label(m_config, n, edges, scores ? scores->data() : nullptr, labels, count);
    ACTS_DEBUG("Built " << count << " tracks from " << edges.count << " edges");
    std::vector<std::vector<int>> tracks(count);
    for (std::size_t i = 0; i < n; i++)
        if (labels[i] > 0) tracks[static_cast<std::size_t>(labels[i] - 1)].push_back(spacePointIds[i]);
    return tracks;
}

} // namespace trkx_acts
