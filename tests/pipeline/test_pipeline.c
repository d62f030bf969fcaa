/* Proves: the pipeline's labels do not depend on the number of threads, on the batches of the filter, or
 * on other threads that use the same pipeline at once; they are the same step by step, and if reading and
 * running are separate; the hook sees every step's tensors as documented, and can stop the run anywhere; a
 * run's CPU time is that of its thread if it has one; events without hits or edges have no tracks; after a
 * few runs only the result is allocated from the system, and a run leaves nothing in the pipeline's memory;
 * each failing allocation while loading and running is TRKX_ERROR_MEMORY and leaks nothing (run under
 * AddressSanitizer); wrong arguments are rejected. The bundle is models/default, or that of the environment's
 * TRKX_BUNDLE. */
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pipeline/graph.h"
#include "pipeline/parts.h"

/* Few hits: ThreadSanitizer slows everything down by ten. */
enum { PARTICLES = 60, EVENTS = 4 };

static struct {
    const char *bundle;
    trkx_pipeline *pipeline; /* with the default options, shared by the tests */
    trkx_event *events[EVENTS];
    char directory[64];
    char prefix[128]; /* events[0], written there */
} common;

/* ---- helpers ---------------------------------------------------------------------------------------- */

static const trkx_hits *hits_of(int event)
{
    return trkx_event_hits(common.events[event]);
}

static void expect_ok(enum trkx_status status, const trkx_error *error)
{
    if (status != TRKX_OK) fail_msg("status %d: %s", status, error->message);
}

static trkx_pipeline *load(int threads, size_t filter_batch)
{
    trkx_pipeline_options options;
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    trkx_pipeline_options_init(&options);
    options.threads = threads;
    if (filter_batch > 0) options.filter_batch = filter_batch;
    expect_ok(trkx_pipeline_create(common.bundle, &options, &pipeline, &error), &error);
    return pipeline;
}

static trkx_result *run(const trkx_pipeline *pipeline, const trkx_hits *hits)
{
    trkx_result *result = NULL;
    trkx_error error;
    expect_ok(trkx_pipeline_run(pipeline, hits, NULL, &result, &error), &error);
    return result;
}

/* How many a run makes. */
static size_t steps_of(const trkx_pipeline *pipeline)
{
    return trkx_pipeline_bundle(pipeline)->has_second ? TRKX_STEPS : TRKX_STEP_SECOND_FEATURES;
}

static bool has_edges(enum trkx_step step)
{
    return step >= TRKX_STEP_EDGES && step != TRKX_STEP_SECOND_FEATURES && step != TRKX_STEP_SECOND_EMBED;
}

static void assert_same_outcome(const trkx_result *a, const trkx_result *b)
{
    assert_int_equal(a->hits, b->hits);
    assert_int_equal(a->tracks, b->tracks);
    assert_int_equal(a->saturated, b->saturated);
    assert_int_equal(a->steps_count, b->steps_count);
    for (size_t i = 0; i < a->steps_count; i++) assert_int_equal(a->steps[i].edges, b->steps[i].edges);
    if (a->hits > 0) assert_memory_equal(a->labels, b->labels, a->hits * sizeof *a->labels);
}

static void simulate_events(trkx_error *error)
{
    trkx_simulate_options options;
    trkx_simulate_options_init(&options);
    options.particles = PARTICLES;
    options.noise = PARTICLES / 12263.0; /* as much as in a full event */
    options.seed = 7;
    for (int i = 0; i < EVENTS; i++)
        expect_ok(trkx_simulate(&options, (uint64_t)i + 1, &common.events[i], error), error);
}

static int set_up(void **state)
{
    trkx_error error;
    (void)state;
    common.bundle = getenv("TRKX_BUNDLE") != NULL ? getenv("TRKX_BUNDLE") : "models/default";
    common.pipeline = load(0, 0);
    simulate_events(&error);
    snprintf(common.directory, sizeof common.directory, "/tmp/trkx-pipeline-XXXXXX");
    if (mkdtemp(common.directory) == NULL) return 1;
    expect_ok(trkx_event_write(common.events[0], common.directory, true, &error), &error);
    snprintf(common.prefix, sizeof common.prefix, "%s/%s", common.directory,
             trkx_event_name(common.events[0]));
    return 0;
}

static int tear_down(void **state)
{
    static const char *const parts[] = {"hits", "cells", "truth", "particles"};
    (void)state;
    trkx_pipeline_destroy(common.pipeline);
    for (int i = 0; i < EVENTS; i++) trkx_event_destroy(common.events[i]);
    for (int i = 0; i < 4; i++) {
        char path[192];
        snprintf(path, sizeof path, "%s-%s.csv.gz", common.prefix, parts[i]);
        unlink(path);
    }
    return rmdir(common.directory);
}

/* ---- the same bytes --------------------------------------------------------------------------------- */

static void labels_do_not_depend_on_threads(void **state)
{
    (void)state;
    trkx_pipeline *one = load(1, 0);
    trkx_result *expected = run(one, hits_of(0));
    assert_true(expected->tracks > 0);
    for (int threads = 2; threads <= 4; threads *= 2) {
        trkx_pipeline *several = load(threads, 0);
        trkx_result *found = run(several, hits_of(0));
        assert_same_outcome(expected, found);
        trkx_result_destroy(found);
        trkx_pipeline_destroy(several);
    }
    trkx_result_destroy(expected);
    trkx_pipeline_destroy(one);
}

static void labels_do_not_depend_on_the_filter_s_batches(void **state)
{
    static const size_t batches[] = {100, 997, 1000000};
    (void)state;
    trkx_result *expected = run(common.pipeline, hits_of(0));
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        trkx_pipeline *pipeline = load(0, batches[i]);
        trkx_result *found = run(pipeline, hits_of(0));
        assert_same_outcome(expected, found);
        trkx_result_destroy(found);
        trkx_pipeline_destroy(pipeline);
    }
    trkx_result_destroy(expected);
}

/* What one of several threads does: its own event, several times, on the shared pipeline. */
struct worker {
    pthread_t thread;
    int event;
    trkx_result *results[3];
    enum trkx_status status;
    trkx_error error;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    for (int i = 0; i < 3 && worker->status == TRKX_OK; i++)
        worker->status = trkx_pipeline_run(common.pipeline, hits_of(worker->event), NULL, &worker->results[i],
                                           &worker->error);
    return NULL;
}

