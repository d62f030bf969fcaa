/* The search by radius: count, allocate exactly, fill. Each pair is found once, from its first point in the
 * order of the grid. If nodes have more than k neighbours, their k nearest are selected in between. */
#include "gpu/search.h"

#include <algorithm>

#include "gpu/failure.h"
#include "gpu/grid.h"
#include "gpu/primitives.h"
#include "graph/check.h"
#include "graph/outwards.h"

/* Shared by all passes over the points. */
struct query {
    grid g;
    float r2;
    const uint64_t
        *limits; /* [n] by index, the key of the last neighbour that a node keeps; nullptr: nodes keep all */
};

/* found(q, d2) for each neighbour q > from of the point at place p. */
template <class Found>
TRKX_EVERYWHERE inline void find_neighbours(const query &query, size_t p, size_t from, const Found &found)
{
    grid_visit(query.g, p, from, [&](size_t q) {
        float d2;
        if (grid_within(query.g, p, q, query.r2, &d2)) found(q, d2);
    });
}

/* The same for kept neighbours after p. */
template <class Found> TRKX_EVERYWHERE inline void find_kept(const query &query, size_t p, const Found &found)
{
    find_neighbours(query, p, p + 1, [&](size_t q, float d2) {
        const uint32_t *ids = query.g.ids;
        if (query.limits == nullptr || trkx_pair_kept(query.limits, ids[p], ids[q], d2)) found(q);
    });
}

/* ---- the arguments ---------------------------------------------------------------------------------- */

static void check_options(size_t n, size_t dim, const trkx_edges_options *options)
{
    char why[TRKX_ERROR_MESSAGE_SIZE];
    if (!trkx_search_possible(n, dim, options, why)) fail(TRKX_ERROR_ARGUMENT, "%s", why);
}

/* The largest k of the nodes. */
static size_t check_ks(const uint32_t *ks, size_t n)
{
    char why[TRKX_ERROR_MESSAGE_SIZE];
    size_t largest = trkx_search_largest_k(ks, n, why);
    if (largest == 0) fail(TRKX_ERROR_ARGUMENT, "%s", why);
    return largest;
}

static void check_points(trkx_backend_context *context, const float *points, size_t n, size_t dim)
{
    size_t row = first_not_finite(context, points, n, dim);
    if (row < n) fail(TRKX_ERROR_ARGUMENT, "edges: row %zu of the points has a NaN or infinity", row);
}

/* ---- passes ----------------------------------------------------------------------------------------- */

struct norms_of {
    const float *xyz;
    double *norms;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        norms[i] = trkx_squared_norm(xyz + 3 * i);
    }
};

/* counts [n] of pairs; degrees [n] of neighbours on both sides, or nullptr. */
struct count_pairs {
    query all;
    uint32_t *counts, *degrees;
    TRKX_EVERYWHERE void operator()(size_t p) const
    {
        uint32_t count = 0;
        find_kept(all, p, [&](size_t q) {
            count++;
            if (degrees != nullptr) shared(degrees[q]).fetch_add(1u, cuda::memory_order_relaxed);
        });
        counts[p] = count;
        if (degrees != nullptr) shared(degrees[p]).fetch_add(count, cuda::memory_order_relaxed);
    }
};

struct fill_pairs {
    query kept;
    const uint64_t *offsets;
    const double *norms;
    uint64_t *pairs;
    TRKX_EVERYWHERE void operator()(size_t p) const
    {
        const uint32_t *ids = kept.g.ids;
        uint64_t *to = pairs + offsets[p];
        uint32_t own = ids[p];
        find_kept(kept, p, [&](size_t q) {
            uint32_t other = ids[q];
            uint64_t pair = own < other ? trkx_key(own, other) : trkx_key(other, own);
            *to++ = trkx_turn_outwards(norms, pair);
        });
    }
};

/* ---- the k nearest ---------------------------------------------------------------------------------- */

/* The numbers of neighbours that nodes keep. */
struct kept_neighbours {
    size_t most;        /* of any node */
    const uint32_t *ks; /* [n] by index; nullptr: the same for all */
    TRKX_EVERYWHERE size_t of(uint32_t id) const
    {
        return ks == nullptr ? most : ks[id];
    }
};

struct mark_saturated {
    const uint32_t *degrees, *ids;
    kept_neighbours kept;
    uint32_t *flags;
    TRKX_EVERYWHERE void operator()(size_t p) const
    {
        flags[p] = degrees[p] > kept.of(ids[p]);
    }
};

struct list_saturated {
    const uint32_t *ids;
    const uint64_t *offsets; /* [n+1] */
    uint32_t *places;
    uint64_t *limits; /* by index: initially all are kept */
    TRKX_EVERYWHERE void operator()(size_t p) const
    {
        limits[ids[p]] = TRKX_KEEP_ALL;
        if (offsets[p] != offsets[p + 1]) places[offsets[p]] = (uint32_t)p;
    }
};

