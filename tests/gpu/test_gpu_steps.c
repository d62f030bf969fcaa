/* Proves that the GPU's steps between the networks, run on the processor's threads, give the same bytes as
 * the CPU's: features, batches of edges, sigmoid, cuts, components and tracks, with any number of threads;
 * that a pool keeps its budget; and that every call to the device may fail: this gives a status, leaves
 * nothing behind, and the next call works. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <omp.h>

#include "graph/edges.h"
#include "pipeline/backend_cpu.h"
#include "pipeline/edge_tensors.h"
#include "tests/gpu/gpu.h"
#include "tests/points.h"

/* ---- devices and memory ----------------------------------------------------------------------------- */

static void test_interface(void **state)
{
    int count = 0;
    trkx_cuda_device device;
    trkx_backend_context *none = context;
    (void)state;
    assert_null(trkx_cuda_interface(TRKX_CUDA_VERSION + 1));
    assert_int_equal(library->version, TRKX_CUDA_VERSION);
    assert_int_equal(library->size, sizeof *library);
    assert_true(library->host);
    OK(library->count_devices(&count, &gpu_error));
    assert_int_equal(count, 1);
    OK(library->describe(0, &device, &gpu_error));
    assert_true(device.free_memory > 0);
    assert_int_equal(library->describe(1, &device, &gpu_error), TRKX_ERROR_ARGUMENT);
    assert_int_equal(library->open(-1, 0, &none, &gpu_error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(gpu_error.message, "no device -1"));
    assert_null(none);
    OK(gpu->synchronise(context, &gpu_error));
    library->close(NULL);
}

static void test_pool(void **state)
{
    enum { BUDGET = 10000 };
    trkx_cuda_usage usage;
    void *a, *b, *c = &usage;
    (void)state;
    close_context();
    open_context(BUDGET);
    OK(gpu->allocate(context, 6000, "a", &a, &gpu_error));
    OK(gpu->allocate(context, 0, "nothing", &b, &gpu_error));
    assert_int_equal((uintptr_t)a % 256, 0);
    assert_int_equal(gpu->allocate(context, 4000, "sums", &c, &gpu_error), TRKX_ERROR_MEMORY);
    assert_null(c);
    assert_non_null(strstr(gpu_error.message, "4000 bytes are needed for sums"));
    assert_non_null(strstr(gpu_error.message, "budget of 10000"));
    assert_int_equal(gpu->allocate(context, SIZE_MAX, "too much", &c, &gpu_error), TRKX_ERROR_MEMORY);
    gpu->release(context, a);
    gpu->release(context, NULL);
    OK(gpu->allocate(context, 5500, "again", &c, &gpu_error)); /* the same block */
    assert_ptr_equal(c, a);
    gpu->release(context, c);
    OK(gpu->allocate(context, 9000, "what was kept is given back first", &c, &gpu_error));
    inside->usage(context, &usage);
    assert_int_equal(usage.blocks, 2);
    assert_true(usage.held >= 9000 && usage.held <= BUDGET && usage.reserved == usage.held);
    gpu->release(context, c);
    gpu->release(context, b);
    assert_true((inside->usage(context, &usage), usage.peak) >= 9000);
    gpu->restart_peak(context);
    inside->trim(context);
    inside->usage(context, &usage);
    assert_int_equal(usage.peak, 0);
    assert_int_equal(usage.reserved, 0);
    OK(gpu->allocate(context, 100, "left behind", &c, &gpu_error)); /* closing gives it back */
    library->close(context);
    assert_int_equal(inside->alive(), 0);
    open_context((size_t)1 << 30);
}

/* ---- features --------------------------------------------------------------------------------------- */

static void test_features(void **state)
{
    enum { N = 3000, F = 12 };
    float *xyz = in_a_box(N, 3, 1);
    trkx_feature_spec specs[F];
    float *expected = malloc(sizeof(float) * N * F), *features = malloc(sizeof(float) * N * F);
    size_t count = 0;
    (void)state;
    for (int i = 0; i < 3 * N; i++) xyz[i] *= i % 3 == 2 ? 3000 : 1000;
    for (int i = 0; i < 9; i++)
        xyz[3 * 100 + i] = i % 4 == 0 ? 1e-44f : 0; /* on the beam line, and the origin */
    for (int f = 0; f < TRKX_FEATURE_KINDS; f++)
        if (gpu->computes((enum trkx_feature)f)) {
            assert_true(count < F);
            specs[count++] = (trkx_feature_spec){.feature = (enum trkx_feature)f,
                                                 .scale = f % 2 == 0 ? 1000 : 3.141592653589793};
        }
    assert_int_equal(count, F);
    trkx_hits hits = {.count = N, .xyz = xyz};
    OK(trkx_features(&hits, NULL, specs, F, 1, expected, &gpu_error));
    void *positions = on_device(xyz, sizeof *xyz * 3 * N),
         *there = on_device(features, sizeof *features * N * F);
    OK(gpu->features(context, positions, N, specs, F, there, &gpu_error));
    OK(gpu->download(context, features, there, sizeof *features * N * F, &gpu_error));
    assert_memory_equal(features, expected, sizeof *features * N * F);
    gpu->release(context, positions);
    gpu->release(context, there);
    free(xyz);
    free(expected);
    free(features);
}

/* ---- edges ------------------------------------------------------------------------------------------ */

/* Random edges among n hits; scores of which a tenth is NaN. Released by the caller. */
static trkx_edges random_graph(size_t n, size_t m, uint64_t seed, float **scores)
{
    trkx_edges edges = {
        .count = m, .index = trkx_allocate(NULL, 2 * m, sizeof *edges.index), .saturated = m % 7};
    *scores = malloc((m + 1) * sizeof **scores);
    for (size_t i = 0; i < 2 * m; i++) edges.index[i] = (int64_t)(next_random(&seed) % n);
    for (size_t e = 0; e < m; e++) (*scores)[e] = next_random(&seed) % 10 == 0 ? NAN : uniform(&seed);
    return edges;
}

static void test_bad_edges(void **state)
{
    const int64_t wrong[][2] = {{-1, 0}, {0, (int64_t)1 << 31}};
    (void)state;
    for (int w = 0; w < 2; w++) {
        trkx_backend_edges there = {.count = 7};
        assert_int_equal(gpu->upload_edges(context, wrong[w], 1, &there, &gpu_error), TRKX_ERROR_ARGUMENT);
        assert_non_null(strstr(gpu_error.message, "edge 0 runs from"));
        assert_null(there.pairs);
    }
}

/* Each form of a network's edges is the CPU's, byte by byte. */
static void test_batches(void **state)
{
    enum { N = 500, M = 3000, F = 5, FIRST = 1234, COUNT = 999, BYTES = COUNT * 2 * F * sizeof(float) };
    float *scores, *features = in_a_box(N, F, 5);
    trkx_edges edges = random_graph(N, M, 3, &scores);
    trkx_backend_edges there = edges_on_device(&edges, NULL);
    unsigned char *expected = calloc(BYTES, 1), *found = calloc(BYTES, 1);
    void *to = on_device(found, BYTES), *columns = on_device(features, sizeof *features * N * F);
    const bool forms[][3] = {{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {1, 0, 0}};
    (void)state;
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        trkx_edge_form form = {forms[f][0], forms[f][1], forms[f][2], features, F};
        size_t bytes = COUNT * trkx_edge_form_bytes(&form);
        trkx_edge_tensor_put(&form, edges.index + FIRST, edges.index + M + FIRST, COUNT, expected);
        form.features = columns;
        OK(gpu->edge_tensor(context, &there, FIRST, COUNT, &form, to, &gpu_error));
        OK(gpu->download(context, found, to, bytes, &gpu_error));
        assert_memory_equal(found, expected, bytes);
        OK(gpu->edge_tensor(context, &there, M, 0, &form, NULL, &gpu_error));
        assert_int_equal(gpu->edge_tensor(context, &there, M, 1, &form, to, &gpu_error), TRKX_ERROR_ARGUMENT);
        assert_int_equal(gpu->edge_tensor(context, &there, M + 1, 0, &form, to, &gpu_error),
                         TRKX_ERROR_ARGUMENT);
        assert_int_equal(gpu->edge_tensor(context, &there, 1, SIZE_MAX, &form, to, &gpu_error),
                         TRKX_ERROR_ARGUMENT);
    }
    gpu->release(context, to);
    gpu->release(context, columns);
    gpu->release_edges(context, &there);
    trkx_edges_destroy(&edges);
    free(expected);
    free(found);
    free(features);
    free(scores);
}

static void test_sigmoid(void **state)
{
    const float corners[] = {0, -0.0f, INFINITY, -INFINITY, NAN, 88, -88, -104, 1e-40f};
    enum { M = 10007, CORNERS = sizeof corners / sizeof *corners };
    struct trkx_cpu cpu = {NULL, 1};
    float *scores = in_a_box(M, 1, 6), *expected = malloc(sizeof *expected * M);
    (void)state;
    for (int e = 0; e < M; e++) expected[e] = scores[e] = e < CORNERS ? corners[e] : 100 * scores[e];
    void *there = on_device(scores, sizeof *scores * M);
    OK(gpu->sigmoid(context, there, M, &gpu_error));
    OK(gpu->download(context, scores, there, sizeof *scores * M, &gpu_error));
    OK(trkx_backend_cpu()->sigmoid(trkx_cpu_context(&cpu), expected, M, &gpu_error));
    assert_memory_equal(scores, expected, sizeof *scores * M);
    gpu->release(context, there);
    free(scores);
    free(expected);
}

static void test_cuts(void **state)
{
    const float cuts[] = {0.3f, -2, 2, 0, NAN};
    (void)state;
    for (size_t m = 0; m <= 100000; m = m < 100 ? m + 31 : 10 * m)
        for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
            float *scores;
            trkx_edges edges = random_graph(1000, m, m, &scores), over;
            trkx_backend_edges there = edges_on_device(&edges, scores), over_there;
            OK(trkx_edges_over(&edges, scores, cuts[c], &over, &gpu_error));
            OK(gpu->over(context, &there, cuts[c], &over_there, &gpu_error));
            assert_null(over_there.scores);
            expect_edges(&over_there, &over, NULL);
            trkx_edges_cut(&edges, scores, cuts[c]);
            OK(gpu->cut(context, &there, cuts[c], &gpu_error));
            expect_edges(&there, &edges, scores);
            trkx_edges_destroy(&over);
            trkx_edges_destroy(&edges);
            free(scores);
        }
}

