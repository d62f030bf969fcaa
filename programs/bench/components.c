/* trkx bench components: connected components of the pipeline's graphs. */
#include "programs/bench/components.h"

#include <stdlib.h>
#include <string.h>

#include "programs/bench/pipeline.h"
#include "programs/bench/report.h"

static const char PART[] = "components";

struct labelling {
    const char *name;
    size_t n;
    const trkx_edges *edges;
    trkx_labelling_options options;
    int32_t *expected, *found; /* [n] */
    size_t expected_count, found_count;
};

/* ---- the check: a plain breadth-first walk ---------------------------------------------------------- */

struct neighbours {
    size_t *begins; /* [n + 1] */
    size_t *nodes;  /* [2 m]: neighbours of node i from begins[i] to begins[i + 1] */
};

static struct neighbours list_neighbours(size_t n, const trkx_edges *edges)
{
    size_t m = edges->count;
    struct neighbours lists = {checked(calloc(n + 2, sizeof(size_t))), bench_array(2 * m * sizeof(size_t))};
    size_t *ends = lists.begins + 1; /* starts as the begins; each moves up as its list fills */
    for (size_t e = 0; e < 2 * m; e++) ends[edges->index[e] + 1]++;
    for (size_t i = 1; i <= n; i++) ends[i] += ends[i - 1];
    for (size_t e = 0; e < 2 * m; e++) {
        int64_t here = edges->index[e], there = edges->index[e < m ? m + e : e - m];
        lists.nodes[ends[here]++] = (size_t)there;
    }
    return lists;
}

/* Puts the component of a node into queue [n]; returns its size. */
static size_t walk(const struct neighbours *lists, size_t first, bool *seen, size_t *queue)
{
    size_t count = 0;
    queue[count++] = first;
    seen[first] = true;
    for (size_t i = 0; i < count; i++)
        for (size_t l = lists->begins[queue[i]]; l < lists->begins[queue[i] + 1]; l++) {
            size_t node = lists->nodes[l];
            if (!seen[node]) queue[count++] = node;
            seen[node] = true;
        }
    return count;
}

static size_t label_plainly(const struct labelling *labelling, int32_t *labels)
{
    size_t n = labelling->n, tracks = 0;
    struct neighbours lists = list_neighbours(n, labelling->edges);
    bool *seen = checked(calloc(n + 1, sizeof *seen));
    size_t *queue = bench_array(n * sizeof *queue);
    for (size_t first = 0; first < n; first++) {
        if (seen[first]) continue;
        size_t count = walk(&lists, first, seen, queue);
        int32_t label = count >= labelling->options.min_hits ? (int32_t)++tracks : 0;
        for (size_t i = 0; i < count; i++) labels[queue[i]] = label;
    }
    free(lists.begins);
    free(lists.nodes);
    free(seen);
    free(queue);
    return tracks;
}

/* ---- the cases -------------------------------------------------------------------------------------- */

static enum trkx_status run(struct bench *bench, void *work)
{
    struct labelling *labelling = work;
    return trkx_components(labelling->n, labelling->edges, NULL, &labelling->options, labelling->found,
                           &labelling->found_count, &bench->error);
}

static enum trkx_status same(struct bench *bench, void *work)
{
    const struct labelling *labelling = work;
    size_t bytes = labelling->n * sizeof *labelling->found;
    if (labelling->found_count == labelling->expected_count &&
        bench_same(labelling->expected, labelling->found, bytes))
        return TRKX_OK;
    return bench_wrong(bench, "%s, %s: not the tracks of a breadth-first walk", PART, labelling->name);
}

static enum trkx_status bench_graph(struct bench *bench, const char *name, enum trkx_step step)
{
    size_t n = trkx_event_hits(bench->event)->count, m = bench->run.graphs[step].edges.count;
    struct labelling labelling = {.name = name, .n = n, .edges = &bench->run.graphs[step].edges};
    const struct bench_row row = {.part = PART,
                                  .name = name,
                                  .nodes = n,
                                  .size = m,
                                  .unit = "edges",
                                  .bound = BENCH_MEMORY,
                                  .least = (double)(2 * m * sizeof(int64_t) + n * sizeof(int32_t))};
    trkx_labelling_options_init(&labelling.options);
    labelling.options.min_hits = trkx_pipeline_bundle(bench->pipeline)->min_hits;
    labelling.options.threads = bench->threads;
    labelling.expected = bench_array(n * sizeof *labelling.expected);
    labelling.found = bench_array(n * sizeof *labelling.found);
    bench_progress(bench, PART, name, "checking");
    labelling.expected_count = label_plainly(&labelling, labelling.expected);
    enum trkx_status status = run(bench, &labelling);
    if (status == TRKX_OK) status = same(bench, &labelling);
    if (status == TRKX_OK) status = bench_time(bench, &row, run, same, &labelling);
    free(labelling.expected);
    free(labelling.found);
    return status;
}

enum trkx_status bench_components(struct bench *bench)
{
    enum trkx_status status = bench_capture(bench);
    if (status != TRKX_OK) return status;
    bench_begin(bench, PART, "checked by a breadth-first walk; bound: each edge and label once");
    status = bench_graph(bench, "gnn-edges", TRKX_STEP_GNN);
    if (status == TRKX_OK) status = bench_graph(bench, "radius-graph", TRKX_STEP_EDGES);
    return status;
}
