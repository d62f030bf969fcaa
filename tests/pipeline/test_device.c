/* Proves, with the source of gpu/ built for the processor (libtrkx_cuda_host.so, whose "device" memory is
 * the host's and whose networks are run by ONNX Runtime's CPU provider): a pipeline on a device gives the
 * same labels, edges and scores, byte for byte, as the CPU's pipeline with stock kernels, for bundles that
 * join and complete tracks and for those with components, whatever the filter's batches; only the labels are
 * copied back unless truth, copies or the edges are requested; the same for single networks; events share
 * several devices; each failing call of the device and each failing allocation is a status and leaks nothing,
 * and the next run works; a budget is kept by smaller batches, or rejected with the amount needed; the
 * networks' memory comes from the device's pool; an ONNX Runtime without CUDA and lists that name no devices
 * are reported. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "gpu/host/for_tests.h"
#include "networks/session_device.h"
#include "pipeline/parts.h"
#include "tests/scratch.h"

enum { EVENTS = 3, PARTICLES = 60, FEW = 6 /* particles, where a run is repeated for each failure */ };

static struct {
    const trkx_cuda_table *cuda; /* of the library for tests, open for as long as the tests */
    const trkx_cuda_tests *inside;
    void *library;
    trkx_event *events[EVENTS], *small;
    char components[512]; /* a bundle like the paper's, with positions for filter and GNN, and with components
                           */
} common;

static void expect_ok(enum trkx_status status, const trkx_error *error)
{
    if (status != TRKX_OK) fail_msg("status %d: %s", status, error->message);
}

/* ---- pipelines -------------------------------------------------------------------------------------- */

struct choice {
    const char *bundle, *device;
    size_t max_memory, filter_batch;
};

static enum trkx_status try_load(const struct choice *choice, trkx_pipeline **pipeline, trkx_error *error)
{
    trkx_pipeline_options options;
    trkx_pipeline_options_init(&options);
    options.threads = 1;
    options.kernels = TRKX_KERNELS_STOCK;
    options.device = choice->device;
    options.max_memory = choice->max_memory;
    options.filter_batch = choice->filter_batch;
    return trkx_pipeline_create(choice->bundle, &options, pipeline, error);
}

static trkx_pipeline *load(const char *bundle, const char *device)
{
    const struct choice choice = {.bundle = bundle, .device = device};
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    expect_ok(try_load(&choice, &pipeline, &error), &error);
    return pipeline;
}

static trkx_result *run(const trkx_pipeline *pipeline, const trkx_hits *hits, const trkx_run_options *options)
{
    trkx_result *result = NULL;
    trkx_error error;
    expect_ok(trkx_pipeline_run(pipeline, hits, options, &result, &error), &error);
    return result;
}

static trkx_cuda_usage usage_of(const trkx_pipeline *pipeline, size_t device)
{
    trkx_cuda_usage usage;
    common.inside->usage(trkx_devices_at(pipeline->devices, device)->device.context, &usage);
    return usage;
}

static void assert_nothing_held(const trkx_pipeline *pipeline)
{
    assert_int_equal(usage_of(pipeline, 0).blocks, 0);
    assert_int_equal(trkx_arenas_lent(pipeline->runs), 0);
}

static void assert_same_outcome(const trkx_result *a, const trkx_result *b)
{
    assert_int_equal(a->hits, b->hits);
    assert_int_equal(a->tracks, b->tracks);
    assert_int_equal(a->saturated, b->saturated);
    assert_int_equal(a->steps_count, b->steps_count);
    for (size_t i = 0; i < a->steps_count; i++) {
        assert_int_equal(a->steps[i].edges, b->steps[i].edges);
        assert_int_equal(a->steps[i].has_truth, b->steps[i].has_truth);
        assert_true(a->steps[i].edge_efficiency >= b->steps[i].edge_efficiency &&
                    a->steps[i].edge_efficiency <= b->steps[i].edge_efficiency);
        assert_true(a->steps[i].edge_purity >= b->steps[i].edge_purity &&
                    a->steps[i].edge_purity <= b->steps[i].edge_purity);
    }
    if (a->hits > 0) assert_memory_equal(a->labels, b->labels, a->hits * sizeof *a->labels);
}

/* ---- set-up ----------------------------------------------------------------------------------------- */

static void link_network(const char *name)
{
    char here[PATH_MAX], from[PATH_MAX + 128], to[PATH_MAX];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(from, sizeof from, "%s/models/acat2021-like/%s", here, name);
    snprintf(to, sizeof to, "%s/%s", common.components, name);
    assert_int_equal(symlink(from, to), 0);
}

