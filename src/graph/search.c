/* The search by radius. Each point descends the tree (src/graph/tree.c) separately: from near nodes to their
 * near children, many compared at a time (src/graph/kernels.h), down to leaves, whose points are compared
 * with it. There are two strategies with the same result. If fewer than half of the nodes have more
 * neighbours than they keep, each pair within the radius is found once, and src/graph/keep_nearest.c drops
 * some. Otherwise each node searches for its k nearest, within a limit derived from the previous nodes. */
#include "graph/search.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/keys.h"
#include "graph/coincident.h"
#include "graph/edges.h"
#include "graph/keep_nearest.h"
#include "graph/kernels_best.h"

enum {
    CHUNK = 1 << 15, /* pairs that a thread collects at a time: 256 KiB */
    TOGETHER = 8,    /* leaves that a thread takes at a time: they are adjacent */
    SHOWN = 8,       /* leaves compared with a point at a time, in the search for its nearest */
    SHARED = 6,      /* most nodes to which the points of a leaf descend together */
    MEMBERS = 1024,  /* of places with many points that a thread takes at a time */
    SAMPLE = 64,     /* points sampled to decide whether most are saturated */
};

/* Pairs (lower index << 32 | higher index) that one thread found, newest chunk first. */
struct chunk {
    struct chunk *next;
    size_t count;
    uint64_t pairs[CHUNK + TRKX_NEAR_ROOM];
};

/* Why a pass over the leaves ended early. */
enum stop { STOP_NONE, STOP_MEMORY, STOP_OVERFLOW };

/* Shared by all threads during a pass. */
struct search {
    const struct trkx_query *query;
    struct trkx_tree *tree;
    struct trkx_coincident coincident; /* of the points missing in the tree; empty if it has all */
    const struct trkx_near_kernels *kernels;
    struct trkx_reach reach;
    struct trkx_memory *memory;
    size_t list;          /* leaves, with room for excess writes of the kernels */
    uint32_t *lists;      /* [threads, 2, list] */
    size_t capacity;      /* of a node's neighbours, in the search for the nearest */
    int32_t *nearest;     /* [threads, 2, capacity]; NULL if k does not matter */
    uint64_t *limits;     /* [n] the key of the last neighbour that each node keeps, TRKX_KEEP_ALL: all */
    struct chunk *chunks; /* of all threads */
    size_t chunks_count;
    size_t stored;     /* pairs in finished chunks */
    size_t most_pairs; /* stop if there are more */
    _Atomic(enum stop) stopped;
};

/* Nodes of one level from which the descent continues. */
struct start {
    size_t level, count;
    uint32_t nodes[SHARED];
};

/* A thread's part of a pass. */
struct worker {
    struct search *search;
    struct chunk *chunk;         /* being filled; NULL at first */
    uint32_t *lists[2];          /* [list] nodes and their children near the present point, by turns */
    struct trkx_place place;     /* the present point */
    struct trkx_nearest nearest; /* its neighbours */
};

static void start_worker(struct search *search, struct worker *worker)
{
    size_t thread = (size_t)omp_get_thread_num();
    worker->search = search;
    worker->chunk = NULL;
    for (size_t l = 0; l < 2; l++) worker->lists[l] = search->lists + (2 * thread + l) * search->list;
    if (search->nearest == NULL) return;
    worker->nearest.d2 = search->nearest + thread * 2 * search->capacity;
    worker->nearest.ids = worker->nearest.d2 + search->capacity;
}

static void take_place(struct worker *worker, size_t leaf, size_t lane)
{
    const struct trkx_tree *tree = worker->search->tree;
    const float *block = trkx_tree_block(tree, leaf);
    worker->place.leaf = leaf;
    worker->place.lane = lane;
    worker->place.id = tree->ids[leaf * TRKX_TREE_LANES + lane];
    for (size_t d = 0; d < tree->dim; d++) worker->place.x[d] = block[d * TRKX_TREE_LANES + lane];
    worker->nearest.k = trkx_query_k(worker->search->query, (size_t)worker->place.id);
}

