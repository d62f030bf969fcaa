/* Proves that the GPU's search by radius, run on the processor's threads, gives the same bytes as the
 * CPU's: for any size, dimension, k, arrangement of points, direction of edges and number of threads, however
 * far apart the points are and however little memory there is; and that it rejects what it cannot do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <omp.h>

#include "graph/edges.h"
#include "tests/gpu/gpu.h"
#include "tests/points.h"

static trkx_edges_options options_of(double radius, size_t k)
{
    trkx_edges_options options;
    trkx_edges_options_init(&options);
    options.radius = radius;
    options.k = k;
    return options;
}

/* Returns the number of edges. */
static size_t compare_options(const float *points, size_t n, size_t dim, const float *xyz,
                              trkx_edges_options options)
{
    trkx_edges expected;
    trkx_backend_edges edges;
    void *there = on_device(points, n * dim * sizeof *points);
    void *positions = on_device(xyz, 3 * n * sizeof *xyz);
    OK(trkx_radius_graph(points, n, dim, &options, &expected, &gpu_error));
    OK(trkx_edges_orient(xyz, n, &expected, &gpu_error));
    OK(gpu->radius_graph(context, &(trkx_backend_points){there, n, dim, positions}, &options, &edges,
                         &gpu_error));
    expect_edges(&edges, &expected, NULL);
    gpu->release(context, there);
    gpu->release(context, positions);
    size_t count = expected.count;
    trkx_edges_destroy(&expected);
    return count;
}

static size_t compare_edges(const float *points, size_t n, size_t dim, const float *xyz, double radius,
                            size_t k)
{
    return compare_options(points, n, dim, xyz, options_of(radius, k));
}

static size_t compare(const float *points, size_t n, size_t dim, double radius, size_t k)
{
    float *xyz = in_a_box(n, 3, n + dim);
    size_t count = compare_edges(points, n, dim, xyz, radius, k);
    free(xyz);
    return count;
}

static void test_every_size(void **state)
{
    const size_t sizes[] = {0, 1, 2, 3, 31, 32, 33, 255, 256, 257, 1000};
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t dim = 1; dim <= 8; dim += 7) try_arrangements(compare, sizes[s], dim, 0.5, 500);
}

static void test_every_dimension(void **state)
{
    (void)state;
    for (size_t dim = 1; dim <= 32; dim++) try_arrangements(compare, 250, dim, 0.4 * sqrt((double)dim), 500);
}

static void test_every_k(void **state)
{
    (void)state;
    try_every_k(compare);
}

static void test_radius_itself(void **state)
{
    (void)state;
    try_radius_itself(compare);
}

/* Many cells between the points, more than a number of 32 bits can count; neighbours there are equal, or next
 * to each other among the floats; and signed zeros, and what squares to nothing. */
static void test_far_apart(void **state)
{
    const float scales[] = {1e-44f, 1e-30f, 1e-20f, 1, 1e7f, 1e15f, 1e30f, 3e38f};
    const double radii[] = {TRKX_RADIUS_MIN, 1e-17, 1e-3, 1, 3, 1e7, 1e19, TRKX_RADIUS_MAX};
    enum { N = 400, DIM = 4 };
    float points[N * DIM];
    size_t found = 0;
    (void)state;
    for (size_t i = 0; i < N * DIM; i++) {
        uint64_t seed = i / DIM / 2 * 100 + i % DIM; /* two of each */
        float x = uniform(&seed) * scales[i / DIM % 8];
        points[i] = i % 11 == 0 ? -0.0f : i % 13 == 0 ? 0.0f : i % 7 == 0 ? nextafterf(x, 1) : x;
    }
    for (size_t r = 0; r < 8; r++)
        for (size_t dim = 1; dim <= DIM; dim++)
            found += compare(points, N * DIM / dim, dim, radii[r], r % 2 == 0 ? 500 : 3);
    assert_true(found > 1000);
}

/* Each size and radius around the width of a cell: what rounding could lose is there. */
static void test_edges_of_cells(void **state)
{
    (void)state;
    for (int r = 1; r <= 40; r++) {
        float points[200], radius = (float)r * 0.1f;
        for (int i = 0; i < 200; i++)
            points[i] = nextafterf((float)(i / 2 - 50) * radius, i % 2 == 0 ? -1e9f : 1e9f);
        assert_true(compare(points, 200, 1, (double)radius, 500) >= 100);
        compare(points, 100, 2, (double)radius, 500);
    }
}

static void test_saturated_everywhere(void **state)
{
    float *points = all_equal(1500, 8, 0);
    trkx_edges_options options = options_of(1, 7);
    trkx_backend_edges edges;
    (void)state;
    void *there = on_device(points, (size_t)1500 * 8 * sizeof *points);
    OK(gpu->radius_graph(context, &(trkx_backend_points){there, 1500, 8, there}, &options, &edges,
                         &gpu_error));
    assert_int_equal(edges.saturated, 1500);
    gpu->release_edges(context, &edges);
    gpu->release(context, there);
    for (size_t k = 1; k <= 1000; k = 10 * k) compare(points, 1500, 8, 1, k);
    free(points);
    points = in_clusters(3000, 3, 4); /* one dense cluster */
    compare(points, 3000, 3, 2, 1000);
    free(points);
}