static void make_components_bundle(void)
{
    char path[1024];
    snprintf(common.components, sizeof common.components, "%s", scratch);
    json_t *bundle = json_load_file("models/acat2021-like/bundle.json", 0, NULL);
    assert_non_null(bundle);
    json_object_set_new(bundle, "tracks", json_pack("{s:s, s:i}", "method", "components", "min_hits", 3));
    snprintf(path, sizeof path, "%s/bundle.json", scratch);
    assert_int_equal(json_dump_file(bundle, path, 0), 0);
    json_decref(bundle);
    link_network("embedding.onnx");
    link_network("filter.onnx");
    link_network("gnn.onnx");
}

static void simulate(uint64_t number, size_t particles, trkx_event **event)
{
    trkx_simulate_options options;
    trkx_error error;
    trkx_simulate_options_init(&options);
    options.particles = particles;
    options.noise = (double)particles / 12263; /* as much as in a full event */
    options.seed = 7;
    options.threads = 1;
    expect_ok(trkx_simulate(&options, number, event, &error), &error);
}

static int set_up(void **state)
{
    trkx_cuda_interface_fn *interface = NULL;
    trkx_cuda_tests_fn *tests = NULL;
    if (scratch_create(state) != 0) return -1;
    common.library = dlopen(getenv("TRKX_CUDA_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    if (common.library == NULL) return -1;
    *(void **)&interface = dlsym(common.library, TRKX_CUDA_INTERFACE);
    common.cuda = interface(TRKX_CUDA_VERSION);
    *(void **)&tests = dlsym(common.library, TRKX_CUDA_TESTS);
    common.inside = tests();
    make_components_bundle();
    for (uint64_t i = 0; i < EVENTS; i++) simulate(i + 1, PARTICLES, &common.events[i]);
    simulate(9, FEW, &common.small);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < EVENTS; i++) trkx_event_destroy(common.events[i]);
    trkx_event_destroy(common.small);
    long alive = common.inside->alive();
    dlclose(common.library);
    scratch_files(true);
    return alive != 0 ? -1 : rmdir(scratch);
}

/* ---- the same bytes --------------------------------------------------------------------------------- */

static const char DEFAULT[] = "models/default";

/* With truth, whose comparison with the edges is the same, too. */
static void compare_with_cpu(const char *bundle)
{
    trkx_pipeline *cpu = load(bundle, "cpu"), *device = load(bundle, "cuda:0");
    for (int i = 0; i < EVENTS; i++) {
        trkx_run_options options;
        trkx_run_options_init(&options);
        options.truth = i > 0 ? trkx_event_truth(common.events[i]) : NULL;
        options.particles = trkx_event_particles(common.events[i]);
        const trkx_hits *hits = trkx_event_hits(common.events[i]);
        trkx_result *expected = run(cpu, hits, &options), *found = run(device, hits, &options);
        assert_true(expected->tracks > 0);
        assert_same_outcome(expected, found);
        assert_true(found->total.peak_bytes > 0);
        assert_nothing_held(device);
        trkx_result_destroy(expected);
        trkx_result_destroy(found);
    }
    trkx_pipeline_destroy(device);
    trkx_pipeline_destroy(cpu);
}

static void kept_edges_are_the_cpu_s(void **state)
{
    const trkx_hits *hits = trkx_event_hits(common.events[0]);
    trkx_pipeline *cpu = load(common.components, "cpu"), *device = load(common.components, "cuda:0");
    trkx_run_options options;
    (void)state;
    trkx_run_options_init(&options);
    options.keep_edges = true;
    trkx_result *expected = run(cpu, hits, &options), *found = run(device, hits, &options);
    size_t m = expected->edges.count;
    assert_true(m > 0 && m == found->edges.count);
    assert_memory_equal(expected->edges.index, found->edges.index, 2 * m * sizeof *found->edges.index);
    assert_memory_equal(expected->scores, found->scores, m * sizeof *found->scores);
    trkx_result_destroy(expected);
    trkx_result_destroy(found);
    trkx_pipeline_destroy(device);
    trkx_pipeline_destroy(cpu);
}

static void joined_and_completed_tracks_are_the_cpu_s(void **state)
{
    (void)state;
    compare_with_cpu(DEFAULT);
}

static void components_are_the_cpu_s(void **state)
{
    (void)state;
    compare_with_cpu(common.components);
}

static void the_filter_s_batches_do_not_matter(void **state)
{
    static const size_t batches[] = {100, 997};
    const trkx_hits *hits = trkx_event_hits(common.events[0]);
    (void)state;
    trkx_pipeline *whole = load(DEFAULT, "cuda:0");
    trkx_result *expected = run(whole, hits, NULL);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        const struct choice choice = {.bundle = DEFAULT, .device = "cuda:0", .filter_batch = batches[i]};
        trkx_pipeline *pipeline = NULL;
        trkx_error error;
        expect_ok(try_load(&choice, &pipeline, &error), &error);
        trkx_result *found = run(pipeline, hits, NULL);
        assert_same_outcome(expected, found);
        trkx_result_destroy(found);
        trkx_pipeline_destroy(pipeline);
    }
    trkx_result_destroy(expected);
    trkx_pipeline_destroy(whole);
}

