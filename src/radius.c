/* Graph building: exact fixed-radius nearest neighbours. */
#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <string.h>

#include "edges.h"
#include "keys.h"
#include "parallel.h"
#include "tree.h"

enum {
    LANES = TRKX_TREE_LANES,
    CHUNK = 1 << 14,             /* pairs that a thread collects at a time: 128 KiB */
    POINTS_PER_THREAD = 1 << 10, /* with less work than this, starting a thread takes longer */
};

/* A node whose neighbours need no choice keeps them all: no key is greater. */
#define KEEP_ALL UINT64_MAX

void trkx_edges_options_init(trkx_edges_options *options)
{
    *options = (trkx_edges_options){.size = sizeof *options, .radius = 1, .k = 500, .threads = 0};
}

/* ---- what is asked for ------------------------------------------------------------------------------ */

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
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "edges: options have size %zu instead of %zu: not initialised?", options->size,
                         sizeof *options);
    if (!(options->radius > 0))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: the radius is %g, it must be > 0",
                         options->radius);
    if (options->k < 1) return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: k is 0, it must be at least 1");
    if (options->threads < 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: %d threads", options->threads);
    if (dim < 1 || dim > TRKX_TREE_DIM_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "edges: points have %zu dimensions, 1 to %d are possible", dim, TRKX_TREE_DIM_MAX);
    if (n > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: %zu points, at most %d are possible", n,
                         INT32_MAX);
    float radius = (float)options->radius;
    *query =
        (struct query){.points = points,
                       .n = n,
                       .dim = dim,
                       .k = options->k,
                       .r2 = radius * radius,
                       .threads = trkx_worthwhile_threads(trkx_threads(options->threads), n, POINTS_PER_THREAD)};
    size_t bad = first_bad_row(points, n, dim, query->threads);
    if (bad < n)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "edges: row %zu of the points has a NaN or infinity",
                         bad);
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

/* The d2 of a key: codes of numbers that are not negative are their bits and the sign bit. */
static float neighbour_distance(uint64_t key)
{
    uint32_t bits = trkx_key_high(key) & ~UINT32_C(0x80000000);
    float d2;
    memcpy(&d2, &bits, sizeof d2);
    return d2;
}

/* A pair is kept when either end keeps it: limits[i] is the key of the last neighbour that i keeps. */
static bool kept(const uint64_t *limits, size_t i, size_t j, float d2)
{
    return limits == NULL || neighbour_key(d2, j) <= limits[i] || neighbour_key(d2, i) <= limits[j];
}

/* ---- the reference ---------------------------------------------------------------------------------- */

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
    struct query query = {0};
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
/* ---- the search ------------------------------------------------------------------------------------- */

/* Pairs (lower index << 32 | higher index) that one thread found, newest chunk first. */
struct chunk {
    struct chunk *next;
    size_t count;
    uint64_t pairs[CHUNK];
};

/* Why a pass over the leaves ended early. */
enum stop { STOP_NONE, STOP_MEMORY, STOP_OVERFLOW };

/* What all threads share during a pass. */
struct search {
    const struct query *query;
    const struct trkx_tree *tree;
    struct trkx_memory *memory;
    const uint64_t *limits; /* [n] or NULL: all pairs within the radius */
    int32_t *near;          /* [threads, leaves] */
    struct chunk *chunks;   /* of all threads */
    size_t chunks_count;
    size_t stored;     /* pairs in finished chunks */
    size_t most_pairs; /* stop where there are more */
    _Atomic(enum stop) stopped;
};

/* Some points of a leaf, in its order, stored like one. */
struct points {
    size_t count, width; /* width: count rounded up to the lanes, the rest is NaN */
    int32_t ids[TRKX_TREE_LEAF];
    float box[2 * TRKX_TREE_DIM_MAX];                /* [2,dim] low, high */
    float block[TRKX_TREE_DIM_MAX * TRKX_TREE_LEAF]; /* [dim,width] */
};

/* One thread's share of it. */
struct worker {
    struct search *search;
    struct chunk *chunk;            /* being filled; NULL at first */
    int32_t *near;                  /* [leaves] those near the present one */
    float bounds[TRKX_TREE_LEAF];   /* of d2 from each point of a leaf to another leaf */
    float d2[TRKX_TREE_LEAF];       /* from one point to those of a leaf */
    uint8_t places[TRKX_TREE_LEAF]; /* of neighbours in a leaf */
    struct points a, b;             /* of two leaves, those near the other */
};

