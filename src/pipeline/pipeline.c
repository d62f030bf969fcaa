/*
 * The data flow, one call a step:
 *
 *   hits      xyz [n,3] mm, ids                                 (src/io/event_read.c, or the caller's arrays)
 *   features  -> features [n,F]                                 (src/features/features.c)
 *   embed     -> embedding [n,D]            network 1           (src/pipeline/embed.c)
 *   edges     -> edges [2,m]                radius search       (src/pipeline/graph.c, src/graph/search.c)
 *   filter    -> scores [m], edges [2,m']   network 2, cut      (src/pipeline/filter.c)
 *   gnn       -> scores [m'], edges [2,m''] network 3, cut      (src/pipeline/gnn.c)
 *   tracks    -> labels [n]                 by a method, completion
 *                                           (src/pipeline/labelling.c, src/tracks/)
 *
 * On a device every step has a twin in src/pipeline/pipeline_device.c; what it makes stays there.
 */
#include "pipeline/detector.h"
#include "pipeline/pipeline_device.h"

#include <string.h>
#include <time.h>

#include "core/row_index.h"
#include "features/features.h"
#include "graph/edges.h"
#include "pipeline/graph.h"
#include "io/event.h"
#include "io/event_read.h"
#include "core/options.h"
#include "metrics/true_edges.h"
#include "tracks/labels.h"

/* What one run holds between its steps. */
struct run {
    const trkx_pipeline *pipeline;
    const trkx_hits *hits;
    trkx_run_options options;
    struct trkx_memory memory;
    struct trkx_run_context context; /* memory and hook, for the networks */
    float *features[TRKX_NETWORKS];  /* [n,F] of each network; shared where the lists are the same */
    float *embedding;                /* [n,D] */
    trkx_edges edges;
    trkx_edges candidates; /* for the completion of tracks: more than pass the filter */
    float *scores;         /* [m] */
    struct trkx_labelling labelling;
    trkx_edges true_edges;          /* outwards; empty without truth */
    const struct trkx_event *event; /* whose truth it is; NULL: the caller's own */
    struct trkx_device_run device;  /* what is on the device of the run, if it has one */
    trkx_result *result;
    trkx_error *error;
};

/* ---- the steps -------------------------------------------------------------------------------------- */

bool trkx_models_share_features(const struct trkx_model *a, const struct trkx_model *b)
{
    return trkx_features_are_same(a->features, a->features_count, b->features, b->features_count);
}

static enum trkx_status features(struct run *run)
{
    const struct trkx_model *models = run->pipeline->bundle.models;
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        for (int j = 0; j < i && run->features[i] == NULL; j++)
            if (trkx_models_share_features(&models[i], &models[j])) run->features[i] = run->features[j];
        if (run->features[i] != NULL) continue;
        TRKX_ALLOCATE(run->features[i], &run->memory, run->hits->count * models[i].features_count,
                      "features");
        TRKX_CHECK(trkx_pipeline_features_in(run->pipeline, &run->memory, (enum trkx_network)i, run->hits,
                                             run->context.modules, run->features[i], error));
    }
cleanup:
    return status;
}

static enum trkx_status embed(struct run *run)
{
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(run->embedding, &run->memory, run->hits->count * run->pipeline->bundle.dim,
                  "the embedding");
    TRKX_CHECK(trkx_embed_in(run->pipeline, &run->context, run->features[TRKX_NETWORK_EMBEDDING],
                             run->hits->count, run->embedding, error));
cleanup:
    return status;
}

static enum trkx_status edges(struct run *run)
{
    enum trkx_status status = trkx_pipeline_edges_in(run->pipeline, &run->memory, run->hits, run->embedding,
                                                     &run->edges, run->error);
    run->result->saturated = run->edges.saturated;
    return status;
}

static enum trkx_status filter(struct run *run)
{
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(run->scores, &run->memory, run->edges.count, "scores");
    TRKX_CHECK(trkx_filter_in(run->pipeline, &run->context, run->features[TRKX_NETWORK_FILTER],
                              run->hits->count, &run->edges, run->scores, error));
    if (run->pipeline->bundle.completes)
        TRKX_CHECK(trkx_edges_over_in(&run->memory, &run->edges, run->scores,
                                      run->pipeline->bundle.candidate_cut, &run->candidates, error));
    trkx_edges_cut(&run->edges, run->scores, run->pipeline->info.filter_cut);
    trkx_shrink(run->edges.index, 2 * run->edges.count, sizeof *run->edges.index);
    trkx_shrink(run->scores, run->edges.count, sizeof *run->scores);
cleanup:
    return status;
}

