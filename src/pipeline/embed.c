/* Data encoding: each hit's features become a point, near the points of its neighbours on the track. */
#include "pipeline/pipeline.h"
#include "pipeline/pipeline_device.h"

/* Hits a call: the hidden layers of one batch stay in the cache. */
enum { BATCH = 16384 };

enum trkx_status trkx_embed_in(const trkx_pipeline *pipeline, const struct trkx_run_context *context,
                               const float *features, size_t n, float *embedding, trkx_error *error)
{
    size_t width = pipeline->bundle.models[TRKX_NETWORK_EMBEDDING].features_count;
    size_t dim = pipeline->bundle.dim;
    enum trkx_status status = TRKX_OK;
    for (size_t first = 0; first < n; first += BATCH) {
        int64_t rows = (int64_t)(n - first < BATCH ? n - first : BATCH);
        struct trkx_tensor in = {
            (float *)features + first * width, TRKX_ELEMENT_FLOAT, 2, {rows, (int64_t)width}};
        struct trkx_tensor out = {embedding + first * dim, TRKX_ELEMENT_FLOAT, 2, {rows, (int64_t)dim}};
        TRKX_CHECK(
            trkx_session_run(context->sessions[TRKX_NETWORK_EMBEDDING], context->memory, &in, &out, error));
        TRKX_CHECK(trkx_run_check(context, "embed", error));
    }
cleanup:
    return status;
}

enum trkx_status trkx_embed(const trkx_pipeline *pipeline, const float *features, size_t n, float *embedding,
                            trkx_error *error)
{
    const struct trkx_run_context context = {.sessions = pipeline->sessions};
    if (pipeline->devices != NULL) return trkx_device_embed_host(pipeline, features, n, embedding, error);
    return trkx_embed_in(pipeline, &context, features, n, embedding, error);
}