static void small_events_are_run(void **state)
{
    const float xyz[] = {32, 0, 0, -1000, 50, -1000, 20, 600, 2900}; /* [3,3] mm, far from each other */
    const int32_t volumes[3] = {8, 8, 8}, ids[3] = {2, 2, 2};
    const size_t cells[4] = {0}; /* none */
    const char *const bundles[] = {DEFAULT, common.components};
    (void)state;
    for (size_t b = 0; b < 2; b++) {
        trkx_pipeline *pipeline = load(bundles[b], "cuda:0");
        for (size_t n = 0; n <= 3; n++) {
            const trkx_hits hits = {.count = n,
                                    .xyz = xyz,
                                    .volume_id = volumes,
                                    .layer_id = ids,
                                    .module_id = ids,
                                    .cell_begin = cells};
            trkx_result *result = run(pipeline, &hits, NULL);
            assert_int_equal(result->tracks, 0);
            for (size_t i = 0; i < n; i++) assert_int_equal(result->labels[i], 0);
            trkx_result_destroy(result);
        }
        trkx_pipeline_destroy(pipeline);
    }
}

static void a_position_that_is_not_finite_is_named(void **state)
{
    const float xyz[] = {32, 0, 0, 1, 2, 0x1p127f * 2};
    const trkx_hits hits = {.count = 2, .xyz = xyz, .volume_id = NULL};
    trkx_result *result = NULL;
    trkx_error error;
    (void)state;
    trkx_pipeline *pipeline = load(common.components, "cuda:0");
    assert_int_equal(trkx_pipeline_run(pipeline, &hits, NULL, &result, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "hit 2: z is not finite"));
    assert_nothing_held(pipeline);
    trkx_pipeline_destroy(pipeline);
}

/* ---- what the hook sees ----------------------------------------------------------------------------- */

/* The tensors of a run, step by step. */
struct tensors {
    unsigned char *bytes[TRKX_STEPS];
    size_t sizes[TRKX_STEPS];
    size_t calls, stop_at; /* cancelled at this call, counted from 1; 0: never */
};

static void append(struct tensors *to, enum trkx_step step, const void *from, size_t bytes)
{
    if (from == NULL) return;
    to->bytes[step] = realloc(to->bytes[step], to->sizes[step] + bytes + 1);
    assert_non_null(to->bytes[step]);
    memcpy(to->bytes[step] + to->sizes[step], from, bytes);
    to->sizes[step] += bytes;
}

static int collect(void *user, const trkx_step_view *view)
{
    struct tensors *to = user;
    to->calls++;
    if (view->record != NULL) {
        enum trkx_step step = view->record->step;
        size_t n = view->hits->count, m = view->edges->count;
        append(to, step, view->features, n * view->features_count * sizeof(float));
        append(to, step, view->embedding, n * view->dim * sizeof(float));
        append(to, step, view->edges->index, 2 * m * sizeof(int64_t));
        append(to, step, view->scores, m * sizeof(float));
        append(to, step, view->labels, n * sizeof(int32_t));
    }
    return to->calls == to->stop_at;
}

static void release_tensors(struct tensors *tensors)
{
    for (int i = 0; i < TRKX_STEPS; i++) free(tensors->bytes[i]);
}

static trkx_run_options collecting(struct tensors *tensors, bool copies)
{
    trkx_run_options options;
    trkx_run_options_init(&options);
    options.hook = collect;
    options.user = tensors;
    options.copies = copies;
    return options;
}