/* Nodes of one level. */
struct nodes {
    const uint32_t *numbers; /* [count] ascending */
    size_t count;
};

/* The children of nodes whose box is within limit of x, except those that end before leaf `first`; writes
 * their numbers to room. The boxes are those of `level`. */
static struct nodes near_children(const struct search *search, const float *x, float limit, size_t first,
                                  size_t level, struct nodes nodes, uint32_t *room)
{
    size_t count = search->kernels->expand(search->tree, level, x, limit, nodes.numbers, nodes.count, room);
    struct nodes children = {room, count};
    for (; children.count > 0 && *children.numbers < first >> 4 * level; children.count--) children.numbers++;
    return children;
}

/* The leaves from number `first` on whose box is within limit of the place: *leaves, in ascending order.
 * Returns their number. */
static size_t near_leaves(struct worker *worker, const struct start *start, float limit, size_t first,
                          const uint32_t **leaves)
{
    struct nodes nodes = {start->nodes, start->count};
    for (size_t v = start->level + 1; v-- > 0;)
        nodes = near_children(worker->search, worker->place.x, limit, first, v, nodes, worker->lists[v % 2]);
    *leaves = nodes.numbers;
    return nodes.count;
}

static struct start root_of(const struct trkx_tree *tree)
{
    return (struct start){.level = tree->levels - 1, .count = 1};
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

/* Starts a new chunk; false if the pass cannot continue. */
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

/* Ensures a chunk with room; false if the pass cannot continue. */
static bool have_room(struct worker *worker)
{
    return (worker->chunk != NULL && worker->chunk->count <= CHUNK - TRKX_NEAR_ROOM) || next_chunk(worker);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The centre of a leaf's box, and the largest squared distance from it of neighbours of its points. */
static float reach_of_leaf(const struct search *search, size_t leaf, float *middle)
{
    const struct trkx_tree *tree = search->tree;
    const float *low = trkx_tree_node(tree, 0, leaf / TRKX_TREE_LANES) + leaf % TRKX_TREE_LANES;
    const float *high = low + tree->dim * TRKX_TREE_LANES;
    double half = 0;
    for (size_t d = 0; d < tree->dim; d++) {
        double l = (double)low[d * TRKX_TREE_LANES], h = (double)high[d * TRKX_TREE_LANES];
        middle[d] = (float)((l + h) / 2);
        double side = fmax(h - (double)middle[d], (double)middle[d] - l);
        half += side * side;
    }
    double both = sqrt(half) + sqrt((double)search->reach.maybe);
    return trkx_reach_maybe((float)(both * both), tree->dim);
}

/* The points of a leaf descend together while there are few nodes. */
static struct start start_of_leaf(struct worker *worker, size_t leaf)
{
    float middle[TRKX_DIM_MAX], limit = reach_of_leaf(worker->search, leaf, middle);
    struct start start = root_of(worker->search->tree);
    while (start.level > 0) {
        const struct nodes nodes = {start.nodes, start.count};
        const struct nodes children =
            near_children(worker->search, middle, limit, leaf, start.level, nodes, worker->lists[0]);
        if (children.count > SHARED) break;
        memcpy(start.nodes, children.numbers, children.count * sizeof *children.numbers);
        start.count = children.count;
        start.level--;
    }
    return start;
}

/* All pairs of the place with later points. */
static bool pair_place(struct worker *worker, const struct start *start)
{
    const struct search *search = worker->search;
    const uint32_t *leaves;
    size_t count = near_leaves(worker, start, search->reach.maybe, worker->place.leaf, &leaves);
    for (size_t i = 0; i < count; i += TRKX_NEAR_LEAVES) {
        if (!have_room(worker)) return false;
        uint64_t *to = worker->chunk->pairs + worker->chunk->count;
        uint64_t *end = search->kernels->pair(search->tree, &worker->place, &search->reach, leaves + i,
                                              smaller(count - i, TRKX_NEAR_LEAVES), to);
        worker->chunk->count += (size_t)(end - to);
    }
    return true;
}

/* All pairs of a leaf's points with each other and with later leaves. */
static void pair_leaf(struct worker *worker, size_t leaf)
{
    const struct start start = start_of_leaf(worker, leaf);
    for (size_t lane = 0; lane < trkx_tree_points_in(worker->search->tree, leaf); lane++) {
        take_place(worker, leaf, lane);
        if (!pair_place(worker, &start)) return;
    }
}

/* Collects the pairs within the radius in search->chunks. */
static void pair_all(struct search *search)
{
#pragma omp parallel num_threads(search->query->threads)
    {
        struct worker worker;
        start_worker(search, &worker);
#pragma omp for schedule(dynamic, TOGETHER)
        for (size_t leaf = 0; leaf < search->tree->leaves; leaf++)
            if (atomic_load(&search->stopped) == STOP_NONE) pair_leaf(&worker, leaf);
    }
}

/* ---- the k nearest ---------------------------------------------------------------------------------- */

/* Compares leaves with the place. The limit decreases as neighbours are found. */
static void show_leaves(struct worker *worker, const uint32_t *leaves, size_t count)
{
    const struct search *search = worker->search;
    struct trkx_nearest *nearest = &worker->nearest;
    for (size_t i = 0; i < count; i += SHOWN) {
        search->kernels->show(search->tree, &worker->place, leaves + i, smaller(count - i, SHOWN), nearest);
        if (nearest->held >= 2 * nearest->k) search->kernels->cut_back(nearest);
    }
}

static void cut_back(struct worker *worker)
{
    if (worker->nearest.held > worker->nearest.k) worker->search->kernels->cut_back(&worker->nearest);
}

/* The limit with a margin for rounding, to compare with boxes. */
static float limit_of_boxes(const struct worker *worker)
{
    return trkx_reach_maybe(worker->nearest.limit, worker->search->tree->dim);
}

/* Finds the k nearest neighbours of the place within a limit: worker->nearest. The leaves of its own node
 * come first, as most neighbours are there. */
static void find_within(struct worker *worker, float limit)
{
    const struct search *search = worker->search;
    const struct start root = root_of(search->tree);
    uint32_t node = (uint32_t)(worker->place.leaf / TRKX_TREE_LANES), own[2 * TRKX_TREE_LANES];
    const uint32_t *leaves;
    worker->nearest.held = 0;
    worker->nearest.limit = limit;
    worker->nearest.full = false;
    size_t count =
        search->kernels->expand(search->tree, 0, worker->place.x, limit_of_boxes(worker), &node, 1, own);
    show_leaves(worker, own, count);
    cut_back(worker);
    count = near_leaves(worker, &root, limit_of_boxes(worker), 0, &leaves);
    size_t before = 0, after;
    while (before < count && leaves[before] / TRKX_TREE_LANES < node) before++;
    for (after = before; after < count && leaves[after] / TRKX_TREE_LANES == node;) after++;
    show_leaves(worker, leaves, before);
    show_leaves(worker, leaves + after, count - after);
    cut_back(worker);
}

/* A limit within which the place has k neighbours, from the previous place: by the triangle inequality for
 * that place and its neighbours. The rounding margin is added twice, for the found and the future distances.
 */
static float limit_by_last(const struct worker *worker, const struct trkx_place *last, float limit)
{
    size_t dim = worker->search->tree->dim;
    double way = 0;
    for (size_t d = 0; d < dim; d++) {
        double difference = (double)worker->place.x[d] - (double)last->x[d];
        way += difference * difference;
    }
    double both = sqrt(way) + sqrt((double)trkx_reach_maybe(limit, dim));
    return fminf(trkx_reach_maybe((float)(both * both), dim), worker->search->query->r2);
}

/* Finds the k nearest neighbours of the place within the radius. */
static void find_nearest(struct worker *worker, float limit)
{
    find_within(worker, limit);
    /* Exactly k within a smaller limit do not tell whether there are more. */
    if (!worker->nearest.full && limit < worker->search->query->r2)
        find_within(worker, worker->search->query->r2);
}

/* The key of the place's last neighbour. */
static uint64_t last_neighbour(const struct trkx_nearest *nearest)
{
    uint64_t last = 0;
    if (!nearest->full) return TRKX_KEEP_ALL;
    for (size_t i = 0; i < nearest->held; i++) {
        uint64_t key = trkx_key((uint32_t)nearest->d2[i], (uint32_t)nearest->ids[i]);
        if (key > last) last = key;
    }
    return last;
}

/* Stores the neighbours of the place: (index, number), and their keys; tries again if a chunk is full. */
static bool store_neighbours(struct worker *worker)
{
    const struct trkx_nearest *nearest = &worker->nearest;
    for (size_t i = 0; i < nearest->held;) {
        if (!have_room(worker)) return false;
        uint64_t *to = worker->chunk->pairs + worker->chunk->count;
        size_t part = smaller(nearest->held - i, CHUNK - worker->chunk->count - 1);
        *to++ = trkx_key((uint32_t)worker->place.id, (uint32_t)part);
        for (size_t end = i + part; i < end; i++)
            *to++ = trkx_key((uint32_t)nearest->d2[i], (uint32_t)nearest->ids[i]);
        worker->chunk->count += part + 1;
    }
    return true;
}

/* Finds and stores the k nearest neighbours of a leaf's points, and their limits. Returns the number of
 * saturated ones. */
static size_t nearest_of_leaf(struct worker *worker, size_t leaf)
{
    struct search *search = worker->search;
    struct trkx_place last;
    size_t known = 0, saturated = 0; /* neighbours that the last place has within its limit */
    for (size_t lane = 0; lane < trkx_tree_points_in(search->tree, leaf); lane++) {
        take_place(worker, leaf, lane);
        find_nearest(worker, worker->nearest.k <= known ? limit_by_last(worker, &last, worker->nearest.limit)
                                                        : search->query->r2);
        last = worker->place;
        known = worker->nearest.full ? worker->nearest.k : 0;
        search->limits[worker->place.id] = last_neighbour(&worker->nearest);
        saturated += worker->nearest.full;
        if (!store_neighbours(worker)) break;
    }
    return saturated;
}

/* Finds and stores all nodes' k nearest neighbours, and sets their limits. Returns the number of saturated
 * ones. */
static size_t nearest_all(struct search *search)
{
    size_t saturated = 0;
#pragma omp parallel num_threads(search->query->threads) reduction(+ : saturated)
    {
        struct worker worker;
        start_worker(search, &worker);
#pragma omp for schedule(dynamic, TOGETHER)
        for (size_t leaf = 0; leaf < search->tree->leaves; leaf++)
            if (atomic_load(&search->stopped) == STOP_NONE) saturated += nearest_of_leaf(&worker, leaf);
    }
    return saturated;
}

/* ---- many coincident points ------------------------------------------------------------------------- */

/* Builds the tree of the needed points only, if many coincide. */
static enum trkx_status leave_coincident_out(struct search *search, trkx_error *error)
{
    const struct trkx_query *query = search->query;
    struct trkx_tree *tree = search->tree;
    struct trkx_coincident *coincident = &search->coincident;
    enum trkx_status status = TRKX_OK;
    if (trkx_coincident_expected(tree) <= query->k) return TRKX_OK;
    TRKX_CHECK(trkx_coincident_create(search->memory, query, coincident, error));
    trkx_tree_destroy(tree);
    TRKX_CHECK(trkx_tree_create(search->memory, coincident->points, coincident->seen, query->dim,
                                query->threads, tree, error));
    for (size_t i = 0; i < coincident->seen; i++) tree->ids[i] = (int32_t)coincident->rows[tree->ids[i]];
cleanup:
    return status;
}

static int compare_ids(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* Finds the nearest points of a place with points missing in the tree: worker->nearest, ids ascending. All
 * are at distance 0, as the tree has k + 2 points of the place. */
static void find_at_place(struct worker *worker, const float *x)
{
    const struct search *search = worker->search;
    struct trkx_place *place = &worker->place;
    place->leaf = 0;
    place->lane = 2 * TRKX_TREE_LANES - 1; /* none of the leaf's points is the place itself */
    memcpy(place->x, x, search->tree->dim * sizeof *x);
    worker->nearest.k = search->query->k;
    find_nearest(worker, search->query->r2);
    qsort(worker->nearest.ids, worker->nearest.held, sizeof *worker->nearest.ids, compare_ids);
}

/* Stores the neighbours of a point missing in the tree, and sets its limit. False if the pass cannot
 * continue. */
static bool take_nearest(struct worker *worker, uint32_t id)
{
    struct search *search = worker->search;
    struct trkx_nearest *nearest = &worker->nearest;
    worker->place.id = (int32_t)id;
    nearest->held = trkx_query_k(search->query, id);
    search->limits[id] = last_neighbour(nearest);
    return store_neighbours(worker);
}

/* The same for some members of the places. Returns how many are missing in the tree. */
static size_t nearest_of_coincident(struct worker *worker, size_t first, size_t last)
{
    const struct trkx_query *query = worker->search->query;
    const struct trkx_coincident *coincident = &worker->search->coincident;
    size_t found = 0, present = SIZE_MAX;
    for (size_t m = first; m < last; m++) {
        uint32_t id = coincident->places.members[m], place = coincident->places.group[id];
        if (m - coincident->places.begin[place] < coincident->most) continue;
        if (place != present) find_at_place(worker, query->points + id * query->dim);
        present = place;
        if (!take_nearest(worker, id)) break;
        found++;
    }
    return found;
}

/* Finds and stores the neighbours of all points missing in the tree. Returns their number: all are saturated.
 */
static size_t nearest_of_all_coincident(struct search *search)
{
    const size_t members = search->coincident.places.count > 0 ? search->query->n : 0;
    size_t found = 0;
#pragma omp parallel num_threads(search->query->threads) reduction(+ : found)
    {
        struct worker worker;
        start_worker(search, &worker);
#pragma omp for schedule(dynamic)
        for (size_t first = 0; first < members; first += MEMBERS)
            if (atomic_load(&search->stopped) == STOP_NONE)
                found += nearest_of_coincident(&worker, first, smaller(first + MEMBERS, members));
    }
    return found;
}

/* ---- the two strategies ----------------------------------------------------------------------------- */

/* Whether at least half of a sample has more than k neighbours; assumed if many points coincide, which a
 * sample would all have to compare. */
static bool often_saturated(struct search *search)
{
    size_t coincident = trkx_coincident_expected(search->tree);
    if (coincident > search->query->k && coincident > search->query->n / 4) return true;
    size_t leaves = search->tree->leaves, samples = smaller(leaves, SAMPLE), saturated = 0;
#pragma omp parallel num_threads(search->query->threads) reduction(+ : saturated)
    {
        struct worker worker;
        start_worker(search, &worker);
#pragma omp for schedule(dynamic)
        for (size_t s = 0; s < samples; s++) {
            take_place(&worker, s * leaves / samples, 0);
            find_nearest(&worker, search->query->r2);
            saturated += worker.nearest.full;
        }
    }
    return 2 * saturated >= samples;
}

/* Turns the stored neighbours into pairs. If both ends keep a pair, it is taken from the lower index. */
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
            pairs[count] = trkx_near_pair((int32_t)i, (int32_t)j); /* overwrites what has been read */
            count += (i < j) | !kept_by_j;
        }
    }
    list->count = count;
}

