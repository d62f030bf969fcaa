/* Track labelling by joining: like connected components, but in decreasing order of the edges' scores,
 * skipping edges that would give a track two hits on a module. A false edge then joins at most two tracks,
 * and usually none: it comes after the true ones, when both tracks are complete.
 */
#include <string.h>

#include "core/groups.h"
#include "core/keys.h"
#include "core/options.h"
#include "tracks/join.h"
#include "tracks/labels.h"

/* Pieces of tracks, each with a list of its hits. Hits of pieces longer than any track, which result from
 * false edges, are also in a hash table by (root, module), so that the lists of two such pieces need not be
 * compared.
 */
struct pieces {
    const int32_t *module; /* [n] different for different modules */
    uint32_t *root;        /* [n] the same for all hits of a piece */
    uint32_t *next;        /* [n] the next hit of the piece, or itself at the end */
    uint32_t *last;        /* [n] of a root: the list's end */
    uint32_t *size;        /* [n] of a root */
    uint32_t *link;        /* [n] the next hit of the table's bucket, NONE: no more */
    uint32_t *buckets;     /* [1 << bits] the first one */
    unsigned bits;
};
enum { LONG = 64 }; /* hits of longer pieces are in the table */
#define NONE UINT32_MAX

static uint32_t *bucket_of(const struct pieces *p, uint32_t root, int32_t module)
{
    uint64_t hash =
        trkx_key(root, (uint32_t)module) * UINT64_C(0x9e3779b97f4a7c15); /* Knuth, volume 3, 6.4 */
    return &p->buckets[hash >> (64 - p->bits)];
}

static void table_add(struct pieces *p, uint32_t hit)
{
    uint32_t *bucket = bucket_of(p, p->root[hit], p->module[hit]);
    p->link[hit] = *bucket;
    *bucket = hit;
}

static void table_remove(struct pieces *p, uint32_t hit)
{
    uint32_t *at = bucket_of(p, p->root[hit], p->module[hit]);
    while (*at != hit) at = &p->link[*at];
    *at = p->link[hit];
}

static bool table_has(const struct pieces *p, uint32_t root, int32_t module)
{
    uint32_t hit = *bucket_of(p, root, module);
    while (hit != NONE && (p->root[hit] != root || p->module[hit] != module)) hit = p->link[hit];
    return hit != NONE;
}

static bool lists_share_a_module(const struct pieces *p, uint32_t a, uint32_t b)
{
    for (uint32_t i = a;; i = p->next[i]) {
        for (uint32_t j = b;; j = p->next[j]) {
            if (p->module[i] == p->module[j]) return true;
            if (p->next[j] == j) break;
        }
        if (p->next[i] == i) return false;
    }
}

static bool share_a_module(const struct pieces *p, uint32_t small, uint32_t large)
{
    if (p->size[large] <= LONG) return lists_share_a_module(p, small, large);
    for (uint32_t i = small;; i = p->next[i]) {
        if (table_has(p, large, p->module[i])) return true;
        if (p->next[i] == i) return false;
    }
}

/* Adds the smaller piece's hits to the larger, and both to the table if the result is long. */
static void move_hits(struct pieces *p, uint32_t small, uint32_t large)
{
    bool becomes_long = p->size[small] + p->size[large] > LONG;
    for (uint32_t i = small;; i = p->next[i]) {
        if (p->size[small] > LONG) table_remove(p, i);
        p->root[i] = large;
        if (becomes_long) table_add(p, i);
        if (p->next[i] == i) break;
    }
    if (!becomes_long || p->size[large] > LONG) return;
    for (uint32_t i = large;; i = p->next[i]) {
        table_add(p, i);
        if (p->next[i] == i) break;
    }
}

/* Joins the pieces of two hits if allowed. The smaller is added to the larger, so that no hit changes its
 * root more than log2(n) times. */
static void join(struct pieces *p, uint32_t a, uint32_t b)
{
    a = p->root[a];
    b = p->root[b];
    uint32_t large = p->size[a] < p->size[b] ? b : a, small = large == a ? b : a;
    if (a == b || share_a_module(p, small, large)) return;
    move_hits(p, small, large);
    p->next[p->last[large]] = small;
    p->last[large] = p->last[small];
    p->size[large] += p->size[small];
}