static void copies_are_the_tensors_of_the_cpu(void **state)
{
    const char *const bundles[] = {DEFAULT, common.components};
    const trkx_hits *hits = trkx_event_hits(common.events[0]);
    (void)state;
    for (size_t b = 0; b < 2; b++) {
        struct tensors expected = {.calls = 0}, found = {.calls = 0};
        trkx_run_options on_cpu = collecting(&expected, false), on_device = collecting(&found, true);
        trkx_pipeline *cpu = load(bundles[b], NULL), *device = load(bundles[b], "cuda:0");
        trkx_result_destroy(run(cpu, hits, &on_cpu));
        trkx_result_destroy(run(device, hits, &on_device));
        for (int s = TRKX_STEP_FEATURES; s < TRKX_STEPS; s++) {
            assert_true(expected.sizes[s] > 0 || s > TRKX_STEP_TRACKS);
            assert_int_equal(expected.sizes[s], found.sizes[s]);
            assert_memory_equal(expected.bytes[s], found.bytes[s], expected.sizes[s]);
        }
        release_tensors(&expected);
        release_tensors(&found);
        trkx_pipeline_destroy(device);
        trkx_pipeline_destroy(cpu);
    }
}

static void without_being_asked_for_nothing_but_labels_comes_back(void **state)
{
    struct tensors found = {.calls = 0};
    trkx_run_options options = collecting(&found, false);
    const trkx_hits *hits = trkx_event_hits(common.events[0]);
    (void)state;
    trkx_pipeline *device = load(common.components, "cuda:0");
    trkx_result_destroy(run(device, hits, &options));
    for (int s = TRKX_STEP_FEATURES; s < TRKX_STEP_TRACKS; s++) assert_int_equal(found.sizes[s], 0);
    assert_int_equal(found.sizes[TRKX_STEP_TRACKS], hits->count * sizeof(int32_t));
    release_tensors(&found);
    trkx_pipeline_destroy(device);
}

static void the_hook_stops_the_run_anywhere(void **state)
{
    struct tensors whole = {.calls = 0};
    trkx_run_options options = collecting(&whole, true);
    const trkx_hits *hits = trkx_event_hits(common.events[0]);
    (void)state;
    trkx_pipeline *device = load(DEFAULT, "cuda:0");
    trkx_result_destroy(run(device, hits, &options));
    for (size_t stop = 1; stop <= whole.calls; stop++) {
        struct tensors part = {.stop_at = stop};
        trkx_result *result = NULL;
        options = collecting(&part, true);
        assert_int_equal(trkx_pipeline_run(device, hits, &options, &result, NULL), TRKX_ERROR_CANCELLED);
        assert_null(result);
        assert_nothing_held(device);
        release_tensors(&part);
    }
    release_tensors(&whole);
    trkx_pipeline_destroy(device);
}

/* ---- the networks by themselves --------------------------------------------------------------------- */

static float *space(size_t count)
{
    float *block = calloc(count + 1, sizeof *block);
    assert_non_null(block);
    return block;
}

/* Of both pipelines the same bytes; the answer is the second's. */
static float *embed_on_both(trkx_pipeline *const *pipelines, const trkx_hits *hits)
{
    float *embeddings[2], *features = space(hits->count * trkx_pipeline_features_count(pipelines[0], 0));
    size_t count = hits->count * trkx_pipeline_bundle(pipelines[0])->dim;
    trkx_error error;
    for (int i = 0; i < 2; i++) {
        embeddings[i] = space(count);
        expect_ok(trkx_pipeline_features(pipelines[i], TRKX_NETWORK_EMBEDDING, hits, features, &error),
                  &error);
        expect_ok(trkx_embed(pipelines[i], features, hits->count, embeddings[i], &error), &error);
    }
    assert_memory_equal(embeddings[0], embeddings[1], count * sizeof(float));
    free(embeddings[0]);
    free(features);
    return embeddings[1];
}

static void score_on_both(trkx_pipeline *const *pipelines, enum trkx_network network, const trkx_hits *hits,
                          const trkx_edges *edges)
{
    float *scores[2], *features = space(hits->count * trkx_pipeline_features_count(pipelines[0], network));
    trkx_error error;
    for (int i = 0; i < 2; i++) {
        scores[i] = space(edges->count);
        expect_ok(trkx_pipeline_features(pipelines[i], network, hits, features, &error), &error);
        expect_ok((network == TRKX_NETWORK_FILTER ? trkx_filter : trkx_gnn)(
                      pipelines[i], features, hits->count, edges, scores[i], &error),
                  &error);
    }
    assert_memory_equal(scores[0], scores[1], edges->count * sizeof(float));
    free(scores[0]);
    free(scores[1]);
    free(features);
}