static enum trkx_status gnn(struct run *run)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_gnn_in(run->pipeline, &run->context, run->features[TRKX_NETWORK_GNN], run->hits->count,
                           &run->edges, run->scores, run->error));
    trkx_edges_cut(&run->edges, run->scores, run->pipeline->info.gnn_cut);
cleanup:
    return status;
}

static enum trkx_status tracks(struct run *run)
{
    return trkx_pipeline_tracks_in(run->pipeline, &run->memory, run->hits, run->context.modules, &run->edges,
                                   run->scores, &run->candidates, run->result->labels, &run->labelling,
                                   run->error);
}

static const struct work {
    enum trkx_step step;
    enum trkx_status (*on_cpu)(struct run *run);
    enum trkx_status (*on_device)(struct trkx_device_run *run);
} works[] = {
    {TRKX_STEP_FEATURES, features, trkx_device_features},
    {TRKX_STEP_EMBED, embed, trkx_device_embed},
    {TRKX_STEP_EDGES, edges, trkx_device_edges},
    {TRKX_STEP_FILTER, filter, trkx_device_filter},
    {TRKX_STEP_GNN, gnn, trkx_device_gnn},
    {TRKX_STEP_TRACKS, tracks, trkx_device_tracks},
};

static bool is_on_device(const struct run *run)
{
    return run->device.device != NULL;
}

/* The device works on while the host goes ahead: the step is over when both are through. */
static enum trkx_status do_work(struct run *run, const struct work *work)
{
    const struct trkx_device *device = run->device.device;
    enum trkx_status status = TRKX_OK;
    if (work->step == TRKX_STEP_FEATURES)
        status = trkx_pipeline_find_modules(run->pipeline, &run->memory, run->hits, &run->context.modules,
                                            run->error);
    if (status != TRKX_OK) return status;
    if (device == NULL) return work->on_cpu(run);
    status = work->on_device(&run->device);
    return status != TRKX_OK ? status : device->cuda->synchronise(device->context, run->error);
}

/* ---- what is recorded of each ----------------------------------------------------------------------- */

