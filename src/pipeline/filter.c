/* Edge filtering: a network looks at the two ends of each edge; edges are independent of each other. */
#include <math.h>

#include "core/threads.h"
#include "networks/edge_tensors.h"
#include "pipeline/pipeline_device.h"

void trkx_sigmoid(float *scores, size_t m, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static) if (m > 10000)
    for (size_t e = 0; e < m; e++) scores[e] = 1.0f / (1.0f + expf(-scores[e]));
}

enum trkx_status trkx_filter_in(const trkx_pipeline *pipeline, const struct trkx_run_context *context,
                                const float *features, size_t n, const trkx_edges *edges, float *scores,
                                trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[TRKX_NETWORK_FILTER];
    const struct trkx_ends ends = trkx_ends_of(pipeline, context->sessions, TRKX_NETWORK_FILTER, features, n);
    size_t most = edges->count < pipeline->filter_batch ? edges->count : pipeline->filter_batch;
    enum trkx_status status = TRKX_OK;
    char *batch = NULL;
    if (edges->count == 0) return TRKX_OK;
    TRKX_CHECK(trkx_ends_check(&ends, error));
    TRKX_ALLOCATE(batch, context->memory, most * trkx_ends_bytes(&ends), "a batch of edges");
    for (size_t first = 0; first < edges->count; first += most) {
        size_t count = edges->count - first < most ? edges->count - first : most;
        struct trkx_tensor in[2];
        trkx_ends_put(&ends, edges, first, count, batch, in);
        struct trkx_tensor out = {scores + first, TRKX_ELEMENT_FLOAT, 1, {(int64_t)count}};
        TRKX_CHECK(
            trkx_session_run(context->sessions[TRKX_NETWORK_FILTER], context->memory, in, &out, error));
        TRKX_CHECK(trkx_run_check(context, "filter", error));
    }
    if (!model->sigmoid_in_model) trkx_sigmoid(scores, edges->count, pipeline->threads);
cleanup:
    trkx_release(batch);
    return status;
}

enum trkx_status trkx_filter(const trkx_pipeline *pipeline, const float *features, size_t n,
                             const trkx_edges *edges, float *scores, trkx_error *error)
{
    const struct trkx_run_context context = {.sessions = pipeline->sessions};
    if (pipeline->devices != NULL)
        return trkx_device_score_host(pipeline, TRKX_NETWORK_FILTER, features, n, edges, scores, error);
    return trkx_filter_in(pipeline, &context, features, n, edges, scores, error);
}
