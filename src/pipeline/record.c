/* Records the time, memory and edge quality of each step, and prepares the view for the hook. */
#include "pipeline/record.h"

#include "pipeline/clock.h"
#include "pipeline/truth.h"

const char *trkx_step_name(enum trkx_step step)
{
    static const char *const names[TRKX_STEPS] = {
        "hits",   "features",        "embed",        "edges",        "filter",        "gnn",
        "tracks", "second_features", "second_embed", "second_edges", "second_filter", "second_tracks"};
    return (unsigned)step < TRKX_STEPS ? names[step] : "unknown";
}

/* The step of the first pass that it is like. */
static enum trkx_step kind_of(enum trkx_step step)
{
    static const enum trkx_step kinds[] = {TRKX_STEP_FEATURES, TRKX_STEP_EMBED, TRKX_STEP_EDGES,
                                           TRKX_STEP_FILTER, TRKX_STEP_TRACKS};
    return step < TRKX_STEP_SECOND_FEATURES ? step : kinds[step - TRKX_STEP_SECOND_FEATURES];
}

/* ---- reading on the host ---------------------------------------------------------------------------- */

static enum trkx_status read_edges(struct trkx_recording *recording, enum trkx_step step)
{
    const struct trkx_run *run = recording->run;
    const trkx_run_options *options = recording->options;
    bool wanted = options->copies || options->truth != NULL || run->place.backend->shared;
    bool kept = options->keep_edges && step == TRKX_STEP_TRACKS;
    trkx_run_read_edges_end(run, &recording->edges); /* those of the previous step */
    if (kind_of(step) < TRKX_STEP_EDGES || (!wanted && !kept)) return TRKX_OK;
    return trkx_run_read_edges(run, &run->edges, kind_of(step) >= TRKX_STEP_FILTER, &recording->edges);
}

static enum trkx_status read_step(struct trkx_recording *recording, enum trkx_step step)
{
    const struct trkx_run *run = recording->run;
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    bool wanted = recording->options->copies || run->place.backend->shared;
    enum trkx_status status = TRKX_OK;
    if (wanted && step == TRKX_STEP_FEATURES)
        TRKX_CHECK(trkx_run_read(run, run->features[TRKX_NETWORK_EMBEDDING],
                                 run->n * bundle->models[TRKX_NETWORK_EMBEDDING].features_count,
                                 &recording->features));
    if (wanted && step == TRKX_STEP_EMBED)
        TRKX_CHECK(trkx_run_read(run, run->embedding, run->n * bundle->first.dim, &recording->embedding));
    TRKX_CHECK(read_edges(recording, step));
cleanup:
    return status;
}

void trkx_recording_end(struct trkx_recording *recording)
{
    trkx_run_read_end(recording->run, recording->features);
    trkx_run_read_end(recording->run, recording->embedding);
    trkx_run_read_edges_end(recording->run, &recording->edges);
    trkx_edges_destroy(&recording->true_edges);
}

/* ---- the hook --------------------------------------------------------------------------------------- */

static enum trkx_status call_hook(const struct trkx_recording *recording, const trkx_step_record *record)
{
    const struct trkx_run *run = recording->run;
    enum trkx_step kind = kind_of(record->step);
    bool scored = kind == TRKX_STEP_FILTER || kind == TRKX_STEP_GNN;
    const trkx_step_view view = {.record = record,
                                 .hits = run->hits,
                                 .features = recording->features,
                                 .features_count = run->pipeline->info.features_count,
                                 .embedding = recording->embedding,
                                 .dim = run->pipeline->info.dim,
                                 .edges = &recording->edges.edges,
                                 .scores = scored ? recording->edges.scores : NULL,
                                 .labels = kind == TRKX_STEP_TRACKS ? run->labels : NULL};
    if (run->hook == NULL || run->hook(run->user, &view) == 0) return TRKX_OK;
    return trkx_fail(run->error, TRKX_ERROR_CANCELLED, "cancelled after the step %s",
                     trkx_step_name(record->step));
}

/* No later step needs it: saves 4 MB in the GNN, at the peak of a full-density event. */
static void give_back_embedding(struct trkx_recording *recording)
{
    struct trkx_run *run = recording->run;
    trkx_run_read_end(run, recording->embedding);
    trkx_run_release(run, run->embedding);
    recording->embedding = run->embedding = NULL;
}

/* ---- records ---------------------------------------------------------------------------------------- */

/* Work on the place may be queued: a step ends when both host and place are done. */
static enum trkx_status take_and_wait(struct trkx_run *run, enum trkx_step step,
                                      enum trkx_status (*take)(struct trkx_run *run))
{
    enum trkx_status status = take(run);
    if (status == TRKX_OK) status = run->place.backend->synchronise(run->place.context, run->error);
    if (status != TRKX_OK && status != TRKX_ERROR_CANCELLED && run->first != NULL)
        trkx_fail_in_event(run->error, trkx_step_name(step)); /* messages are those of both passes */
    return status;
}

enum trkx_status trkx_record_step(struct trkx_recording *recording, enum trkx_step step,
                                  enum trkx_status (*take)(struct trkx_run *run))
{
    struct trkx_run *run = recording->run;
    const struct trkx_workplace *place = &run->place;
    const trkx_truth *truth = recording->options->truth;
    trkx_step_record *record = &recording->result->steps[recording->result->steps_count];
    int threads = run->pipeline->threads;
    enum trkx_status status = TRKX_OK;
    record->step = step;
    place->backend->restart_peak(place->context);
    trkx_clock_start(record, threads);
    TRKX_CHECK(take_and_wait(run, step, take));
    trkx_clock_stop(record, threads);
    record->peak_bytes = place->backend->restart_peak(place->context);
    record->nodes = run->nodes;
    record->edges = run->edges.count;
    TRKX_CHECK(read_step(recording, step));
    if (truth != NULL && kind_of(step) >= TRKX_STEP_EDGES)
        trkx_truth_compare(truth, &recording->true_edges, &recording->edges.edges, record);
    recording->result->steps_count++;
    TRKX_CHECK(call_hook(recording, record));
    if (kind_of(step) == TRKX_STEP_EDGES) give_back_embedding(recording);
cleanup:
    return status;
}

enum trkx_status trkx_record_reading(struct trkx_recording *recording, const trkx_step_record *reading)
{
    trkx_result *result = recording->result;
    result->steps[result->steps_count++] = *reading;
    return call_hook(recording, &result->steps[0]);
}

void trkx_record_total(trkx_result *result)
{
    trkx_step_record *total = &result->total;
    for (size_t i = 0; i < result->steps_count && result->steps[i].step <= TRKX_STEP_TRACKS; i++)
        *total = result->steps[i]; /* hits and edges are those of the first pass, which has all hits */
    total->seconds = total->cpu_seconds = 0;
    for (size_t i = 0; i < result->steps_count; i++) {
        total->seconds += result->steps[i].seconds;
        total->cpu_seconds += result->steps[i].cpu_seconds;
        if (result->steps[i].peak_bytes > total->peak_bytes) total->peak_bytes = result->steps[i].peak_bytes;
    }
}