/* The same bytes with 1 to 4 threads and again: a race would show as another byte. */
static void test_threads_and_repetition(void **state)
{
    size_t n = large();
    float *points = in_clusters(n, 8, 1);
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        omp_set_num_threads(threads);
        assert_true(compare(points, n, 8, 0.2, 500) > n);
        compare(points, n / 20, 8, 0.4, 4);
    }
    omp_set_num_threads(omp_get_num_procs());
    free(points);
    points = with_a_dense_spot(n / 20, 2, 2);
    for (int again = 0; again < 5; again++) compare(points, n / 20, 2, 0.05, 20);
    free(points);
}

/* ---- memory ----------------------------------------------------------------------------------------- */

/* The smallest budget, in steps of a sixth, that is enough. Below it, the search is refused, and says so. */
static void test_budget(void **state)
{
    enum { N = 2000, K = 50 };
    float *points = in_a_box(N, 3, 9);
    size_t budget = 60000, refused = 0;
    (void)state;
    close_context();
    for (bool done = false; !done; budget += budget / 6) {
        trkx_edges_options options = options_of(0.9, K);
        trkx_edges expected;
        trkx_backend_edges edges;
        trkx_cuda_usage usage;
        open_context(budget);
        void *there = on_device(points, sizeof *points * N * 3);
        enum trkx_status status = gpu->radius_graph(context, &(trkx_backend_points){there, N, 3, there},
                                                    &options, &edges, &gpu_error);
        gpu->release(context, there);
        inside->usage(context, &usage);
        assert_true(usage.peak <= budget && usage.reserved <= budget);
        done = status == TRKX_OK;
        if (done) {
            assert_int_equal(edges.saturated, N);
            OK(trkx_radius_graph(points, N, 3, &options, &expected, &gpu_error));
            OK(trkx_edges_orient(points, N, &expected, &gpu_error));
            expect_edges(&edges, &expected, NULL);
            trkx_edges_destroy(&expected);
        } else {
            assert_int_equal(status, TRKX_ERROR_MEMORY);
            assert_non_null(strstr(gpu_error.message, " bytes are needed for "));
            assert_null(edges.pairs);
            refused++;
        }
        close_context();
    }
    assert_true(refused > 3);
    assert_true(budget < 6 << 20); /* all rows of 2 k keys at a time were 2.4 MB, the pairs twice are 1.6 */
    open_context((size_t)2 << 30);
    free(points);
}

/* ---- what goes wrong -------------------------------------------------------------------------------- */

static const char *rejection(const float *points, size_t n, size_t dim, double radius, size_t k)
{
    trkx_edges_options options = options_of(radius, k);
    trkx_backend_edges edges = {.count = 7};
    void *there = on_device(points, n > 1000 ? 4 : n * dim * sizeof *points);
    gpu_error = (trkx_error){0};
    assert_int_equal(gpu->radius_graph(context, &(trkx_backend_points){there, n, dim, there}, &options,
                                       &edges, &gpu_error),
                     TRKX_ERROR_ARGUMENT);
    assert_int_equal(gpu_error.status, TRKX_ERROR_ARGUMENT);
    assert_int_equal(edges.count, 0);
    gpu->release(context, there);
    return gpu_error.message;
}

static void test_bad_arguments(void **state)
{
    float points[40] = {0};
    trkx_backend_edges edges;
    trkx_edges_options options = options_of(1, 1);
    (void)state;
    assert_non_null(strstr(rejection(points, 2, 3, 0, 1), "radius"));
    assert_non_null(strstr(rejection(points, 2, 3, NAN, 1), "radius"));
    assert_non_null(strstr(rejection(points, 2, 3, 1, 0), "k is 0"));
    assert_non_null(strstr(rejection(points, 2, 0, 1, 1), "0 dimensions"));
    assert_non_null(strstr(rejection(points, 1, 33, 1, 1), "33 dimensions"));
    assert_non_null(strstr(rejection(points, (size_t)1 << 31, 1, 1, 1), "2147483648 points"));
    points[7] = NAN;
    points[9] = INFINITY;
    assert_non_null(strstr(rejection(points, 10, 3, 1, 1), "row 2 "));
    points[7] = 0;
    assert_non_null(strstr(rejection(points, 10, 3, 1, 1), "row 3 "));
    OK(gpu->radius_graph(context, &(trkx_backend_points){NULL, 0, 3, NULL}, &options, &edges,
                         NULL)); /* no points */
}

static void test_own_ks(void **state)
{
    enum { N = 2000 };
    uint32_t ks[N];
    float *points = in_clusters(N, 3, 11), *xyz = in_a_box(N, 3, 12);
    trkx_backend_edges edges;
    (void)state;
    for (size_t i = 0; i < N; i++) ks[i] = (uint32_t)(1 + i * i % 23);
    for (double radius = 0.05; radius < 2; radius *= 3) {
        trkx_edges_options options = options_of(radius, 1);
        options.ks = ks;
        assert_true(compare_options(points, N, 3, xyz, options) > 0);
    }
    ks[N / 2] = 0;
    trkx_edges_options options = options_of(1, 1);
    options.ks = ks;
    void *there = on_device(points, N * 3 * sizeof *points);
    assert_int_equal(
        gpu->radius_graph(context, &(trkx_backend_points){there, N, 3, there}, &options, &edges, &gpu_error),
        TRKX_ERROR_ARGUMENT);
    gpu->release(context, there);
    free(points);
    free(xyz);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_ks),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_every_dimension),
        cmocka_unit_test(test_every_k),
        cmocka_unit_test(test_radius_itself),
        cmocka_unit_test(test_far_apart),
        cmocka_unit_test(test_edges_of_cells),
        cmocka_unit_test(test_saturated_everywhere),
        cmocka_unit_test(test_threads_and_repetition),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, gpu_setup, gpu_teardown);
}
