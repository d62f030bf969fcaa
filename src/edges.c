#include "edges.h"

#include <math.h>
#include <string.h>

#include "keys.h"
#include "parallel.h"
#include "tree.h"

enum {
    LANES = TRKX_TREE_LANES,
    CHUNK = 1 << 14,   /* pairs that a thread collects at a time: 128 KiB */
    ROWS_AT_A_TIME = 1 << 8,
};

/* A node whose neighbours need no choice keeps them all: no key is greater. */
#define KEEP_ALL UINT64_MAX

void trkx_edges_options_init(trkx_edges_options *options)
{
    *options = (trkx_edges_options){.size = sizeof *options, .radius = 1, .k = 500, .threads = 0};
}

void trkx_edges_destroy(trkx_edges *edges)
{
    if (edges == NULL) return;
    trkx_release(edges->index);
    *edges = (trkx_edges){0};
}

/* ---- what is asked for --------------------------------------------------------------------------------- */

/* The checked arguments of a search. */
struct query {
    const float *points; /* [n,dim] */
    size_t n, dim, k;
    float r2;
    int threads;
};

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

static enum trkx_status check_query(const float *points, size_t n, size_t dim,
                                    const trkx_edges_options *options, struct query *query, trkx_error *error)
{
    trkx_edges_options defaults;
    trkx_edges_options_init(&defaults);
    if (options == NULL) options = &defaults;
    if (options->size != sizeof *options)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: options have size %zu instead of %zu: not initialised?",
                         options->size, sizeof *options);
    if (!(options->radius > 0))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: the radius is %g, it must be > 0", options->radius);
    if (options->k < 1) return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: k is 0, it must be at least 1");
    if (options->threads < 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: %d threads", options->threads);
    if (dim < 1 || dim > TRKX_TREE_DIM_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: points have %zu dimensions, 1 to %d are possible",
                         dim, TRKX_TREE_DIM_MAX);
    if (n > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: %zu points, at most %d are possible", n, INT32_MAX);
    float radius = (float)options->radius;
    *query = (struct query){.points = points, .n = n, .dim = dim, .k = options->k, .r2 = radius * radius,
                            .threads = trkx_threads(options->threads)};
    size_t bad = first_bad_row(points, n, dim, query->threads);
    if (bad < n)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: row %zu of the points has a NaN or infinity", bad);
    return TRKX_OK;
}

/* The float32 sum of squared float32 differences, in the order of the dimensions. */
static float squared_distance(const struct query *query, size_t i, size_t j)
{
    const float *a = query->points + i * query->dim, *b = query->points + j * query->dim;
    float sum = 0;
    for (size_t d = 0; d < query->dim; d++) {
        float difference = a[d] - b[d];
        sum += difference * difference;
    }
    return sum;
}

/* Neighbours in the order in which a node keeps them: nearer first, then the lower index. */
static uint64_t neighbour_key(float d2, size_t index)
{
    return trkx_key(trkx_float_code(d2), (uint32_t)index);
}

/* A pair is kept when either end keeps it: limits[i] is the key of the last neighbour that i keeps. */
static bool kept(const uint64_t *limits, size_t i, size_t j, float d2)
{
    return limits == NULL || neighbour_key(d2, j) <= limits[i] || neighbour_key(d2, i) <= limits[j];
}

/* ---- the reference ------------------------------------------------------------------------------------- */

/* The key of the k-th nearest neighbour of i; KEEP_ALL where it has at most k. keys: room for n. */
static uint64_t reference_limit(const struct query *query, size_t i, uint64_t *keys)
{
    size_t count = 0;
    for (size_t j = 0; j < query->n; j++) {
        float d2 = squared_distance(query, i, j);
        if (j != i && d2 <= query->r2) keys[count++] = neighbour_key(d2, j);
    }
    if (count <= query->k) return KEEP_ALL;
    trkx_keys_sort(keys, count);
    return keys[query->k - 1];
}

/* Counts the pairs, and writes them where index is not NULL: [2,m]. */
static size_t reference_pairs(const struct query *query, const uint64_t *limits, int64_t *index, size_t m)
{
    size_t count = 0;
    for (size_t i = 0; i < query->n; i++)
        for (size_t j = i + 1; j < query->n; j++) {
            float d2 = squared_distance(query, i, j);
            if (!(d2 <= query->r2) || !kept(limits, i, j, d2)) continue;
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
    struct query query;
    uint64_t *limits = NULL, *keys = NULL;
    *edges = (trkx_edges){0};
    TRKX_CHECK(check_query(points, n, dim, options, &query, error));
    TRKX_ALLOCATE(limits, NULL, n, "the neighbours' limits");
    TRKX_ALLOCATE(keys, NULL, n, "neighbours");
    for (size_t i = 0; i < n; i++) {
        limits[i] = reference_limit(&query, i, keys);
        edges->saturated += limits[i] != KEEP_ALL;
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

/* ---- from pairs to sorted edges ------------------------------------------------------------------------ */

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

/* Sorts each source's targets, which makes the order unique, and writes the sources. ends [n]: where the edges
 * of each source end. */
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
    uint64_t *targets = (uint64_t *)(edges->index + m); /* int64_t may be accessed as uint64_t */
    count_sources(lists, lists_count, n, threads, first);
    place_targets(lists, lists_count, threads, first, targets);
    sort_rows(first, n, threads, edges->index, targets);
cleanup:
    trkx_release(first);
    if (status != TRKX_OK) edges->count = 0;
    return status;
}

/* ---- the search ---------------------------------------------------------------------------------------- */

/* Pairs (lower index << 32 | higher index) that one thread found, newest chunk first. */
struct chunk {
    struct chunk *next;
    size_t count;
    uint64_t pairs[CHUNK];
};

/* What all threads share during one pass over the leaves. */
struct search {
    const struct query *query;
    const struct trkx_tree *tree;
    struct trkx_memory *memory;
    const uint64_t *limits; /* [n] or NULL: all pairs within the radius */
    size_t most_pairs;      /* stop where there are certainly more */
    struct chunk *chunks;   /* of all threads */
    size_t chunks_count;
    bool overflow, out_of_memory;
};

/* One thread's share of it. */
struct worker {
    struct search *search;
    struct chunk *chunk; /* being filled; NULL at first and after a failure */
    int32_t *near;       /* [leaves] those near the present one */
    float *bounds;       /* [width] lower bounds of d2 from each point of a leaf */
};

/* Bounds and rounding. For a point x in [low, high] of one box and y of another, the difference x - y is at
 * least as large as the gap between the boxes; rounding, squaring and adding in the same order keep that
 * order, because each rounded operation is monotonic. So a bound that is computed like d2 never exceeds it,
 * and what is skipped because of bound > r2 has no neighbour in it: no tolerance is needed. */

static float larger(float a, float b)
{
    return a > b ? a : b;
}

/* Boxes are [2,dim]: low, high. */
static float box_bound(const float *a, const float *b, size_t dim)
{
    float sum = 0;
    for (size_t d = 0; d < dim; d++) {
        float gap = larger(larger(b[d] - a[dim + d], a[d] - b[dim + d]), 0);
        sum += gap * gap;
    }
    return sum;
}

/* bounds [width]: from each point of a block to a box; NaN for the padding. */
static void point_bounds(const float *block, size_t width, const float *box, size_t dim, float *bounds)
{
    for (size_t i = 0; i < width; i++) bounds[i] = 0;
    for (size_t d = 0; d < dim; d++) {
        const float *x = block + d * width;
        float low = box[d], high = box[dim + d];
        for (size_t i = 0; i < width; i++) {
            float gap = larger(larger(low - x[i], x[i] - high), 0);
            bounds[i] += gap * gap;
        }
    }
}

/* Lists the leaves from `from` on whose box is within the radius of leaf's. Returns their number. */
static size_t near_leaves(const struct search *search, size_t leaf, size_t from, int32_t *near)
{
    const struct trkx_tree *tree = search->tree;
    const float *box = trkx_tree_box(tree, tree->leaves - 1 + leaf);
    struct {
        size_t node, first, last; /* leaves [first, last) */
    } stack[64] = {{0, 0, tree->leaves}}, top;
    size_t count = 0;
    for (size_t depth = 1; depth > 0;) {
        top = stack[--depth];
        if (top.last <= from) continue;
        if (box_bound(box, trkx_tree_box(tree, top.node), tree->dim) > search->query->r2) continue;
        if (top.last - top.first == 1) {
            near[count++] = (int32_t)top.first;
            continue;
        }
        size_t middle = (top.first + top.last) / 2, child = 2 * top.node + 1;
        stack[depth].node = child + 1, stack[depth].first = middle, stack[depth++].last = top.last;
        stack[depth].node = child, stack[depth].first = top.first, stack[depth++].last = middle;
    }
    return count;
}

/* The coordinates [dim] of one point of a leaf. */
static void point_of_leaf(const struct trkx_tree *tree, size_t leaf, size_t i, float *point)
{
    const float *block = trkx_tree_block(tree, leaf);
    for (size_t d = 0; d < tree->dim; d++) point[d] = block[d * tree->width + i];
}

/* d2 [LANES] from a point to as many points of a block; true where one is within r2. */
static bool lane_distances(const float *block, size_t width, const float *point, size_t dim, float r2,
                           float *restrict d2)
{
    int within = 0;
    for (int l = 0; l < LANES; l++) d2[l] = 0;
    for (size_t d = 0; d < dim; d++) {
        const float *x = block + d * width;
        float p = point[d];
        for (int l = 0; l < LANES; l++) d2[l] += (p - x[l]) * (p - x[l]);
    }
    for (int l = 0; l < LANES; l++) within |= d2[l] <= r2;
    return within != 0;
}
