/* The search by radius. A tree of leaves of about a hundred points (src/tree.c) tells which leaves are near
 * each other; of two such leaves, the points that are near the other are compared, many at a time
 * (src/near.h). There are two ways from there, one result. Where fewer than half of the nodes have more
 * neighbours than they keep, each pair within the radius is found once, and src/truncate.c drops some. Where
 * more have, each node looks for its k nearest, with a limit that falls as it finds them. */
#include "search.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <string.h>

#include "edges.h"
#include "near.h"
#include "truncate.h"

enum {
    CHUNK = 1 << 15,                 /* pairs that a thread collects at a time: 256 KiB */
    CHUNK_ROOM = 4 * TRKX_TREE_LEAF, /* a chunk with less room than this is full */
    REDUCE_EVERY = 3, /* levels of the tree: 1.5 times as fast for 1,000,000 clustered points as never */
    SAMPLE = 64,      /* points that tell whether most are saturated */
    NEAREST_BYTES = 1 << 22, /* of a thread's neighbours, as far as one query does not take more */
};

/* Pairs (lower index << 32 | higher index) that one thread found, newest chunk first. */
struct chunk {
    struct chunk *next;
    size_t count;
    uint64_t pairs[CHUNK + TRKX_TREE_LANES]; /* kernels may write a little beyond what counts */
};

/* Why a pass over the leaves ended early. */
enum stop { STOP_NONE, STOP_MEMORY, STOP_OVERFLOW };

/* What all threads share during a pass. */
struct search {
    const struct trkx_query *query;
    const struct trkx_tree *tree;
    const struct trkx_near_kernels *kernels;
    struct trkx_reach reach;
    float limits_of_boxes[TRKX_TREE_LANES]; /* reach.maybe, as the kernels take it */
    struct trkx_memory *memory;
    struct trkx_points *reduced; /* [threads, reductions] */
    size_t reductions;           /* at most, on the way from the root to a leaf */
    uint64_t *near;              /* [threads, leaves] NULL where k does not matter */
    size_t batch;                /* points of a leaf whose nearest neighbours are looked for at a time */
    size_t capacity;             /* of the neighbours of one of them */
    int32_t *nearest;            /* [threads, 2, batch, capacity]; NULL where k does not matter */
    uint64_t *limits;     /* [n] the key of the last neighbour that each node keeps, TRKX_KEEP_ALL: all */
    struct chunk *chunks; /* of all threads */
    size_t chunks_count;
    size_t stored;     /* pairs in finished chunks */
    size_t most_pairs; /* stop where there are more */
    _Atomic(enum stop) stopped;
};

/* One thread's share of it. */
struct worker {
    struct search *search;
    struct chunk *chunk;         /* being filled; NULL at first */
    uint64_t *near;              /* [leaves] those near the present one, (code of the bound, leaf) */
    struct trkx_points a, b;     /* of two leaves, those near the other */
    struct trkx_points *reduced; /* [reductions] of one leaf, those near a node of the tree */
    struct trkx_points queries;  /* points whose nearest neighbours are looked for; ids: 0, 1, ... */
    int32_t own[TRKX_TREE_LEAF]; /* [queries] their indices */
    struct trkx_nearest nearest; /* [queries] */
};