const char *trkx_step_name(enum trkx_step step)
{
    static const char *const names[TRKX_STEPS] = {"hits",   "features", "embed", "edges",
                                                  "filter", "gnn",      "tracks"};
    return (unsigned)step < TRKX_STEPS ? names[step] : "unknown";
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A run on one thread uses that; what others do meanwhile can only be told apart for one thread. */
static clockid_t cpu_clock(const trkx_pipeline *pipeline)
{
    return pipeline->threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID;
}

static void start(const trkx_pipeline *pipeline, trkx_step_record *record)
{
    record->seconds = -seconds_of(CLOCK_MONOTONIC);
    record->cpu_seconds = -seconds_of(cpu_clock(pipeline));
}

static void stop(const trkx_pipeline *pipeline, trkx_step_record *record)
{
    record->seconds += seconds_of(CLOCK_MONOTONIC);
    record->cpu_seconds += seconds_of(cpu_clock(pipeline));
}

/* How many of the true edges are among the edges: both are sorted the same way. */
static size_t count_common(const trkx_edges *a, const trkx_edges *b)
{
    size_t i = 0, j = 0, common = 0;
    while (i < a->count && j < b->count) {
        int64_t by_source = a->index[i] - b->index[j];
        int64_t order = by_source != 0 ? by_source : a->index[a->count + i] - b->index[b->count + j];
        common += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return common;
}

static size_t count_same_particle(const trkx_edges *graph, const int64_t *particle_id)
{
    size_t same = 0;
    for (size_t e = 0; e < graph->count; e++) {
        int64_t particle = particle_id[graph->index[e]];
        same += particle != 0 && particle == particle_id[graph->index[graph->count + e]];
    }
    return same;
}

static void compare_with_truth(const struct run *run, trkx_step_record *record)
{
    const trkx_truth *truth = run->options.truth;
    if (truth == NULL || record->step < TRKX_STEP_EDGES) return;
    size_t found = count_common(&run->edges, &run->true_edges);
    size_t same = count_same_particle(&run->edges, truth->particle_id);
    record->has_truth = true;
    record->edge_efficiency = run->true_edges.count > 0 ? (double)found / (double)run->true_edges.count : 0;
    record->edge_purity = run->edges.count > 0 ? (double)same / (double)run->edges.count : 0;
}

/* The most that was held at once since the last call: of the device's memory where the run is on one. */
static size_t restart_peak(struct run *run)
{
    const struct trkx_device *device = run->device.device;
    trkx_cuda_usage usage;
    size_t host = trkx_memory_restart(&run->memory);
    if (device == NULL) return host;
    device->cuda->usage(device->context, &usage);
    device->cuda->restart_peak(device->context);
    return usage.peak;
}

/* What the step has made on the device, for the comparison with the truth, and for the hook that asks for it.
 */
static enum trkx_status copy_edges(struct run *run, bool scored)
{
    trkx_release(run->scores);
    trkx_edges_destroy(&run->edges);
    run->scores = NULL;
    return trkx_device_copy_edges(&run->device, &run->device.edges, &run->edges,
                                  scored ? &run->scores : NULL);
}

static enum trkx_status copy_from_device(struct run *run, enum trkx_step step)
{
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    size_t n = run->hits->count;
    enum trkx_status status = TRKX_OK;
    run->labelling = run->device.labelling;
    run->result->saturated = run->device.edges.saturated;
    bool wanted = run->options.copies || run->options.truth != NULL;
    bool kept = run->options.keep_edges && step == TRKX_STEP_TRACKS;
    run->edges.count = 0; /* those of the step before */
    if (run->options.copies && step == TRKX_STEP_FEATURES)
        TRKX_CHECK(trkx_device_copy_floats(&run->device, run->device.features[TRKX_NETWORK_EMBEDDING],
                                           n * bundle->models[TRKX_NETWORK_EMBEDDING].features_count,
                                           &run->features[TRKX_NETWORK_EMBEDDING]));
    if (run->options.copies && step == TRKX_STEP_EMBED)
        TRKX_CHECK(
            trkx_device_copy_floats(&run->device, run->device.embedding, n * bundle->dim, &run->embedding));
    if ((wanted && step >= TRKX_STEP_EDGES) || kept) TRKX_CHECK(copy_edges(run, step >= TRKX_STEP_FILTER));
cleanup:
    return status;
}

static enum trkx_status call_hook(struct run *run, const trkx_step_record *record)
{
    bool scored = record->step == TRKX_STEP_FILTER || record->step == TRKX_STEP_GNN;
    const trkx_step_view view = {.record = record,
                                 .hits = run->hits,
                                 .features = run->features[TRKX_NETWORK_EMBEDDING],
                                 .features_count = run->pipeline->info.features_count,
                                 .embedding = run->embedding,
                                 .dim = run->pipeline->info.dim,
                                 .edges = &run->edges,
                                 .scores = scored ? run->scores : NULL,
                                 .labels = record->step == TRKX_STEP_TRACKS ? run->result->labels : NULL};
    if (run->options.hook == NULL || run->options.hook(run->options.user, &view) == 0) return TRKX_OK;
    return trkx_fail(run->error, TRKX_ERROR_CANCELLED, "cancelled after the step %s",
                     trkx_step_name(record->step));
}

enum trkx_status trkx_run_check(const struct trkx_run_context *context, const char *step, trkx_error *error)
{
    const trkx_step_view nothing = {0};
    if (context->hook == NULL || context->hook(context->user, &nothing) == 0) return TRKX_OK;
    return trkx_fail(error, TRKX_ERROR_CANCELLED, "cancelled during the step %s", step);
}

/* Does a step, and records it. */
static enum trkx_status step(struct run *run, const struct work *work)
{
    trkx_step_record *record = &run->result->steps[run->result->steps_count];
    enum trkx_status status = TRKX_OK;
    record->step = work->step;
    restart_peak(run);
    start(run->pipeline, record);
    TRKX_CHECK(do_work(run, work));
    stop(run->pipeline, record);
    record->peak_bytes = restart_peak(run);
    if (is_on_device(run)) TRKX_CHECK(copy_from_device(run, work->step));
    record->nodes = run->hits->count;
    record->edges = is_on_device(run) ? run->device.edges.count : run->edges.count;
    compare_with_truth(run, record);
    run->result->steps_count++;
    TRKX_CHECK(call_hook(run, record));
cleanup:
    return status;
}

/* ---- a run ------------------------------------------------------------------------------------------ */

void trkx_run_options_init(trkx_run_options *options)
{
    *options = (trkx_run_options){.size = sizeof *options};
}

static enum trkx_status find_true_edges(struct run *run, trkx_error *error)
{
    const trkx_run_options *options = &run->options;
    enum { MIN_HITS = 3 };
    enum trkx_status status = TRKX_OK;
    if (options->truth == NULL) return TRKX_OK;
    if (options->truth->count != run->hits->count)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "run: truth is of %zu hits, the event has %zu",
                         options->truth->count, run->hits->count);
    TRKX_CHECK(trkx_true_edges_in(&run->memory, options->truth, options->particles, MIN_HITS,
                                  &run->true_edges, error));
    TRKX_CHECK(trkx_edges_orient_in(&run->memory, run->hits->xyz, run->hits->count, run->pipeline->threads,
                                    &run->true_edges, error));
cleanup:
    return status;
}

/* Tracks need no truth: where an event's own is of no use, that is noted, and nothing compared with it. */
static enum trkx_status prepare_truth(struct run *run)
{
    trkx_error wrong;
    const char *note = run->event != NULL ? run->event->truth_note : NULL;
    if (note == NULL) {
        enum trkx_status status = find_true_edges(run, &wrong);
        if (status == TRKX_OK) return TRKX_OK;
        if (run->event == NULL || status != TRKX_ERROR_ARGUMENT)
            return trkx_fail(run->error, status, "%s", wrong.message);
        note = wrong.message;
    }
    run->options.truth = NULL;
    run->result->truth_note = trkx_duplicate(note);
    return run->result->truth_note != NULL ? TRKX_OK : trkx_fail_memory(run->error, "a note", strlen(note));
}

static void release_features(struct run *run)
{
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        bool shared = false;
        for (int j = i + 1; j < TRKX_NETWORKS; j++) shared |= run->features[i] == run->features[j];
        if (!shared) trkx_release(run->features[i]);
    }
}