static void threads_share_one_pipeline(void **state)
{
    struct worker workers[EVENTS];
    (void)state;
    memset(workers, 0, sizeof workers);
    for (int i = 0; i < EVENTS; i++) {
        workers[i].event = i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < EVENTS; i++) pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < EVENTS; i++) {
        expect_ok(workers[i].status, &workers[i].error);
        trkx_result *expected = run(common.pipeline, hits_of(i));
        for (int j = 0; j < 3; j++) {
            assert_same_outcome(expected, workers[i].results[j]);
            trkx_result_destroy(workers[i].results[j]);
        }
        trkx_result_destroy(expected);
    }
}

/* The runtime behind the pipelines has a common life: the last one ends it. */
static void *load_and_run(void *argument)
{
    trkx_pipeline *pipeline = NULL;
    trkx_result *result = NULL;
    struct worker *worker = argument;
    for (int i = 0; i < 2 && worker->status == TRKX_OK; i++) {
        worker->status = trkx_pipeline_create(common.bundle, NULL, &pipeline, &worker->error);
        if (worker->status == TRKX_OK)
            worker->status =
                trkx_pipeline_run(pipeline, hits_of(worker->event), NULL, &result, &worker->error);
        trkx_result_destroy(result);
        trkx_pipeline_destroy(pipeline);
    }
    return NULL;
}

static void threads_load_pipelines_of_their_own(void **state)
{
    struct worker workers[EVENTS];
    (void)state;
    memset(workers, 0, sizeof workers);
    for (int i = 0; i < EVENTS; i++) {
        workers[i].event = i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, load_and_run, &workers[i]), 0);
    }
    for (int i = 0; i < EVENTS; i++) pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < EVENTS; i++) expect_ok(workers[i].status, &workers[i].error);
}

static void a_file_gives_the_same_as_its_arrays(void **state)
{
    trkx_result *expected = run(common.pipeline, hits_of(0)), *found = NULL;
    trkx_event *event = NULL;
    trkx_error error;
    (void)state;
    expect_ok(trkx_pipeline_run_file(common.pipeline, common.prefix, NULL, &event, &found, &error), &error);
    assert_same_outcome(expected, found);
    assert_string_equal(trkx_event_name(event), trkx_event_name(common.events[0]));
    assert_int_equal(trkx_event_hits(event)->count, found->hits);
    assert_true(found->steps[TRKX_STEP_HITS].peak_bytes > 0);
    assert_true(found->steps[TRKX_STEP_EDGES].has_truth); /* the truth lies beside the hits */
    assert_false(expected->steps[TRKX_STEP_EDGES].has_truth);
    trkx_event_destroy(event);
    trkx_result_destroy(found);
    expect_ok(trkx_pipeline_run_file(common.pipeline, common.prefix, NULL, NULL, &found, &error), &error);
    assert_same_outcome(expected, found);
    trkx_result_destroy(found);
    trkx_result_destroy(expected);
}

static void reading_and_running_apart_give_the_same(void **state)
{
    trkx_pipeline *pipeline = load(1, 0);
    trkx_result *expected = run(pipeline, hits_of(0)), *found = NULL;
    trkx_event *event = NULL;
    trkx_error error;
    (void)state;
    expect_ok(trkx_pipeline_read(pipeline, common.prefix, &event, &error), &error);
    for (int i = 0; i < 2; i++) {
        expect_ok(trkx_pipeline_run_event(pipeline, event, NULL, &found, &error), &error);
        assert_same_outcome(expected, found);
        const trkx_step_record *reading = &found->steps[TRKX_STEP_HITS];
        assert_true(reading->seconds > 0 && reading->peak_bytes > 0);
        assert_int_equal(reading->nodes, found->hits);
        assert_true(found->total.seconds >= reading->seconds);
        assert_true(found->steps[TRKX_STEP_EDGES].has_truth);
        trkx_result_destroy(found);
    }
    trkx_event_destroy(event);
    expect_ok(trkx_pipeline_run_event(pipeline, common.events[0], NULL, &found, &error), &error);
    assert_same_outcome(expected, found);
    assert_true(found->steps[TRKX_STEP_HITS].seconds == 0); /* the simulator's was not read */
    assert_true(found->steps[TRKX_STEP_EDGES].has_truth);
    trkx_result_destroy(found);
    trkx_result_destroy(expected);
    trkx_pipeline_destroy(pipeline);
}

static void *read_and_run(void *argument)
{
    struct worker *worker = argument;
    for (int i = 0; i < 3 && worker->status == TRKX_OK; i++) {
        trkx_event *event = NULL;
        worker->status = trkx_pipeline_read(common.pipeline, common.prefix, &event, &worker->error);
        if (worker->status == TRKX_OK)
            worker->status =
                trkx_pipeline_run_event(common.pipeline, event, NULL, &worker->results[i], &worker->error);
        trkx_event_destroy(event);
    }
    return NULL;
}

static void threads_read_and_run(void **state)
{
    struct worker workers[EVENTS];
    (void)state;
    memset(workers, 0, sizeof workers);
    trkx_result *expected = run(common.pipeline, hits_of(0));
    for (int i = 0; i < EVENTS; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, read_and_run, &workers[i]), 0);
    for (int i = 0; i < EVENTS; i++) pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < EVENTS; i++) {
        expect_ok(workers[i].status, &workers[i].error);
        for (int j = 0; j < 3; j++) {
            assert_same_outcome(expected, workers[i].results[j]);
            trkx_result_destroy(workers[i].results[j]);
        }
    }
    trkx_result_destroy(expected);
}

/* ---- the steps -------------------------------------------------------------------------------------- */

/* The pipeline by hand: each public step called by itself. */
struct chain {
    float *features[TRKX_NETWORKS], *embedding, *scores;
    trkx_edges edges, candidates;
    size_t after_search, after_filter;
    int32_t *labels;
    size_t tracks;
};

static void *space(size_t count, size_t size)
{
    void *block = calloc(count + 1, size);
    assert_non_null(block);
    return block;
}