/* ---- together --------------------------------------------------------------------------------------- */

/* The chunks as lists; released by the caller. */
static enum trkx_status list_chunks(const struct search *search, struct trkx_pairs **lists, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t l = search->chunks_count; /* the oldest first, so that each thread's are in order */
    TRKX_ALLOCATE(*lists, search->memory, search->chunks_count, "lists of pairs");
    for (struct chunk *chunk = search->chunks; chunk != NULL; chunk = chunk->next)
        (*lists)[--l] = (struct trkx_pairs){.pairs = chunk->pairs, .count = chunk->count};
cleanup:
    return status;
}

enum { EDGE_BYTES = 2 * sizeof(int64_t) };

/* The edges of more pairs than this exceed the machine's memory. Without a limit the system would kill the
 * process. */
static size_t pairs_in_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages * (size_t)size / EDGE_BYTES : SIZE_MAX / 4;
}

static enum trkx_status fail_pairs(const struct search *search, trkx_error *error)
{
    return trkx_fail(
        error, TRKX_ERROR_MEMORY,
        "edges: out of memory after %zu pairs of neighbours, %d bytes per edge: choose a smaller radius "
        "or k",
        search->stored, EDGE_BYTES);
}

/* The two strategies. If k matters to few nodes, all pairs within the radius, each found once; if it matters
 * to most, each node's k nearest, which are then fewer. The result is the same, memory at most O(n k).
 * *lists: of pairs, or of neighbours where *nearest. */