static void test_edges_without_scores(void **state)
{
    float *scores;
    trkx_edges edges = random_graph(10, 100, 1, &scores);
    trkx_backend_edges there = edges_on_device(&edges, NULL);
    (void)state;
    assert_int_equal(gpu->cut(context, &there, 0, &gpu_error), TRKX_ERROR_ARGUMENT);
    expect_edges(&there, &edges, NULL);
    trkx_edges_destroy(&edges);
    free(scores);
}

/* ---- tracks ----------------------------------------------------------------------------------------- */

static void compare_tracks(size_t n, const trkx_edges *edges, const float *scores, size_t min_hits)
{
    trkx_labelling_options options;
    trkx_labelling_options_init(&options);
    options.cut = 0.3f;
    options.min_hits = min_hits;
    size_t tracks = 0, count = 0;
    int32_t *expected = malloc((n + 1) * sizeof *expected), *labels = malloc((n + 1) * sizeof *labels);
    trkx_backend_edges there = edges_on_device(edges, scores);
    void *to = on_device(labels, n * sizeof *labels);
    OK(trkx_components(n, edges, scores, &options, expected, &tracks, &gpu_error));
    OK(gpu->components(context, n, &there, &options, to, &count, &gpu_error));
    OK(gpu->download(context, labels, to, n * sizeof *labels, &gpu_error));
    assert_int_equal(count, tracks);
    if (n > 0) assert_memory_equal(labels, expected, n * sizeof *labels);
    gpu->release(context, to);
    gpu->release_edges(context, &there);
    free(expected);
    free(labels);
}