static void start_worker(struct search *search, struct worker *worker)
{
    size_t thread = (size_t)omp_get_thread_num(), row = search->batch * search->capacity;
    worker->search = search;
    worker->chunk = NULL;
    worker->reduced = search->reduced + thread * search->reductions;
    if (search->nearest == NULL) return;
    worker->near = search->near + thread * search->tree->leaves;
    worker->nearest.k = search->query->k;
    worker->nearest.capacity = search->capacity;
    worker->nearest.d2 = search->nearest + thread * 2 * row;
    worker->nearest.ids = worker->nearest.d2 + row;
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

/* Between boxes [2,dim]: low, high. */
static float box_bound(const float *a, const float *b, size_t dim)
{
    float sum = 0;
    for (size_t d = 0; d < dim; d++) {
        float gap = larger(larger(b[d] - a[dim + d], a[d] - b[dim + d]), 0);
        sum += gap * gap;
    }
    return sum;
}

/* Lists the leaves whose box is within reach of leaf's, its own among them. Returns their number. */
static size_t near_leaves(const struct search *search, size_t leaf, uint64_t *near)
{
    const struct trkx_tree *tree = search->tree;
    const float *box = trkx_tree_box(tree, tree->leaves - 1 + leaf);
    struct {
        size_t node, first, last; /* leaves [first, last) */
    } stack[64] = {{0, 0, tree->leaves}}, top;
    size_t count = 0;
    for (size_t depth = 1; depth > 0;) {
        top = stack[--depth];
        float bound = box_bound(box, trkx_tree_box(tree, top.node), tree->dim);
        if (bound > search->reach.maybe) continue;
        if (top.last - top.first == 1) {
            near[count++] = trkx_key(trkx_float_code(bound), (uint32_t)top.first);
            continue;
        }
        size_t middle = (top.first + top.last) / 2, child = 2 * top.node + 1;
        stack[depth].node = child + 1, stack[depth].first = middle, stack[depth++].last = top.last;
        stack[depth].node = child, stack[depth].first = top.first, stack[depth++].last = middle;
    }
    return count;
}

static const float *leaf_box(const struct trkx_tree *tree, size_t leaf)
{
    return trkx_tree_box(tree, tree->leaves - 1 + leaf);
}

static struct trkx_points_view leaf_points(const struct trkx_tree *tree, size_t leaf)
{
    size_t begin = trkx_tree_begin(tree, leaf);
    return (struct trkx_points_view){.count = trkx_tree_begin(tree, leaf + 1) - begin,
                                     .width = tree->width,
                                     .ids = tree->ids + begin,
                                     .block = trkx_tree_block(tree, leaf)};
}

/* ---- pairs ------------------------------------------------------------------------------------------ */

static void release_chunks(void *owner)
{
    struct search *search = owner;
    for (struct chunk *chunk = search->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        trkx_release(chunk);
    }
    search->chunks = NULL;
    search->chunks_count = search->stored = 0;
}

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
    return atomic_load(&search->stopped) == STOP_NONE;
}

/* Makes sure of a chunk with room in it; false where the pass cannot go on. */
static bool have_room(struct worker *worker)
{
    return (worker->chunk != NULL && worker->chunk->count + CHUNK_ROOM <= CHUNK) || next_chunk(worker);
}

/* All pairs of some points of leaf a with leaf b, or with the rest of them where it is the same: only points
 * that are near the other leaf, and of that only those that are near these points, are compared. */
static bool pair_leaves(struct worker *worker, const struct trkx_points_view *from_a, size_t a, size_t b)
{
    const struct search *search = worker->search;
    const struct trkx_points_view from_b = leaf_points(search->tree, b);
    size_t dim = search->tree->dim;
    search->kernels->take(from_a, dim, leaf_box(search->tree, b), search->limits_of_boxes, 0, &worker->a);
    if (worker->a.count == 0) return true;
    search->kernels->take(&from_b, dim, worker->a.box, search->limits_of_boxes, 0, &worker->b);
    for (size_t i = 0; i < worker->a.count && worker->b.count > 0;) {
        if (!have_room(worker)) return false;
        struct trkx_pair_sink sink = {worker->chunk->pairs, worker->chunk->count, CHUNK};
        i = search->kernels->pair(&worker->a, &worker->b, a == b, i, dim, &search->reach, &sink);
        worker->chunk->count = sink.count;
    }
    return true;
}

/* A node of the tree with the leaves [first, last). */
struct subtree {
    size_t node, first, last;
    unsigned depth;
};

/* All pairs of some points of leaf a, whose box is given, with the leaves of a subtree that are not before a.
 * Every few levels the points are reduced to those near the node: there are fewer for all that is below. */
static bool pair_subtree(struct worker *worker, struct trkx_points_view points, const float *box, size_t a,
                         struct subtree top)
{
    const struct search *search = worker->search;
    const struct trkx_tree *tree = search->tree;
    const float *node_box = trkx_tree_box(tree, top.node);
    if (top.last <= a || box_bound(box, node_box, tree->dim) > search->reach.maybe) return true;
    if (top.last - top.first == 1) return pair_leaves(worker, &points, a, top.first);
    if (top.depth % REDUCE_EVERY == REDUCE_EVERY - 1) {
        struct trkx_points *near = &worker->reduced[top.depth / REDUCE_EVERY];
        search->kernels->take(&points, tree->dim, node_box, search->limits_of_boxes, 0, near);
        if (near->count == 0) return true;
        points = (struct trkx_points_view){near->count, near->width, near->ids, near->block};
        box = near->box;
    }
    size_t middle = (top.first + top.last) / 2, child = 2 * top.node + 1;
    struct subtree low = {child, top.first, middle, top.depth + 1};
    struct subtree high = {child + 1, middle, top.last, top.depth + 1};
    return pair_subtree(worker, points, box, a, low) && pair_subtree(worker, points, box, a, high);
}