static void release(struct run *run)
{
    if (is_on_device(run)) trkx_device_release(&run->device);
    trkx_devices_return(run->pipeline->devices, (struct trkx_device *)run->device.device);
    release_features(run);
    trkx_release(run->context.modules);
    trkx_release(run->embedding);
    trkx_release(run->scores);
    trkx_edges_destroy(&run->edges);
    trkx_edges_destroy(&run->candidates);
    trkx_edges_destroy(&run->true_edges);
    trkx_arenas_return(run->memory.arena);
}

static void sum_up(const struct run *run)
{
    trkx_result *result = run->result;
    trkx_step_record *total = &result->total;
    result->tracks = run->labelling.tracks;
    result->hits_on_tracks = run->labelling.hits;
    result->method_tracks = run->labelling.method_tracks;
    result->method_hits = run->labelling.method_hits;
    *total = result->steps[result->steps_count - 1];
    total->seconds = total->cpu_seconds = 0;
    for (size_t i = 0; i < result->steps_count; i++) {
        total->seconds += result->steps[i].seconds;
        total->cpu_seconds += result->steps[i].cpu_seconds;
        if (result->steps[i].peak_bytes > total->peak_bytes) total->peak_bytes = result->steps[i].peak_bytes;
    }
}

/* What the run holds of edges goes with its arena: the result gets a copy. */
static enum trkx_status keep_edges(struct run *run)
{
    trkx_result *result = run->result;
    trkx_error *error = run->error;
    size_t count = run->edges.count;
    enum trkx_status status = TRKX_OK;
    if (!run->options.keep_edges) return TRKX_OK;
    TRKX_ALLOCATE(result->edges.index, NULL, 2 * count, "the result's edges");
    TRKX_ALLOCATE(result->scores, NULL, count, "the result's scores");
    result->edges.count = count;
    result->edges.saturated = run->edges.saturated;
    if (count > 0) memcpy(result->edges.index, run->edges.index, 2 * count * sizeof *result->edges.index);
    if (count > 0) memcpy(result->scores, run->scores, count * sizeof *result->scores);
cleanup:
    return status;
}