static void chain_to_edges(const trkx_hits *hits, struct chain *chain, trkx_error *error)
{
    const trkx_pipeline *pipeline = common.pipeline;
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(pipeline);
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        enum trkx_network network = (enum trkx_network)i;
        chain->features[i] = space(hits->count * trkx_pipeline_features_count(pipeline, network), 4);
        expect_ok(trkx_pipeline_features(pipeline, network, hits, chain->features[i], error), error);
    }
    chain->embedding = space(hits->count * bundle->dim, sizeof(float));
    expect_ok(trkx_embed(pipeline, chain->features[0], hits->count, chain->embedding, error), error);
    expect_ok(trkx_pipeline_edges(pipeline, hits, chain->embedding, &chain->edges, error), error);
    chain->after_search = chain->edges.count;
}

static void chain_from_edges(const trkx_hits *hits, struct chain *chain, trkx_error *error)
{
    const trkx_pipeline *pipeline = common.pipeline;
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(pipeline);
    chain->scores = space(chain->edges.count, sizeof(float));
    expect_ok(trkx_filter(pipeline, chain->features[1], hits->count, &chain->edges, chain->scores, error),
              error);
    expect_ok(trkx_edges_over(&chain->edges, chain->scores, bundle->candidate_cut, &chain->candidates, error),
              error);
    trkx_edges_cut(&chain->edges, chain->scores, bundle->filter_cut);
    chain->after_filter = chain->edges.count;
    expect_ok(trkx_gnn(pipeline, chain->features[2], hits->count, &chain->edges, chain->scores, error),
              error);
    chain->labels = space(hits->count, sizeof(int32_t));
    const trkx_tracks_input input = {hits, &chain->edges, chain->scores, &chain->candidates};
    expect_ok(trkx_pipeline_tracks(pipeline, &input, chain->labels, &chain->tracks, error), error);
}

static void chain_release(struct chain *chain)
{
    for (int i = 0; i < TRKX_NETWORKS; i++) free(chain->features[i]);
    free(chain->embedding);
    free(chain->scores);
    free(chain->labels);
    trkx_edges_destroy(&chain->edges);
    trkx_edges_destroy(&chain->candidates);
}

static void the_steps_one_by_one_give_the_same(void **state)
{
    struct chain chain = {.tracks = 0};
    trkx_error error;
    (void)state;
    trkx_result *result = run(common.pipeline, hits_of(1));
    chain_to_edges(hits_of(1), &chain, &error);
    chain_from_edges(hits_of(1), &chain, &error);
    assert_int_equal(chain.tracks, result->tracks);
    assert_memory_equal(chain.labels, result->labels, result->hits * sizeof *result->labels);
    assert_int_equal(result->steps[TRKX_STEP_EDGES].edges, chain.after_search);
    assert_int_equal(result->steps[TRKX_STEP_FILTER].edges, chain.after_filter);
    assert_int_equal(result->saturated, chain.edges.saturated);
    chain_release(&chain);
    trkx_result_destroy(result);
}

static void a_run_keeps_its_edges_where_asked(void **state)
{
    struct chain chain = {.tracks = 0};
    trkx_run_options options;
    trkx_error error;
    (void)state;
    trkx_result *result = run(common.pipeline, hits_of(1));
    assert_null(result->edges.index);
    assert_null(result->scores);
    trkx_result_destroy(result);
    trkx_run_options_init(&options);
    options.keep_edges = true;
    expect_ok(trkx_pipeline_run(common.pipeline, hits_of(1), &options, &result, &error), &error);
    chain_to_edges(hits_of(1), &chain, &error);
    chain_from_edges(hits_of(1), &chain, &error);
    trkx_edges_cut(&chain.edges, chain.scores, trkx_pipeline_bundle(common.pipeline)->gnn_cut);
    size_t count = chain.edges.count;
    assert_true(count > 0);
    assert_int_equal(result->edges.count, count);
    assert_int_equal(result->steps[TRKX_STEP_GNN].edges, count);
    assert_memory_equal(result->edges.index, chain.edges.index, 2 * count * sizeof *chain.edges.index);
    assert_memory_equal(result->scores, chain.scores, count * sizeof *chain.scores);
    chain_release(&chain);
    trkx_result_destroy(result);
}

/* ---- the hook --------------------------------------------------------------------------------------- */

/* What the hook has seen; it compares each view with the chain by hand. */
struct watch {
    const struct chain *chain;
    const trkx_hits *hits;
    size_t steps, batches;
    size_t calls, stop_at; /* returns 1 at this call, counted from 1; 0: never */
};

static void check_edges(const trkx_edges *edges, const trkx_hits *hits)
{
    const int64_t *source = edges->index, *target = edges->index + edges->count;
    for (size_t e = 0; e < edges->count; e++) {
        const float *a = hits->xyz + 3 * source[e], *b = hits->xyz + 3 * target[e];
        double inner = (double)a[0] * a[0] + (double)a[1] * a[1] + (double)a[2] * a[2];
        double outer = (double)b[0] * b[0] + (double)b[1] * b[1] + (double)b[2] * b[2];
        assert_true(inner <= outer * (1 + 1e-6));
        if (e > 0)
            assert_true(source[e] > source[e - 1] ||
                        (source[e] == source[e - 1] && target[e] > target[e - 1]));
    }
}

static void check_scores(const trkx_step_view *view)
{
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(common.pipeline);
    bool filter = view->record->step == TRKX_STEP_FILTER;
    float cut = filter ? bundle->filter_cut : bundle->gnn_cut;
    for (size_t e = 0; e < view->edges->count; e++)
        assert_true(view->scores[e] > cut && view->scores[e] <= 1);
}

static void check_view(const struct watch *watch, const trkx_step_view *view)
{
    enum trkx_step step = view->record->step;
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(common.pipeline);
    size_t n = watch->hits->count;
    bool first = step <= TRKX_STEP_TRACKS;
    assert_int_equal(step, watch->steps); /* in order, each once */
    assert_ptr_equal(view->hits, watch->hits);
    if (first) assert_int_equal(view->record->nodes, n);
    assert_int_equal(view->record->edges, view->edges->count);
    assert_int_equal(view->features_count, bundle->features_count);
    assert_int_equal(view->features != NULL, first && step >= TRKX_STEP_FEATURES);
    if (view->features != NULL)
        assert_memory_equal(view->features, watch->chain->features[0], n * view->features_count * 4);
    assert_int_equal(view->dim, bundle->dim);
    assert_int_equal(view->embedding != NULL, step == TRKX_STEP_EMBED || step == TRKX_STEP_EDGES);
    if (view->embedding != NULL)
        assert_memory_equal(view->embedding, watch->chain->embedding, n * view->dim * 4);
    assert_int_equal(view->edges->count > 0, has_edges(step));
    check_edges(view->edges, view->hits);
    if (first) assert_int_equal(view->scores != NULL, step == TRKX_STEP_FILTER || step == TRKX_STEP_GNN);
    if (first && view->scores != NULL) check_scores(view);
    bool last = step + 1 == (enum trkx_step)steps_of(common.pipeline);
    assert_int_equal(view->labels != NULL, step == TRKX_STEP_TRACKS || last);
    if (last) assert_memory_equal(view->labels, watch->chain->labels, n * 4);
}

