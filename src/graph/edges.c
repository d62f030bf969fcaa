/* Sorts, directs and cuts lists of edges. src/graph/search.c finds them. */
#include "graph/edges.h"

#include <omp.h>
#include <string.h>

#include "core/threads.h"
#include "graph/kernels_best.h"
#include "graph/outwards.h"

enum {
    PAIRS_PER_THREAD = 1 << 15, /* with less work than this, starting a thread takes longer */
};

void trkx_edges_destroy(trkx_edges *edges)
{
    if (edges == NULL) return;
    trkx_release(edges->index);
    *edges = (trkx_edges){0};
}

/* ---- from pairs to sorted edges --------------------------------------------------------------------- */

/* Pairs become sorted edges in two steps. First they are distributed to buckets of neighbouring sources, in
 * the half of the result that will hold the targets; a bucket fits in the cache. Then each bucket is sorted,
 * with its part of the other half as scratch. So no memory beyond the result is needed, and the half for the
 * sources is not touched while the lists of pairs exist. */
enum {
    BUCKET_PAIRS = 1 << 12, /* target size of a bucket: 32 KiB */
    BUCKETS_MOST = 1 << 10, /* number of cache lines written at the same time */
};

struct deal {
    const struct trkx_pairs *lists;
    size_t lists_count, m, n;
    bool repeats; /* any of them */
    const struct trkx_near_kernels *kernels;
    const double *norms; /* [n] edges run from the smaller one, ties: lower index; NULL: as in the pairs */
    int threads;
    unsigned shift; /* bucket of a source: source >> shift */
    size_t buckets;
    size_t *places;   /* [threads, buckets] place of a thread's next pair in each bucket */
    size_t *begins;   /* [buckets + 1] */
    uint32_t *counts; /* [threads, 1 << shift] of a bucket's sources */
};

/* Counts (to NULL) or writes the pairs first..last of all lists. */
static void deal_range(const struct deal *deal, size_t first, size_t last, size_t *places, uint64_t *to)
{
    for (size_t l = 0, begin = 0; l < deal->lists_count && begin < last; begin += deal->lists[l++].count) {
        uint64_t *pairs = deal->lists[l].pairs;
        size_t from = first > begin ? first - begin : 0;
        size_t end = last - begin < deal->lists[l].count ? last - begin : deal->lists[l].count;
        for (size_t p = from; p < end; p++) {
            if (to == NULL && deal->norms != NULL) pairs[p] = trkx_turn_outwards(deal->norms, pairs[p]);
            size_t place = places[trkx_key_high(pairs[p]) >> deal->shift]++;
            if (to != NULL) to[place] = pairs[p];
        }
    }
}

static void deal_all(const struct deal *deal, uint64_t *to)
{
#pragma omp parallel for num_threads(deal->threads) schedule(static, 1)
    for (int t = 0; t < deal->threads; t++) {
        size_t threads = (size_t)deal->threads, thread = (size_t)t;
        deal_range(deal, deal->m * thread / threads, deal->m * (thread + 1) / threads,
                   deal->places + thread * deal->buckets, to);
    }
}

/* Turns the numbers of pairs per thread and bucket into their places. */
static void find_places(const struct deal *deal)
{
    size_t place = 0;
    for (size_t b = 0; b < deal->buckets; b++) {
        deal->begins[b] = place;
        for (size_t t = 0; t < (size_t)deal->threads; t++) {
            size_t count = deal->places[t * deal->buckets + b];
            deal->places[t * deal->buckets + b] = place;
            place += count;
        }
    }
    deal->begins[deal->buckets] = place;
}

/* Writes the targets [count] of a source in ascending order. The kernels need distinct ones. */
static void sort_row(const struct deal *deal, const int32_t *row, size_t count, uint64_t *sorted)
{
    if (count <= TRKX_ROW_SHORT && !deal->repeats) {
        deal->kernels->sort_row(row, count, sorted);
        return;
    }
    bool ascends = true;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (uint64_t)row[i];
        ascends &= i == 0 || row[i - 1] <= row[i];
    }
    if (!ascends) trkx_keys_sort(sorted, count);
}