/* All steps after the hits. An event without hits has nothing to run: it has no tracks. */
static enum trkx_status run_steps(struct run *run)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(call_hook(run, &run->result->steps[0]));
    if (run->hits->count == 0) return TRKX_OK;
    TRKX_CHECK(prepare_truth(run));
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) TRKX_CHECK(step(run, &works[i]));
cleanup:
    return status;
}

static enum trkx_status check_hits(const trkx_pipeline *pipeline, const trkx_hits *hits, trkx_error *error)
{
    bool needed = pipeline->bundle.completes || trkx_method(pipeline->bundle.method)->needs_modules;
    if (needed && !trkx_hits_have_modules(hits))
        return trkx_fail(
            error, TRKX_ERROR_ARGUMENT,
            "run: this bundle's track labelling needs the hits' volume_id, layer_id and module_id");
    if (hits->count > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "run: %zu hits are more than 2^31 - 1", hits->count);
    return TRKX_OK;
}

/* Address space for all of the run; what it does not touch takes no memory. */
static enum trkx_status borrow_arena(struct run *run)
{
    enum { EXPECTED_PER_HIT = 8192 }; /* bytes: the default bundle needs 5900 at full density */
    size_t expected = run->hits->count * EXPECTED_PER_HIT;
    run->memory.arena = trkx_arenas_lend(run->pipeline->runs, expected);
    return run->memory.arena != NULL ? TRKX_OK : trkx_fail_memory(run->error, "a run", expected);
}

/* Waits for a device where the pipeline has some. */
static void borrow_device(struct run *run)
{
    struct trkx_devices *devices = run->pipeline->devices;
    run->context.sessions = run->pipeline->sessions;
    if (devices == NULL) return;
    run->device = (struct trkx_device_run){.pipeline = run->pipeline,
                                           .device = trkx_devices_lend(devices),
                                           .hits = run->hits,
                                           .context = &run->context,
                                           .labels = run->result->labels,
                                           .error = run->error};
    run->context.sessions = run->device.device->sessions;
}

/* The event's own truth where the caller has none. */
static void use_truth_of(struct run *run, const struct trkx_event *event)
{
    if (event == NULL || run->options.truth != NULL) return;
    run->event = event;
    run->options.truth = trkx_event_truth(event);
    run->options.particles = trkx_event_particles(event);
}

/* event: where the hits are from, or NULL. */
static enum trkx_status run_hits(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                 const struct trkx_event *event, const trkx_run_options *options,
                                 trkx_result **result, trkx_error *error)
{
    struct run run = {.pipeline = pipeline, .hits = hits, .error = error};
    trkx_step_record reading = {.step = TRKX_STEP_HITS};
    enum trkx_status status = TRKX_OK;
    trkx_run_options_init(&run.options);
    TRKX_CHECK(trkx_options_take("run", options, &run.options, sizeof run.options, error));
    if (event != NULL) reading = event->reading;
    reading.nodes = hits->count;
    run.context =
        (struct trkx_run_context){.memory = &run.memory, .hook = run.options.hook, .user = run.options.user};
    TRKX_CHECK(check_hits(pipeline, hits, error));
    use_truth_of(&run, event);
    TRKX_CHECK(borrow_arena(&run));
    run.result = trkx_allocate_zero(NULL, 1, sizeof *run.result);
    if (run.result == NULL) TRKX_CHECK(trkx_fail_memory(error, "a result", sizeof *run.result));
    TRKX_ALLOCATE(run.result->labels, NULL, hits->count, "labels");
    run.result->hits = hits->count;
    borrow_device(&run);
    run.result->steps[run.result->steps_count++] = reading;
    TRKX_CHECK(run_steps(&run));
    TRKX_CHECK(keep_edges(&run));
    sum_up(&run);
    *result = run.result;
    run.result = NULL;
cleanup:
    release(&run);
    trkx_result_destroy(run.result);
    return status;
}

