/* Edge filtering: a network scores each edge from its two ends; edges are independent. */
#include "pipeline/filter.h"

#include "pipeline/scores.h"

/* Edges per call, if the options do not say: ONNX Runtime's own kernels keep each layer's outputs for a whole
 * call, and pairs of features are gathered for a whole call. A device has enough memory, and takes 5 us to
 * start a kernel. */
static size_t suiting_batch(const struct trkx_run *run)
{
    const trkx_pipeline *pipeline = run->pipeline;
    bool small = pipeline->kernels == TRKX_KERNELS_STOCK || pipeline->bundle.models[run->pass->filter].pairs;
    return small && run->place.backend->shared ? (size_t)1 << 16 : (size_t)1 << 20;
}

/* Calls the network with `batch` edges at a time, from *first on, which is advanced. */
static enum trkx_status score_in_batches(const struct trkx_run *run, size_t batch, size_t *first)
{
    struct trkx_scoring scoring;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_scoring_begin(&scoring, run, run->pass->filter, batch));
    while (*first < run->edges.count) {
        size_t left = run->edges.count - *first, count = left < batch ? left : batch;
        TRKX_CHECK(trkx_scoring_call(&scoring, *first, count));
        *first += count;
        TRKX_CHECK(trkx_run_check(run, "filter"));
    }
cleanup:
    trkx_scoring_end(&scoring);
    return status;
}

/* If a batch does not fit in memory, tries half of it. */
static enum trkx_status score(const struct trkx_run *run)
{
    enum { LEAST = 1024 }; /* edges per call: what a device processes at once */
    size_t m = run->edges.count, most = run->pipeline->filter_batch, first = 0;
    if (most == 0) most = suiting_batch(run);
    size_t batch = m < most ? m : most;
    if (m == 0) return TRKX_OK;
    enum trkx_status status = score_in_batches(run, batch, &first);
    while (status == TRKX_ERROR_MEMORY && batch > LEAST) status = score_in_batches(run, batch /= 2, &first);
    return status != TRKX_OK ? status : trkx_scores_finish(run, run->pass->filter);
}

enum trkx_status trkx_step_filter(struct trkx_run *run)
{
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    const trkx_backend *backend = run->place.backend;
    trkx_backend_context *context = run->place.context;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_scores_allocate(run));
    TRKX_CHECK(score(run));
    if (bundle->completes && run->first == NULL)
        TRKX_CHECK(backend->over(context, &run->edges, bundle->candidate_cut, &run->candidates, run->error));
    TRKX_CHECK(backend->cut(context, &run->edges, bundle->models[run->pass->filter].cut, run->error));
cleanup:
    return status;
}

enum trkx_status trkx_filter(const trkx_pipeline *pipeline, const float *features, size_t n,
                             const trkx_edges *edges, float *scores, trkx_error *error)
{
    static const struct trkx_scorer scorer = {TRKX_NETWORK_FILTER, score};
    return trkx_scores_by_itself(pipeline, &scorer, features, n, edges, scores, error);
}
