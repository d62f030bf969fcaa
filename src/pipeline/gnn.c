/* The graph network: scores each edge from its neighbourhood, so it takes the whole graph at once. */
#include "pipeline/gnn.h"

#include "pipeline/scores.h"

static enum trkx_status score(const struct trkx_run *run)
{
    struct trkx_scoring scoring;
    enum trkx_status status = TRKX_OK;
    if (run->edges.count == 0) return TRKX_OK;
    TRKX_CHECK(trkx_scoring_begin(&scoring, run, TRKX_NETWORK_GNN, run->edges.count));
    TRKX_CHECK(trkx_scoring_call(&scoring, 0, run->edges.count));
    TRKX_CHECK(trkx_scores_finish(run, TRKX_NETWORK_GNN));
cleanup:
    trkx_scoring_end(&scoring);
    return status;
}

enum trkx_status trkx_step_gnn(struct trkx_run *run)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_scores_allocate(run));
    TRKX_CHECK(score(run));
    TRKX_CHECK(run->place.backend->cut(run->place.context, &run->edges,
                                       run->pipeline->bundle.models[TRKX_NETWORK_GNN].cut, run->error));
cleanup:
    return status;
}

enum trkx_status trkx_gnn(const trkx_pipeline *pipeline, const float *features, size_t n,
                          const trkx_edges *edges, float *scores, trkx_error *error)
{
    static const struct trkx_scorer scorer = {TRKX_NETWORK_GNN, score};
    return trkx_scores_by_itself(pipeline, &scorer, features, n, edges, scores, error);
}
