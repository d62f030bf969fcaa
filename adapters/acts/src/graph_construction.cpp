#include <algorithm>

#include "columns.hpp"
#include "tensors.hpp"

namespace trkx_acts
{
namespace
{

/* Edges of the library's. */
class OwnEdges
{
  public:
    ~OwnEdges()
    {
        trkx_edges_destroy(&edges);
    }
    trkx_edges edges = {};
};

/* How many neighbours each node keeps, where that goes by its volume, the uppermost byte of its module's id.
 */
std::vector<std::uint32_t> keptNeighbours(const Bundle &bundle, const std::vector<std::uint64_t> &moduleIds,
                                          std::size_t n)
{
    std::vector<std::int32_t> volumes(n);
    std::vector<std::uint32_t> ks(n);
    trkx_hits hits = {};
    trkx_error error;
    require(moduleIds.size() == n, std::to_string(moduleIds.size()) + " module ids are not those of " +
                                       std::to_string(n) + " nodes: this bundle's k goes by their volumes");
    std::ranges::transform(moduleIds, volumes.begin(),
                           [](std::uint64_t id) { return static_cast<std::int32_t>(id >> 56); });
    hits.count = n;
    hits.volume_id = volumes.data();
    check(trkx_pipeline_ks(bundle.pipeline(), &hits, ks.data(), &error), error);
    return ks;
}

/* Embeds the nodes and joins neighbours. */
void search(const Bundle &bundle, const Columns &columns, const std::vector<float> &values,
            const std::vector<std::uint64_t> &moduleIds, std::size_t n, OwnEdges &result)
{
    const trkx_bundle_info &info = bundle.info();
    std::vector<float> room, points(n * info.dim);
    trkx_edges_options options;
    trkx_error error;
    trkx_edges_options_init(&options);
    options.radius = info.radius;
    options.k = info.k;
    std::vector<std::uint32_t> ks;
    if (info.own_ks) {
        ks = keptNeighbours(bundle, moduleIds, n);
        options.ks = ks.data();
    }
    options.threads = bundle.threads();
    check(trkx_embed(bundle.pipeline(), columns.select(values.data(), n, room), n, points.data(), &error),
          error);
    check(trkx_radius_graph(points.data(), n, info.dim, &options, &result.edges, &error), error);
    check(trkx_edges_orient(columns.positions(values.data(), n).data(), n, &result.edges, &error), error);
}

} // namespace

GraphConstruction::GraphConstruction(const Config &config, std::unique_ptr<const Acts::Logger> _logger)
    : m_config(config),
      m_columns(std::make_unique<Columns>(config.bundle, TRKX_NETWORK_EMBEDDING, config.columns)),
      m_logger(std::move(_logger))
{
    m_columns->requirePositions();
    const trkx_bundle_info &info = m_config.bundle->info();
    ACTS_INFO("trkx " << trkx_version() << ", bundle " << info.name << ": radius " << info.radius << " in "
                      << info.dim << " dimensions, at most " << info.k << " neighbours");
}

GraphConstruction::~GraphConstruction() = default;

ActsPlugins::PipelineTensors GraphConstruction::operator()(std::vector<float> &inputValues,
                                                           std::size_t numNodes,
                                                           const std::vector<std::uint64_t> &moduleIds,
                                                           const ActsPlugins::ExecutionContext &execContext)
{
    OwnEdges own;
    require(inputValues.size() == numNodes * m_columns->count(),
            std::to_string(inputValues.size()) + " values are not " + std::to_string(m_columns->count()) +
                " columns of " + std::to_string(numNodes) + " nodes");
    if (numNodes == 0) throw ActsPlugins::NoEdgesError{};
    search(*m_config.bundle, *m_columns, inputValues, moduleIds, numNodes, own);
    ACTS_DEBUG("Built " << own.edges.count << " edges between " << numNodes << " nodes");
    if (own.edges.saturated > 0)
        ACTS_INFO(own.edges.saturated << " of " << numNodes << " nodes have more than "
                                      << m_config.bundle->info().k << " neighbours; they keep the nearest");
    if (own.edges.count == 0) throw ActsPlugins::NoEdgesError{};
    auto nodeFeatures = createOnCpu<float>(numNodes, m_columns->count());
    auto edgeIndex = createOnCpu<std::int64_t>(2, own.edges.count);
    std::ranges::copy(inputValues, nodeFeatures.data());
    std::copy_n(own.edges.index, 2 * own.edges.count, edgeIndex.data());
    return {onDevice(std::move(nodeFeatures), execContext), onDevice(std::move(edgeIndex), execContext),
            std::nullopt, std::nullopt};
}

} // namespace trkx_acts