/* Numbers the pieces with enough hits in the order of their first hits. */
static size_t number_tracks(struct pieces *p, size_t n, size_t min_hits, int32_t *labels)
{
    int32_t count = 0;
    uint32_t *number = p->last; /* of a root, 0: none yet */
    for (size_t i = 0; i < n; i++) number[i] = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t root = p->root[i];
        labels[i] = 0;
        if (p->size[root] < min_hits) continue;
        if (number[root] == 0) number[root] = (uint32_t)++count;
        labels[i] = (int32_t)number[root];
    }
    return (size_t)count;
}

/* Numbers for the modules, from their ids: [n]. Volumes and layers have to be below 2^16, or different
 * modules would get the same number. */
static enum trkx_status number_modules(struct trkx_memory *memory, const trkx_hits *hits, int32_t *module,
                                       trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t n = hits->count;
    struct trkx_groups groups = {0};
    int64_t *ids = NULL;
    TRKX_ALLOCATE(ids, memory, n, "modules");
    for (size_t i = 0; i < n; i++) {
        uint64_t volume = (uint32_t)hits->volume_id[i], layer = (uint32_t)hits->layer_id[i];
        if (volume > UINT16_MAX || layer > UINT16_MAX)
            TRKX_CHECK(trkx_fail(
                error, TRKX_ERROR_ARGUMENT,
                "tracks: hit %zu has the volume_id %d and the layer_id %d, which have to be from 0 to %d", i,
                hits->volume_id[i], hits->layer_id[i], UINT16_MAX));
        ids[i] = (int64_t)(volume << 48 ^ layer << 32 ^ (uint64_t)(uint32_t)hits->module_id[i]);
    }
    TRKX_CHECK(trkx_groups_create(memory, ids, n, &groups, error));
    for (size_t i = 0; i < n; i++) module[i] = (int32_t)groups.group[i];
cleanup:
    trkx_groups_destroy(&groups);
    trkx_release(ids);
    return status;
}

/* The edges with score > cut in decreasing order of score, ties by number; returns their number. NaN is
 * excluded. */
static size_t order_edges(const trkx_edges *edges, const float *scores, float cut, uint64_t *order)
{
    size_t count = 0;
    for (size_t e = 0; e < edges->count; e++)
        if (scores[e] > cut) order[count++] = trkx_key(~trkx_float_code(scores[e]), (uint32_t)e);
    trkx_keys_sort(order, count);
    return count;
}

static enum trkx_status check_hits(const trkx_hits *hits, const trkx_edges *edges, trkx_error *error)
{
    if (!trkx_hits_have_modules(hits))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "tracks: joining needs the hits' modules (volume_id, layer_id, module_id)");
    if (edges->count > UINT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: %zu edges, at most %u are possible",
                         edges->count, UINT32_MAX);
    return trkx_edges_check(edges, hits->count, error);
}

enum trkx_status trkx_join_in(struct trkx_memory *memory, const trkx_tracks_input *input,
                              const int32_t *modules, const trkx_labelling_options *given, int32_t *labels,
                              size_t *count, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const trkx_hits *hits = input->hits;
    const trkx_edges *edges = input->edges;
    size_t n = hits->count;
    uint32_t *block = NULL;
    uint64_t *order = NULL;
    int32_t *numbered = NULL;
    struct pieces pieces = {.bits = 1};
    trkx_labelling_options options;
    trkx_labelling_options_init(&options);
    TRKX_CHECK(trkx_options_take("tracks", given, &options, sizeof options, error));
    TRKX_CHECK(trkx_labelling_check(n, &options, error));
    TRKX_CHECK(check_hits(hits, edges, error));
    if (modules == NULL) {
        TRKX_ALLOCATE(numbered, memory, n, "modules");
        TRKX_CHECK(number_modules(memory, hits, numbered, error));
        modules = numbered;
    }
    while ((size_t)1 << pieces.bits < n) pieces.bits++;
    TRKX_ALLOCATE(block, memory, 5 * n + ((size_t)1 << pieces.bits), "pieces of tracks");
    TRKX_ALLOCATE(order, memory, edges->count, "the order of edges");
    pieces = (struct pieces){modules,       block,         block + n,     block + 2 * n,
                             block + 3 * n, block + 4 * n, block + 5 * n, pieces.bits};
    memset(pieces.buckets, 0xff, sizeof *block << pieces.bits); /* NONE */
    for (uint32_t i = 0; i < n; i++) {
        pieces.root[i] = pieces.next[i] = pieces.last[i] = i;
        pieces.size[i] = 1;
    }
    size_t joins = order_edges(edges, input->scores, options.cut, order);
    for (size_t j = 0; j < joins; j++) {
        uint32_t e = trkx_key_low(order[j]);
        join(&pieces, (uint32_t)edges->index[e], (uint32_t)edges->index[edges->count + e]);
    }
    *count = number_tracks(&pieces, n, options.min_hits, labels);
cleanup:
    trkx_release(numbered);
    trkx_release(block);
    trkx_release(order);
    return status;
}

