/* Embedding: maps each hit's features to a point, close to those of its neighbours on the track. */
#include "pipeline/embed.h"

#include <string.h>

/* Hits per call: the hidden layers of a batch stay in the cache. */
enum { BATCH = 16384 };

static size_t width_of(const struct trkx_run *run)
{
    return run->pipeline->bundle.models[run->pass->embedding].features_count;
}

/* The features of `count` nodes from `first` on: a part of all hits', or in the second pass, whose run is on
 * the host, their rows in `room`. */
static float *features_of(const struct trkx_run *run, size_t first, size_t count, float *room)
{
    size_t width = width_of(run);
    float *features = run->features[run->pass->embedding];
    if (run->rows == NULL) return features + first * width;
    for (size_t i = 0; i < count; i++)
        memcpy(room + i * width, features + run->rows[first + i] * width, width * sizeof *room);
    return room;
}

/* Fills run->embedding. */
static enum trkx_status embed(const struct trkx_run *run)
{
    size_t dim = run->pass->dim, width = width_of(run);
    trkx_error *error = run->error;
    float *room = NULL;
    enum trkx_status status = TRKX_OK;
    if (run->rows != NULL) TRKX_ALLOCATE(room, run->memory, BATCH * width, "features of a batch");
    for (size_t first = 0; first < run->nodes; first += BATCH) {
        size_t count = run->nodes - first < BATCH ? run->nodes - first : BATCH;
        int64_t rows = (int64_t)count;
        const struct trkx_tensor in = {
            features_of(run, first, count, room), TRKX_ELEMENT_FLOAT, 2, {rows, (int64_t)width}};
        const struct trkx_tensor out = {
            run->embedding + first * dim, TRKX_ELEMENT_FLOAT, 2, {rows, (int64_t)dim}};
        TRKX_CHECK(
            trkx_session_run(run->place.sessions[run->pass->embedding], run->memory, &in, &out, error));
        TRKX_CHECK(trkx_run_check(run, "embed"));
    }
cleanup:
    trkx_release(room);
    return status;
}

enum trkx_status trkx_step_embed(struct trkx_run *run)
{
    enum trkx_status status =
        trkx_run_allocate(run, run->nodes * run->pass->dim, "the embedding", &run->embedding);
    return status != TRKX_OK ? status : embed(run);
}

enum trkx_status trkx_embed(const trkx_pipeline *pipeline, const float *features, size_t n, float *embedding,
                            trkx_error *error)
{
    size_t width = pipeline->bundle.models[TRKX_NETWORK_EMBEDDING].features_count;
    size_t bytes = n * pipeline->bundle.first.dim * sizeof *embedding;
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