static void single_networks_give_the_cpu_s_bytes(void **state)
{
    trkx_pipeline *const pipelines[] = {load(DEFAULT, "cpu"), load(DEFAULT, "cuda:0")};
    const trkx_hits *hits = trkx_event_hits(common.events[1]);
    const trkx_edges none = {.count = 0};
    trkx_edges edges, again;
    trkx_error error;
    (void)state;
    float *embedding = embed_on_both(pipelines, hits);
    expect_ok(trkx_pipeline_edges(pipelines[0], hits, embedding, &edges, &error), &error);
    expect_ok(trkx_pipeline_edges(pipelines[1], hits, embedding, &again, &error), &error);
    assert_int_equal(again.count, edges.count);
    assert_memory_equal(again.index, edges.index, 2 * edges.count * sizeof *edges.index);
    trkx_edges_destroy(&again);
    score_on_both(pipelines, TRKX_NETWORK_FILTER, hits, &edges);
    score_on_both(pipelines, TRKX_NETWORK_GNN, hits, &edges);
    score_on_both(pipelines, TRKX_NETWORK_FILTER, hits, &none);
    score_on_both(pipelines, TRKX_NETWORK_GNN, hits, &none);
    assert_nothing_held(pipelines[1]);
    trkx_edges_destroy(&edges);
    free(embedding);
    trkx_pipeline_destroy(pipelines[0]);
    trkx_pipeline_destroy(pipelines[1]);
}

/* ---- several devices -------------------------------------------------------------------------------- */

struct worker {
    pthread_t thread;
    const trkx_pipeline *pipeline;
    const trkx_hits *hits;
    trkx_result *result;
    enum trkx_status status;
    trkx_error error;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    worker->status = trkx_pipeline_run(worker->pipeline, worker->hits, NULL, &worker->result, &worker->error);
    return NULL;
}

static void events_share_the_devices(void **state)
{
    struct worker workers[EVENTS];
    (void)state;
    memset(workers, 0, sizeof workers);
    trkx_pipeline *one = load(DEFAULT, "cuda:0"), *two = load(DEFAULT, "cuda:0,cuda:0");
    assert_int_equal(trkx_pipeline_device(two)->count, 2);
    assert_string_equal(trkx_pipeline_device(two)->device, "cuda:0,cuda:0");
    assert_true(usage_of(two, 0).budget <= usage_of(one, 0).budget / 2 + 1); /* the GPU is shared */
    for (int i = 0; i < EVENTS; i++) {
        workers[i].pipeline = two;
        workers[i].hits = trkx_event_hits(common.events[i]);
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < EVENTS; i++) pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < EVENTS; i++) {
        expect_ok(workers[i].status, &workers[i].error);
        trkx_result *expected = run(one, workers[i].hits, NULL);
        assert_same_outcome(expected, workers[i].result);
        trkx_result_destroy(expected);
        trkx_result_destroy(workers[i].result);
    }
    trkx_pipeline_destroy(two);
    trkx_pipeline_destroy(one);
}

/* ---- failures --------------------------------------------------------------------------------------- */

/* Something on a device that may fail. */
struct attempt {
    const char *bundle;
    trkx_pipeline *pipeline; /* NULL: it is loaded and destroyed */
    long (*fail_after)(long after);
    enum trkx_status failure; /* what a failure is */
    long step;                /* of the calls each step-th fails */
    long calls;               /* that could have failed, of the last time */
};

static enum trkx_status make(struct attempt *attempt, trkx_result **result, trkx_error *error)
{
    const struct choice choice = {.bundle = attempt->bundle, .device = "cuda:0"};
    trkx_pipeline *pipeline = attempt->pipeline;
    enum trkx_status status = pipeline != NULL ? TRKX_OK : try_load(&choice, &pipeline, error);
    if (status == TRKX_OK && attempt->pipeline != NULL)
        status = trkx_pipeline_run(pipeline, trkx_event_hits(common.small), NULL, result, error);
    attempt->calls = attempt->fail_after(-1);
    if (attempt->pipeline == NULL) {
        assert_int_equal(pipeline != NULL, status == TRKX_OK);
        trkx_pipeline_destroy(pipeline);
    }
    return status;
}

