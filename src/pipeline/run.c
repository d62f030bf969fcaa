/* Manages a run's memory and its transfers between the host and the run's place. */
#include "pipeline/run.h"

static void begin(struct trkx_run *run, const trkx_pipeline *pipeline, struct trkx_memory *memory, size_t n,
                  trkx_error *error)
{
    run->pipeline = pipeline;
    run->pass = &pipeline->bundle.first;
    run->memory = memory;
    run->n = run->nodes = n;
    run->error = error;
}

void trkx_run_begin(struct trkx_run *run, const trkx_pipeline *pipeline, struct trkx_memory *memory, size_t n,
                    trkx_error *error)
{
    begin(run, pipeline, memory, n, error);
    trkx_workplace_take(&run->place, pipeline, memory);
}

void trkx_run_begin_on_host(struct trkx_run *run, const trkx_pipeline *pipeline, struct trkx_memory *memory,
                            size_t n, trkx_error *error)
{
    begin(run, pipeline, memory, n, error);
    trkx_workplace_take_cpu(&run->place, pipeline, memory);
}

void trkx_run_begin_second(struct trkx_run *run, struct trkx_run *first)
{
    *run = (struct trkx_run){.hook = first->hook,
                             .user = first->user,
                             .hits = first->hits,
                             .labels = first->labels,
                             .first = first};
    trkx_run_begin_on_host(run, first->pipeline, first->memory, first->n, first->error);
    run->pass = &run->pipeline->bundle.second;
    run->nodes = 0;
}

/* Whether a later network has the same block, or the first pass. */
static bool is_shared(const struct trkx_run *run, int network)
{
    bool shared = false;
    for (int i = network + 1; i < TRKX_ALL_NETWORKS; i++)
        shared |= run->features[i] == run->features[network];
    for (int i = 0; i < TRKX_ALL_NETWORKS && run->first != NULL; i++)
        shared |= run->first->features[i] == run->features[network];
    return shared;
}

static void release_features(struct trkx_run *run)
{
    for (int i = 0; i < TRKX_ALL_NETWORKS; i++)
        if (!is_shared(run, i)) trkx_run_release(run, run->features[i]);
}

void trkx_run_end(struct trkx_run *run)
{
    const trkx_backend *backend = run->place.backend;
    if (!backend->shared) trkx_run_release(run, run->xyz);
    if (!backend->shared || !run->lent) {
        release_features(run);
        trkx_run_release(run, run->embedding);
        backend->release_edges(run->place.context, &run->edges);
        backend->release_edges(run->place.context, &run->candidates);
    }
    trkx_completion_destroy(run->completion);
    trkx_release(run->rows);
    trkx_located_release(&run->located);
    trkx_estimates_release(&run->estimates);
    trkx_workplace_leave(&run->place, run->pipeline);
}

enum trkx_status trkx_run_locate(struct trkx_run *run, unsigned needs)
{
    enum trkx_status status =
        trkx_pipeline_locate(run->pipeline, run->memory, run->hits, needs, &run->located, run->error);
    if (run->located.ids != NULL) run->hits = &run->located.hits; /* with the ids */
    return status;
}

enum trkx_status trkx_run_check(const struct trkx_run *run, const char *step)
{
    const trkx_step_view nothing = {0};
    if (run->hook == NULL || run->hook(run->user, &nothing) == 0) return TRKX_OK;
    return trkx_fail(run->error, TRKX_ERROR_CANCELLED, "cancelled during the step %s%s",
                     run->first != NULL ? "second_" : "", step);
}

/* ---- blocks ----------------------------------------------------------------------------------------- */

enum trkx_status trkx_run_allocate(const struct trkx_run *run, size_t count, const char *what, float **block)
{
    void *taken = NULL;
    enum trkx_status status =
        run->place.backend->allocate(run->place.context, count * sizeof **block, what, &taken, run->error);
    *block = taken;
    return status;
}

void trkx_run_release(const struct trkx_run *run, void *block)
{
    run->place.backend->release(run->place.context, block);
}

enum trkx_status trkx_run_stand_in(const struct trkx_run *run, void *array, size_t bytes, const char *what,
                                   void **block)
{
    const trkx_backend *backend = run->place.backend;
    if (!backend->shared) return backend->allocate(run->place.context, bytes, what, block, run->error);
    *block = array;
    return TRKX_OK;
}

enum trkx_status trkx_run_lend(const struct trkx_run *run, const float *array, size_t count, const char *what,
                               float **block)
{
    const trkx_backend *backend = run->place.backend;
    void *there = NULL;
    enum trkx_status status = trkx_run_stand_in(run, (float *)array, count * sizeof *array, what, &there);
    *block = there;
    if (status != TRKX_OK || backend->shared || count == 0) return status;
    return backend->upload(run->place.context, there, array, count * sizeof *array, run->error);
}

enum trkx_status trkx_run_fetch(const struct trkx_run *run, void *array, const void *block, size_t bytes)
{
    if (array == block || bytes == 0) return TRKX_OK;
    return run->place.backend->download(run->place.context, array, block, bytes, run->error);
}

/* ---- reading on the host ---------------------------------------------------------------------------- */

enum trkx_status trkx_run_read(const struct trkx_run *run, float *block, size_t count, float **read)
{
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    float *copy = NULL;
    if (run->place.backend->shared) {
        *read = block;
        return TRKX_OK;
    }
    TRKX_ALLOCATE(copy, run->memory, count, "a copy from the device");
    TRKX_CHECK(trkx_run_fetch(run, copy, block, count * sizeof *copy));
    *read = copy;
    copy = NULL;
cleanup:
    trkx_release(copy);
    return status;
}

void trkx_run_read_end(const struct trkx_run *run, float *read)
{
    if (!run->place.backend->shared) trkx_release(read);
}

static enum trkx_status copy_edges(const struct trkx_run *run, const trkx_backend_edges *from,
                                   trkx_edges *edges)
{
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    int64_t *index = NULL;
    TRKX_ALLOCATE(index, run->memory, 2 * from->count, "edges");
    TRKX_CHECK(run->place.backend->download_edges(run->place.context, from, index, error));
    *edges = (trkx_edges){.count = from->count, .saturated = from->saturated, .index = index};
    index = NULL;
cleanup:
    trkx_release(index);
    return status;
}

enum trkx_status trkx_run_read_edges(const struct trkx_run *run, const trkx_backend_edges *from, bool scored,
                                     struct trkx_edges_read *read)
{
    enum trkx_status status = TRKX_OK;
    *read = (struct trkx_edges_read){.scores = NULL};
    if (run->place.backend->shared)
        read->edges = (trkx_edges){.count = from->count, .saturated = from->saturated, .index = from->index};
    else
        TRKX_CHECK(copy_edges(run, from, &read->edges));
    if (scored) TRKX_CHECK(trkx_run_read(run, from->scores, from->count, &read->scores));
cleanup:
    if (status != TRKX_OK) trkx_run_read_edges_end(run, read);
    return status;
}

void trkx_run_read_edges_end(const struct trkx_run *run, struct trkx_edges_read *read)
{
    trkx_run_read_end(run, read->scores);
    if (!run->place.backend->shared) trkx_edges_destroy(&read->edges);
    *read = (struct trkx_edges_read){.scores = NULL};
}