static void compare_random(size_t n, size_t m, size_t min_hits, uint64_t seed)
{
    float *scores;
    trkx_edges edges = random_graph(n > 0 ? n : 1, n > 0 ? m : 0, seed, &scores);
    compare_tracks(n, &edges, scores, min_hits);
    compare_tracks(n, &edges, NULL, min_hits);
    trkx_edges_destroy(&edges);
    free(scores);
}

static void test_tracks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (size_t m = 0; m <= 120; m += 24) compare_random(100, m, 1 + seed % 5, seed);
    for (size_t n = 0; n < 4; n++) compare_random(n, 3, 1, n);
}

/* The same bytes with 1 to 4 threads, and again. */
static void test_large_graphs(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        omp_set_num_threads(threads);
        compare_random(large(), large() / 6, 3, 1);
        compare_random(large(), large() / 2, 2, 2);
        compare_random(large() / 10, large(), 3, 3);
    }
    omp_set_num_threads(omp_get_num_procs());
}

/* A path, its hits in the worst order for an eager union, and all hits to one: one track. */
static void test_paths_and_stars(void **state)
{
    enum { N = 50000 };
    trkx_edges edges = {.count = N - 1, .index = malloc(2 * N * sizeof *edges.index)};
    (void)state;
    for (int shape = 0; shape < 3; shape++) {
        for (int64_t e = 0; e < N - 1; e++) {
            int64_t at = shape == 1 ? N - 2 - e : e;
            edges.index[e] = at;
            edges.index[N - 1 + e] = shape == 2 ? N - 1 : at + 1;
        }
        compare_tracks(N, &edges, NULL, N);
        compare_tracks(N, &edges, NULL, N + 1);
    }
    free(edges.index);
}