static void let_each_fail(const char *name, struct attempt *attempt)
{
    trkx_result *expected = NULL;
    trkx_error error = {TRKX_OK, ""};
    long alive = common.inside->alive();
    for (int i = 0; i < 3; i++) { /* from now on its memory is there */
        trkx_result_destroy(expected);
        expected = NULL;
        attempt->fail_after(-1);
        expect_ok(make(attempt, &expected, &error), &error);
    }
    long count = attempt->calls;
    print_message("%s: %ld calls\n", name, count);
    assert_true(count > 0);
    for (long after = 0; after < count; after += attempt->step) {
        trkx_result *result = NULL;
        error = (trkx_error){TRKX_OK, ""};
        attempt->fail_after(after);
        enum trkx_status status = make(attempt, &result, &error);
        if (status != attempt->failure || error.status != status || error.message[0] == '\0')
            fail_msg("%s, call %ld of %ld: status %d, \"%s\"", name, after, count, status, error.message);
        assert_null(result);
        if (attempt->pipeline != NULL) assert_nothing_held(attempt->pipeline);
    }
    trkx_result *found = NULL;
    expect_ok(make(attempt, &found, &error), &error);
    if (expected != NULL) assert_same_outcome(expected, found);
    trkx_result_destroy(found);
    trkx_result_destroy(expected);
    if (attempt->pipeline == NULL) assert_int_equal(common.inside->alive(), alive);
}

static void each_call_of_the_device_may_fail(void **state)
{
    const char *const bundles[] = {DEFAULT, common.components};
    (void)state;
    for (size_t b = 0; b < 2; b++) {
        struct attempt attempt = {bundles[b], NULL, common.inside->fail_after, TRKX_ERROR_DEVICE, 1, 0};
        let_each_fail("loading", &attempt);
        attempt.pipeline = load(bundles[b], "cuda:0");
        let_each_fail("running", &attempt);
        trkx_pipeline_destroy(attempt.pipeline);
    }
}

static void each_allocation_of_opening_devices_may_fail(void **state)
{
    const struct trkx_devices_spec spec = {.names = "cuda:0,cuda:0", .max_memory = 1 << 20};
    struct trkx_devices *devices = NULL;
    trkx_error error;
    long alive = common.inside->alive(), after = 0;
    (void)state;
    for (;; after++) {
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_devices_open(&spec, &devices, &error);
        trkx_memory_fail_after(-1);
        assert_int_equal(devices != NULL, status == TRKX_OK);
        if (status == TRKX_OK) break;
        assert_int_equal(status, TRKX_ERROR_MEMORY);
        assert_int_equal(common.inside->alive(), alive);
    }
    assert_true(after > 0);
    trkx_devices_close(devices);
    assert_int_equal(common.inside->alive(), alive);
}

static void allocations_may_fail(void **state)
{
    enum { SOME = 13 }; /* of loading: most of them are the networks', as on the CPU */
    struct attempt attempt = {common.components, NULL, trkx_memory_fail_after, TRKX_ERROR_MEMORY, SOME, 0};
    (void)state;
    let_each_fail("loading", &attempt);
    attempt.step = 1;
    attempt.pipeline = load(common.components, "cuda:0");
    let_each_fail("running", &attempt);
    trkx_pipeline_destroy(attempt.pipeline);
}

/* ---- memory ----------------------------------------------------------------------------------------- */

/* Runs an event within a budget. */
static enum trkx_status run_within(size_t budget, trkx_result **result, trkx_error *error)
{
    const struct choice choice = {.bundle = DEFAULT, .device = "cuda:0", .max_memory = budget};
    trkx_pipeline *pipeline = NULL;
    expect_ok(try_load(&choice, &pipeline, error), error);
    *result = NULL;
    enum trkx_status status =
        trkx_pipeline_run(pipeline, trkx_event_hits(common.events[0]), NULL, result, error);
    trkx_cuda_usage usage = usage_of(pipeline, 0);
    assert_true(usage.budget == budget && usage.reserved <= budget);
    assert_nothing_held(pipeline);
    trkx_pipeline_destroy(pipeline);
    return status;
}

/* From plenty down to nothing: the answer stays the same until it is refused. */
static void a_budget_is_kept_or_refused(void **state)
{
    trkx_pipeline *pipeline = load(DEFAULT, "cuda:0");
    trkx_result *expected = run(pipeline, trkx_event_hits(common.events[0]), NULL), *found = NULL;
    size_t budget = expected->total.peak_bytes * 2, kept = 0, refused = 0;
    trkx_error error;
    (void)state;
    trkx_pipeline_destroy(pipeline);
    for (; refused < 2; budget -= budget / 5) {
        enum trkx_status status = run_within(budget, &found, &error);
        if (status == TRKX_OK) assert_same_outcome(expected, found);
        trkx_result_destroy(found);
        kept += status == TRKX_OK;
        refused += status != TRKX_OK;
        if (status == TRKX_OK) continue;
        assert_int_equal(status, TRKX_ERROR_MEMORY);
        assert_non_null(strstr(error.message, "bytes"));
        print_message("%s\n", error.message);
    }
    assert_true(kept >= 2);
    trkx_result_destroy(expected);
}

