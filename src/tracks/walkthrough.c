/* Track labelling by walkthrough, as in acorn's CC-and-Walk (GNN4ITk): components without junctions are
 * tracks; the others are walked through, and the longest path from each free hit is a track. */
#include "tracks/walkthrough.h"
#include "core/keys.h"
#include "core/options.h"
#include "graph/outwards.h"
#include "tracks/components.h"
#include "tracks/labels.h"
#include "tracks/walkthrough_reference.h"

#include <math.h>
#include <string.h>

/* The method's settings. */
enum { MIN_SCORE, ADD_SCORE, SETTINGS };
static const struct trkx_method_setting settings[SETTINGS] = {
    [MIN_SCORE] = {"min_score", 0, 1, 0.1}, [ADD_SCORE] = {"add_score", 0, 1, 0.6}};

void trkx_walkthrough_options_init(trkx_walkthrough_options *options)
{
    *options = (trkx_walkthrough_options){.size = sizeof *options,
                                          .cut = 0.01f,
                                          .min_score = (float)settings[MIN_SCORE].standard,
                                          .add_score = (float)settings[ADD_SCORE].standard,
                                          .min_hits = 3};
}

static enum trkx_status check(size_t n, const trkx_edges *edges, const trkx_walkthrough_options *options,
                              trkx_error *error)
{
    if (isnan(options->cut) || isnan(options->min_score) || isnan(options->add_score))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: a cut is not a number");
    if (options->min_hits < 1)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: min_hits is 0, it must be at least 1");
    if (edges->count > UINT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: %zu edges, at most %u are possible",
                         edges->count, UINT32_MAX);
    enum trkx_status status = trkx_labels_check_count(n, error);
    return status != TRKX_OK ? status : trkx_edges_check(edges, n, error);
}

/* ---- the graph of edges above the cut ---------------------------------------------------------------- */

struct graph {
    size_t n;
    size_t *from;       /* [n+1] the edges out of i are from[i]..from[i+1] of the two below, in their order */
    uint32_t *to;       /* [m] */
    float *score;       /* [m] */
    uint32_t *incoming; /* [n] edges into i */
    bool *plain;        /* [n] whether no hit of i's component has more than one edge in or out */
    uint32_t *rank;     /* [n] resolves ties of scores: the hit with the lower rank comes first */
    uint32_t *order;    /* [n] the hits, in the order of the walk */
};

static enum trkx_status allocate_graph(struct trkx_memory *memory, size_t n, size_t m, struct graph *graph,
                                       trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    graph->n = n;
    TRKX_ALLOCATE(graph->from, memory, n + 1, "edges out of hits");
    TRKX_ALLOCATE(graph->to, memory, m, "edges out of hits");
    TRKX_ALLOCATE(graph->score, memory, m, "edges out of hits");
    TRKX_ALLOCATE(graph->incoming, memory, n, "edges into hits");
    TRKX_ALLOCATE(graph->plain, memory, n, "components");
    TRKX_ALLOCATE(graph->rank, memory, n, "the order of hits");
    TRKX_ALLOCATE(graph->order, memory, n, "the order of hits");
cleanup:
    return status;
}

static void release_graph(struct graph *graph)
{
    trkx_release(graph->from);
    trkx_release(graph->to);
    trkx_release(graph->score);
    trkx_release(graph->incoming);
    trkx_release(graph->plain);
    trkx_release(graph->rank);
    trkx_release(graph->order);
}

static void list_edges(const trkx_edges *edges, const float *scores, float cut, struct graph *graph)
{
    const int64_t *source = edges->index, *target = edges->index + edges->count;
    memset(graph->from, 0, (graph->n + 1) * sizeof *graph->from);
    memset(graph->incoming, 0, graph->n * sizeof *graph->incoming);
    for (size_t e = 0; e < edges->count; e++) {
        if (!(scores[e] > cut)) continue;
        graph->from[source[e]]++;
        graph->incoming[target[e]]++;
    }
    for (size_t i = 0; i < graph->n; i++) graph->from[i + 1] += graph->from[i];
    for (size_t e = edges->count; e-- > 0;) {
        if (!(scores[e] > cut)) continue;
        size_t place = --graph->from[source[e]];
        graph->to[place] = (uint32_t)target[e];
        graph->score[place] = scores[e];
    }
}