enum trkx_status trkx_join(const trkx_hits *hits, const trkx_edges *edges, const float *scores,
                           const trkx_labelling_options *options, int32_t *labels, size_t *count,
                           trkx_error *error)
{
    const trkx_tracks_input input = {.hits = hits, .edges = edges, .scores = scores};
    return trkx_join_in(NULL, &input, NULL, options, labels, count, error);
}

/* ---- the reference ---------------------------------------------------------------------------------- */

static bool same_module(const trkx_hits *hits, size_t a, size_t b)
{
    return hits->volume_id[a] == hits->volume_id[b] && hits->layer_id[a] == hits->layer_id[b] &&
           hits->module_id[a] == hits->module_id[b];
}

/* Gives all hits of b's track the label of a's, unless two of them are on the same module. */
static void join_plainly(const trkx_hits *hits, int32_t *labels, size_t a, size_t b)
{
    int32_t to = labels[a], from = labels[b];
    for (size_t i = 0; i < hits->count; i++)
        for (size_t j = 0; j < hits->count; j++)
            if (labels[i] == to && labels[j] == from && same_module(hits, i, j)) return;
    for (size_t i = 0; i < hits->count; i++)
        if (labels[i] == from) labels[i] = to;
}

static size_t number_plainly(size_t n, size_t min_hits, int32_t *labels)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t label = labels[i];
        size_t hits = 0;
        if (label >= 0) continue; /* negative: not numbered yet */
        for (size_t j = i; j < n; j++) hits += labels[j] == label;
        count += hits >= min_hits;
        for (size_t j = n; j-- > i;)
            if (labels[j] == label) labels[j] = hits >= min_hits ? (int32_t)count : 0;
    }
    return count;
}

enum trkx_status trkx_join_reference(const trkx_hits *hits, const trkx_edges *edges, const float *scores,
                                     const trkx_labelling_options *options, int32_t *labels, size_t *count,
                                     trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    bool *done = NULL;
    TRKX_ALLOCATE(done, NULL, edges->count, "edges");
    for (size_t e = 0; e < edges->count; e++) done[e] = !(scores[e] > options->cut);
    for (size_t i = 0; i < hits->count; i++) labels[i] = -1 - (int32_t)i;
    for (;;) {
        size_t best = SIZE_MAX;
        for (size_t e = 0; e < edges->count; e++)
            if (!done[e] && (best == SIZE_MAX || scores[e] > scores[best])) best = e;
        if (best == SIZE_MAX) break;
        done[best] = true;
        join_plainly(hits, labels, (size_t)edges->index[best], (size_t)edges->index[edges->count + best]);
    }
    *count = number_plainly(hits->count, options->min_hits, labels);
cleanup:
    trkx_release(done);
    return status;
}

/* ---- its entry in the table -------------------------------------------------------------------------- */

static enum trkx_status run(const struct trkx_method_task *task, int32_t *labels, size_t *count,
                            trkx_error *error)
{
    trkx_labelling_options options = trkx_labelling_options_of(task);
    return trkx_join_in(task->memory, task->input, task->modules, &options, labels, count, error);
}

static enum trkx_status run_reference(const struct trkx_method_task *task, int32_t *labels, size_t *count,
                                      trkx_error *error)
{
    trkx_labelling_options options = trkx_labelling_options_of(task);
    return trkx_join_reference(task->input->hits, task->input->edges, task->input->scores, &options, labels,
                               count, error);
}

const struct trkx_method trkx_method_join = {
    .name = "join", .needs_modules = true, .run = run, .reference = run_reference};