/* All pairs of leaf a with itself and with the leaves behind it. */
static void pair_leaf(struct worker *worker, size_t a)
{
    const struct trkx_tree *tree = worker->search->tree;
    pair_subtree(worker, leaf_points(tree, a), leaf_box(tree, a), a, (struct subtree){.last = tree->leaves});
}

/* Collects the pairs within the radius in search->chunks. */
static void pair_all(struct search *search)
{
#pragma omp parallel num_threads(search->query->threads)
    {
        struct worker worker;
        start_worker(search, &worker);
#pragma omp for schedule(dynamic)
        for (size_t leaf = 0; leaf < search->tree->leaves; leaf++)
            if (atomic_load(&search->stopped) == STOP_NONE) pair_leaf(&worker, leaf);
    }
}

/* ---- the k nearest ---------------------------------------------------------------------------------- */

/* Makes the points of a leaf at these places the queries. */
static void choose_queries(struct worker *worker, size_t leaf, const uint8_t *places, size_t count)
{
    const struct trkx_points_view from = leaf_points(worker->search->tree, leaf);
    struct trkx_points *queries = &worker->queries;
    size_t dim = worker->search->tree->dim;
    queries->count = count;
    queries->width = (count + TRKX_TREE_LANES - 1) / TRKX_TREE_LANES * TRKX_TREE_LANES;
    for (size_t d = 0; d < dim; d++) {
        float *to = queries->block + d * queries->width;
        for (size_t q = 0; q < count; q++) to[q] = from.block[d * from.width + places[q]];
        for (size_t q = count; q < queries->width; q++) to[q] = NAN;
    }
    for (size_t q = 0; q < count; q++) {
        queries->ids[q] = (int32_t)q;
        worker->own[q] = from.ids[places[q]];
        worker->nearest.limit[q] = worker->search->query->r2;
        worker->nearest.held[q] = 0;
        worker->nearest.full[q] = false;
    }
}

/* The largest limit of a query: nothing farther away is of interest. */
static float largest_limit(const struct worker *worker)
{
    float largest = 0;
    for (size_t q = 0; q < worker->queries.count; q++) largest = larger(worker->nearest.limit[q], largest);
    return largest;
}

/* Shows leaf b to the queries, which belong to leaf a. Bounds are compared with limits on d2, so a little
 * more has to be let through. */
static void show_leaf(struct worker *worker, size_t a, size_t b)
{
    const struct search *search = worker->search;
    const struct trkx_points *queries = &worker->queries;
    const struct trkx_points_view from_a = {queries->count, queries->width, queries->ids, queries->block};
    const struct trkx_points_view from_b = leaf_points(search->tree, b);
    float limits[TRKX_TREE_LEAF + TRKX_TREE_LANES];
    size_t dim = search->tree->dim;
    for (size_t q = 0; q < queries->width; q++) limits[q] = trkx_reach_maybe(worker->nearest.limit[q], dim);
    search->kernels->take(&from_a, dim, leaf_box(search->tree, b), limits, 1, &worker->a);
    if (worker->a.count == 0) return;
    float largest = trkx_reach_maybe(largest_limit(worker), dim);
    for (size_t l = 0; l < TRKX_TREE_LANES; l++) limits[l] = largest;
    search->kernels->take(&from_b, dim, worker->a.box, limits, 0, &worker->b);
    search->kernels->show(&worker->a, &worker->b, dim, a == b ? worker->own : NULL, &worker->nearest);
}

/* Finds the k nearest neighbours of points of leaf a: worker->nearest. The nearest leaves come first, so that
 * the limits soon are small. */
static void find_nearest(struct worker *worker, size_t a, const uint8_t *places, size_t count)
{
    const struct search *search = worker->search;
    choose_queries(worker, a, places, count);
    size_t near = near_leaves(search, a, worker->near);
    trkx_keys_sort(worker->near, near);
    for (size_t c = 0; c < near; c++) {
        float limit = trkx_reach_maybe(largest_limit(worker), search->tree->dim);
        if (trkx_key_high(worker->near[c]) > trkx_float_code(limit)) break;
        show_leaf(worker, a, trkx_key_low(worker->near[c]));
    }
    for (size_t q = 0; q < count; q++)
        if (worker->nearest.held[q] > search->query->k) search->kernels->cut_back(&worker->nearest, q);
}

