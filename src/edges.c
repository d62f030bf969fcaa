/* Lists of edges: sorted, turned outwards, cut. The search that makes them is src/radius.c. */
#include "edges.h"

#include <string.h>

#include "keys.h"
#include "parallel.h"

enum {
    ROWS_AT_A_TIME = 1 << 8,
    PAIRS_PER_THREAD = 1 << 15, /* with less work than this, starting a thread takes longer */
};

void trkx_edges_destroy(trkx_edges *edges)
{
    if (edges == NULL) return;
    trkx_release(edges->index);
    *edges = (trkx_edges){0};
}

/* ---- from pairs to sorted edges --------------------------------------------------------------------- */

/* first [n+1]: where the edges of each source begin. */
static void count_sources(const struct trkx_pairs *lists, size_t lists_count, size_t n, int threads,
                          size_t *first)
{
    memset(first, 0, (n + 1) * sizeof *first);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t l = 0; l < lists_count; l++)
        for (size_t p = 0; p < lists[l].count; p++) {
#pragma omp atomic
            first[trkx_key_high(lists[l].pairs[p]) + 1]++;
        }
    for (size_t i = 0; i < n; i++) first[i + 1] += first[i];
}

/* Puts each target among those of its source, in any order; next [n] starts as `first`. */
static void place_targets(const struct trkx_pairs *lists, size_t lists_count, int threads, size_t *next,
                          uint64_t *targets)
{
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t l = 0; l < lists_count; l++)
        for (size_t p = 0; p < lists[l].count; p++) {
            size_t place;
#pragma omp atomic capture
            place = next[trkx_key_high(lists[l].pairs[p])]++;
            targets[place] = trkx_key_low(lists[l].pairs[p]);
        }
}

/* Sorts each source's targets, which makes the order unique, and writes the sources. ends [n]: where the
 * edges of each source end. */
static void sort_rows(const size_t *ends, size_t n, int threads, int64_t *sources, uint64_t *targets)
{
#pragma omp parallel for num_threads(threads) schedule(dynamic, ROWS_AT_A_TIME)
    for (size_t i = 0; i < n; i++) {
        size_t begin = i == 0 ? 0 : ends[i - 1];
        trkx_keys_sort(targets + begin, ends[i] - begin);
        for (size_t e = begin; e < ends[i]; e++) sources[e] = (int64_t)i;
    }
}

enum trkx_status trkx_edges_from_pairs(struct trkx_memory *memory, const struct trkx_pairs *lists,
                                       size_t lists_count, size_t n, int threads, trkx_edges *edges,
                                       trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t *first = NULL, m = 0;
    edges->index = NULL;
    for (size_t l = 0; l < lists_count; l++) m += lists[l].count;
    edges->count = m;
    if (m == 0) return TRKX_OK;
    TRKX_ALLOCATE(first, memory, n + 1, "the first edge of each node");
    TRKX_ALLOCATE(edges->index, memory, 2 * m, "edges");
    threads = trkx_worthwhile_threads(threads, m, PAIRS_PER_THREAD);
    uint64_t *targets = (uint64_t *)(edges->index + m); /* int64_t may be accessed as uint64_t */
    count_sources(lists, lists_count, n, threads, first);
    place_targets(lists, lists_count, threads, first, targets);
    sort_rows(first, n, threads, edges->index, targets);
cleanup:
    trkx_release(first);
    if (status != TRKX_OK) edges->count = 0;
    return status;
}
/* ---- given edges ------------------------------------------------------------------------------------ */

/* In double, where the squares of float32 values are exact. mm^2; xyz [3] mm. */
static double squared_norm(const float *xyz)
{
    double x = xyz[0], y = xyz[1], z = xyz[2];
    return x * x + y * y + z * z;
}

static bool runs_outwards(const float *xyz, size_t source, size_t target)
{
    double from = squared_norm(xyz + 3 * source), to = squared_norm(xyz + 3 * target);
    return from < to || (from == to && source < target);
}

enum trkx_status trkx_edges_orient_in(struct trkx_memory *memory, const float *xyz, size_t n, int threads,
                                      trkx_edges *edges, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_edges oriented = {.saturated = edges->saturated};
    uint64_t *pairs = NULL;
    size_t m = edges->count, bad = m;
    threads = trkx_worthwhile_threads(trkx_threads(threads), m, PAIRS_PER_THREAD);
    TRKX_ALLOCATE(pairs, memory, m, "pairs");
#pragma omp parallel for num_threads(threads) reduction(min : bad)
    for (size_t e = 0; e < m; e++) {
        int64_t a = edges->index[e], b = edges->index[m + e];
        if (a < 0 || b < 0 || (size_t)a >= n || (size_t)b >= n)
            bad = e < bad ? e : bad;
        else
            pairs[e] = runs_outwards(xyz, (size_t)a, (size_t)b) ? trkx_key((uint32_t)a, (uint32_t)b)
                                                                : trkx_key((uint32_t)b, (uint32_t)a);
    }
    if (bad < m) {
        status = trkx_fail(error, TRKX_ERROR_ARGUMENT,
                           "edges: edge %zu runs from %lld to %lld, there are %zu hits", bad,
                           (long long)edges->index[bad], (long long)edges->index[m + bad], n);
        goto cleanup;
    }
    TRKX_CHECK(
        trkx_edges_from_pairs(memory, &(struct trkx_pairs){pairs, m}, 1, n, threads, &oriented, error));
    trkx_edges_destroy(edges);
    *edges = oriented;
cleanup:
    trkx_release(pairs);
    return status;
}

enum trkx_status trkx_edges_orient(const float *xyz, size_t n, trkx_edges *edges, trkx_error *error)
{
    return trkx_edges_orient_in(NULL, xyz, n, 0, edges, error);
}

/* Nothing is released, so that the edges may be a view of arrays that somebody else owns. */
void trkx_edges_cut(trkx_edges *edges, float *scores, float cut)
{
    size_t m = edges->count, count = 0, targets = 0, s = 0;
    for (size_t e = 0; e < m; e++)
        if (scores[e] > cut) edges->index[count++] = edges->index[e];
    for (size_t e = 0; e < m; e++) /* behind the sources, which by now have all moved */
        if (scores[e] > cut) edges->index[count + targets++] = edges->index[m + e];
    for (size_t e = 0; e < m; e++)
        if (scores[e] > cut) scores[s++] = scores[e];
    edges->count = count;
}
