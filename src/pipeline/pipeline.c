/*
 * The data flow, one call per step:
 *
 *   hits      xyz [n,3] mm, ids                                 (src/io/event_read.c, or the caller's arrays)
 *   features  -> features [n,F]                                 (src/pipeline/features.c)
 *   embed     -> embedding [n,D]            network 1           (src/pipeline/embed.c)
 *   edges     -> edges [2,m]                radius search       (src/pipeline/edges.c)
 *   filter    -> scores [m], edges [2,m']   network 2, cut      (src/pipeline/filter.c)
 *   gnn       -> scores [m'], edges [2,m''] network 3, cut      (src/pipeline/gnn.c)
 *   tracks    -> labels [n]                 method, completion  (src/pipeline/tracks.c)
 *
 * and, if the bundle has a second pass, the same steps but one for the f hits that are on no track:
 *
 *   second_features -> features of them
 *   second_embed    -> embedding [f,D]      network 4
 *   second_edges    -> edges [2,m]          radius search
 *   second_filter   -> edges [2,m']         network 5, cut
 *   second_tracks   -> labels [n]           chains of edges, completion
 *
 * The steps use the operations of src/pipeline/backend.h; src/pipeline/record.c records them.
 */
#include <string.h>

#include "core/options.h"
#include "core/row_index.h"
#include "io/event.h"
#include "pipeline/choice.h"
#include "pipeline/edges.h"
#include "pipeline/embed.h"
#include "pipeline/features.h"
#include "pipeline/filter.h"
#include "pipeline/gnn.h"
#include "pipeline/labelling.h"
#include "pipeline/needs.h"
#include "pipeline/record.h"
#include "pipeline/tracks.h"
#include "pipeline/truth.h"

/* With a record of its own, of the free hits and the true edges between them. */
static enum trkx_status run_second_pass(struct trkx_recording *first)
{
    struct trkx_run run;
    struct trkx_recording to = {
        .run = &run, .options = first->options, .result = first->result, .true_edges = first->true_edges};
    enum trkx_status status = TRKX_OK;
    first->true_edges = (trkx_edges){0};
    trkx_truth_keep_free(&to.true_edges, first->run->labels);
    trkx_run_begin_second(&run, first->run);
    TRKX_CHECK(trkx_record_step(&to, TRKX_STEP_SECOND_FEATURES, trkx_step_second_features));
    TRKX_CHECK(trkx_record_step(&to, TRKX_STEP_SECOND_EMBED, trkx_step_embed));
    TRKX_CHECK(trkx_record_step(&to, TRKX_STEP_SECOND_EDGES, trkx_step_edges));
    TRKX_CHECK(trkx_record_step(&to, TRKX_STEP_SECOND_FILTER, trkx_step_filter));
    TRKX_CHECK(trkx_record_step(&to, TRKX_STEP_SECOND_TRACKS, trkx_step_second_tracks));
cleanup:
    trkx_recording_end(&to);
    trkx_run_end(&run);
    return status;
}

/* Events without hits have no tracks: nothing is run. */
static enum trkx_status run_steps(struct trkx_recording *to)
{
    enum trkx_status status = TRKX_OK;
    if (to->run->n == 0) return TRKX_OK;
    TRKX_CHECK(trkx_record_step(to, TRKX_STEP_FEATURES, trkx_step_features));
    TRKX_CHECK(trkx_record_step(to, TRKX_STEP_EMBED, trkx_step_embed));
    TRKX_CHECK(trkx_record_step(to, TRKX_STEP_EDGES, trkx_step_edges));
    TRKX_CHECK(trkx_record_step(to, TRKX_STEP_FILTER, trkx_step_filter));
    TRKX_CHECK(trkx_record_step(to, TRKX_STEP_GNN, trkx_step_gnn));
    TRKX_CHECK(trkx_record_step(to, TRKX_STEP_TRACKS, trkx_step_tracks));
    if (to->run->pipeline->bundle.has_second) TRKX_CHECK(run_second_pass(to));
cleanup:
    return status;
}

/* ---- inputs of a run -------------------------------------------------------------------------------- */