/* Sorts a bucket: its keys become targets, and the sources are written. Meanwhile the upper half of the
 * sources' memory holds the targets by source, 4 bytes each: writing does not reach what is still to be read.
 * counts [1 << shift]: scratch. */
static void sort_bucket(const struct deal *deal, size_t bucket, uint32_t *counts, uint64_t *sources,
                        uint64_t *keys)
{
    size_t begin = deal->begins[bucket], count = deal->begins[bucket + 1] - begin;
    size_t rows = (size_t)1 << deal->shift, first = bucket << deal->shift;
    keys += begin;
    sources += begin;
    int32_t *targets = (int32_t *)(void *)sources + count;
    memset(counts, 0, rows * sizeof *counts);
    for (size_t e = 0; e < count; e++) counts[trkx_key_high(keys[e]) - first]++;
    for (size_t r = 0, end = 0; r < rows; r++) counts[r] = (uint32_t)(end += counts[r]);
    for (size_t e = count; e-- > 0;)
        targets[--counts[trkx_key_high(keys[e]) - first]] = (int32_t)trkx_key_low(keys[e]);
    for (size_t r = 0; r < rows; r++) {
        size_t row = counts[r], end = r + 1 < rows ? counts[r + 1] : count;
        sort_row(deal, targets + row, end - row, keys + row);
        for (size_t e = row; e < end; e++) sources[e] = first + r;
    }
}

static void sort_buckets(const struct deal *deal, uint64_t *sources, uint64_t *keys)
{
#pragma omp parallel for num_threads(deal->threads) schedule(dynamic)
    for (size_t b = 0; b < deal->buckets; b++)
        sort_bucket(deal, b, deal->counts + ((size_t)omp_get_thread_num() << deal->shift), sources, keys);
}

static void plan(struct deal *deal, int threads)
{
    size_t wanted = deal->m / BUCKET_PAIRS < BUCKETS_MOST ? deal->m / BUCKET_PAIRS + 1 : BUCKETS_MOST;
    deal->threads = trkx_worthwhile_threads(threads, deal->m, PAIRS_PER_THREAD);
    while ((deal->n - 1) >> deal->shift >= wanted) deal->shift++;
    deal->buckets = ((deal->n - 1) >> deal->shift) + 1;
}

enum trkx_status trkx_edges_from_pairs(struct trkx_memory *memory, const struct trkx_pair_lists *pairs,
                                       trkx_edges *edges, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct deal deal = {.lists = pairs->lists,
                        .lists_count = pairs->count,
                        .n = pairs->n,
                        .norms = pairs->norms,
                        .kernels = trkx_near_best()};
    edges->index = NULL;
    edges->count = 0;
    for (size_t l = 0; l < pairs->count; l++) {
        deal.m += pairs->lists[l].count;
        deal.repeats |= pairs->lists[l].repeats;
    }
    if (deal.m == 0) return TRKX_OK;
    plan(&deal, pairs->threads);
    size_t places = (size_t)deal.threads * deal.buckets;
    TRKX_ALLOCATE(deal.places, memory, places, "the places of edges");
    TRKX_ALLOCATE(deal.begins, memory, deal.buckets + 1, "the buckets of edges");
    TRKX_ALLOCATE(deal.counts, memory, (size_t)deal.threads << deal.shift, "the counts of edges");
    TRKX_ALLOCATE(edges->index, memory, 2 * deal.m, "edges");
    uint64_t *sources = (uint64_t *)edges->index; /* int64_t may be accessed as uint64_t */
    memset(deal.places, 0, places * sizeof *deal.places);
    deal_all(&deal, NULL);
    find_places(&deal);
    deal_all(&deal, sources + deal.m);
    if (pairs->release != NULL) pairs->release(pairs->owner);
    sort_buckets(&deal, sources, sources + deal.m);
    edges->count = deal.m;
cleanup:
    trkx_release(deal.places);
    trkx_release(deal.begins);
    trkx_release(deal.counts);
    return status;
}

