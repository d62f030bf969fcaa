/* Graph building: outward edges between hits that are close in the embedding. */
#include "pipeline/edges.h"

#include "pipeline/graph.h"
#include "pipeline/needs.h"

enum trkx_status trkx_step_edges(struct trkx_run *run)
{
    const trkx_pipeline *pipeline = run->pipeline;
    trkx_edges_options options;
    uint32_t *ks = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_pipeline_graph(pipeline, run->hits, run->memory, &options, &ks, run->error));
    const trkx_backend_points points = {run->embedding, run->n, pipeline->bundle.dim, run->xyz};
    TRKX_CHECK(
        run->place.backend->radius_graph(run->place.context, &points, &options, &run->edges, run->error));
cleanup:
    trkx_release(ks);
    return status;
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
    TRKX_CHECK(trkx_run_locate(&run, trkx_graph_needs(&pipeline->bundle)));
    TRKX_CHECK(trkx_run_lend(&run, hits->xyz, 3 * n, "positions", &run.xyz));
    TRKX_CHECK(trkx_run_lend(&run, embedding, n * pipeline->bundle.dim, "the embedding", &run.embedding));
    TRKX_CHECK(trkx_step_edges(&run));
    TRKX_CHECK(trkx_run_read_edges(&run, &run.edges, false, &read));
    *edges = read.edges;
cleanup:
    trkx_run_end(&run);
    return status;
}