void trkx_run_options_init(trkx_run_options *options)
{
    *options = (trkx_run_options){.size = sizeof *options};
}

static enum trkx_status check_hits(const trkx_hits *hits, trkx_error *error)
{
    if (hits->count > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "run: %zu hits are more than 2^31 - 1", hits->count);
    return TRKX_OK;
}

/* Address space for the whole run; untouched parts take no memory. */
static enum trkx_status borrow_arena(const trkx_pipeline *pipeline, size_t hits, struct trkx_memory *memory,
                                     trkx_error *error)
{
    enum { EXPECTED_PER_HIT = 8192 }; /* bytes: the default bundle needs 5900 at full density */
    size_t expected = hits * EXPECTED_PER_HIT;
    memory->arena = trkx_arenas_lend(pipeline->runs, expected);
    return memory->arena != NULL ? TRKX_OK : trkx_fail_memory(error, "a run", expected);
}

static enum trkx_status note_truth(trkx_result *result, const char *note, trkx_error *error)
{
    result->truth_note = trkx_duplicate(note);
    return result->truth_note != NULL ? TRKX_OK : trkx_fail_memory(error, "a note", strlen(note));
}

/* Which bundle is used, and if it is not the pipeline's first, why. */
static enum trkx_status note_bundle(trkx_result *result, const trkx_pipeline *pipeline, const char *note,
                                    trkx_error *error)
{
    result->pipeline = pipeline;
    if (*note == '\0') return TRKX_OK;
    result->bundle_note = trkx_duplicate(note);
    return result->bundle_note != NULL ? TRKX_OK : trkx_fail_memory(error, "a note", strlen(note));
}

/* Tracks need no truth: if an event's truth cannot be used, this is noted and nothing is compared. */
static enum trkx_status prepare_truth(struct trkx_recording *to, const struct trkx_event *event,
                                      trkx_run_options *options)
{
    const struct trkx_run *run = to->run;
    trkx_error wrong;
    bool own = event != NULL && options->truth == NULL;
    if (own) options->truth = trkx_event_truth(event);
    if (own) options->particles = trkx_event_particles(event);
    const char *note = own ? event->truth_note : NULL;
    if (run->n == 0 || (options->truth == NULL && note == NULL)) return TRKX_OK;
    if (note == NULL) {
        enum trkx_status status = trkx_truth_edges(run->pipeline, run->hits, options->truth,
                                                   options->particles, run->memory, &to->true_edges, &wrong);
        if (status == TRKX_OK) return TRKX_OK;
        if (!own || status != TRKX_ERROR_ARGUMENT) return trkx_fail(run->error, status, "%s", wrong.message);
        note = wrong.message;
    }
    options->truth = NULL;
    return note_truth(to->result, note, run->error);
}

/* ---- the result ------------------------------------------------------------------------------------- */

static enum trkx_status create_result(size_t hits, trkx_result **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *result = trkx_allocate_zero(NULL, 1, sizeof **result);
    if (*result == NULL) return trkx_fail_memory(error, "a result", sizeof **result);
    TRKX_ALLOCATE((*result)->labels, NULL, hits, "labels");
    (*result)->hits = hits;
cleanup:
    return status;
}

/* The run's edges are released with it: the result gets a copy. */
static enum trkx_status keep_edges(const struct trkx_edges_read *read, trkx_result *result, trkx_error *error)
{
    size_t count = read->edges.count;
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(result->edges.index, NULL, 2 * count, "the result's edges");
    TRKX_ALLOCATE(result->scores, NULL, count, "the result's scores");
    result->edges.count = count;
    result->edges.saturated = read->edges.saturated;
    if (count > 0) memcpy(result->edges.index, read->edges.index, 2 * count * sizeof *result->edges.index);
    if (count > 0) memcpy(result->scores, read->scores, count * sizeof *result->scores);
cleanup:
    return status;
}

static void sum_up(const struct trkx_run *run, trkx_result *result)
{
    result->found_modules = run->located.ids != NULL;
    result->saturated = run->edges.saturated;
    result->tracks = run->labelling.tracks;
    result->hits_on_tracks = run->labelling.hits;
    result->method_tracks = run->labelling.method_tracks;
    result->method_hits = run->labelling.method_hits;
    result->first_tracks = run->labelling.first_tracks;
    result->first_hits = run->labelling.first_hits;
    trkx_record_total(result);
}

