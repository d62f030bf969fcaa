/* Graph building: outward edges between hits that are close in the embedding. */
#include "pipeline/edges.h"

#include <string.h>

#include "pipeline/graph.h"
#include "pipeline/needs.h"

static enum trkx_status build_graph(struct trkx_run *run, const float *xyz)
{
    trkx_edges_options options;
    uint32_t *ks = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_run_graph(run, &options, &ks));
    const trkx_backend_points points = {run->embedding, run->nodes, run->pass->dim, xyz};
    TRKX_CHECK(
        run->place.backend->radius_graph(run->place.context, &points, &options, &run->edges, run->error));
cleanup:
    trkx_release(ks);
    return status;
}

/* Between some of the hits, on the host. Their rows ascend, so the edges remain sorted. */
static enum trkx_status build_graph_of_rows(struct trkx_run *run)
{
    trkx_error *error = run->error;
    float *xyz = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(xyz, run->memory, 3 * run->nodes, "positions");
    for (size_t i = 0; i < run->nodes; i++)
        memcpy(xyz + 3 * i, run->hits->xyz + 3 * (size_t)run->rows[i], 3 * sizeof *xyz);
    TRKX_CHECK(build_graph(run, xyz));
    for (size_t e = 0; e < 2 * run->edges.count; e++) run->edges.index[e] = run->rows[run->edges.index[e]];
cleanup:
    trkx_release(xyz);
    return status;
}

enum trkx_status trkx_step_edges(struct trkx_run *run)
{
    return run->rows != NULL ? build_graph_of_rows(run) : build_graph(run, run->xyz);
}

enum trkx_status trkx_pipeline_edges(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                     const float *embedding, trkx_edges *edges, trkx_error *error)
{
    struct trkx_run run = {.hits = hits, .lent = true};
    struct trkx_edges_read read;
    size_t n = hits->count;
    enum trkx_status status = TRKX_OK;
    *edges = (trkx_edges){0};
    trkx_run_begin(&run, pipeline, NULL, n, error);
    TRKX_CHECK(trkx_run_locate(&run, trkx_graph_needs(&pipeline->bundle.first)));
    TRKX_CHECK(trkx_run_lend(&run, hits->xyz, 3 * n, "positions", &run.xyz));
    TRKX_CHECK(
        trkx_run_lend(&run, embedding, n * pipeline->bundle.first.dim, "the embedding", &run.embedding));
    TRKX_CHECK(trkx_step_edges(&run));
    TRKX_CHECK(trkx_run_read_edges(&run, &run.edges, false, &read));
    *edges = read.edges;
cleanup:
    trkx_run_end(&run);
    return status;
}