static int watch_steps(void *user, const trkx_step_view *view)
{
    struct watch *watch = user;
    watch->calls++;
    if (view->record == NULL)
        watch->batches++;
    else {
        if (watch->chain != NULL) check_view(watch, view);
        watch->steps++;
    }
    return watch->calls == watch->stop_at;
}

static void the_hook_sees_every_step(void **state)
{
    struct chain chain = {.tracks = 0};
    struct watch watch = {.chain = &chain, .hits = hits_of(2)};
    trkx_run_options options;
    trkx_result *result = NULL;
    trkx_error error;
    (void)state;
    chain_to_edges(watch.hits, &chain, &error);
    chain_from_edges(watch.hits, &chain, &error);
    trkx_run_options_init(&options);
    options.hook = watch_steps;
    options.user = &watch;
    expect_ok(trkx_pipeline_run(common.pipeline, watch.hits, &options, &result, &error), &error);
    assert_int_equal(watch.steps, steps_of(common.pipeline));
    assert_int_equal(result->steps_count, watch.steps);
    assert_true(watch.batches > 0);
    trkx_result_destroy(result);
    chain_release(&chain);
}

static void the_hook_stops_the_run_anywhere(void **state)
{
    struct watch watch = {.hits = hits_of(0)};
    trkx_run_options options;
    trkx_result *result = NULL;
    trkx_error error;
    (void)state;
    trkx_run_options_init(&options);
    options.hook = watch_steps;
    options.user = &watch;
    expect_ok(trkx_pipeline_run(common.pipeline, watch.hits, &options, &result, &error), &error);
    trkx_result_destroy(result);
    size_t calls = watch.calls;
    for (size_t stop_at = 1; stop_at <= calls; stop_at++) {
        trkx_event *event = NULL;
        watch = (struct watch){.hits = hits_of(0), .stop_at = stop_at};
        enum trkx_status status = trkx_pipeline_run(common.pipeline, watch.hits, &options, &result, &error);
        assert_int_equal(status, TRKX_ERROR_CANCELLED);
        assert_int_equal(error.status, TRKX_ERROR_CANCELLED);
        assert_null(result);
        assert_int_equal(watch.calls, stop_at);
        watch = (struct watch){.hits = hits_of(0), .stop_at = stop_at};
        status = trkx_pipeline_run_file(common.pipeline, common.prefix, &options, &event, &result, &error);
        assert_int_equal(status, TRKX_ERROR_CANCELLED);
        assert_null(result);
        assert_null(event);
    }
}

/* ---- records ---------------------------------------------------------------------------------------- */

static void the_records_add_up(void **state)
{
    trkx_result *result = run(common.pipeline, hits_of(0));
    double seconds = 0, cpu_seconds = 0;
    size_t peak = 0;
    (void)state;
    assert_int_equal(result->steps_count, steps_of(common.pipeline));
    for (size_t i = 0; i < result->steps_count; i++) {
        const trkx_step_record *record = &result->steps[i];
        assert_int_equal(record->step, i);
        assert_int_equal(record->nodes,
                         i <= TRKX_STEP_TRACKS ? result->hits : result->hits - result->first_hits);
        assert_true(record->seconds >= 0 && record->cpu_seconds >= 0);
        assert_int_equal(record->edges > 0, has_edges((enum trkx_step)i));
        if (i > TRKX_STEP_EDGES && i <= TRKX_STEP_TRACKS)
            assert_true(record->edges <= result->steps[i - 1].edges);
        if (i > TRKX_STEP_HITS) assert_true(record->peak_bytes > 0);
        if (record->peak_bytes > peak) peak = record->peak_bytes;
        seconds += record->seconds;
        cpu_seconds += record->cpu_seconds;
    }
    assert_true(fabs(result->total.seconds - seconds) < 1e-9);
    assert_true(fabs(result->total.cpu_seconds - cpu_seconds) < 1e-9);
    assert_int_equal(result->total.peak_bytes, peak);
    assert_int_equal(result->total.edges, result->steps[TRKX_STEP_TRACKS].edges);
    trkx_result_destroy(result);
}

static void *keep_busy(void *stop)
{
    while (!atomic_load((atomic_bool *)stop)) {
    }
    return NULL;
}

/* What other threads do meanwhile is not counted. */
static void the_cpu_time_of_one_thread_is_its_own(void **state)
{
    trkx_pipeline *pipeline = load(1, 0);
    atomic_bool stop = false;
    pthread_t other;
    (void)state;
    assert_int_equal(pthread_create(&other, NULL, keep_busy, &stop), 0);
    trkx_result *result = run(pipeline, hits_of(0));
    atomic_store(&stop, true);
    pthread_join(other, NULL);
    for (size_t i = 0; i < result->steps_count; i++)
        assert_true(result->steps[i].cpu_seconds <= result->steps[i].seconds + 1e-3);
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
}

/* Efficiency and purity of the edges, by comparing each pair. */
struct reference {
    const trkx_edges *true_edges; /* (lower, higher) */
    const trkx_truth *truth;
    int32_t *labels; /* [n] of the first pass; before its end 0 */
    size_t seen;
};

static bool is_true_edge(const trkx_edges *edges, int64_t a, int64_t b)
{
    for (size_t e = 0; e < edges->count; e++)
        if (edges->index[e] == (a < b ? a : b) && edges->index[edges->count + e] == (a < b ? b : a))
            return true;
    return false;
}

/* Those between hits on no track: in the first pass all. */
static size_t count_true_edges(const struct reference *reference)
{
    const trkx_edges *edges = reference->true_edges;
    size_t count = 0;
    for (size_t e = 0; e < edges->count; e++)
        count +=
            reference->labels[edges->index[e]] == 0 && reference->labels[edges->index[edges->count + e]] == 0;
    return count;
}