/* ---- from given edges ------------------------------------------------------------------------------- */

/* The end of the chain as in a run, whose records are not wanted. */
enum trkx_status trkx_pipeline_tracks(const trkx_pipeline *pipeline, const trkx_tracks_input *input,
                                      int32_t *labels, size_t *count, trkx_error *error)
{
    struct trkx_memory memory = {.arena = NULL};
    unsigned needs = trkx_tracks_needs(&pipeline->bundle);
    trkx_run_options options;
    trkx_result records = {.steps_count = 0};
    trkx_tracks_input with = *input; /* with the ids of the hits' modules */
    struct trkx_run run = {.hits = input->hits, .labels = labels, .lent = true};
    struct trkx_recording to = {.run = &run, .options = &options, .result = &records};
    enum trkx_status status = TRKX_OK;
    trkx_run_options_init(&options);
    trkx_run_begin_on_host(&run, pipeline, &memory, input->hits->count, error);
    if (input->hits->count > 0 && input->hits->cell_begin == NULL && (needs & TRKX_NEEDS_CELLS) != 0)
        TRKX_CHECK(trkx_fail_lacking("tracks", &pipeline->bundle, "cells", input->hits, error));
    TRKX_CHECK(trkx_run_locate(&run, needs));
    with.hits = run.hits;
    TRKX_CHECK(trkx_run_label(&run, &with));
    if (pipeline->bundle.has_second) TRKX_CHECK(run_second_pass(&to));
    *count = run.labelling.tracks;
cleanup:
    trkx_run_end(&run);
    return status;
}

/* ---- a run ------------------------------------------------------------------------------------------ */

/* event: the one with the hits, or NULL. Fills the result. */
static enum trkx_status record_run(struct trkx_recording *to, const struct trkx_event *event,
                                   trkx_run_options *options)
{
    trkx_step_record reading = {.step = TRKX_STEP_HITS};
    enum trkx_status status = TRKX_OK;
    if (event != NULL) reading = event->reading;
    reading.nodes = to->run->n;
    TRKX_CHECK(trkx_record_reading(to, &reading));
    TRKX_CHECK(prepare_truth(to, event, options));
    TRKX_CHECK(run_steps(to));
    if (options->keep_edges) TRKX_CHECK(keep_edges(&to->edges, to->result, to->run->error));
    sum_up(to->run, to->result);
cleanup:
    return status;
}

static enum trkx_status run_hits(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                 const struct trkx_event *event, const trkx_run_options *given,
                                 trkx_result **result, trkx_error *error)
{
    struct trkx_memory memory = {.arena = NULL};
    trkx_run_options options;
    struct trkx_run run = {.hits = hits};
    struct trkx_recording to = {.run = &run, .options = &options};
    char note[TRKX_CHOICE_NOTE];
    enum trkx_status status = TRKX_OK;
    trkx_run_options_init(&options);
    TRKX_CHECK(trkx_options_take("run", given, &options, sizeof options, error));
    TRKX_CHECK(check_hits(hits, error));
    TRKX_CHECK(trkx_pipeline_choose(&pipeline, hits, note, error));
    TRKX_CHECK(borrow_arena(pipeline, hits->count, &memory, error));
    TRKX_CHECK(create_result(hits->count, &to.result, error));
    TRKX_CHECK(note_bundle(to.result, pipeline, note, error));
    run.hook = options.hook;
    run.user = options.user;
    run.labels = to.result->labels;
    trkx_run_begin(&run, pipeline, &memory, hits->count, error);
    status = record_run(&to, event, &options);
    trkx_recording_end(&to);
    trkx_run_end(&run);
    if (status == TRKX_OK) {
        *result = to.result;
        to.result = NULL;
    }
cleanup:
    trkx_arenas_return(memory.arena);
    trkx_result_destroy(to.result);
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
    trkx_release(result->bundle_note);
    trkx_edges_destroy(&result->edges);
    trkx_release(result);
}