/* The filter's scores of many edges within a budget; NULL where it is refused. */
static float *filter_within(size_t budget, const trkx_hits *hits, const trkx_edges *edges)
{
    const struct choice choice = {
        .bundle = DEFAULT, .device = "cuda:0", .max_memory = budget, .filter_batch = edges->count};
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    expect_ok(try_load(&choice, &pipeline, &error), &error);
    float *scores = space(edges->count);
    float *features = space(hits->count * trkx_pipeline_features_count(pipeline, TRKX_NETWORK_FILTER));
    expect_ok(trkx_pipeline_features(pipeline, TRKX_NETWORK_FILTER, hits, features, &error), &error);
    enum trkx_status status = trkx_filter(pipeline, features, hits->count, edges, scores, &error);
    trkx_pipeline_destroy(pipeline);
    free(features);
    if (status == TRKX_OK) return scores;
    assert_int_equal(status, TRKX_ERROR_MEMORY);
    free(scores);
    return NULL;
}

/* Edges that do not go through the filter at once go in parts. */
static void what_does_not_fit_is_filtered_in_parts(void **state)
{
    enum {
        M = 20000,
        WHOLE = M * (2 * sizeof(int64_t) + sizeof(uint64_t) + sizeof(float))
    }; /* edges, scores */
    const trkx_hits *hits = trkx_event_hits(common.events[0]);
    int64_t *index = calloc(2 * M, sizeof *index);
    const trkx_edges edges = {.count = M, .index = index};
    (void)state;
    assert_non_null(index);
    for (size_t e = 0; e < M; e++) {
        index[e] = (int64_t)(e % hits->count);
        index[M + e] = (int64_t)((7 * e + 1) % hits->count);
    }
    float *expected = filter_within(2 * WHOLE, hits, &edges), *found = filter_within(WHOLE, hits, &edges);
    assert_true(expected != NULL && found != NULL);
    assert_memory_equal(expected, found, M * sizeof *expected);
    free(found);
    free(expected);
    free(index);
}

/* A device whose networks are not the host's: ONNX Runtime for the CPU has no provider for it. Its memory is
 * there all the same. */
static struct trkx_device open_foreign(size_t budget)
{
    struct trkx_device device = {.allocate = common.cuda->backend.allocate,
                                 .release = common.cuda->backend.release};
    trkx_error error;
    expect_ok(common.cuda->open(0, budget, &device.context, &error), &error);
    return device;
}

static enum trkx_status load_for(const struct trkx_device *device, trkx_error *error)
{
    static const struct trkx_tensor_spec input = {"sp_features", TRKX_ELEMENT_FLOAT, 2, {-1, -1}};
    static const char model[] = "never looked at";
    const struct trkx_session_spec spec = {.file = "model.onnx",
                                           .model = model,
                                           .model_bytes = sizeof model,
                                           .inputs = &input,
                                           .inputs_count = 1,
                                           .output = input,
                                           .threads = 1,
                                           .device = device};
    struct trkx_session *session = NULL;
    enum trkx_status status = trkx_session_create(&spec, &session, error);
    assert_null(session);
    return status;
}

static void a_runtime_without_cuda_is_told(void **state)
{
    trkx_error error;
    (void)state;
    struct trkx_device foreign = open_foreign(1 << 20);
    assert_int_equal(load_for(&foreign, &error), TRKX_ERROR_DEVICE);
    assert_non_null(strstr(error.message, "has no CUDA provider that works here"));
    assert_non_null(strstr(error.message, "onnxruntime-gpu"));
    common.cuda->close(foreign.context);
}

static void networks_take_their_memory_from_the_pool(void **state)
{
    enum { BUDGET = 1 << 20 };
    const OrtApi *api = OrtGetApiBase()->GetApi(TRKX_ORT_API);
    trkx_pipeline *runtime = load(DEFAULT, "cpu"); /* the environment stays */
    trkx_cuda_usage usage;
    trkx_error error;
    void *block = NULL, *refused = NULL;
    (void)state;
    struct trkx_device foreign = open_foreign(BUDGET);
    load_for(&foreign, &error);
    OrtAllocator *allocator = trkx_ort_device_allocator(0);
    assert_non_null(allocator);
    assert_null(trkx_ort_enter_device(&foreign));
    assert_null(api->AllocatorAlloc(allocator, 1000, &block));
    assert_non_null(block);
    common.inside->usage(foreign.context, &usage);
    assert_true(usage.blocks == 1 && usage.held >= 1000);
    OrtStatus *status = api->AllocatorAlloc(allocator, 2 * BUDGET, &refused);
    assert_non_null(status);
    api->ReleaseStatus(status);
    assert_true(trkx_ort_device_refused(&error));
    assert_int_equal(error.status, TRKX_ERROR_MEMORY);
    assert_non_null(strstr(error.message, "a network's tensors"));
    assert_false(trkx_ort_device_refused(&error));
    assert_null(api->AllocatorFree(allocator, block));
    assert_ptr_equal(trkx_ort_enter_device(NULL), &foreign);
    common.inside->usage(foreign.context, &usage);
    assert_int_equal(usage.blocks, 0);
    common.cuda->close(foreign.context);
    trkx_pipeline_destroy(runtime);
    assert_null(trkx_ort_device_allocator(0));
}