static int compare_with_reference(void *user, const trkx_step_view *view)
{
    struct reference *reference = user;
    size_t found = 0, same = 0;
    if (view->record == NULL || !has_edges(view->record->step)) return 0;
    const trkx_edges *edges = view->edges;
    for (size_t e = 0; e < edges->count; e++) {
        int64_t a = edges->index[e], b = edges->index[edges->count + e];
        const int64_t *particle = reference->truth->particle_id;
        same += particle[a] != 0 && particle[a] == particle[b];
        if (particle[a] == particle[b]) found += is_true_edge(reference->true_edges, a, b);
    }
    double efficiency = (double)found / (double)count_true_edges(reference);
    double purity = edges->count > 0 ? (double)same / (double)edges->count : 0;
    assert_true(view->record->has_truth);
    assert_true(fabs(view->record->edge_efficiency - efficiency) < 1e-12);
    assert_true(fabs(view->record->edge_purity - purity) < 1e-12);
    reference->seen++;
    if (view->record->step == TRKX_STEP_TRACKS)
        memcpy(reference->labels, view->labels, view->hits->count * sizeof *reference->labels);
    return 0;
}

static void the_edges_are_compared_with_the_truth(void **state)
{
    trkx_edges edges = {0};
    struct reference reference = {&edges, trkx_event_truth(common.events[0]),
                                  space(hits_of(0)->count, sizeof(int32_t)), 0};
    trkx_run_options options;
    trkx_result *result = NULL;
    trkx_error error;
    (void)state;
    trkx_run_options_init(&options);
    options.hook = compare_with_reference;
    options.user = &reference;
    options.truth = trkx_event_truth(common.events[0]);
    options.particles = trkx_event_particles(common.events[0]);
    expect_ok(trkx_true_edges(options.truth, options.particles, 3, &edges, &error), &error);
    expect_ok(trkx_pipeline_run(common.pipeline, hits_of(0), &options, &result, &error), &error);
    assert_int_equal(reference.seen, trkx_pipeline_bundle(common.pipeline)->has_second ? 7 : 4);
    assert_true(result->total.has_truth);
    trkx_result_destroy(result);
    trkx_edges_destroy(&edges);
    free(reference.labels);
}

/* ---- small events ----------------------------------------------------------------------------------- */

static void an_event_without_hits_has_no_tracks(void **state)
{
    const trkx_hits none = {.count = 0};
    (void)state;
    trkx_result *result = run(common.pipeline, &none);
    assert_int_equal(result->hits, 0);
    assert_int_equal(result->tracks, 0);
    assert_int_equal(result->total.edges, 0);
    trkx_result_destroy(result);
}

static void few_hits_have_no_tracks(void **state)
{
    const float xyz[] = {32, 0, 0, -1000, 50, -1000, 20, 600, 2900}; /* [3,3] mm, far from each other */
    (void)state;
    for (size_t n = 1; n <= 3; n++) {
        const int32_t volumes[3] = {8, 8, 8}, ids[3] = {2, 2, 2};
        const size_t cells[4] = {0}; /* none */
        const trkx_hits hits = {.count = n,
                                .xyz = xyz,
                                .volume_id = volumes,
                                .layer_id = ids,
                                .module_id = ids,
                                .cell_begin = cells};
        trkx_result *result = run(common.pipeline, &hits);
        assert_int_equal(result->hits, n);
        assert_int_equal(result->tracks, 0);
        assert_int_equal(result->steps[TRKX_STEP_TRACKS].edges, 0);
        for (size_t i = 0; i < n; i++) assert_int_equal(result->labels[i], 0);
        trkx_result_destroy(result);
    }
}

/* As far as its graph is concerned. */
static struct trkx_run run_of(const trkx_hits *hits, trkx_error *error)
{
    return (struct trkx_run){.pipeline = common.pipeline,
                             .pass = &common.pipeline->bundle.first,
                             .hits = hits,
                             .nodes = hits->count,
                             .error = error};
}

/* Hits in one place, at most as many as k lets all be neighbours. */
static void hits_in_one_place_are_run(void **state)
{
    enum { N = 40 };
    float xyz[3 * N];
    int32_t volumes[N], ids[N];
    const size_t cells[N + 1] = {0}; /* none */
    (void)state;
    for (int i = 0; i < N; i++) {
        xyz[3 * i] = 30, xyz[3 * i + 1] = 40, xyz[3 * i + 2] = -20;
        volumes[i] = 8;
        ids[i] = 2;
    }
    trkx_error error;
    trkx_edges_options search;
    uint32_t *ks = NULL;
    trkx_hits hits = {
        .count = 1, .xyz = xyz, .volume_id = volumes, .layer_id = ids, .module_id = ids, .cell_begin = cells};
    const struct trkx_run one = run_of(&hits, &error);
    expect_ok(trkx_run_graph(&one, &search, &ks), &error);
    size_t n = hits.count = ks[0] + 1 < N ? ks[0] + 1 : N;
    trkx_release(ks);
    trkx_result *result = run(common.pipeline, &hits);
    assert_int_equal(result->steps[TRKX_STEP_EDGES].edges, n * (n - 1) / 2);
    trkx_result_destroy(result);
}

/* ---- memory ----------------------------------------------------------------------------------------- */

/* Blocks that a run takes from the system: of one event, which the pipeline has seen before. */
static long taken_by_run(const char *prefix, const trkx_event *event)
{
    trkx_run_options options;
    trkx_result *result = NULL;
    trkx_event *own = NULL;
    trkx_error error;
    trkx_run_options_init(&options);
    options.truth = trkx_event_truth(event);
    options.particles = trkx_event_particles(event);
    long taken = -trkx_memory_taken();
    enum trkx_status status =
        prefix != NULL
            ? trkx_pipeline_run_file(common.pipeline, prefix, &options, &own, &result, &error)
            : trkx_pipeline_run(common.pipeline, trkx_event_hits(event), &options, &result, &error);
    taken += trkx_memory_taken();
    expect_ok(status, &error);
    trkx_result_destroy(result);
    trkx_event_destroy(own);
    return taken;
}