enum trkx_status trkx_pipeline_run(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                   const trkx_run_options *options, trkx_result **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *result = NULL;
    if (hits->count <= INT32_MAX) status = trkx_index_check("run", hits->hit_id, hits->count, error);
    return status != TRKX_OK ? status : run_hits(pipeline, hits, NULL, options, result, error);
}

/* Truth and particles where they are there; cells only for the bundles that look at them. */
static unsigned parts_wanted(const trkx_pipeline *pipeline)
{
    const struct trkx_model *models = pipeline->bundle.models;
    unsigned parts = TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES | TRKX_EVENT_OPTIONAL;
    for (int i = 0; i < TRKX_NETWORKS; i++)
        if (trkx_features_need_cells(models[i].features, models[i].features_count)) parts |= TRKX_EVENT_CELLS;
    return parts;
}

/* Where the file of particles is of no use, which is the only thing that reading without it mends, the truth
 * is not to be compared with: its particles' ways begin where that file says. */
static enum trkx_status read_event(const trkx_pipeline *pipeline, const char *prefix, trkx_event **event,
                                   trkx_error *error)
{
    trkx_error wrong;
    unsigned parts = parts_wanted(pipeline);
    const struct trkx_column_names further = {pipeline->bundle.columns, pipeline->bundle.columns_count};
    enum trkx_status status =
        trkx_event_read_in(pipeline->events, prefix, parts, pipeline->threads, &further, event, &wrong);
    if (status != TRKX_ERROR_FORMAT && status != TRKX_ERROR_IO)
        return status == TRKX_OK ? TRKX_OK : trkx_fail(error, status, "%s", wrong.message);
    parts &= ~(unsigned)TRKX_EVENT_PARTICLES;
    status = trkx_event_read_in(pipeline->events, prefix, parts, pipeline->threads, &further, event, error);
    if (status != TRKX_OK) return status;
    (*event)->truth_note = trkx_duplicate(wrong.message);
    if ((*event)->truth_note != NULL) return TRKX_OK;
    trkx_event_destroy(*event);
    *event = NULL;
    return trkx_fail_memory(error, "a note", strlen(wrong.message));
}

enum trkx_status trkx_pipeline_read(const trkx_pipeline *pipeline, const char *prefix, trkx_event **event,
                                    trkx_error *error)
{
    trkx_step_record reading = {.step = TRKX_STEP_HITS};
    start(pipeline, &reading);
    enum trkx_status status = read_event(pipeline, prefix, event, error);
    if (status == TRKX_ERROR_MEMORY) trkx_fail_in_event(error, prefix); /* all others name a file */
    if (status != TRKX_OK) return status;
    stop(pipeline, &reading);
    reading.peak_bytes = (*event)->peak_bytes;
    (*event)->reading = reading;
    return TRKX_OK;
}

enum trkx_status trkx_pipeline_run_event(const trkx_pipeline *pipeline, const trkx_event *event,
                                         const trkx_run_options *options, trkx_result **result,
                                         trkx_error *error)
{
    *result = NULL;
    enum trkx_status status = run_hits(pipeline, &event->hits, event, options, result, error);
    if (status != TRKX_OK) trkx_fail_in_event(error, event->name);
    return status;
}

enum trkx_status trkx_pipeline_run_file(const trkx_pipeline *pipeline, const char *prefix,
                                        const trkx_run_options *options, trkx_event **event,
                                        trkx_result **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_event *own = NULL;
    *result = NULL;
    if (event != NULL) *event = NULL;
    TRKX_CHECK(trkx_pipeline_read(pipeline, prefix, &own, error));
    TRKX_CHECK(trkx_pipeline_run_event(pipeline, own, options, result, error));
    if (event != NULL) {
        *event = own;
        own = NULL;
    }
cleanup:
    trkx_event_destroy(own);
    return status;
}

void trkx_result_destroy(trkx_result *result)
{
    if (result == NULL) return;
    trkx_release(result->labels);
    trkx_release(result->scores);
    trkx_release(result->truth_note);
    trkx_edges_destroy(&result->edges);
    trkx_release(result);
}
