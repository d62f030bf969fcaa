/* Finds chains: tracks among free hits. Three hits joined by two edges are a triplet; a chain is a
 * sequence of triplets, each of which shares an edge with the next and predicts its last hit, as in a
 * cellular automaton (Glazov, Kisel, Konotopskaya, Ososkov: Filtering tracks in discrete detectors using a
 * cellular automaton, 1993). Its score is a sum of logarithms of likelihood ratios, so that the best chain to
 * a triplet extends the best chain to an earlier one; the best chains are taken first. */
#include <math.h>
#include <string.h>

#include "core/keys.h"
#include "tracks/chains.h"

#define NO_TRIPLET UINT32_MAX
enum { PORTION = 1024 }; /* steps that a thread takes at a time */

/* An edge between free hits. */
struct step {
    uint32_t from, to;
};

struct triplet {
    uint32_t edge_in, edge_out; /* of the graph's steps: a -> b, b -> c */
    uint32_t before;            /* the triplet that the chain comes from, or NO_TRIPLET */
    uint32_t hits;              /* of the chain up to here */
    double score;               /* of the chain up to here */
};

struct graph {
    const struct trkx_measurement *measurements;
    size_t n;
    const struct trkx_description *detector;
    int threads;
    size_t steps_count;
    struct step *steps; /* sorted by from */
    uint32_t *in_begin; /* [n+2] steps to a hit: in[in_begin[i]..in_begin[i + 1]), ascending */
    uint32_t *in;       /* [steps_count] */
    uint32_t *begin;    /* [steps_count + 1] triplets that end with a step */
    struct triplet *triplets;
    float *links;        /* scores of each triplet after those that end with its first edge */
    size_t *links_begin; /* [triplets + 1] */
};

/* ---- the graph of free hits ------------------------------------------------------------------------- */

static bool joins_free_hits(const struct graph *graph, const trkx_edges *edges, const int32_t *labels,
                            size_t e)
{
    size_t a = (size_t)edges->index[e], b = (size_t)edges->index[edges->count + e];
    return labels[a] == 0 && labels[b] == 0 && graph->measurements[a].module != graph->measurements[b].module;
}

static enum trkx_status find_steps(struct trkx_memory *memory, const trkx_edges *edges, const int32_t *labels,
                                   struct graph *graph, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t n = graph->n, count = 0;
    for (size_t e = 0; e < edges->count; e++) count += joins_free_hits(graph, edges, labels, e);
    graph->steps_count = count;
    TRKX_ALLOCATE(graph->steps, memory, count, "edges between free hits");
    TRKX_ALLOCATE(graph->in, memory, count, "edges between free hits");
    TRKX_ALLOCATE(graph->in_begin, memory, n + 2, "edges between free hits");
    memset(graph->in_begin, 0, (n + 2) * sizeof *graph->in_begin);
    count = 0;
    for (size_t e = 0; e < edges->count; e++) {
        if (!joins_free_hits(graph, edges, labels, e)) continue;
        struct step step = {(uint32_t)edges->index[e], (uint32_t)edges->index[edges->count + e]};
        graph->in_begin[step.to + 2]++;
        graph->steps[count++] = step;
    }
    for (size_t i = 0; i < n; i++) graph->in_begin[i + 2] += graph->in_begin[i + 1];
    for (size_t s = 0; s < count; s++) graph->in[graph->in_begin[graph->steps[s].to + 1]++] = (uint32_t)s;
cleanup:
    return status;
}

/* ---- triplets --------------------------------------------------------------------------------------- */

/* The score of a triplet by itself, or TRKX_NO_MATCH. */
static double score_triplet(const struct graph *graph, struct step first, struct step second)
{
    const struct trkx_measurement *m = graph->measurements;
    const struct trkx_measurement *const hits[3] = {&m[first.from], &m[first.to], &m[second.to]};
    struct trkx_arc arc;
    if (hits[0]->module == hits[2]->module || !trkx_helix_arc(hits, &arc)) return TRKX_NO_MATCH;
    if (fabs(arc.curvature) * graph->detector->min_radius > 1) return TRKX_NO_MATCH;
    return trkx_helix_middle(hits, &arc, graph->detector->reach, graph->detector);
}

/* The triplets that end with a range of steps, in their order. */
struct portion {
    size_t first, end; /* steps */
    size_t count, room;
    struct triplet *triplets;
};

static bool append(struct trkx_memory *memory, struct portion *portion, struct triplet triplet)
{
    if (portion->count == portion->room) {
        size_t room = portion->room == 0 ? PORTION : 2 * portion->room;
        struct triplet *grown = portion->room == 0 ? trkx_allocate(memory, room, sizeof *grown)
                                                   : trkx_reallocate(portion->triplets, room, sizeof *grown);
        if (grown == NULL) return false;
        portion->triplets = grown;
        portion->room = room;
    }
    portion->triplets[portion->count++] = triplet;
    return true;
}