static void nothing_but_the_outcome_is_allocated_in_the_long_run(void **state)
{
    enum { RESULT = 2, EVENT = 2 }; /* each with what it points to: labels, a name */
    enum {
        NAMES = 1 + 4 * 3
    }; /* of the event, its files (twice: where they are, and for messages), their columns */
    (void)state;
    for (int i = 0; i < 3; i++) taken_by_run(common.prefix, common.events[0]);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(taken_by_run(NULL, common.events[0]), RESULT);
        assert_true(taken_by_run(common.prefix, common.events[0]) <= RESULT + EVENT + NAMES);
    }
    assert_int_equal(trkx_arenas_lent(common.pipeline->runs), 0); /* nothing is held */
    assert_int_equal(trkx_arenas_lent(common.pipeline->events), 0);
}

static void an_event_may_outlive_its_pipeline(void **state)
{
    trkx_pipeline *pipeline = load(1, 0);
    trkx_event *event = NULL;
    trkx_result *result = NULL;
    trkx_error error;
    (void)state;
    expect_ok(trkx_pipeline_run_file(pipeline, common.prefix, NULL, &event, &result, &error), &error);
    trkx_pipeline_destroy(pipeline);
    const trkx_hits *hits = trkx_event_hits(event), *expected = hits_of(0);
    assert_int_equal(hits->count, expected->count);
    assert_memory_equal(hits->hit_id, expected->hit_id, hits->count * sizeof *hits->hit_id);
    trkx_event_destroy(event);
    trkx_result_destroy(result);
}

/* ---- failing allocations ---------------------------------------------------------------------------- */

/* Something that may fail, from a clean start to a clean end. */
typedef enum trkx_status (*trial)(trkx_error *error);

static enum trkx_status attempt_create(trkx_error *error)
{
    trkx_pipeline_options options;
    trkx_pipeline *pipeline = NULL;
    trkx_pipeline_options_init(&options);
    options.threads = 1;
    enum trkx_status status = trkx_pipeline_create(common.bundle, &options, &pipeline, error);
    assert_int_equal(pipeline != NULL, status == TRKX_OK);
    trkx_pipeline_destroy(pipeline);
    return status;
}

static enum trkx_status attempt_run(trkx_error *error)
{
    trkx_result *result = NULL;
    trkx_run_options options;
    trkx_run_options_init(&options);
    options.truth = trkx_event_truth(common.events[0]);
    options.particles = trkx_event_particles(common.events[0]);
    options.keep_edges = true;
    enum trkx_status status = trkx_pipeline_run(common.pipeline, hits_of(0), &options, &result, error);
    assert_int_equal(result != NULL, status == TRKX_OK);
    trkx_result_destroy(result);
    return status;
}

static enum trkx_status attempt_run_file(trkx_error *error)
{
    trkx_event *event = NULL;
    trkx_result *result = NULL;
    enum trkx_status status =
        trkx_pipeline_run_file(common.pipeline, common.prefix, NULL, &event, &result, error);
    assert_int_equal(result != NULL, status == TRKX_OK);
    assert_int_equal(event != NULL, status == TRKX_OK);
    trkx_event_destroy(event);
    trkx_result_destroy(result);
    return status;
}

/* Of a pipeline that keeps no memory yet: the run's has to come from the system. */
static enum trkx_status attempt_first_run(trkx_error *error)
{
    struct trkx_arenas *kept = common.pipeline->runs, *none = trkx_arenas_create();
    if (none == NULL) return trkx_fail_memory(error, "arenas", 1);
    common.pipeline->runs = none;
    enum trkx_status status = attempt_run(error);
    common.pipeline->runs = kept;
    trkx_arenas_close(none);
    return status;
}

/* Lets every allocation fail in turn. */
static void fail_each(const char *name, trial attempt)
{
    trkx_error error = {TRKX_OK, ""};
    for (int i = 0; i < 3; i++) expect_ok(attempt(&error), &error); /* from now on its memory is there */
    trkx_memory_fail_after(LONG_MAX);
    expect_ok(attempt(&error), &error);
    long count = trkx_memory_fail_after(-1);
    print_message("%s: %ld allocations\n", name, count);
    for (long after = 0; after < count; after++) {
        error = (trkx_error){TRKX_OK, ""};
        trkx_memory_fail_after(after);
        enum trkx_status status = attempt(&error);
        trkx_memory_fail_after(-1);
        if (status != TRKX_ERROR_MEMORY)
            fail_msg("%s, allocation %ld of %ld: status %d, \"%s\"", name, after, count, status,
                     error.message);
        assert_int_equal(error.status, TRKX_ERROR_MEMORY);
        assert_true(error.message[0] != '\0');
    }
    expect_ok(attempt(&error), &error);
}

static void each_allocation_of_loading_may_fail(void **state)
{
    (void)state;
    fail_each("create", attempt_create);
}

static void each_allocation_of_a_first_run_may_fail(void **state)
{
    (void)state;
    fail_each("first run", attempt_first_run);
}

static void each_allocation_of_a_run_may_fail(void **state)
{
    (void)state;
    fail_each("run", attempt_run);
}

static void each_allocation_of_a_run_from_files_may_fail(void **state)
{
    (void)state;
    fail_each("run_file", attempt_run_file);
}

/* ---- wrong arguments -------------------------------------------------------------------------------- */

static void wrong_options_are_refused(void **state)
{
    trkx_pipeline_options options;
    trkx_pipeline *pipeline = NULL;
    (void)state;
    trkx_pipeline_options_init(&options);
    options.size = 0;
    assert_int_equal(trkx_pipeline_create(common.bundle, &options, &pipeline, NULL), TRKX_ERROR_ARGUMENT);
    trkx_pipeline_options_init(&options);
    options.kernels = (enum trkx_kernels)2;
    assert_int_equal(trkx_pipeline_create(common.bundle, &options, &pipeline, NULL), TRKX_ERROR_ARGUMENT);
    trkx_pipeline_options_init(&options);
    options.threads = -1;
    assert_int_equal(trkx_pipeline_create(common.bundle, &options, &pipeline, NULL), TRKX_ERROR_ARGUMENT);
    assert_null(pipeline);
    trkx_pipeline_destroy(NULL);
    trkx_result_destroy(NULL);
}

static enum trkx_status create_with(double filter_cut, double gnn_cut, size_t min_hits, const char *method,
                                    trkx_pipeline **pipeline, trkx_error *error)
{
    trkx_pipeline_options options;
    trkx_pipeline_options_init(&options);
    options.threads = 1;
    options.filter_cut = filter_cut;
    options.gnn_cut = gnn_cut;
    options.min_hits = min_hits;
    options.method = method;
    return trkx_pipeline_create(common.bundle, &options, pipeline, error);
}