static enum trkx_status collect(struct search *search, bool k_matters, bool *nearest, size_t *saturated,
                                struct trkx_pairs **lists, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *nearest = k_matters && often_saturated(search);
    if (!*nearest) {
        pair_all(search);
        *nearest = k_matters && search->stopped == STOP_OVERFLOW;
        if (*nearest) release_chunks(search);
    }
    if (*nearest) {
        search->most_pairs = 2 * pairs_in_memory(); /* with this strategy, edges are not yet counted */
        atomic_store(&search->stopped, STOP_NONE);
        TRKX_CHECK(leave_coincident_out(search, error));
        *saturated = nearest_all(search) + nearest_of_all_coincident(search);
    }
    if (search->stopped != STOP_NONE) return fail_pairs(search, error);
    TRKX_CHECK(list_chunks(search, lists, error));
cleanup:
    return status;
}

/* Memory for the search of the k nearest. */
static enum trkx_status prepare_nearest(struct search *search, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_query *query = search->query;
    search->capacity = 2 * query->k + TRKX_NEAR_ROOM;
    TRKX_ALLOCATE(search->limits, search->memory, query->n, "the neighbours' limits");
    TRKX_ALLOCATE(search->nearest, search->memory, (size_t)query->threads * 2 * search->capacity,
                  "the nearest neighbours");
    if (query->k < search->most_pairs / query->n) search->most_pairs = query->n * query->k;
cleanup:
    return status;
}