/* Collects the nearest neighbours of a node: whenever its row is full, only the k nearest are kept. */
struct find_limit {
    query all;
    kept_neighbours kept;
    size_t capacity;        /* > kept.most */
    const uint32_t *places; /* of the nodes */
    uint64_t *rows;         /* [nodes, capacity] keys */
    uint64_t *limits;
    TRKX_EVERYWHERE void operator()(size_t s) const
    {
        size_t p = places[s], k = kept.of(all.g.ids[places[s]]), held = 0;
        uint64_t *row = rows + s * capacity, limit = TRKX_KEEP_ALL;
        const uint32_t *ids = all.g.ids;
        size_t most = capacity;
        find_neighbours(all, p, 0, [&](size_t q, float d2) {
            uint64_t key = trkx_neighbour_key(d2, ids[q]);
            if (q == p || key >= limit) return;
            row[held++] = key;
            if (held < most) return;
            trkx_keys_select(row, held, k - 1);
            held = k;
            limit = row[k - 1];
        });
        if (held > k) trkx_keys_select(row, held, k - 1);
        limits[ids[p]] = row[k - 1];
    }
};

/* Sets the limits of the saturated nodes at these places, as many at a time as memory allows. */
static void find_limits(trkx_backend_context *context, const query &all, const kept_neighbours &kept,
                        const uint32_t *places, size_t count, uint64_t *limits)
{
    const size_t at_a_time = 1 << 16; /* enough to fill any device */
    size_t capacity = kept.most < all.g.n / 2 ? 2 * kept.most : all.g.n;
    size_t rows = context->pool.available() / 2 / (capacity * sizeof(uint64_t));
    rows = std::max((size_t)1, std::min({rows, count, at_a_time}));
    buffer<uint64_t> keys(context, rows * capacity, "the nearest neighbours");
    for (size_t first = 0; first < count; first += rows)
        each(context, std::min(rows, count - first),
             find_limit{all, kept, capacity, places + first, keys.get(), limits});
}

/* Sets limits if there are saturated nodes, and returns their number. */
static size_t truncate(trkx_backend_context *context, const query &all, const kept_neighbours &kept,
                       const uint32_t *degrees, buffer<uint64_t> *limits)
{
    size_t n = all.g.n;
    buffer<uint64_t> offsets(context, n + 1, "saturated nodes");
    buffer<uint32_t> flags(context, n, "saturated nodes");
    each(context, n, mark_saturated{degrees, all.g.ids, kept, flags.get()});
    size_t count = sum_up(context, flags.get(), n, offsets.get());
    if (count == 0) return 0;
    buffer<uint32_t> places(context, count, "saturated nodes");
    limits->allocate(n, "the neighbours' limits");
    each(context, n, list_saturated{all.g.ids, offsets.get(), places.get(), limits->get()});
    offsets.release();
    flags.release();
    find_limits(context, all, kept, places.get(), count, limits->get());
    return count;
}

/* ---- the search ------------------------------------------------------------------------------------- */

/* Finds the pairs, in any order; returns their number. */
static size_t find_pairs(trkx_backend_context *context, const trkx_backend_points &points,
                         const trkx_edges_options *options, buffer<uint64_t> *pairs, size_t *saturated)
{
    size_t n = points.n;
    float radius = (float)options->radius, r2 = radius * radius;
    kept_neighbours kept = {options->ks == nullptr ? options->k : check_ks(options->ks, n), nullptr};
    bool k_matters = options->ks != nullptr || kept.most < n - 1;
    grid_memory grid(context, points.values, n, points.dim, r2);
    query query = {grid.view(), r2, nullptr};
    buffer<uint64_t> offsets(context), limits(context);
    buffer<uint32_t> counts(context, n, "the counts of neighbours"), degrees(context);
    buffer<uint32_t> ks(context);
    buffer<double> norms(context);
    if (k_matters) {
        degrees.allocate(n, "the number of neighbours");
        runtime::clear(degrees.get(), n * sizeof *degrees.get(), context->stream);
    }
    each(context, n, count_pairs{query, counts.get(), degrees.get()});
    if (options->ks != nullptr) {
        ks.allocate(n, "the numbers of neighbours");
        runtime::copy_in(ks.get(), options->ks, n * sizeof *ks.get(), context->stream);
        kept.ks = ks.get();
    }
    if (k_matters) *saturated = truncate(context, query, kept, degrees.get(), &limits);
    ks.release();
    degrees.release();
    if (*saturated > 0) {
        query.limits = limits.get();
        each(context, n, count_pairs{query, counts.get(), nullptr});
    }
    offsets.allocate(n + 1, "the places of edges");
    size_t count = sum_up(context, counts.get(), n, offsets.get());
    counts.release();
    if (count == 0) return 0;
    norms.allocate(n, "the hits' distances");
    each(context, n, norms_of{points.xyz, norms.get()});
    pairs->allocate(count, "edges");
    each(context, n, fill_pairs{query, offsets.get(), norms.get(), pairs->get()});
    return count;
}

void step_radius_graph(trkx_backend_context *context, const trkx_backend_points &points,
                       const trkx_edges_options *options, trkx_backend_edges *edges)
{
    *edges = {};
    check_options(points.n, points.dim, options);
    if (points.n == 0) return;
    check_points(context, points.values, points.n, points.dim);
    buffer<uint64_t> pairs(context);
    size_t saturated = 0;
    size_t count = find_pairs(context, points, options, &pairs, &saturated);
    if (count > 0) sort(context, pairs.get(), count);
    edges->count = count;
    edges->saturated = saturated;
    edges->pairs = pairs.take();
}
