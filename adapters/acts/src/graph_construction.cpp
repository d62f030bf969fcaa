/* Builds the graph: embedding and neighbour search. */
#include <algorithm>
#include <cmath>

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

std::vector<std::int32_t> rounded(const std::vector<double> &values)
{
    std::vector<std::int32_t> result(values.size());
    std::ranges::transform(values, result.begin(),
                           [](double value) { return static_cast<std::int32_t>(std::lround(value)); });
    return result;
}

/* The volumes of n nodes: the uppermost bytes of their modules' ids. */
std::vector<std::int32_t> volumesOf(std::vector<std::uint64_t> moduleIds, std::size_t n, bool sorted)
{
    std::vector<std::int32_t> volumes(n);
    require(moduleIds.size() == n, std::to_string(moduleIds.size()) + " module ids do not match " +
                                       std::to_string(n) +
                                       " nodes: this bundle's k depends on their volumes");
    if (sorted) std::ranges::sort(moduleIds);
    require(std::ranges::is_sorted(moduleIds), "the module ids are not ascending, so they may be those of "
                                               "other nodes, as in ACTS from v45.3 on, which "
                                               "sorts the nodes but not the ids; this bundle's k depends on "
                                               "their volumes: set nodesSortedByModule, or "
                                               "pass a column volume");
    std::ranges::transform(moduleIds, volumes.begin(),
                           [](std::uint64_t id) { return static_cast<std::int32_t>(id >> 56); });
    return volumes;
}

/* The bundle's graph of points [n,dim]; volumes [n] where it goes by them. */
void join(const Bundle &bundle, const std::vector<float> &points, const std::vector<std::int32_t> &volumes,
          const std::vector<float> &xyz, OwnEdges &result)
{
    trkx_hits hits = {};
    trkx_error error;
    hits.count = points.size() / bundle.info().dim;
    hits.xyz = xyz.data();
    if (!volumes.empty()) hits.volume_id = volumes.data();
    check(trkx_pipeline_edges(bundle.pipeline(), &hits, points.data(), &result.edges, &error), error);
}

/* [n,dim] */
std::vector<float> embed(const Bundle &bundle, const Selection &selection, const float *values, std::size_t n)
{
    std::vector<float> room, points(n * bundle.info().dim);
    trkx_error error;
    check(trkx_embed(bundle.pipeline(), selection.select(values, n, room), n, points.data(), &error), error);
    return points;
}

} // namespace

GraphConstruction::GraphConstruction(const Config &config, std::unique_ptr<const Acts::Logger> _logger)
    : m_config(config), m_columns(std::make_unique<Columns>(config.bundle, config.columns)),
      m_selection(std::make_unique<Selection>(required(config.bundle), TRKX_NETWORK_EMBEDDING, *m_columns)),
      m_logger(std::move(_logger))
{
    m_columns->requireDistances();
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
    const Bundle &bundle = *m_config.bundle;
    const float *values = inputValues.data();
    OwnEdges own;
    std::vector<std::int32_t> volumes;
    requireDevice(execContext);
    require(inputValues.size() == numNodes * m_columns->count(),
            std::to_string(inputValues.size()) + " values do not match " +
                std::to_string(m_columns->count()) + " columns of " + std::to_string(numNodes) + " nodes");
    if (numNodes == 0) throw ActsPlugins::NoEdgesError{};
    if (bundle.info().own_ks)
        volumes = m_columns->has({"volume"}) ? rounded(m_columns->column("volume", values, numNodes))
                                             : volumesOf(moduleIds, numNodes, m_config.nodesSortedByModule);
    join(bundle, embed(bundle, *m_selection, values, numNodes), volumes,
         m_columns->distances(values, numNodes), own);
    ACTS_DEBUG("Built " << own.edges.count << " edges between " << numNodes << " nodes");
    if (own.edges.saturated > 0)
        ACTS_INFO(own.edges.saturated << " of " << numNodes << " nodes have more than " << bundle.info().k
                                      << " neighbours; they keep the nearest");
    if (own.edges.count == 0) throw ActsPlugins::NoEdgesError{};
    auto nodeFeatures = createOnCpu<float>(numNodes, m_columns->count());
    auto edgeIndex = createOnCpu<std::int64_t>(2, own.edges.count);
    std::ranges::copy(inputValues, nodeFeatures.data());
    std::copy_n(own.edges.index, 2 * own.edges.count, edgeIndex.data());
    return {onDevice(std::move(nodeFeatures), execContext), onDevice(std::move(edgeIndex), execContext),
            std::nullopt, std::nullopt};
}

} // namespace trkx_acts