static void test_bad_tracks(void **state)
{
    const int64_t index[] = {0, 1, 2, 1, 5, 0};
    const trkx_edges edges = {.count = 3, .index = (int64_t *)(uintptr_t)index};
    trkx_backend_edges there = edges_on_device(&edges, NULL);
    trkx_labelling_options options;
    size_t count = 99;
    int32_t labels[6];
    void *to = on_device(labels, sizeof labels);
    (void)state;
    trkx_labelling_options_init(&options);
    assert_int_equal(gpu->components(context, 5, &there, &options, to, &count, &gpu_error),
                     TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(gpu_error.message, "edge 1 runs from 1 to 5, but there are 5 hits"));
    assert_int_equal(count, 99);
    gpu->release(context, to);
    gpu->release_edges(context, &there);
}

/* ---- every call may fail ---------------------------------------------------------------------------- */

enum { CHAIN_N = 300, CHAIN_LABELS = CHAIN_N * sizeof(int32_t) };

/* All steps once, from positions to labels. Whatever is allocated on the way is released, as far as it came.
 */
static enum trkx_status chain(int32_t *labels)
{
    const trkx_feature_spec specs[] = {
        {TRKX_FEATURE_R, 1, NULL}, {TRKX_FEATURE_PHI, 3, NULL}, {TRKX_FEATURE_Z, 2, NULL}};
    trkx_error *error = &gpu_error;
    trkx_edges_options options;
    trkx_labelling_options tracks;
    trkx_cuda_device device;
    trkx_backend_context *own = NULL;
    trkx_backend_edges edges = {0}, over = {0}, again = {0};
    void *xyz = NULL, *features = NULL, *batch = NULL, *to = NULL, *scores = NULL;
    int64_t *index = NULL;
    float *positions = in_a_box(CHAIN_N, 3, 8);
    enum trkx_status status = TRKX_OK;
    size_t count;
    int devices;
    trkx_edges_options_init(&options);
    trkx_labelling_options_init(&tracks);
    options.radius = 0.3;
    options.k = 4; /* some are saturated */
    tracks.min_hits = 2;
    TRKX_CHECK(library->count_devices(&devices, error));
    TRKX_CHECK(library->describe(0, &device, error));
    TRKX_CHECK(library->open(0, (size_t)1 << 30, &own, error));
    TRKX_CHECK(gpu->allocate(own, 3 * CHAIN_N * sizeof *positions, "positions", &xyz, error));
    TRKX_CHECK(gpu->allocate(own, 3 * CHAIN_N * sizeof *positions, "features", &features, error));
    TRKX_CHECK(gpu->allocate(own, CHAIN_LABELS, "labels", &to, error));
    TRKX_CHECK(gpu->upload(own, xyz, positions, 3 * CHAIN_N * sizeof *positions, error));
    TRKX_CHECK(gpu->features(own, xyz, CHAIN_N, specs, 3, features, error));
    TRKX_CHECK(
        gpu->radius_graph(own, &(trkx_backend_points){features, CHAIN_N, 3, xyz}, &options, &edges, error));
    const trkx_edge_form pairs = {.pairs = true, .features = features, .width = 3}, plain = {.pairs = false},
                         narrow = {.narrow = true};
    TRKX_CHECK(gpu->allocate(own, 6 * edges.count * sizeof(int64_t), "a batch", &batch, error));
    TRKX_CHECK(gpu->edge_tensor(own, &edges, 0, edges.count, &pairs, batch, error));
    TRKX_CHECK(gpu->edge_tensor(own, &edges, 0, edges.count, &plain, batch, error));
    TRKX_CHECK(gpu->edge_tensor(own, &edges, 0, edges.count, &narrow, batch, error));
    index = malloc(2 * edges.count * sizeof *index);
    TRKX_CHECK(gpu->download_edges(own, &edges, index, error));
    TRKX_CHECK(gpu->upload_edges(own, index, edges.count, &again, error));
    TRKX_CHECK(gpu->allocate(own, edges.count * sizeof *positions, "scores", &scores, error));
    edges.scores = scores;
    TRKX_CHECK(gpu->upload(own, edges.scores, positions, edges.count * sizeof *positions, error));
    TRKX_CHECK(gpu->sigmoid(own, edges.scores, edges.count, error));
    TRKX_CHECK(gpu->over(own, &edges, 0.3f, &over, error));
    TRKX_CHECK(gpu->cut(own, &edges, 0.4f, error));
    TRKX_CHECK(gpu->components(own, CHAIN_N, &edges, &tracks, to, &count, error));
    TRKX_CHECK(gpu->download(own, labels, to, CHAIN_LABELS, error));
    TRKX_CHECK(gpu->synchronise(own, error));
cleanup:
    if (own != NULL) { /* nothing but what was handed out is held */
        trkx_cuda_usage usage;
        void *blocks[] = {xyz, features, batch, to};
        for (size_t b = 0; b < 4; b++) gpu->release(own, blocks[b]);
        gpu->release_edges(own, &edges);
        gpu->release_edges(own, &over);
        gpu->release_edges(own, &again);
        inside->usage(own, &usage);
        assert_int_equal(usage.blocks, 0);
        assert_int_equal(usage.held, 0);
    }
    library->close(own);
    free(index);
    free(positions);
    return status;
}