/* The key of query q's last neighbour. */
static uint64_t last_neighbour(const struct trkx_nearest *nearest, size_t q)
{
    const int32_t *d2 = nearest->d2 + q * nearest->capacity, *ids = nearest->ids + q * nearest->capacity;
    uint64_t last = 0;
    if (!nearest->full[q]) return TRKX_KEEP_ALL;
    for (size_t i = 0; i < nearest->held[q]; i++) {
        uint64_t key = trkx_key((uint32_t)d2[i], (uint32_t)ids[i]);
        if (key > last) last = key;
    }
    return last;
}

/* Stores the neighbours of query q: (index, how many), and their keys; once more where a chunk is full. */
static bool store_neighbours(struct worker *worker, size_t q)
{
    const struct trkx_nearest *nearest = &worker->nearest;
    const int32_t *d2 = nearest->d2 + q * nearest->capacity, *ids = nearest->ids + q * nearest->capacity;
    for (size_t i = 0, held = nearest->held[q]; i < held;) {
        if (!have_room(worker)) return false;
        uint64_t *to = worker->chunk->pairs + worker->chunk->count;
        size_t room = CHUNK - worker->chunk->count - 1, part = held - i < room ? held - i : room;
        *to++ = trkx_key((uint32_t)worker->own[q], (uint32_t)part);
        for (size_t end = i + part; i < end; i++) *to++ = trkx_key((uint32_t)d2[i], (uint32_t)ids[i]);
        worker->chunk->count += part + 1;
    }
    return true;
}

/* What find_nearest is to tell of each point: its limit, and its neighbours where `store`. Returns how many
 * of the points are saturated. */
static size_t keep_nearest(struct worker *worker, size_t leaf, const uint8_t *places, size_t count,
                           bool store)
{
    struct search *search = worker->search;
    size_t saturated = 0;
    for (size_t first = 0; first < count; first += search->batch) {
        size_t part = count - first < search->batch ? count - first : search->batch;
        find_nearest(worker, leaf, places + first, part);
        for (size_t q = 0; q < part; q++) {
            search->limits[worker->own[q]] = last_neighbour(&worker->nearest, q);
            saturated += worker->nearest.full[q];
            if (store && !store_neighbours(worker, q)) return saturated;
        }
    }
    return saturated;
}

/* Finds and stores all nodes' k nearest neighbours, and sets their limits. Returns how many are saturated. */
static size_t nearest_all(struct search *search)
{
    size_t saturated = 0;
    uint8_t places[TRKX_TREE_LEAF];
    for (size_t i = 0; i < TRKX_TREE_LEAF; i++) places[i] = (uint8_t)i;
#pragma omp parallel num_threads(search->query->threads) reduction(+ : saturated)
    {
        struct worker worker;
        start_worker(search, &worker);
#pragma omp for schedule(dynamic)
        for (size_t leaf = 0; leaf < search->tree->leaves; leaf++)
            if (atomic_load(&search->stopped) == STOP_NONE)
                saturated += keep_nearest(&worker, leaf, places, leaf_points(search->tree, leaf).count, true);
    }
    return saturated;
}

/* Whether half of a sample or more has more than k neighbours. */
static bool often_saturated(struct search *search)
{
    size_t leaves = search->tree->leaves, samples = leaves < SAMPLE ? leaves : SAMPLE, saturated = 0;
#pragma omp parallel num_threads(search->query->threads) reduction(+ : saturated)
    {
        struct worker worker;
        start_worker(search, &worker);
#pragma omp for schedule(dynamic)
        for (size_t s = 0; s < samples; s++)
            saturated += keep_nearest(&worker, s * leaves / samples, &(uint8_t){0}, 1, false);
    }
    return 2 * saturated >= samples;
}

/* Makes pairs of the stored neighbours. Where both ends keep a pair, the lower index has it. */
static void pair_neighbours(const uint64_t *limits, struct trkx_pairs *list)
{
    uint64_t *pairs = list->pairs;
    size_t count = 0;
    for (size_t begin = 0, end; begin < list->count; begin = end) {
        uint32_t i = trkx_key_high(pairs[begin]);
        end = begin + 1 + trkx_key_low(pairs[begin]);
        for (size_t c = begin + 1; c < end; c++) {
            uint32_t j = trkx_key_low(pairs[c]);
            bool kept_by_j = trkx_key(trkx_key_high(pairs[c]), i) <= limits[j];
            if (i < j || !kept_by_j) pairs[count++] = trkx_near_pair((int32_t)i, (int32_t)j);
        }
    }
    list->count = count;
}

/* ---- together --------------------------------------------------------------------------------------- */