/* component [n]: from 1. room [n+1]: overwritten. */
static void mark_plain(const int32_t *component, bool *room, struct graph *graph)
{
    for (size_t i = 0; i <= graph->n; i++) room[i] = true;
    for (size_t i = 0; i < graph->n; i++)
        if (graph->incoming[i] > 1 || graph->from[i + 1] - graph->from[i] > 1) room[component[i]] = false;
    for (size_t i = 0; i < graph->n; i++) graph->plain[i] = room[component[i]];
}

/* depth [n]: number of edges of the longest path to each hit. queue [n]: overwritten. Errors: ARGUMENT (the
 * edges contain a cycle). */
static enum trkx_status find_depths(const struct graph *graph, uint32_t *depth, uint32_t *queue,
                                    trkx_error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->n; i++) {
        depth[i] = 0;
        if (graph->incoming[i] == 0) queue[count++] = (uint32_t)i;
    }
    for (size_t q = 0; q < count; q++) {
        uint32_t i = queue[q];
        for (size_t a = graph->from[i]; a < graph->from[i + 1]; a++) {
            uint32_t next = graph->to[a];
            if (depth[next] < depth[i] + 1) depth[next] = depth[i] + 1;
            if (--graph->incoming[next] == 0) queue[count++] = next;
        }
    }
    if (count == graph->n) return TRKX_OK;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                     "tracks: the edges contain a cycle; a walk needs outward edges (trkx_edges_orient)");
}

/* The order of positions: by distance from the origin, then by x, y and z. */
enum { POSITION_LEVELS = 4 };

static uint32_t code_of(const float *xyz, int level)
{
    return trkx_float_code(level == 0 ? (float)trkx_squared_norm(xyz) : xyz[level - 1]);
}

/* Sorts hits by position from this level on; hits at the same place stay in the order of their numbers. keys
 * [count]: their low halves are the hits. */
static void sort_by_position(const float *xyz, int level, uint64_t *keys, size_t count)
{
    size_t end;
    if (level == POSITION_LEVELS || count < 2) return;
    for (size_t k = 0; k < count; k++) {
        uint32_t hit = trkx_key_low(keys[k]);
        keys[k] = trkx_key(code_of(xyz + 3 * (size_t)hit, level), hit);
    }
    trkx_keys_sort(keys, count);
    for (size_t begin = 0; begin < count; begin = end) {
        for (end = begin + 1; end < count && trkx_key_high(keys[end]) == trkx_key_high(keys[begin]);) end++;
        sort_by_position(xyz, level + 1, keys + begin, end - begin);
    }
}

/* Ranks by position if known, otherwise by number; plain components have no ties, so they come last in any
 * order. keys [n]: overwritten; their low halves are then the hits in the order of their ranks. */
static void rank_hits(const float *xyz, uint64_t *keys, struct graph *graph)
{
    size_t count = 0, last = graph->n;
    for (size_t i = 0; i < graph->n; i++) keys[graph->plain[i] ? --last : count++] = i;
    if (xyz != NULL) sort_by_position(xyz, 0, keys, count);
    for (size_t r = 0; r < graph->n; r++) graph->rank[trkx_key_low(keys[r])] = (uint32_t)r;
}

/* By depth, ties by rank. start [n+1]: overwritten; ranked [n]: as rank_hits leaves the keys. */
static void sort_by_depth(const uint32_t *depth, const uint64_t *ranked, size_t *start, struct graph *graph)
{
    memset(start, 0, (graph->n + 1) * sizeof *start);
    for (size_t i = 0; i < graph->n; i++) start[depth[i] + 1]++;
    for (size_t d = 0; d < graph->n; d++) start[d + 1] += start[d];
    for (size_t r = 0; r < graph->n; r++) {
        uint32_t hit = trkx_key_low(ranked[r]);
        graph->order[start[depth[hit]]++] = hit;
    }
}