static void options_stand_above_the_bundle(void **state)
{
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    (void)state;
    expect_ok(create_with(0.25, 0, 5, "walkthrough", &pipeline, &error), &error);
    const trkx_bundle_info *info = trkx_pipeline_bundle(pipeline);
    assert_true(info->filter_cut == 0.25F && info->gnn_cut == 0);
    assert_int_equal(info->min_hits, 5);
    assert_string_equal(info->method, "walkthrough");
    trkx_pipeline_destroy(pipeline);
    expect_ok(create_with(-1, -1, 0, NULL, &pipeline, &error), &error);
    info = trkx_pipeline_bundle(pipeline);
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(common.pipeline);
    assert_true(info->filter_cut == bundle->filter_cut && info->gnn_cut == bundle->gnn_cut);
    assert_int_equal(info->min_hits, bundle->min_hits);
    assert_string_equal(info->method, bundle->method);
    trkx_pipeline_destroy(pipeline);
}

static void options_out_of_their_range_are_named(void **state)
{
    static const struct {
        double filter_cut, gnn_cut;
        size_t min_hits;
        const char *method, *named;
    } cases[] = {{1.5, -1, 0, NULL, "filter_cut"},
                 {-0.5, -1, 0, NULL, "filter_cut"},
                 {NAN, -1, 0, NULL, "filter_cut"},
                 {-1, 1.0001, 0, NULL, "gnn_cut"},
                 {-1, -2, 0, NULL, "gnn_cut"},
                 {-1, -1, SIZE_MAX, NULL, "min_hits"},
                 {-1, -1, 0, "joined", "did you mean join?"},
                 {-1, -1, 0, "", "method"}};
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(create_with(cases[i].filter_cut, cases[i].gnn_cut, cases[i].min_hits,
                                     cases[i].method, &pipeline, &error),
                         TRKX_ERROR_ARGUMENT);
        assert_null(pipeline);
        assert_non_null(strstr(error.message, cases[i].named));
    }
}

/* What labelling did, counted again. */
static void the_outcome_of_labelling_is_told(void **state)
{
    trkx_result *result = run(common.pipeline, hits_of(0));
    size_t hits = 0;
    (void)state;
    for (size_t i = 0; i < result->hits; i++) hits += result->labels[i] > 0;
    assert_int_equal(result->hits_on_tracks, hits);
    assert_true(result->method_tracks > 0);
    assert_true(result->method_hits >= 3 * result->method_tracks);
    assert_int_not_equal(result->method_hits, hits); /* the default bundle completes tracks */
    trkx_result_destroy(result);
}

/* Reads the simulated event beside a file of particles with this line more, or without any, and runs it. */
static trkx_result *run_with_particle(const char *row, trkx_event **event)
{
    char usual[sizeof common.prefix];
    char directory[] = "/tmp/trkx-particles-XXXXXX", path[128], command[512];
    trkx_result *result = NULL;
    trkx_error error;
    assert_non_null(mkdtemp(directory));
    expect_ok(trkx_event_write(common.events[0], directory, false, &error), &error);
    snprintf(path, sizeof path, "%s/%s", directory, trkx_event_name(common.events[0]));
    snprintf(command, sizeof command, "%s-particles.csv", path);
    FILE *file = fopen(command, row != NULL ? "a" : "w");
    fputs(row != NULL ? row : "particle_id,particle_type,vx,vy,vz,px,py,pz,q,nhits\n", file);
    fclose(file);
    expect_ok(trkx_pipeline_run_file(common.pipeline, path, NULL, event, &result, &error), &error);
    strcpy(usual, common.prefix);
    strcpy(common.prefix, path);
    fail_each("run_file without particles", attempt_run_file);
    strcpy(common.prefix, usual);
    snprintf(command, sizeof command, "rm -r %s", directory);
    assert_int_equal(system(command), 0);
    return result;
}

/* Tracks need no particles; the truth is compared with where it is whole, or not at all. */
static void particles_of_no_use_are_done_without(void **state)
{
    static const char *const rows[] = {"x,211,0,0,0,1,1,1,1,5\n",
                                       NULL}; /* not read; lacks those of the truth */
    static const char *const notes[] = {"-particles.csv:", "particle"};
    trkx_result *plain = run(common.pipeline, hits_of(0));
    (void)state;
    assert_null(plain->truth_note);
    for (int i = 0; i < 2; i++) {
        trkx_event *event = NULL;
        trkx_result *result = run_with_particle(rows[i], &event);
        assert_same_outcome(result, plain);
        assert_non_null(result->truth_note);
        assert_non_null(strstr(result->truth_note, notes[i]));
        for (size_t s = 0; s < result->steps_count; s++) assert_false(result->steps[s].has_truth);
        assert_false(result->total.has_truth);
        trkx_result_destroy(result);
        trkx_event_destroy(event);
    }
    trkx_result_destroy(plain);
}

static void messages_name_the_event(void **state)
{
    trkx_event *event = NULL;
    trkx_result *result = NULL;
    trkx_error error;
    const trkx_truth other = {.count = 1};
    trkx_run_options options;
    char expected[256];
    (void)state;
    trkx_run_options_init(&options);
    options.truth = &other;
    assert_int_equal(trkx_pipeline_run_event(common.pipeline, common.events[0], &options, &result, &error),
                     TRKX_ERROR_ARGUMENT);
    snprintf(expected, sizeof expected, "%s: run: truth", trkx_event_name(common.events[0]));
    assert_memory_equal(error.message, expected, strlen(expected));
    assert_int_equal(trkx_pipeline_run_file(common.pipeline, "/nowhere/event", NULL, &event, &result, &error),
                     TRKX_ERROR_IO);
    assert_memory_equal(error.message, "/nowhere/event-hits.csv", 23); /* once is enough */
}