/* Finds a portion's triplets; leaves in graph->begin how many end with each step. False: no memory. */
static bool find_portion(struct trkx_memory *memory, const struct graph *graph, struct portion *portion)
{
    for (size_t out = portion->first; out < portion->end; out++) {
        struct step second = graph->steps[out];
        size_t before = portion->count;
        for (uint32_t i = graph->in_begin[second.from]; i < graph->in_begin[second.from + 1]; i++) {
            double score = score_triplet(graph, graph->steps[graph->in[i]], second);
            if (score == TRKX_NO_MATCH) continue;
            struct triplet triplet = {graph->in[i], (uint32_t)out, NO_TRIPLET, 3, score};
            if (!append(memory, portion, triplet)) return false;
        }
        graph->begin[out] = (uint32_t)(portion->count - before);
    }
    return true;
}

/* Turns the numbers of triplets into where they begin. */
static enum trkx_status place_triplets(struct trkx_memory *memory, struct graph *graph, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t total = 0;
    graph->begin[graph->steps_count] = 0;
    for (size_t s = 0; s <= graph->steps_count; s++) {
        size_t here = graph->begin[s];
        if (total > INT32_MAX) return trkx_fail_memory(error, "triplets", total * sizeof *graph->triplets);
        graph->begin[s] = (uint32_t)total;
        total += here;
    }
    TRKX_ALLOCATE(graph->triplets, memory, total, "triplets");
cleanup:
    return status;
}

/* Portions are found by several threads and then put behind each other: scores, which cost most, are computed
 * once. */
static enum trkx_status find_triplets(struct trkx_memory *memory, struct graph *graph, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t steps = graph->steps_count, count = (steps + PORTION - 1) / PORTION;
    struct portion *portions = trkx_allocate_zero(memory, count, sizeof *portions);
    bool complete = true;
    if (portions == NULL) return trkx_fail_memory(error, "triplets", count * sizeof *portions);
    TRKX_ALLOCATE(graph->begin, memory, steps + 1, "triplets");
#pragma omp parallel for num_threads(graph->threads) schedule(dynamic) reduction(&& : complete)
    for (size_t p = 0; p < count; p++) {
        portions[p].first = p * PORTION;
        portions[p].end = (p + 1) * PORTION < steps ? (p + 1) * PORTION : steps;
        complete = find_portion(memory, graph, &portions[p]) && complete;
    }
    if (!complete) {
        status = trkx_fail_memory(error, "triplets", PORTION * sizeof *graph->triplets);
        goto cleanup;
    }
    TRKX_CHECK(place_triplets(memory, graph, error));
#pragma omp parallel for num_threads(graph->threads) schedule(dynamic)
    for (size_t p = 0; p < count; p++) {
        if (portions[p].count == 0) continue;
        memcpy(graph->triplets + graph->begin[portions[p].first], portions[p].triplets,
               portions[p].count * sizeof *graph->triplets);
        trkx_release(portions[p].triplets);
        portions[p].triplets = NULL;
    }
cleanup:
    for (size_t p = 0; p < count; p++) trkx_release(portions[p].triplets);
    trkx_release(portions);
    return status;
}

/* ---- links ------------------------------------------------------------------------------------------ */

/* How well the triplet (a, b, c) predicts d of (b, c, d). */
static double score_link(const struct graph *graph, const struct triplet *before, const struct triplet *after)
{
    const struct trkx_measurement *m = graph->measurements;
    struct step first = graph->steps[before->edge_in], second = graph->steps[before->edge_out];
    const struct trkx_measurement *const circle[3] = {&m[first.from], &m[first.to], &m[second.to]};
    const struct trkx_measurement *const line[2] = {circle[1], circle[2]};
    const struct trkx_measurement *next = &m[graph->steps[after->edge_out].to];
    struct trkx_helix helix;
    if (circle[0]->module == next->module) return TRKX_NO_MATCH;
    if (!trkx_helix_through(circle, line, graph->detector, &helix)) return TRKX_NO_MATCH;
    return trkx_helix_match(&helix, next);
}

static enum trkx_status score_links(struct trkx_memory *memory, struct graph *graph, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t triplets = graph->begin[graph->steps_count], total = 0;
    TRKX_ALLOCATE(graph->links_begin, memory, triplets + 1, "links of triplets");
    for (size_t t = 0; t < triplets; t++) {
        uint32_t in = graph->triplets[t].edge_in;
        graph->links_begin[t] = total;
        total += graph->begin[in + 1] - graph->begin[in];
    }
    graph->links_begin[triplets] = total;
    TRKX_ALLOCATE(graph->links, memory, total, "links of triplets");
#pragma omp parallel for num_threads(graph->threads) schedule(dynamic, PORTION)
    for (size_t t = 0; t < triplets; t++) {
        const struct triplet *before = graph->triplets + graph->begin[graph->triplets[t].edge_in];
        float *links = graph->links + graph->links_begin[t];
        size_t count = graph->links_begin[t + 1] - graph->links_begin[t];
        for (size_t l = 0; l < count; l++)
            links[l] = (float)score_link(graph, &before[l], &graph->triplets[t]);
    }
cleanup:
    return status;
}

