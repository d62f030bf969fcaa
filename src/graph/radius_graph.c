/* Graph building: exact fixed-radius nearest neighbours. Checks the arguments, calls the fast search
 * (src/graph/search.c), and has a reference implementation that compares all pairs. */
#include "graph/radius_graph.h"

#include <math.h>

#include "core/keys.h"
#include "core/options.h"
#include "core/threads.h"
#include "graph/check.h"
#include "graph/search.h"
#include "graph/tree.h"

enum { POINTS_PER_THREAD = 1 << 10 }; /* with less work than this, starting a thread takes longer */

void trkx_edges_options_init(trkx_edges_options *options)
{
    *options = (trkx_edges_options){.size = sizeof *options, .radius = 1, .k = 500, .threads = 0};
}

/* ---- arguments -------------------------------------------------------------------------------------- */

/* The first row with a coordinate that is not finite, or n. */
static size_t first_bad_row(const float *points, size_t n, size_t dim, int threads)
{
    size_t bad = n;
#pragma omp parallel for num_threads(threads) reduction(min : bad)
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < dim; d++)
            if (!isfinite(points[i * dim + d]) && i < bad) bad = i;
    return bad;
}

/* Sets k to the largest of the nodes' own, limited to n. */
static enum trkx_status check_ks(struct trkx_query *query, trkx_error *error)
{
    char why[TRKX_ERROR_MESSAGE_SIZE];
    if (query->n == 0) return TRKX_OK;
    query->k = trkx_search_largest_k(query->ks, query->n, why);
    return query->k > 0 ? TRKX_OK : trkx_fail(error, TRKX_ERROR_ARGUMENT, "%s", why);
}

static enum trkx_status check_query(const float *points, size_t n, size_t dim,
                                    const trkx_edges_options *given, struct trkx_query *query,
                                    trkx_error *error)
{
    char why[TRKX_ERROR_MESSAGE_SIZE];
    trkx_edges_options options;
    trkx_edges_options_init(&options);
    enum trkx_status status = trkx_options_take("edges", given, &options, sizeof options, error);
    if (status != TRKX_OK) return status;
    if (!trkx_search_possible(n, dim, &options, why)) return trkx_fail(error, TRKX_ERROR_ARGUMENT, "%s", why);
    if (options.threads < 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: %d threads", options.threads);
    float radius = (float)options.radius;
    *query = (struct trkx_query){
        .points = points,
        .n = n,
        .dim = dim,
        .k = options.k,
        .ks = options.ks,
        .r2 = radius * radius,
        .threads = trkx_worthwhile_threads(trkx_threads(options.threads), n, POINTS_PER_THREAD)};
    size_t bad = first_bad_row(points, n, dim, query->threads);
    if (bad < n)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: row %zu of the points has a NaN or infinity",
                         bad);
    return options.ks == NULL ? TRKX_OK : check_ks(query, error);
}

/* ---- the reference ---------------------------------------------------------------------------------- */

/* The key of the k-th nearest neighbour of i; TRKX_KEEP_ALL if it has at most k. keys: room for n. */
static uint64_t reference_limit(const struct trkx_query *query, size_t i, uint64_t *keys)
{
    size_t count = 0, k = trkx_query_k(query, i);
    for (size_t j = 0; j < query->n; j++) {
        float d2 = trkx_query_d2(query, i, j);
        if (j != i && d2 <= query->r2) keys[count++] = trkx_neighbour_key(d2, j);
    }
    if (count <= k) return TRKX_KEEP_ALL;
    trkx_keys_sort(keys, count);
    return keys[k - 1];
}

/* Counts the pairs, and writes them if index is not NULL: [2,m]. */
static size_t reference_pairs(const struct trkx_query *query, const uint64_t *limits, int64_t *index,
                              size_t m)
{
    size_t count = 0;
    for (size_t i = 0; i < query->n; i++)
        for (size_t j = i + 1; j < query->n; j++) {
            float d2 = trkx_query_d2(query, i, j);
            if (!(d2 <= query->r2) || !trkx_pair_kept(limits, i, j, d2)) continue;
            if (index != NULL) {
                index[count] = (int64_t)i;
                index[m + count] = (int64_t)j;
            }
            count++;
        }
    return count;
}

enum trkx_status trkx_radius_graph_reference(const float *points, size_t n, size_t dim,
                                             const trkx_edges_options *options, trkx_edges *edges,
                                             trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_query query = {0};
    uint64_t *limits = NULL, *keys = NULL;
    *edges = (trkx_edges){0};
    TRKX_CHECK(check_query(points, n, dim, options, &query, error));
    TRKX_ALLOCATE(limits, NULL, n, "the neighbours' limits");
    TRKX_ALLOCATE(keys, NULL, n, "neighbours");
    for (size_t i = 0; i < n; i++) {
        limits[i] = reference_limit(&query, i, keys);
        edges->saturated += limits[i] != TRKX_KEEP_ALL;
    }
    edges->count = reference_pairs(&query, limits, NULL, 0);
    if (edges->count == 0) goto cleanup;
    TRKX_ALLOCATE(edges->index, NULL, 2 * edges->count, "edges");
    reference_pairs(&query, limits, edges->index, edges->count);
cleanup:
    trkx_release(limits);
    trkx_release(keys);
    if (status != TRKX_OK) trkx_edges_destroy(edges);
    return status;
}

/* ---- the public function ---------------------------------------------------------------------------- */

enum trkx_status trkx_radius_graph_in(struct trkx_memory *memory, const struct trkx_points *points,
                                      const trkx_edges_options *options, trkx_edges *edges, trkx_error *error)
{
    struct trkx_query query = {0};
    *edges = (trkx_edges){0};
    enum trkx_status status = check_query(points->values, points->n, points->dim, options, &query, error);
    if (status == TRKX_OK && points->n > 0) status = trkx_search(memory, &query, points->norms, edges, error);
    if (status != TRKX_OK) trkx_edges_destroy(edges);
    return status;
}

enum trkx_status trkx_radius_graph(const float *points, size_t n, size_t dim,
                                   const trkx_edges_options *options, trkx_edges *edges, trkx_error *error)
{
    const struct trkx_points all = {.values = points, .n = n, .dim = dim};
    return trkx_radius_graph_in(NULL, &all, options, edges, error);
}
