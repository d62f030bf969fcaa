/* Embedding: maps each hit's features to a point, close to those of its neighbours on the track. */
#include "pipeline/embed.h"

/* Hits per call: the hidden layers of a batch stay in the cache. */
enum { BATCH = 16384 };

/* Fills run->embedding. */
static enum trkx_status embed(const struct trkx_run *run)
{
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    size_t n = run->n, width = bundle->models[TRKX_NETWORK_EMBEDDING].features_count, dim = bundle->dim;
    float *features = run->features[TRKX_NETWORK_EMBEDDING];
    enum trkx_status status = TRKX_OK;
    for (size_t first = 0; first < n; first += BATCH) {
        int64_t rows = (int64_t)(n - first < BATCH ? n - first : BATCH);
        const struct trkx_tensor in = {
            features + first * width, TRKX_ELEMENT_FLOAT, 2, {rows, (int64_t)width}};
        const struct trkx_tensor out = {
            run->embedding + first * dim, TRKX_ELEMENT_FLOAT, 2, {rows, (int64_t)dim}};
        TRKX_CHECK(trkx_session_run(run->place.sessions[TRKX_NETWORK_EMBEDDING], run->memory, &in, &out,
                                    run->error));
        TRKX_CHECK(trkx_run_check(run, "embed"));
    }
cleanup:
    return status;
}

enum trkx_status trkx_step_embed(struct trkx_run *run)
{
    enum trkx_status status =
        trkx_run_allocate(run, run->n * run->pipeline->bundle.dim, "the embedding", &run->embedding);
    return status != TRKX_OK ? status : embed(run);
}

enum trkx_status trkx_embed(const trkx_pipeline *pipeline, const float *features, size_t n, float *embedding,
                            trkx_error *error)
{
    size_t width = pipeline->bundle.models[TRKX_NETWORK_EMBEDDING].features_count;
    size_t bytes = n * pipeline->bundle.dim * sizeof *embedding;
    struct trkx_run run = {.lent = true};
    enum trkx_status status = TRKX_OK;
    void *block = NULL;
    trkx_run_begin(&run, pipeline, NULL, n, error);
    TRKX_CHECK(trkx_run_lend(&run, features, n * width, "features", &run.features[TRKX_NETWORK_EMBEDDING]));
    TRKX_CHECK(trkx_run_stand_in(&run, embedding, bytes, "the embedding", &block));
    run.embedding = block;
    TRKX_CHECK(embed(&run));
    TRKX_CHECK(trkx_run_fetch(&run, embedding, block, bytes));
cleanup:
    trkx_run_end(&run);
    return status;
}