static enum trkx_status build_graph(struct trkx_memory *memory, const trkx_tracks_input *input,
                                    const trkx_walkthrough_options *walk, int32_t *component,
                                    struct graph *graph, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t count, *start = NULL;
    uint32_t *block = NULL;
    uint64_t *keys = NULL;
    bool *room = NULL;
    trkx_labelling_options options;
    trkx_labelling_options_init(&options);
    options.cut = walk->cut;
    options.min_hits = 1; /* each hit has a component */
    options.threads = 1;
    TRKX_ALLOCATE(start, memory, graph->n + 1, "the order of hits");
    TRKX_ALLOCATE(block, memory, 2 * graph->n, "the order of hits");
    TRKX_ALLOCATE(keys, memory, graph->n, "the order of hits");
    TRKX_ALLOCATE(room, memory, graph->n + 1, "components");
    list_edges(input->edges, input->scores, walk->cut, graph);
    TRKX_CHECK(trkx_components_in(memory, input, &options, component, &count, error));
    mark_plain(component, room, graph);
    TRKX_CHECK(find_depths(graph, block, block + graph->n, error));
    rank_hits(walk->xyz, keys, graph);
    sort_by_depth(block, keys, start, graph);
cleanup:
    trkx_release(start);
    trkx_release(block);
    trkx_release(keys);
    trkx_release(room);
    return status;
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

/* The longest path from each hit over free hits. */
struct walk {
    const struct graph *graph;
    float min_score, add_score;
    int32_t *track;   /* [n] the number of the hit's track, 0: free */
    uint32_t *length; /* [n] hits of its longest path ... */
    uint32_t *next;   /* [n] ... and the next one there, or itself at the end */
    uint32_t *seen;   /* [n] 2 w: visited by walk w; 2 w + 1: and the above is known */
    uint32_t *stack;  /* [m+1] */
};

static enum trkx_status allocate_walk(struct trkx_memory *memory, size_t n, size_t m, struct walk *walk,
                                      trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(walk->length, memory, n, "paths");
    TRKX_ALLOCATE(walk->next, memory, n, "paths");
    TRKX_ALLOCATE(walk->seen, memory, n, "paths");
    TRKX_ALLOCATE(walk->stack, memory, m + 1, "paths");
    memset(walk->seen, 0, n * sizeof *walk->seen);
cleanup:
    return status;
}

static void release_walk(struct walk *walk)
{
    trkx_release(walk->length);
    trkx_release(walk->next);
    trkx_release(walk->seen);
    trkx_release(walk->stack);
}

/* Whether edge a out of a hit is better than b: by score, ties: by the target's rank. */
static bool is_better(const struct graph *graph, size_t a, size_t b)
{
    if (graph->score[a] != graph->score[b]) return graph->score[a] > graph->score[b];
    return graph->rank[graph->to[a]] < graph->rank[graph->to[b]];
}

/* The best edge from i to a free hit, or from[i+1]. */
static size_t best_edge(const struct walk *walk, uint32_t i)
{
    const struct graph *graph = walk->graph;
    size_t best = graph->from[i + 1];
    for (size_t a = graph->from[i]; a < graph->from[i + 1]; a++)
        if (walk->track[graph->to[a]] == 0 && (best == graph->from[i + 1] || is_better(graph, a, best)))
            best = a;
    return best;
}

/* Whether paths from i, whose best edge is given, also follow edge a. */
static bool is_followed(const struct walk *walk, uint32_t i, size_t best, size_t a)
{
    const struct graph *graph = walk->graph;
    if (walk->track[graph->to[a]] != 0) return false;
    if (graph->plain[i] || graph->score[a] > walk->add_score) return true;
    return a == best && graph->score[a] > walk->min_score;
}

/* Pushes the unknown successors of i on the stack; returns its new height. */
static size_t open_hit(struct walk *walk, uint32_t number, uint32_t i, size_t height)
{
    const struct graph *graph = walk->graph;
    size_t best = best_edge(walk, i);
    walk->seen[i] = 2 * number;
    for (size_t a = graph->from[i]; a < graph->from[i + 1]; a++)
        if (is_followed(walk, i, best, a) && walk->seen[graph->to[a]] < 2 * number)
            walk->stack[height++] = graph->to[a];
    return height;
}

/* The longest path from i, given those of its successors. Ties: along the better edge. */
static void close_hit(struct walk *walk, uint32_t number, uint32_t i)
{
    const struct graph *graph = walk->graph;
    size_t best = best_edge(walk, i), chosen = graph->from[i + 1];
    walk->seen[i] = 2 * number + 1;
    walk->length[i] = 1;
    walk->next[i] = i;
    for (size_t a = graph->from[i]; a < graph->from[i + 1]; a++) {
        if (!is_followed(walk, i, best, a)) continue;
        uint32_t length = walk->length[graph->to[a]] + 1;
        if (length < walk->length[i] || (length == walk->length[i] && !is_better(graph, a, chosen))) continue;
        chosen = a;
        walk->length[i] = length;
        walk->next[i] = graph->to[a];
    }
}

/* Finds the longest path from start, depth first; returns its number of hits. */
static uint32_t find_path(struct walk *walk, uint32_t number, uint32_t start)
{
    size_t height = 0;
    walk->stack[height++] = start;
    while (height > 0) {
        uint32_t i = walk->stack[height - 1];
        if (walk->seen[i] < 2 * number) {
            height = open_hit(walk, number, i, height);
            continue;
        }
        height--;
        if (walk->seen[i] == 2 * number) close_hit(walk, number, i);
    }
    return walk->length[start];
}

static void walk_through(struct walk *walk, size_t min_hits)
{
    int32_t tracks = 0;
    uint32_t number = 0;
    for (size_t o = 0; o < walk->graph->n; o++) {
        uint32_t start = walk->graph->order[o];
        if (walk->track[start] != 0 || find_path(walk, ++number, start) < min_hits) continue;
        tracks++;
        for (uint32_t i = start;; i = walk->next[i]) {
            walk->track[i] = tracks;
            if (walk->next[i] == i) break;
        }
    }
}

enum trkx_status trkx_walkthrough_in(struct trkx_memory *memory, const trkx_tracks_input *input,
                                     const trkx_walkthrough_options *given, int32_t *labels, size_t *count,
                                     trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const trkx_edges *edges = input->edges;
    size_t n = input->hits->count;
    struct graph graph = {0};
    struct walk walk = {.graph = &graph};
    int32_t *track = NULL, *numbers = NULL;
    trkx_walkthrough_options options;
    trkx_walkthrough_options_init(&options);
    TRKX_CHECK(trkx_options_take("tracks", given, &options, sizeof options, error));
    TRKX_CHECK(check(n, edges, &options, error));
    TRKX_ALLOCATE(track, memory, n, "paths");
    TRKX_ALLOCATE(numbers, memory, n + 1, "paths");
    TRKX_CHECK(allocate_graph(memory, n, edges->count, &graph, error));
    TRKX_CHECK(allocate_walk(memory, n, edges->count, &walk, error));
    TRKX_CHECK(build_graph(memory, input, &options, track, &graph, error));
    memset(track, 0, n * sizeof *track);
    walk.track = track;
    walk.min_score = options.min_score;
    walk.add_score = options.add_score;
    walk_through(&walk, options.min_hits);
    for (size_t i = 0; i < n; i++) labels[i] = track[i];
    *count = trkx_labels_number(labels, n, numbers, n, options.min_hits);
cleanup:
    release_graph(&graph);
    release_walk(&walk);
    trkx_release(numbers);
    trkx_release(track);
    return status;
}

enum trkx_status trkx_walkthrough(size_t n, const trkx_edges *edges, const float *scores,
                                  const trkx_walkthrough_options *options, int32_t *labels, size_t *count,
                                  trkx_error *error)
{
    const trkx_hits hits = {.count = n};
    const trkx_tracks_input input = {.hits = &hits, .edges = edges, .scores = scores};
    return trkx_walkthrough_in(NULL, &input, options, labels, count, error);
}

/* ---- its entry in the table -------------------------------------------------------------------------- */

static trkx_walkthrough_options options_of(const struct trkx_method_task *task)
{
    trkx_walkthrough_options options;
    trkx_walkthrough_options_init(&options);
    options.cut = task->cut;
    options.min_hits = task->min_hits;
    options.min_score = (float)task->settings[MIN_SCORE];
    options.add_score = (float)task->settings[ADD_SCORE];
    options.xyz = task->input->hits->xyz;
    return options;
}

static enum trkx_status run(const struct trkx_method_task *task, int32_t *labels, size_t *count,
                            trkx_error *error)
{
    trkx_walkthrough_options options = options_of(task);
    return trkx_walkthrough_in(task->memory, task->input, &options, labels, count, error);
}

static enum trkx_status run_reference(const struct trkx_method_task *task, int32_t *labels, size_t *count,
                                      trkx_error *error)
{
    trkx_walkthrough_options options = options_of(task);
    return trkx_walkthrough_reference(task->input->hits->count, task->input->edges, task->input->scores,
                                      &options, labels, count, error);
}

const struct trkx_method trkx_method_walkthrough = {.name = "walkthrough",
                                                    .settings = settings,
                                                    .settings_count = SETTINGS,
                                                    .run = run,
                                                    .reference = run_reference};
