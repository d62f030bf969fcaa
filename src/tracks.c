#include "tracks.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "parallel.h"

enum { PARALLEL_MIN = 1 << 18 }; /* edges from which threads pay */

void trkx_tracks_options_init(trkx_tracks_options *options)
{
    *options = (trkx_tracks_options){.size = sizeof *options, .cut = 0.5f, .min_hits = 3, .threads = 0};
}

static enum trkx_status check_options(const trkx_tracks_options *options, trkx_error *error)
{
    if (options->size != sizeof *options)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "tracks: options have size %zu instead of %zu: not initialised?", options->size,
                         sizeof *options);
    if (isnan(options->cut)) return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: the cut is not a number");
    if (options->min_hits < 1)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: min_hits is 0, it must be at least 1");
    if (options->threads < 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: %d threads", options->threads);
    return TRKX_OK;
}

static enum trkx_status check_edges(size_t n, const trkx_edges *edges, trkx_error *error)
{
    if (n > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: %zu hits, at most %d are possible", n,
                         INT32_MAX);
    for (size_t e = 0; e < edges->count; e++) {
        int64_t source = edges->index[e], target = edges->index[edges->count + e];
        if (source < 0 || target < 0 || (size_t)source >= n || (size_t)target >= n)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                             "tracks: edge %zu runs from %lld to %lld, there are %zu hits", e,
                             (long long)source, (long long)target, n);
    }
    return TRKX_OK;
}

/* An edge connects where it has no score, or one over the cut; NaN is not. */
static bool connects(const float *scores, size_t e, float cut)
{
    return scores == NULL || scores[e] > cut;
}

/* ---- the reference ---------------------------------------------------------------------------------- */

/* Both directions of the edges that connect: the neighbours of i are to[from[i]..from[i + 1]). */
struct adjacency {
    size_t *from; /* [n+1] */
    uint32_t *to; /* [2m] */
};

static void list_neighbours(size_t n, const trkx_edges *edges, const float *scores, float cut,
                            struct adjacency *adjacency)
{
    size_t *from = adjacency->from, m = edges->count;
    memset(from, 0, (n + 1) * sizeof *from);
    for (size_t e = 0; e < 2 * m; e++)
        if (connects(scores, e % m, cut)) from[edges->index[e]]++;
    for (size_t i = 0; i < n; i++) from[i + 1] += from[i];
    for (size_t e = 0; e < 2 * m; e++)
        if (connects(scores, e % m, cut))
            adjacency->to[--from[edges->index[e]]] = (uint32_t)edges->index[(e + m) % (2 * m)];
}

/* Labels everything that is reachable from start with label; returns the number of hits. queue: room for n.
 */
static size_t walk(const struct adjacency *adjacency, size_t start, int32_t label, int32_t *labels,
                   uint32_t *queue)
{
    size_t count = 1;
    queue[0] = (uint32_t)start;
    labels[start] = label;
    for (size_t q = 0; q < count; q++)
        for (size_t a = adjacency->from[queue[q]]; a < adjacency->from[queue[q] + 1]; a++) {
            uint32_t next = adjacency->to[a];
            if (labels[next] != 0) continue;
            labels[next] = label;
            queue[count++] = next;
        }
    return count;
}

enum trkx_status trkx_tracks_reference(size_t n, const trkx_edges *edges, const float *scores,
                                       const trkx_tracks_options *options, int32_t *labels, size_t *count,
                                       trkx_error *error)
{
    enum { TOO_SHORT = -1 };
    enum trkx_status status = TRKX_OK;
    struct adjacency adjacency = {0};
    uint32_t *queue = NULL;
    size_t tracks = 0;
    TRKX_CHECK(check_options(options, error));
    TRKX_CHECK(check_edges(n, edges, error));
    TRKX_ALLOCATE(adjacency.from, NULL, n + 1, "neighbours");
    TRKX_ALLOCATE(adjacency.to, NULL, 2 * edges->count, "neighbours");
    TRKX_ALLOCATE(queue, NULL, n, "hits");
    list_neighbours(n, edges, scores, options->cut, &adjacency);
    for (size_t i = 0; i < n; i++) labels[i] = 0;
    for (size_t i = 0; i < n; i++) {
        if (labels[i] != 0) continue;
        size_t hits = walk(&adjacency, i, (int32_t)(tracks + 1), labels, queue);
        if (hits >= options->min_hits)
            tracks++;
        else
            for (size_t q = 0; q < hits; q++) labels[queue[q]] = TOO_SHORT;
    }
    for (size_t i = 0; i < n; i++) labels[i] = labels[i] == TOO_SHORT ? 0 : labels[i];
    *count = tracks;
cleanup:
    trkx_release(adjacency.from);
    trkx_release(adjacency.to);
    trkx_release(queue);
    return status;
}