/* The chunks as lists; released by the caller. */
static enum trkx_status list_chunks(const struct search *search, struct trkx_pairs **lists, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t l = 0;
    TRKX_ALLOCATE(*lists, search->memory, search->chunks_count, "lists of pairs");
    for (struct chunk *chunk = search->chunks; chunk != NULL; chunk = chunk->next)
        (*lists)[l++] = (struct trkx_pairs){.pairs = chunk->pairs, .count = chunk->count};
cleanup:
    return status;
}

/* The two ways to the pairs. Where k matters to few, all pairs within the radius, each found once; where it
 * matters to most, each node's k nearest, which then are fewer. The answer is the same, memory O(n k) at
 * most. *lists: of pairs, or of neighbours where *nearest. */
static enum trkx_status collect(struct search *search, bool k_matters, bool *nearest, size_t *saturated,
                                struct trkx_pairs **lists, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *nearest = k_matters && often_saturated(search);
    if (!*nearest) {
        pair_all(search);
        *nearest = search->stopped == STOP_OVERFLOW;
        if (*nearest) release_chunks(search);
    }
    if (*nearest) {
        search->most_pairs = SIZE_MAX;
        atomic_store(&search->stopped, STOP_NONE);
        *saturated = nearest_all(search);
    }
    if (search->stopped == STOP_MEMORY)
        return trkx_fail_memory(error, "pairs of neighbours", sizeof(struct chunk));
    TRKX_CHECK(list_chunks(search, lists, error));
cleanup:
    return status;
}

/* What the search for the k nearest works with. */
static enum trkx_status prepare_nearest(struct search *search, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_query *query = search->query;
    search->capacity = 2 * query->k + TRKX_TREE_LEAF + TRKX_TREE_LANES;
    search->batch = NEAREST_BYTES / (2 * sizeof(int32_t) * search->capacity);
    if (search->batch > TRKX_TREE_LEAF) search->batch = TRKX_TREE_LEAF;
    if (search->batch < 1) search->batch = 1;
    TRKX_ALLOCATE(search->near, search->memory, (size_t)query->threads * search->tree->leaves, "near leaves");
    TRKX_ALLOCATE(search->limits, search->memory, query->n, "the neighbours' limits");
    TRKX_ALLOCATE(search->nearest, search->memory,
                  (size_t)query->threads * 2 * search->batch * search->capacity, "the nearest neighbours");
    search->most_pairs = query->k <= SIZE_MAX / query->n ? query->n * query->k : SIZE_MAX;
cleanup:
    return status;
}

static enum trkx_status search_edges(struct search *search, const double *norms, trkx_edges *edges,
                                     trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_query *query = search->query;
    struct trkx_pairs *lists = NULL;
    bool k_matters = query->k < query->n - 1, nearest = false;
    while ((size_t)1 << REDUCE_EVERY * search->reductions < search->tree->leaves) search->reductions++;
    TRKX_ALLOCATE(search->reduced, search->memory, (size_t)query->threads * search->reductions,
                  "near points");
    if (k_matters) TRKX_CHECK(prepare_nearest(search, error));
    TRKX_CHECK(collect(search, k_matters, &nearest, &edges->saturated, &lists, error));
    if (nearest) {
#pragma omp parallel for num_threads(query->threads) schedule(dynamic)
        for (size_t l = 0; l < search->chunks_count; l++) pair_neighbours(search->limits, &lists[l]);
    } else if (k_matters)
        TRKX_CHECK(
            trkx_truncate(search->memory, query, lists, search->chunks_count, &edges->saturated, error));
    TRKX_CHECK(trkx_edges_from_pairs(search->memory, lists, search->chunks_count, query->n, norms,
                                     query->threads, release_chunks, search, edges, error));
cleanup:
    trkx_release(lists);
    trkx_release(search->reduced);
    trkx_release(search->near);
    trkx_release(search->limits);
    trkx_release(search->nearest);
    release_chunks(search);
    return status;
}

enum trkx_status trkx_search(struct trkx_memory *memory, const struct trkx_query *query, const double *norms,
                             trkx_edges *edges, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_tree tree = {0};
    struct search search = {.query = query,
                            .tree = &tree,
                            .kernels = trkx_near_kernels(),
                            .reach = trkx_reach(query->r2, query->dim),
                            .memory = memory,
                            .most_pairs = SIZE_MAX};
    for (size_t l = 0; l < TRKX_TREE_LANES; l++) search.limits_of_boxes[l] = search.reach.maybe;
    TRKX_CHECK(trkx_tree_create(memory, query->points, query->n, query->dim, query->threads, &tree, error));
    TRKX_CHECK(search_edges(&search, norms, edges, error));
cleanup:
    trkx_tree_destroy(&tree);
    return status;
}