/* Bounds and rounding. For a point x in [low, high] of one box and y of another, the difference x - y is at
 * least as large as the gap between the boxes; rounding, squaring and adding in the same order keep that
 * order, because each rounded operation is monotonic. So a bound that is computed like d2 never exceeds it,
 * and what is skipped because of bound > r2 has no neighbour in it: no tolerance is needed. */

static float larger(float a, float b)
{
    return a > b ? a : b;
}

static float smaller(float a, float b)
{
    return a < b ? a : b;
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

/* bounds [width]: from each point of a block to a box; of no meaning for the padding. */
static void point_bounds(const float *restrict block, size_t width, const float *restrict box, size_t dim,
                         float *restrict bounds)
{
    for (size_t i = 0; i < width; i++) bounds[i] = 0;
    for (size_t d = 0; d < dim; d++) {
        const float *restrict x = block + d * width;
        float low = box[d], high = box[dim + d];
        for (size_t i = 0; i < width; i++) {
            float gap = larger(low - x[i], 0) + larger(x[i] - high, 0); /* at most one is not 0 */
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

/* d2 [width] from a point to all points of a block; NaN for the padding. */
static void distances(const float *restrict block, size_t width, const float *restrict point, size_t dim,
                      float *restrict d2)
{
    for (size_t j = 0; j < width; j++) d2[j] = 0;
    for (size_t d = 0; d < dim; d++) {
        const float *restrict x = block + d * width;
        float p = point[d];
        for (size_t j = 0; j < width; j++) d2[j] += (p - x[j]) * (p - x[j]);
    }
}

/* Lists which of d2 [width], from `from` on, are within r2; returns their number. Most are not, so they are
 * passed over LANES at a time. */
static size_t within(const float *d2, size_t width, size_t from, float r2, uint8_t *places)
{
    size_t count = 0;
    for (size_t begin = from / LANES * LANES; begin < width; begin += LANES) {
        int any = 0;
        for (size_t l = 0; l < LANES; l++) any |= d2[begin + l] <= r2;
        if (!any) continue;
        for (size_t j = begin; j < begin + LANES; j++) { /* without a branch, which would be a guess */
            places[count] = (uint8_t)j;
            count += (d2[j] <= r2) & (j >= from);
        }
    }
    return count;
}

/* ---- the search: pairs ------------------------------------------------------------------------------ */

/* Starts a new chunk; false where the pass cannot go on. */
static bool next_chunk(struct worker *worker)
{
    struct search *search = worker->search;
    struct chunk *chunk = trkx_allocate(search->memory, 1, sizeof *chunk);
    if (chunk == NULL) {
        atomic_store(&search->stopped, STOP_MEMORY);
        return false;
    }
    chunk->count = 0;
#pragma omp critical(trkx_edges_chunks)
    {
        chunk->next = search->chunks;
        search->chunks = chunk;
        search->chunks_count++;
        if (worker->chunk != NULL) search->stored += worker->chunk->count;
        if (search->stored > search->most_pairs) atomic_store(&search->stopped, STOP_OVERFLOW);
    }
    worker->chunk = chunk;
    return true;
}

static void release_chunks(struct search *search)
{
    for (struct chunk *chunk = search->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        trkx_release(chunk);
    }
    search->chunks = NULL;
    search->chunks_count = search->stored = 0;
}

/* Takes from a leaf the points whose bound to a box, [2,dim], is within r2. */
static void take_near(struct worker *worker, size_t leaf, const float *box, struct points *near)
{
    const struct trkx_tree *tree = worker->search->tree;
    const float *block = trkx_tree_block(tree, leaf);
    size_t begin = trkx_tree_begin(tree, leaf), points = trkx_tree_begin(tree, leaf + 1) - begin;
    point_bounds(block, tree->width, box, tree->dim, worker->bounds);
    size_t count = within(worker->bounds, tree->width, 0, worker->search->query->r2, worker->places);
    while (count > 0 && worker->places[count - 1] >= points) count--; /* the padding */
    near->count = count;
    near->width = (count + LANES - 1) / LANES * LANES;
    for (size_t i = 0; i < count; i++) near->ids[i] = tree->ids[begin + worker->places[i]];
    for (size_t d = 0; d < tree->dim && count > 0; d++) {
        const float *from = block + d * tree->width;
        float *x = near->block + d * near->width, low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < count; i++) {
            x[i] = from[worker->places[i]];
            low = smaller(x[i], low);
            high = larger(x[i], high);
        }
        for (size_t i = count; i < near->width; i++) x[i] = NAN;
        near->box[d] = low;
        near->box[tree->dim + d] = high;
    }
}

/* Adds the pairs of one point with worker->b from place `from` on. */
static bool add_pairs(struct worker *worker, size_t id, size_t from)
{
    const struct search *search = worker->search;
    const struct query *query = search->query;
    const struct points *b = &worker->b;
    distances(b->block, b->width, query->points + id * query->dim, query->dim, worker->d2);
    size_t count = within(worker->d2, b->width, from, query->r2, worker->places);
    if ((worker->chunk == NULL || worker->chunk->count + count > CHUNK) && !next_chunk(worker)) return false;
    struct chunk *chunk = worker->chunk;
    for (size_t p = 0; p < count; p++) {
        size_t j = worker->places[p], other = (size_t)b->ids[j];
        if (!kept(search->limits, id, other, worker->d2[j])) continue;
        chunk->pairs[chunk->count++] =
            id < other ? trkx_key((uint32_t)id, (uint32_t)other) : trkx_key((uint32_t)other, (uint32_t)id);
    }
    return true;
}

/* All pairs of two leaves, or of one: only points that are near the other leaf, and of that only those that
 * are near these points, are compared. */
static bool pair_leaves(struct worker *worker, size_t a, size_t b)
{
    const struct trkx_tree *tree = worker->search->tree;
    take_near(worker, a, trkx_tree_box(tree, tree->leaves - 1 + b), &worker->a);
    if (worker->a.count == 0) return true;
    take_near(worker, b, worker->a.box, &worker->b);
    for (size_t i = 0; i < worker->a.count && worker->b.count > 0; i++)
        if (!add_pairs(worker, (size_t)worker->a.ids[i], a == b ? i + 1 : 0)) return false;
    return true;
}

/* All pairs of leaf a with itself and with the leaves behind it. */
static void pair_leaf(struct worker *worker, size_t a)
{
    size_t count = near_leaves(worker->search, a, a, worker->near);
    for (size_t c = 0; c < count; c++)
        if (!pair_leaves(worker, a, (size_t)worker->near[c])) return;
}

/* Collects the pairs within the radius, as far as `limits` keep them, in search->chunks. */
static void pair_all(struct search *search)
{
    const struct trkx_tree *tree = search->tree;
    atomic_store(&search->stopped, STOP_NONE);
#pragma omp parallel num_threads(search->query->threads)
    {
        struct worker worker;
        worker.search = search;
        worker.chunk = NULL;
        worker.near = search->near + (size_t)omp_get_thread_num() * tree->leaves;
#pragma omp for schedule(dynamic)
        for (size_t leaf = 0; leaf < tree->leaves; leaf++)
            if (atomic_load(&search->stopped) == STOP_NONE) pair_leaf(&worker, leaf);
    }
}

/* ---- the search: the k nearest ---------------------------------------------------------------------- */

/* The k smallest keys of those shown: they are collected and cut back to k whenever there are 2k, from when
 * on greater ones are of no interest. */
struct nearest {
    uint64_t *keys; /* [2k] */
    size_t k, held;
    bool full;     /* there were more than k */
    uint64_t last; /* greatest key of interest */
    float r2;      /* its d2 */
};

/* The k smallest to the front, the greatest of them last. */
static void cut_back(struct nearest *nearest)
{
    trkx_keys_select(nearest->keys, nearest->held, nearest->k - 1);
    nearest->held = nearest->k;
    nearest->full = true;
    nearest->last = nearest->keys[nearest->k - 1];
    nearest->r2 = neighbour_distance(nearest->last);
}

static void show_key(struct nearest *nearest, uint64_t key)
{
    if (key > nearest->last) return;
    nearest->keys[nearest->held++] = key;
    if (nearest->held == 2 * nearest->k) cut_back(nearest);
}

/* Shows the neighbours of the point with index id in leaf b, as far as they are of interest. box: of the
 * point alone. */
static void show_leaf(struct worker *worker, size_t id, const float *box, size_t b, struct nearest *nearest)
{
    const struct query *query = worker->search->query;
    const struct trkx_tree *tree = worker->search->tree;
    const int32_t *ids = tree->ids + trkx_tree_begin(tree, b);
    if (box_bound(box, trkx_tree_box(tree, tree->leaves - 1 + b), query->dim) > nearest->r2) return;
    distances(trkx_tree_block(tree, b), tree->width, box, query->dim, worker->d2);
    size_t count = within(worker->d2, tree->width, 0, nearest->r2, worker->places);
    for (size_t p = 0; p < count; p++) {
        size_t j = worker->places[p], other = (size_t)ids[j];
        if (other != id) show_key(nearest, neighbour_key(worker->d2[j], other));
    }
}

/* The key of the last neighbour that the point with index id keeps. worker->near lists the leaves near its
 * own, which is number `own` of them and comes first: it has the nearest points. keys: room for 2k. */
static uint64_t limit_point(struct worker *worker, size_t id, size_t near_count, size_t own, uint64_t *keys)
{
    const struct query *query = worker->search->query;
    const float *point = query->points + id * query->dim;
    struct nearest nearest = {.keys = keys, .k = query->k, .last = KEEP_ALL, .r2 = query->r2};
    float box[2 * TRKX_TREE_DIM_MAX];
    memcpy(box, point, query->dim * sizeof *box);
    memcpy(box + query->dim, point, query->dim * sizeof *box);
    for (size_t c = 0; c < near_count; c++)
        show_leaf(worker, id, box, (size_t)worker->near[(own + c) % near_count], &nearest);
    if (nearest.held > nearest.k) cut_back(&nearest);
    return nearest.full ? nearest.last : KEEP_ALL;
}

static size_t place_of(const int32_t *near, size_t leaf)
{
    size_t place = 0;
    while ((size_t)near[place] != leaf) place++;
    return place;
}

/* limits of the points of one leaf; degrees as for limit_all. Returns how many are saturated. */
static size_t limit_leaf(struct worker *worker, size_t a, const uint32_t *degrees, uint64_t *keys,
                         uint64_t *limits)
{
    const struct trkx_tree *tree = worker->search->tree;
    size_t begin = trkx_tree_begin(tree, a), end = trkx_tree_begin(tree, a + 1);
    size_t near_count = 0, own = 0, saturated = 0;
    for (size_t i = begin; i < end; i++) {
        size_t id = (size_t)tree->ids[i];
        limits[id] = KEEP_ALL;
        if (degrees != NULL && degrees[id] <= worker->search->query->k) continue;
        if (near_count == 0) {
            near_count = near_leaves(worker->search, a, 0, worker->near);
            own = place_of(worker->near, a);
        }
        limits[id] = limit_point(worker, id, near_count, own, keys);
        saturated += limits[id] != KEEP_ALL;
    }
    return saturated;
}

/* limits [n]: the key of the last neighbour that each node keeps, KEEP_ALL where it has at most k. degrees
 * [n], or NULL where they are not known. keys [threads, 2k]. Returns how many are saturated. */
static size_t limit_all(struct search *search, const uint32_t *degrees, uint64_t *keys, uint64_t *limits)
{
    const struct trkx_tree *tree = search->tree;
    size_t saturated = 0;
#pragma omp parallel num_threads(search->query->threads) reduction(+ : saturated)
    {
        size_t thread = (size_t)omp_get_thread_num();
        struct worker worker = {.search = search, .near = search->near + thread * tree->leaves};
#pragma omp for schedule(dynamic)
        for (size_t leaf = 0; leaf < tree->leaves; leaf++)
            saturated += limit_leaf(&worker, leaf, degrees, keys + thread * 2 * search->query->k, limits);
    }
    return saturated;
}

/* ---- the search: together --------------------------------------------------------------------------- */

/* degrees [n] of the collected pairs. Returns the largest. */
static uint32_t count_degrees(const struct trkx_pairs *lists, size_t lists_count, const struct query *query,
                              uint32_t *degrees)
{
    uint32_t largest = 0;
    memset(degrees, 0, query->n * sizeof *degrees);
#pragma omp parallel for num_threads(query->threads) schedule(dynamic)
    for (size_t l = 0; l < lists_count; l++)
        for (size_t p = 0; p < lists[l].count; p++) {
#pragma omp atomic
            degrees[trkx_key_high(lists[l].pairs[p])]++;
#pragma omp atomic
            degrees[trkx_key_low(lists[l].pairs[p])]++;
        }
    for (size_t i = 0; i < query->n; i++) largest = degrees[i] > largest ? degrees[i] : largest;
    return largest;
}

/* Drops the pairs that neither end keeps. */
static void drop_pairs(const struct query *query, const uint64_t *limits, struct trkx_pairs *lists,
                       size_t lists_count)
{
#pragma omp parallel for num_threads(query->threads) schedule(dynamic)
    for (size_t l = 0; l < lists_count; l++) {
        size_t count = 0;
        for (size_t p = 0; p < lists[l].count; p++) {
            uint64_t pair = lists[l].pairs[p];
            size_t i = trkx_key_high(pair), j = trkx_key_low(pair);
            if (limits[i] == KEEP_ALL || limits[j] == KEEP_ALL ||
                kept(limits, i, j, squared_distance(query, i, j)))
                lists[l].pairs[count++] = pair;
        }
        lists[l].count = count;
    }
}

/* The chunks as lists; released by the caller. */
static enum trkx_status list_chunks(const struct search *search, struct trkx_pairs **lists, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t l = 0;
    TRKX_ALLOCATE(*lists, search->memory, search->chunks_count, "lists of pairs");
    for (struct chunk *chunk = search->chunks; chunk != NULL; chunk = chunk->next)
        (*lists)[l++] = (struct trkx_pairs){chunk->pairs, chunk->count};
cleanup:
    return status;
}

static enum trkx_status collect(struct search *search, trkx_error *error)
{
    release_chunks(search);
    pair_all(search);
    if (search->stopped != STOP_MEMORY) return TRKX_OK;
    return trkx_fail_memory(error, "pairs of neighbours", sizeof(struct chunk));
}

/* The search where k can matter. Memory stays at O(n k): all pairs are collected as long as they are at most
 * n k / 2 (with more, some node is certainly saturated). Beyond that each node's limit comes from its own
 * neighbours, one node at a time, and only what is kept is collected. */
static enum trkx_status choose_nearest(struct search *search, struct trkx_pairs **lists, size_t *saturated,
                                       trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct query *query = search->query;
    uint32_t *degrees = NULL;
    uint64_t *limits = NULL, *keys = NULL;
    bool overflow = search->stopped == STOP_OVERFLOW;
    if (!overflow) {
        TRKX_CHECK(list_chunks(search, lists, error));
        TRKX_ALLOCATE(degrees, search->memory, query->n, "the number of neighbours");
        if (count_degrees(*lists, search->chunks_count, query, degrees) <= query->k) goto cleanup;
    } else
        release_chunks(search);
    TRKX_ALLOCATE(limits, search->memory, query->n, "the neighbours' limits");
    TRKX_ALLOCATE(keys, search->memory, (size_t)query->threads * 2 * query->k, "the nearest neighbours");
    *saturated = limit_all(search, degrees, keys, limits);
    if (!overflow)
        drop_pairs(query, limits, *lists, search->chunks_count);
    else {
        search->limits = limits;
        search->most_pairs = SIZE_MAX;
        TRKX_CHECK(collect(search, error));
        TRKX_CHECK(list_chunks(search, lists, error));
    }
cleanup:
    search->limits = NULL;
    trkx_release(degrees);
    trkx_release(limits);
    trkx_release(keys);
    return status;
}

static enum trkx_status search_edges(struct search *search, trkx_edges *edges, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct query *query = search->query;
    struct trkx_pairs *lists = NULL;
    bool k_matters = query->k < query->n - 1;
    search->most_pairs = k_matters && query->k <= SIZE_MAX / query->n ? query->n * query->k / 2 : SIZE_MAX;
    TRKX_ALLOCATE(search->near, search->memory, (size_t)query->threads * search->tree->leaves, "near leaves");
    TRKX_CHECK(collect(search, error));
    if (k_matters)
        TRKX_CHECK(choose_nearest(search, &lists, &edges->saturated, error));
    else
        TRKX_CHECK(list_chunks(search, &lists, error));
    TRKX_CHECK(trkx_edges_from_pairs(search->memory, lists, search->chunks_count, query->n, query->threads,
                                     edges, error));
cleanup:
    trkx_release(lists);
    trkx_release(search->near);
    release_chunks(search);
    return status;
}

enum trkx_status trkx_radius_graph_in(struct trkx_memory *memory, const float *points, size_t n, size_t dim,
                                      const trkx_edges_options *options, trkx_edges *edges, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct query query = {0};
    struct trkx_tree tree = {0};
    struct search search = {.query = &query, .tree = &tree, .memory = memory};
    *edges = (trkx_edges){0};
    TRKX_CHECK(check_query(points, n, dim, options, &query, error));
    if (n == 0) goto cleanup;
    TRKX_CHECK(trkx_tree_create(memory, points, n, dim, query.threads, &tree, error));
    TRKX_CHECK(search_edges(&search, edges, error));
cleanup:
    trkx_tree_destroy(&tree);
    if (status != TRKX_OK) trkx_edges_destroy(edges);
    return status;
}

enum trkx_status trkx_radius_graph(const float *points, size_t n, size_t dim,
                                   const trkx_edges_options *options, trkx_edges *edges, trkx_error *error)
{
    return trkx_radius_graph_in(NULL, points, n, dim, options, edges, error);
}