/* The best chain to a triplet, given those to all earlier ones. */
static void extend_best(struct graph *graph, size_t t)
{
    struct triplet *triplet = &graph->triplets[t];
    uint32_t first = graph->begin[triplet->edge_in];
    size_t count = graph->links_begin[t + 1] - graph->links_begin[t];
    double best = 0;
    for (size_t l = 0; l < count; l++) {
        const struct triplet *before = &graph->triplets[first + l];
        double link = (double)graph->links[graph->links_begin[t] + l], score = before->score + link;
        if (link < TRKX_CHAIN_WORST || score <= best) continue;
        best = score;
        triplet->before = first + (uint32_t)l;
        triplet->hits = before->hits + 1;
    }
    if (triplet->before != NO_TRIPLET) triplet->score = best;
}

/* Steps run outwards, so in the order of the hits' distance from the origin a step's triplets come before
 * those that extend it. */
static enum trkx_status find_best_chains(struct trkx_memory *memory, struct graph *graph, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    uint64_t *order = NULL;
    TRKX_ALLOCATE(order, memory, graph->steps_count, "the order of edges");
    for (size_t s = 0; s < graph->steps_count; s++) {
        float distance2 = (float)graph->measurements[graph->steps[s].from].distance2;
        order[s] = trkx_key(trkx_float_code(distance2), (uint32_t)s);
    }
    trkx_keys_sort(order, graph->steps_count);
    for (size_t s = 0; s < graph->steps_count; s++) {
        uint32_t step = trkx_key_low(order[s]);
        for (size_t t = graph->begin[step]; t < graph->begin[step + 1]; t++) extend_best(graph, t);
    }
cleanup:
    trkx_release(order);
    return status;
}

/* ---- selection -------------------------------------------------------------------------------------- */

/* Labels all hits of the chain that ends with a triplet, if all are free. */
static bool label_chain(const struct graph *graph, uint32_t last, int32_t label, int32_t *labels)
{
    for (int pass = 0; pass < 2; pass++) {
        const struct triplet *triplet = &graph->triplets[last];
        uint32_t hits[3] = {graph->steps[triplet->edge_out].to};
        for (uint32_t t = last; t != NO_TRIPLET; t = triplet->before) {
            triplet = &graph->triplets[t];
            hits[1] = graph->steps[triplet->edge_in].to;
            hits[2] = graph->steps[triplet->edge_in].from;
            for (int i = t == last ? 0 : 2; i < 3; i++) {
                if (pass == 0 && labels[hits[i]] != 0) return false;
                if (pass == 1) labels[hits[i]] = label;
            }
        }
    }
    return true;
}

static enum trkx_status select_chains(struct trkx_memory *memory, const struct graph *graph,
                                      const struct trkx_chains_input *input, int32_t *labels, size_t *tracks,
                                      trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t triplets = graph->begin[graph->steps_count], count = 0;
    uint64_t *order = NULL;
    TRKX_ALLOCATE(order, memory, triplets, "the order of chains");
    for (size_t t = 0; t < triplets; t++) {
        const struct triplet *end = &graph->triplets[t];
        if (end->hits >= input->hits && end->score >= input->score)
            order[count++] = trkx_key(~trkx_float_code((float)end->score), (uint32_t)t);
    }
    trkx_keys_sort(order, count);
    for (size_t i = 0; i < count; i++)
        *tracks += label_chain(graph, trkx_key_low(order[i]), (int32_t)(*tracks + 1), labels);
cleanup:
    trkx_release(order);
    return status;
}

enum trkx_status trkx_find_chains(struct trkx_memory *memory, const struct trkx_chains_input *input,
                                  int32_t *labels, size_t *tracks, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct graph graph = {.measurements = input->measurements,
                          .n = input->n,
                          .detector = input->detector,
                          .threads = input->threads};
    TRKX_CHECK(find_steps(memory, input->edges, labels, &graph, error));
    TRKX_CHECK(find_triplets(memory, &graph, error));
    TRKX_CHECK(score_links(memory, &graph, error));
    TRKX_CHECK(find_best_chains(memory, &graph, error));
    TRKX_CHECK(select_chains(memory, &graph, input, labels, tracks, error));
cleanup:
    trkx_release(graph.steps);
    trkx_release(graph.in);
    trkx_release(graph.in_begin);
    trkx_release(graph.begin);
    trkx_release(graph.triplets);
    trkx_release(graph.links);
    trkx_release(graph.links_begin);
    return status;
}