static void test_every_failure(void **state)
{
    int32_t expected[CHAIN_N], labels[CHAIN_N];
    (void)state;
    long alive = inside->alive(), after = 0;
    omp_set_num_threads(2);
    OK(chain(expected));
    for (bool done = false; !done; after++) {
        inside->fail_after(after);
        gpu_error = (trkx_error){0};
        enum trkx_status status = chain(labels);
        inside->fail_after(-1);
        done = status == TRKX_OK;
        if (!done) {
            assert_int_equal(status, gpu_error.status);
            assert_true(status == TRKX_ERROR_DEVICE || status == TRKX_ERROR_MEMORY);
            assert_true(strlen(gpu_error.message) > 10);
        }
        assert_int_equal(inside->alive(), alive);
    }
    assert_true(after > 100);
    assert_memory_equal(labels, expected, sizeof labels);
    OK(chain(labels));
    assert_memory_equal(labels, expected, sizeof labels);
    omp_set_num_threads(omp_get_num_procs());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interface),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_bad_edges),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_sigmoid),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_edges_without_scores),
        cmocka_unit_test(test_tracks),
        cmocka_unit_test(test_large_graphs),
        cmocka_unit_test(test_paths_and_stars),
        cmocka_unit_test(test_bad_tracks),
        cmocka_unit_test(test_every_failure),
    };
    return cmocka_run_group_tests(tests, gpu_setup, gpu_teardown);
}