/* ---- union-find ------------------------------------------------------------------------------------- */

/* Each hit points to a lower one of its component, the lowest, its root, to itself. Any number of threads may
 * connect at once: a root is hooked under a lower one by compare-and-swap, and only roots are. Whatever the
 * order, the roots at the end are the components' first hits. */
typedef _Atomic(uint32_t) parent;

static uint32_t load(parent *p)
{
    return atomic_load_explicit(p, memory_order_relaxed);
}

/* The root of i; halves the path. A lost update of a parent is harmless: the one that stays is right too. */
static uint32_t find_root(parent *parents, uint32_t i)
{
    for (uint32_t up = load(&parents[i]); up != i; up = load(&parents[i])) {
        uint32_t above = load(&parents[up]);
        if (above != up) atomic_store_explicit(&parents[i], above, memory_order_relaxed);
        i = up;
    }
    return i;
}

static void connect(parent *parents, uint32_t a, uint32_t b)
{
    for (;;) {
        a = find_root(parents, a);
        b = find_root(parents, b);
        if (a == b) return;
        uint32_t low = a < b ? a : b, high = a < b ? b : a;
        uint32_t root = high;
        if (atomic_compare_exchange_strong_explicit(&parents[high], &root, low, memory_order_relaxed,
                                                    memory_order_relaxed))
            return; /* else another thread has hooked `high` meanwhile */
    }
}

static void connect_all(const trkx_edges *edges, const float *scores, float cut, int threads, parent *parents)
{
#pragma omp parallel for num_threads(threads) if (edges->count >= PARALLEL_MIN)
    for (size_t e = 0; e < edges->count; e++)
        if (connects(scores, e, cut))
            connect(parents, (uint32_t)edges->index[e], (uint32_t)edges->index[edges->count + e]);
}

/* Numbers the components with enough hits in the order of their roots, which are their first hits. sizes [n].
 */
static size_t number_tracks(size_t n, parent *parents, size_t min_hits, uint32_t *sizes, int32_t *labels)
{
    size_t tracks = 0;
    memset(sizes, 0, n * sizeof *sizes);
    for (size_t i = 0; i < n; i++) sizes[find_root(parents, (uint32_t)i)]++;
    for (size_t i = 0; i < n; i++) {
        uint32_t root = find_root(parents, (uint32_t)i);
        if (root != i)
            labels[i] = labels[root]; /* root < i: it has its label */
        else
            labels[i] = sizes[i] >= min_hits ? (int32_t)++tracks : 0;
    }
    return tracks;
}

enum trkx_status trkx_tracks_in(struct trkx_memory *memory, size_t n, const trkx_edges *edges,
                                const float *scores, const trkx_tracks_options *options, int32_t *labels,
                                size_t *count, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    parent *parents = NULL;
    uint32_t *sizes = NULL;
    trkx_tracks_options defaults;
    trkx_tracks_options_init(&defaults);
    if (options == NULL) options = &defaults;
    TRKX_CHECK(check_options(options, error));
    TRKX_CHECK(check_edges(n, edges, error));
    TRKX_ALLOCATE(parents, memory, n, "the components");
    TRKX_ALLOCATE(sizes, memory, n, "the sizes of components");
    for (size_t i = 0; i < n; i++) atomic_init(&parents[i], (uint32_t)i);
    connect_all(edges, scores, options->cut, trkx_threads(options->threads), parents);
    *count = number_tracks(n, parents, options->min_hits, sizes, labels);
cleanup:
    trkx_release(parents);
    trkx_release(sizes);
    return status;
}

enum trkx_status trkx_tracks(size_t n, const trkx_edges *edges, const float *scores,
                             const trkx_tracks_options *options, int32_t *labels, size_t *count,
                             trkx_error *error)
{
    return trkx_tracks_in(NULL, n, edges, scores, options, labels, count, error);
}
