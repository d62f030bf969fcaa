/* Drops pairs if a few nodes have more than k neighbours: these are among the pairs found by the search, so
 * the k nearest are selected from them. */
#include "graph/keep_nearest.h"

#include <omp.h>
#include <stdatomic.h>
#include <string.h>

#include "core/keys.h"

enum { COUNTING_THREADS = 8 }; /* each counts in its own memory, 4 bytes per point */
static const size_t NOT_SATURATED = SIZE_MAX;

struct choice {
    const struct trkx_query *query;
    struct trkx_pairs *lists; /* [lists_count] */
    size_t lists_count;
    uint64_t *limits; /* [n] the key of the last neighbour that each node keeps */

    size_t count;         /* of saturated nodes */
    uint32_t *nodes;      /* [count] ascending */
    size_t *begins;       /* [count+1] begins of their neighbours in keys */
    _Atomic(size_t) *end; /* [n] place of the next one, or NOT_SATURATED */
    uint64_t *keys;       /* (d2, index), grouped by node */
};

/* degrees [threads, n]: in the first row, of all pairs. */
static void count_degrees(const struct choice *choice, int threads, uint32_t *degrees)
{
    size_t n = choice->query->n;
    memset(degrees, 0, (size_t)threads * n * sizeof *degrees);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t l = 0; l < choice->lists_count; l++) {
        const struct trkx_pairs *list = &choice->lists[l];
        uint32_t *own = degrees + (size_t)omp_get_thread_num() * n;
        for (size_t p = 0; p < list->count; p++) {
            own[trkx_key_high(list->pairs[p])]++;
            own[trkx_key_low(list->pairs[p])]++;
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t t = 1; t < (size_t)threads; t++) degrees[i] += degrees[t * n + i];
}

/* Makes room for the neighbours of the saturated nodes, if there are any. */
static enum trkx_status make_room(struct trkx_memory *memory, const uint32_t *degrees, struct choice *choice,
                                  trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_query *query = choice->query;
    size_t n = query->n, s = 0, keys = 0;
    for (size_t i = 0; i < n; i++) choice->count += degrees[i] > trkx_query_k(query, i);
    if (choice->count == 0) return TRKX_OK;
    TRKX_ALLOCATE(choice->limits, memory, n, "the neighbours' limits");
    TRKX_ALLOCATE(choice->nodes, memory, choice->count, "saturated nodes");
    TRKX_ALLOCATE(choice->begins, memory, choice->count + 1, "saturated nodes");
    TRKX_ALLOCATE(choice->end, memory, n, "saturated nodes");
    for (size_t i = 0; i < n; i++) {
        bool saturated = degrees[i] > trkx_query_k(query, i);
        choice->limits[i] = TRKX_KEEP_ALL;
        atomic_init(&choice->end[i], saturated ? keys : NOT_SATURATED);
        if (!saturated) continue;
        choice->nodes[s] = (uint32_t)i;
        choice->begins[s++] = keys;
        keys += degrees[i];
    }
    choice->begins[s] = keys;
    TRKX_ALLOCATE(choice->keys, memory, keys, "the neighbours of saturated nodes");
cleanup:
    return status;
}

/* Adds the neighbours of saturated nodes from a list. */
static void add_neighbours(struct choice *choice, const struct trkx_pairs *list)
{
    for (size_t p = 0; p < list->count; p++) {
        uint32_t ends[] = {trkx_key_high(list->pairs[p]), trkx_key_low(list->pairs[p])};
        for (size_t e = 0; e < 2; e++) {
            uint32_t node = ends[e], other = ends[1 - e];
            _Atomic(size_t) *end = &choice->end[node];
            if (atomic_load_explicit(end, memory_order_relaxed) == NOT_SATURATED) continue;
            size_t place = atomic_fetch_add_explicit(end, 1, memory_order_relaxed);
            choice->keys[place] = trkx_neighbour_key(trkx_query_d2(choice->query, node, other), other);
        }
    }
}

/* The order of a node's keys depends on the threads, but the k-th does not. */
static void limit_node(struct choice *choice, size_t s)
{
    size_t begin = choice->begins[s], last = trkx_query_k(choice->query, choice->nodes[s]) - 1;
    uint64_t *keys = choice->keys + begin;
    trkx_keys_select(keys, choice->begins[s + 1] - begin, last);
    choice->limits[choice->nodes[s]] = keys[last];
}

/* Drops the pairs that neither end keeps. */
static void drop_pairs(const struct choice *choice, struct trkx_pairs *list)
{
    const uint64_t *limits = choice->limits;
    size_t count = 0;
    for (size_t p = 0; p < list->count; p++) {
        uint64_t pair = list->pairs[p];
        size_t i = trkx_key_high(pair), j = trkx_key_low(pair);
        if (limits[i] == TRKX_KEEP_ALL || limits[j] == TRKX_KEEP_ALL ||
            trkx_pair_kept(limits, i, j, trkx_query_d2(choice->query, i, j)))
            list->pairs[count++] = pair;
    }
    list->count = count;
}

static void choose(struct choice *choice)
{
#pragma omp parallel num_threads(choice->query->threads)
    {
#pragma omp for schedule(dynamic)
        for (size_t l = 0; l < choice->lists_count; l++) add_neighbours(choice, &choice->lists[l]);
#pragma omp for schedule(dynamic, 64)
        for (size_t s = 0; s < choice->count; s++) limit_node(choice, s);
#pragma omp for schedule(dynamic)
        for (size_t l = 0; l < choice->lists_count; l++) drop_pairs(choice, &choice->lists[l]);
    }
}

enum trkx_status trkx_keep_nearest(struct trkx_memory *memory, const struct trkx_query *query,
                                   struct trkx_pairs *lists, size_t lists_count, size_t *saturated,
                                   trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct choice choice = {.query = query, .lists = lists, .lists_count = lists_count};
    uint32_t *degrees = NULL;
    int threads = query->threads < COUNTING_THREADS ? query->threads : COUNTING_THREADS;
    TRKX_ALLOCATE(degrees, memory, (size_t)threads * query->n, "the number of neighbours");
    count_degrees(&choice, threads, degrees);
    TRKX_CHECK(make_room(memory, degrees, &choice, error));
    if (choice.count > 0) choose(&choice);
    *saturated = choice.count;
cleanup:
    trkx_release(degrees);
    trkx_release(choice.limits);
    trkx_release(choice.nodes);
    trkx_release(choice.begins);
    trkx_release(choice.end);
    trkx_release(choice.keys);
    return status;
}