static enum trkx_status search_edges(struct search *search, const double *norms, trkx_edges *edges,
                                     trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_query *query = search->query;
    struct trkx_pairs *lists = NULL;
    bool k_matters = query->ks != NULL || query->k < query->n - 1, nearest = false;
    search->list = search->tree->leaves + TRKX_TREE_LANES;
    TRKX_ALLOCATE(search->lists, search->memory, (size_t)query->threads * 2 * search->list, "near leaves");
    if (k_matters) TRKX_CHECK(prepare_nearest(search, error));
    TRKX_CHECK(collect(search, k_matters, &nearest, &edges->saturated, &lists, error));
    if (nearest) {
#pragma omp parallel for num_threads(query->threads) schedule(dynamic)
        for (size_t l = 0; l < search->chunks_count; l++) pair_neighbours(search->limits, &lists[l]);
    } else if (k_matters)
        TRKX_CHECK(
            trkx_keep_nearest(search->memory, query, lists, search->chunks_count, &edges->saturated, error));
    const struct trkx_pair_lists pairs = {.lists = lists,
                                          .count = search->chunks_count,
                                          .n = query->n,
                                          .norms = norms,
                                          .threads = query->threads,
                                          .release = release_chunks,
                                          .owner = search};
    TRKX_CHECK(trkx_edges_from_pairs(search->memory, &pairs, edges, error));
cleanup:
    trkx_release(lists);
    trkx_release(search->lists);
    trkx_release(search->limits);
    trkx_release(search->nearest);
    trkx_coincident_destroy(&search->coincident);
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
                            .kernels = trkx_near_best(),
                            .reach = trkx_reach(query->r2, query->dim),
                            .memory = memory,
                            .most_pairs = pairs_in_memory()};
    TRKX_CHECK(trkx_tree_create(memory, query->points, query->n, query->dim, query->threads, &tree, error));
    TRKX_CHECK(search_edges(&search, norms, edges, error));
cleanup:
    trkx_tree_destroy(&tree);
    return status;
}