static void truth_of_another_event_is_refused(void **state)
{
    trkx_run_options options;
    trkx_result *result = NULL;
    trkx_error error;
    const trkx_truth other = {.count = 1};
    (void)state;
    trkx_run_options_init(&options);
    options.truth = &other;
    assert_int_equal(trkx_pipeline_run(common.pipeline, hits_of(0), &options, &result, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_null(result);
    options.size = 3;
    assert_int_equal(trkx_pipeline_run(common.pipeline, hits_of(0), &options, &result, &error),
                     TRKX_ERROR_ARGUMENT);
}

static void hits_that_are_there_twice_are_refused(void **state)
{
    trkx_hits hits = *hits_of(0);
    trkx_result *result = NULL;
    trkx_error error;
    int64_t *ids = malloc(hits.count * sizeof *ids);
    (void)state;
    memcpy(ids, hits.hit_id, hits.count * sizeof *ids);
    ids[7] = ids[4];
    hits.hit_id = ids;
    assert_int_equal(trkx_pipeline_run(common.pipeline, &hits, NULL, &result, &error), TRKX_ERROR_ARGUMENT);
    assert_string_equal(error.message, "run: hit_id 5 is repeated, in rows 4 and 7");
    assert_null(result);
    free(ids);
}

static void what_is_missing_is_named(void **state)
{
    trkx_pipeline *pipeline = NULL;
    trkx_event *event = NULL;
    trkx_result *result = NULL;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_pipeline_create("/nowhere", NULL, &pipeline, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "/nowhere/bundle.json"));
    assert_null(pipeline);
    assert_int_equal(trkx_pipeline_run_file(common.pipeline, "/nowhere/event", NULL, &event, &result, &error),
                     TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "/nowhere/event-hits.csv"));
    assert_null(event);
    assert_null(result);
}

/* A cut would drop such edges as if they had a low score. */
static void scores_that_are_no_numbers_are_an_error(void **state)
{
    struct chain chain = {.tracks = 0};
    trkx_error error;
    (void)state;
    chain_to_edges(hits_of(1), &chain, &error);
    chain.scores = space(chain.edges.count, sizeof(float));
    size_t hit = (size_t)chain.edges.index[7];
    for (int i = TRKX_NETWORK_FILTER; i <= TRKX_NETWORK_GNN; i++) {
        enum trkx_network network = (enum trkx_network)i;
        size_t width = trkx_pipeline_features_count(common.pipeline, network);
        for (size_t f = 0; f < width; f++) chain.features[i][hit * width + f] = NAN;
        enum trkx_status status = (i == TRKX_NETWORK_FILTER ? trkx_filter : trkx_gnn)(
            common.pipeline, chain.features[i], hits_of(1)->count, &chain.edges, chain.scores, &error);
        assert_int_equal(status, TRKX_ERROR_MODEL);
        assert_non_null(strstr(error.message, ": the network's score of edge "));
    }
    chain_release(&chain);
}

/* In the default bundle hits in short strips, volume 13 among them, keep more. */
static void a_hit_keeps_as_many_neighbours_as_its_volume(void **state)
{
    const float xyz[15] = {0};
    float *points = space(5 * trkx_pipeline_bundle(common.pipeline)->dim, sizeof *points);
    int32_t volumes[] = {8, 13, 17, 99, 8};
    uint32_t *ks = NULL;
    trkx_edges_options search;
    trkx_edges edges;
    trkx_error error;
    trkx_hits hits = {.count = 5, .xyz = xyz, .volume_id = volumes};
    const struct trkx_run one = run_of(&hits, &error);
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(common.pipeline);
    (void)state;
    expect_ok(trkx_run_graph(&one, &search, &ks), &error);
    assert_true(bundle->own_ks && search.ks == ks);
    assert_true(ks[1] > bundle->k);
    assert_true(ks[0] == bundle->k && ks[2] == bundle->k && ks[3] == bundle->k && ks[4] == bundle->k);
    trkx_release(ks);
    hits.volume_id = NULL;
    assert_int_equal(trkx_pipeline_edges(common.pipeline, &hits, points, &edges, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_int_equal(edges.count, 0);
    assert_non_null(strstr(error.message, "volume_id"));
    hits.count = 0;
    expect_ok(trkx_pipeline_edges(common.pipeline, &hits, points, &edges, &error), &error);
    assert_int_equal(edges.count, 0);
    trkx_edges_destroy(&edges);
    free(points);
}

static void names_of_steps(void **state)
{
    (void)state;
    assert_string_equal(trkx_step_name(TRKX_STEP_HITS), "hits");
    assert_string_equal(trkx_step_name(TRKX_STEP_TRACKS), "tracks");
    assert_non_null(trkx_step_name(TRKX_STEPS));
    assert_non_null(trkx_step_name((enum trkx_step) - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_do_not_depend_on_threads),
        cmocka_unit_test(labels_do_not_depend_on_the_filter_s_batches),
        cmocka_unit_test(threads_share_one_pipeline),
        cmocka_unit_test(threads_load_pipelines_of_their_own),
        cmocka_unit_test(a_file_gives_the_same_as_its_arrays),
        cmocka_unit_test(reading_and_running_apart_give_the_same),
        cmocka_unit_test(threads_read_and_run),
        cmocka_unit_test(the_steps_one_by_one_give_the_same),
        cmocka_unit_test(a_run_keeps_its_edges_where_asked),
        cmocka_unit_test(the_hook_sees_every_step),
        cmocka_unit_test(the_hook_stops_the_run_anywhere),
        cmocka_unit_test(the_records_add_up),
        cmocka_unit_test(the_cpu_time_of_one_thread_is_its_own),
        cmocka_unit_test(the_edges_are_compared_with_the_truth),
        cmocka_unit_test(an_event_without_hits_has_no_tracks),
        cmocka_unit_test(few_hits_have_no_tracks),
        cmocka_unit_test(hits_in_one_place_are_run),
        cmocka_unit_test(nothing_but_the_outcome_is_allocated_in_the_long_run),
        cmocka_unit_test(an_event_may_outlive_its_pipeline),
        cmocka_unit_test(each_allocation_of_loading_may_fail),
        cmocka_unit_test(each_allocation_of_a_first_run_may_fail),
        cmocka_unit_test(each_allocation_of_a_run_may_fail),
        cmocka_unit_test(each_allocation_of_a_run_from_files_may_fail),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(options_stand_above_the_bundle),
        cmocka_unit_test(options_out_of_their_range_are_named),
        cmocka_unit_test(the_outcome_of_labelling_is_told),
        cmocka_unit_test(particles_of_no_use_are_done_without),
        cmocka_unit_test(messages_name_the_event),
        cmocka_unit_test(truth_of_another_event_is_refused),
        cmocka_unit_test(hits_that_are_there_twice_are_refused),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(scores_that_are_no_numbers_are_an_error),
        cmocka_unit_test(a_hit_keeps_as_many_neighbours_as_its_volume),
        cmocka_unit_test(names_of_steps),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