/* ---- given edges ------------------------------------------------------------------------------------ */

enum trkx_status trkx_edges_norms(struct trkx_memory *memory, const float *xyz, size_t n, double **norms,
                                  trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(*norms, memory, n, "the hits' distances");
    for (size_t i = 0; i < n; i++) (*norms)[i] = trkx_squared_norm(xyz + 3 * i);
cleanup:
    return status;
}

enum trkx_status trkx_edges_orient_in(struct trkx_memory *memory, const float *xyz, size_t n, int threads,
                                      trkx_edges *edges, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_edges oriented = {.saturated = edges->saturated};
    uint64_t *pairs = NULL;
    double *norms = NULL;
    size_t m = edges->count;
    TRKX_ALLOCATE(pairs, memory, m, "pairs");
    TRKX_CHECK(trkx_edges_norms(memory, xyz, n, &norms, error));
    for (size_t e = 0; e < m; e++) {
        int64_t a = edges->index[e], b = edges->index[m + e];
        if (a < 0 || b < 0 || (size_t)a >= n || (size_t)b >= n)
            TRKX_CHECK(trkx_fail(error, TRKX_ERROR_ARGUMENT,
                                 "edges: edge %zu runs from %lld to %lld, but there are %zu hits", e,
                                 (long long)a, (long long)b, n));
        pairs[e] = trkx_key((uint32_t)a, (uint32_t)b);
    }
    const struct trkx_pairs list = {pairs, m, .repeats = true};
    const struct trkx_pair_lists all = {
        .lists = &list, .count = 1, .n = n, .norms = norms, .threads = trkx_threads(threads)};
    TRKX_CHECK(trkx_edges_from_pairs(memory, &all, &oriented, error));
    trkx_edges_destroy(edges);
    *edges = oriented;
cleanup:
    trkx_release(pairs);
    trkx_release(norms);
    return status;
}

enum trkx_status trkx_edges_orient(const float *xyz, size_t n, trkx_edges *edges, trkx_error *error)
{
    return trkx_edges_orient_in(NULL, xyz, n, 0, edges, error);
}

/* Nothing is released, so that the edges may be a view of foreign arrays. Branch-free: every value is
 * written, and overwritten by the next if it is not kept. */
void trkx_edges_cut(trkx_edges *edges, float *scores, float cut)
{
    size_t m = edges->count, count = 0, end, kept = 0;
    for (size_t e = 0; e < m; e++) {
        edges->index[count] = edges->index[e];
        count += scores[e] > cut;
    }
    end = count;
    for (size_t e = 0; e < m && end < 2 * count; e++) { /* after the sources, which have all moved by now */
        edges->index[end] = edges->index[m + e];
        end += scores[e] > cut;
    }
    for (size_t e = 0; e < m && kept < count; e++) {
        float score = scores[e];
        scores[kept] = score;
        kept += score > cut;
    }
    edges->count = count;
}

enum trkx_status trkx_edges_over_in(struct trkx_memory *memory, const trkx_edges *edges, const float *scores,
                                    float cut, trkx_edges *over, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t m = edges->count, count = 0;
    *over = (trkx_edges){.saturated = edges->saturated};
    for (size_t e = 0; e < m; e++) count += scores[e] > cut;
    TRKX_ALLOCATE(over->index, memory, 2 * count, "edges over a cut");
    over->count = count;
    count = 0;
    for (size_t e = 0; e < m; e++) {
        if (!(scores[e] > cut)) continue;
        over->index[count] = edges->index[e];
        over->index[over->count + count++] = edges->index[m + e];
    }
cleanup:
    return status;
}

enum trkx_status trkx_edges_over(const trkx_edges *edges, const float *scores, float cut, trkx_edges *over,
                                 trkx_error *error)
{
    return trkx_edges_over_in(NULL, edges, scores, cut, over, error);
}