/* ---- wrong arguments -------------------------------------------------------------------------------- */

static void wrong_devices_are_refused(void **state)
{
    static const char *const names[] = {"",       "gpu",     "cuda",         "cuda:",    "cuda:-1",
                                        "cuda:x", "cuda:0,", "cuda:0,cuda:", "cuda:0;1", "cuda:99999"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct choice choice = {.bundle = DEFAULT, .device = names[i]};
        trkx_pipeline *pipeline = NULL;
        trkx_error error;
        assert_int_equal(try_load(&choice, &pipeline, &error), TRKX_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "is not cpu, auto, cuda:N"));
        assert_null(pipeline);
    }
}

static void a_device_that_is_not_there_is_named(void **state)
{
    const struct choice choice = {.bundle = DEFAULT, .device = "cuda:7"};
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    (void)state;
    assert_int_equal(try_load(&choice, &pipeline, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "7"));
    assert_null(pipeline);
}

static void a_budget_is_for_devices(void **state)
{
    const struct choice choice = {.bundle = DEFAULT, .device = "cpu", .max_memory = 1 << 30};
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    (void)state;
    assert_int_equal(try_load(&choice, &pipeline, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "max_memory"));
}

static void auto_takes_the_device_or_says_why_not(void **state)
{
    char library[PATH_MAX];
    (void)state;
    trkx_pipeline *pipeline = load(DEFAULT, "auto");
    assert_int_equal(trkx_pipeline_device(pipeline)->count, 1);
    assert_null(trkx_pipeline_device(pipeline)->fallback);
    assert_string_equal(trkx_pipeline_device(pipeline)->description, "host");
    trkx_pipeline_destroy(pipeline);
    snprintf(library, sizeof library, "%s", getenv("TRKX_CUDA_LIBRARY"));
    setenv("TRKX_CUDA_LIBRARY", "/nowhere/libtrkx_cuda.so", 1);
    pipeline = load(DEFAULT, "auto");
    setenv("TRKX_CUDA_LIBRARY", library, 1);
    assert_int_equal(trkx_pipeline_device(pipeline)->count, 0);
    assert_string_equal(trkx_pipeline_device(pipeline)->device, "cpu");
    assert_non_null(strstr(trkx_pipeline_device(pipeline)->fallback, "/nowhere/libtrkx_cuda.so"));
    trkx_pipeline_destroy(pipeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined_and_completed_tracks_are_the_cpu_s),
        cmocka_unit_test(components_are_the_cpu_s),
        cmocka_unit_test(kept_edges_are_the_cpu_s),
        cmocka_unit_test(the_filter_s_batches_do_not_matter),
        cmocka_unit_test(small_events_are_run),
        cmocka_unit_test(a_position_that_is_not_finite_is_named),
        cmocka_unit_test(copies_are_the_tensors_of_the_cpu),
        cmocka_unit_test(without_being_asked_for_nothing_but_labels_comes_back),
        cmocka_unit_test(the_hook_stops_the_run_anywhere),
        cmocka_unit_test(single_networks_give_the_cpu_s_bytes),
        cmocka_unit_test(events_share_the_devices),
        cmocka_unit_test(each_call_of_the_device_may_fail),
        cmocka_unit_test(each_allocation_of_opening_devices_may_fail),
        cmocka_unit_test(allocations_may_fail),
        cmocka_unit_test(a_budget_is_kept_or_refused),
        cmocka_unit_test(what_does_not_fit_is_filtered_in_parts),
        cmocka_unit_test(a_runtime_without_cuda_is_told),
        cmocka_unit_test(networks_take_their_memory_from_the_pool),
        cmocka_unit_test(wrong_devices_are_refused),
        cmocka_unit_test(a_device_that_is_not_there_is_named),
        cmocka_unit_test(a_budget_is_for_devices),
        cmocka_unit_test(auto_takes_the_device_or_says_why_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
