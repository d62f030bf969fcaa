/* Scores edges with the filter or the GNN, and cuts them. */
#include <algorithm>

#include "columns.hpp"
#include "tensors.hpp"

namespace trkx_acts
{
namespace
{

using ActsPlugins::Tensor;

const char *nameOf(trkx_network network)
{
    return network == TRKX_NETWORK_GNN ? "GNN" : "filter";
}

float cutOf(const EdgeClassification::Config &config)
{
    const trkx_bundle_info &info = config.bundle->info();
    return config.cut.value_or(config.network == TRKX_NETWORK_GNN ? info.gnn_cut : info.filter_cut);
}

/* ONNX would take negative numbers for places from the end. */
void requireEnds(const trkx_edges &edges, std::size_t nodes)
{
    for (std::size_t i = 0; i < 2 * edges.count; i++)
        require(static_cast<std::uint64_t>(edges.index[i]) < nodes,
                "edgeIndex has " + std::to_string(edges.index[i]) + ", but there are " +
                    std::to_string(nodes) + " nodes");
}

/* [E] each edge's score, after the sigmoid. */
std::vector<float> score(const EdgeClassification::Config &config, const Selection &selection,
                         const OnCpu<float> &nodes, const trkx_edges &edges)
{
    std::vector<float> room, scores(edges.count);
    trkx_error error;
    auto *network = config.network == TRKX_NETWORK_GNN ? trkx_gnn : trkx_filter;
    const float *features = selection.select(nodes.data(), nodes.rows(), room);
    check(network(config.bundle->pipeline(), features, nodes.rows(), &edges, scores.data(), &error), error);
    return scores;
}

std::vector<std::size_t> over(const std::vector<float> &scores, float cut)
{
    std::vector<std::size_t> kept;
    for (std::size_t e = 0; e < scores.size(); e++)
        if (scores[e] > cut) kept.push_back(e);
    return kept;
}

/* The entries of these edges: of `rows` rows a feature of theirs. */
template <typename T>
Tensor<T> keepColumns(const T *from, std::size_t rows, std::size_t edges,
                      const std::vector<std::size_t> &kept)
{
    auto to = createOnCpu<T>(rows, kept.size());
    T *out = to.data();
    for (std::size_t row = 0; row < rows; row++)
        for (std::size_t e : kept) *out++ = from[row * edges + e];
    return to;
}

Tensor<float> keepRows(const float *from, std::size_t columns, const std::vector<std::size_t> &kept)
{
    auto to = createOnCpu<float>(kept.size(), columns);
    float *out = to.data();
    for (std::size_t e : kept) out = std::copy_n(from + e * columns, columns, out);
    return to;
}

} // namespace

EdgeClassification::EdgeClassification(const Config &config, std::unique_ptr<const Acts::Logger> _logger)
    : m_config(config), m_columns(std::make_unique<Columns>(config.bundle, config.columns)),
      m_selection(std::make_unique<Selection>(required(config.bundle), config.network, *m_columns)),
      m_logger(std::move(_logger))
{
    require(config.network != TRKX_NETWORK_EMBEDDING, "the embedding does not classify edges");
    require(cutOf(config) >= 0 && cutOf(config) <= 1, "the cut is not between 0 and 1");
    ACTS_INFO("trkx " << trkx_version() << ", " << nameOf(config.network) << " of bundle "
                      << config.bundle->info().name << ", cut " << cutOf(config));
}

EdgeClassification::~EdgeClassification() = default;

ActsPlugins::PipelineTensors EdgeClassification::operator()(ActsPlugins::PipelineTensors tensors,
                                                            const ActsPlugins::ExecutionContext &execContext)
{
    requireDevice(execContext);
    if (tensors.edgeIndex.size() == 0) throw ActsPlugins::NoEdgesError{};
    const OnCpu<float> nodes(tensors.nodeFeatures, execContext);
    const OnCpu<std::int64_t> index(tensors.edgeIndex, execContext);
    const trkx_edges edges = edgesView(index);
    m_columns->requireCount(nodes.columns());
    requireEnds(edges, nodes.rows());
    const auto scores = score(m_config, *m_selection, nodes, edges);
    const auto kept = over(scores, cutOf(m_config));
    ACTS_DEBUG(nameOf(m_config.network)
               << ": " << kept.size() << " of " << edges.count << " edges are above the cut");
    if (kept.empty()) throw ActsPlugins::NoEdgesError{};
    std::optional<Tensor<float>> edgeFeatures;
    if (tensors.edgeFeatures.has_value()) {
        const OnCpu<float> all(*tensors.edgeFeatures, execContext);
        require(all.rows() == edges.count, "the number of edgeFeatures is not that of the edges");
        edgeFeatures.emplace(onDevice(keepRows(all.data(), all.columns(), kept), execContext));
    }
    return {std::move(tensors.nodeFeatures),
            onDevice(keepColumns(edges.index, 2, edges.count, kept), execContext), std::move(edgeFeatures),
            onDevice(keepRows(scores.data(), 1, kept), execContext)};
}

} // namespace trkx_acts
