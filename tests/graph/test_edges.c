/* Proves that the search by radius gives, byte for byte, the result of comparing all pairs: for any size,
 * dimension, k, arrangement of points and number of threads; that bad arguments and failing allocations are
 * errors that leave nothing behind; that edges are directed outwards; that a cut keeps order and scores; and
 * that the keys it uses sort and select correctly. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/keys.h"
#include "graph/edges.h"
#include "graph/radius_graph.h"
#include "graph/tree.h"
#include "tests/points.h"

static trkx_edges_options options_of(double radius, size_t k, int threads)
{
    trkx_edges_options options;
    trkx_edges_options_init(&options);
    options.radius = radius;
    options.k = k;
    options.threads = threads;
    return options;
}

/* ---- the search ------------------------------------------------------------------------------------- */

static void assert_same_edges(const trkx_edges *a, const trkx_edges *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->saturated, b->saturated);
    if (a->count == 0) {
        assert_null(a->index);
        assert_null(b->index);
    } else
        assert_memory_equal(a->index, b->index, 2 * a->count * sizeof *a->index);
}

/* With 1, 2 and 4 threads, as far as the points are enough for them. Returns the number of edges. */
static size_t compare_options(const float *points, size_t n, size_t dim, trkx_edges_options options)
{
    trkx_error error;
    trkx_edges expected;
    assert_int_equal(trkx_radius_graph_reference(points, n, dim, &options, &expected, &error), TRKX_OK);
    for (int threads = 1; threads <= 4; threads *= 2) {
        trkx_edges edges;
        options.threads = threads;
        assert_int_equal(trkx_radius_graph(points, n, dim, &options, &edges, &error), TRKX_OK);
        assert_same_edges(&edges, &expected);
        trkx_edges_destroy(&edges);
        assert_null(edges.index);
    }
    size_t count = expected.count;
    trkx_edges_destroy(&expected);
    return count;
}

static size_t compare(const float *points, size_t n, size_t dim, double radius, size_t k)
{
    return compare_options(points, n, dim, options_of(radius, k, 1));
}

static size_t compare_ks(const float *points, size_t n, size_t dim, double radius, const uint32_t *ks)
{
    trkx_edges_options options = options_of(radius, 1, 1);
    options.ks = ks;
    return compare_options(points, n, dim, options);
}

static void test_every_size(void **state)
{
    const size_t sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 100, 127, 128, 129, 255, 256, 257, 1000};
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t dim = 1; dim <= 8; dim += 7) try_arrangements(compare, sizes[s], dim, 0.5, 500);
}

static void test_every_dimension(void **state)
{
    (void)state;
    for (size_t dim = 1; dim <= TRKX_DIM_MAX; dim++)
        try_arrangements(compare, 300, dim, 0.4 * sqrt((double)dim), 500);
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

static void test_larger(void **state)
{
    (void)state;
    float *points = in_clusters(5000, 8, 1);
    assert_true(compare(points, 5000, 8, 0.7, 500) > 5000);
    compare(points, 5000, 8, 0.7, 5);
    free(points);
    try_arrangements(compare, 2200, 3, 0.1, 8);
    try_arrangements(compare, 2200, 12, 0.9, 500);
    points = with_a_dense_spot(10000, 2, 2); /* saturated nodes, before and after the pairs overflow */
    compare(points, 10000, 2, 0.2, 500);
    free(points);
}

/* With so many neighbours to keep, the points of a leaf are looked at a few at a time. */
static void test_large_k(void **state)
{
    enum { N = 4200, K = 4000 };
    float *points = on_a_grid(N, 3, 7);
    (void)state;
    for (size_t i = 0; i < (size_t)N * 3; i++) points[i] *= 0.1f;
    assert_true(compare(points, N, 3, 1, K) > (size_t)N * K / 2);
    free(points);
}

/* Heaps of k + 1 points, within the radius of each other: what is as near as the neighbours of the point
 * before are the k in the heap, and does not tell that there are more. Of heaps that are alone there are not.
 */
static void test_exactly_k_nearby(void **state)
{
    enum { K = 5, HEAPS = 300, N = HEAPS * (K + 1) };
    float *points = in_a_box(N, 2, 9);
    (void)state;
    for (size_t i = 0; i < N; i++) {
        size_t heap = i / (K + 1);
        points[2 * i] = (float)(heap % 20) + 1e-3f * points[2 * i];
        points[2 * i + 1] = (float)(heap / 20) + 1e-3f * points[2 * i + 1];
    }
    assert_int_equal(compare(points, N, 2, 1.2, K), HEAPS * K * (K + 1) / 2);
    assert_int_equal(compare(points, N, 2, 0.5, K), HEAPS * K * (K + 1) / 2);
    assert_int_equal(compare(points, N, 2, 0.5, K + 1), HEAPS * K * (K + 1) / 2);
    free(points);
}

/* Each node its own k: as by all pairs, whichever way the search goes, and as one k where all have the same.
 */
static void test_own_ks(void **state)
{
    enum { N = 3000 };
    uint32_t ks[N];
    float *points = in_clusters(N, 3, 11);
    (void)state;
    for (size_t i = 0; i < N; i++) ks[i] = (uint32_t)(1 + i * i % 23);
    for (double radius = 0.05; radius < 2; radius *= 3) assert_true(compare_ks(points, N, 3, radius, ks) > 0);
    ks[N / 2] = UINT32_MAX;
    compare_ks(points, N, 3, 0.3, ks);
    for (size_t i = 0; i < N; i++) ks[i] = 7;
    assert_int_equal(compare_ks(points, N, 3, 0.3, ks), compare(points, N, 3, 0.3, 7));
    free(points);
}

/* More pairs than n k: the search must not hold them all. 4 M pairs are 32 MiB. */
static void test_memory_stays_at_n_k(void **state)
{
    enum { N = 3000, K = 8 };
    struct trkx_memory memory = {0};
    trkx_edges edges;
    trkx_error error;
    trkx_edges_options options = options_of(10, K, 2);
    float *points = in_a_box(N, 4, 3);
    (void)state;
    assert_int_equal(
        trkx_radius_graph_in(&memory, &(struct trkx_points){points, N, 4, NULL}, &options, &edges, &error),
        TRKX_OK);
    assert_int_equal(edges.saturated, N);
    assert_true(memory.peak < 6 << 20);
    trkx_edges_destroy(&edges);
    assert_int_equal(memory.current, 0);
    free(points);
}

/* The three points on a line: the middle one is the nearest of both, and of equal distance to them. */
static void test_ties_go_to_the_lower_index(void **state)
{
    const float points[] = {1, 0, 2}; /* index 1 lies left, 0 in the middle, 2 right */
    const int64_t expected[] = {0, 0, 1, 2};
    trkx_error error;
    trkx_edges edges;
    trkx_edges_options options = options_of(3, 1, 1);
    (void)state;
    assert_int_equal(trkx_radius_graph(points, 3, 1, &options, &edges, &error), TRKX_OK);
    assert_int_equal(edges.count, 2);
    assert_int_equal(edges.saturated, 3);
    assert_memory_equal(edges.index, expected, sizeof expected);
    trkx_edges_destroy(&edges);
}

/* ---- many points in one place ----------------------------------------------------------------------- */

/* A part of the points, in a random order, to these places in turn. */
static void gather(float *points, size_t n, size_t dim, const float *places, size_t count, double part)
{
    for (size_t i = 0; i < n; i++)
        if ((double)(uint32_t)(i * 2654435761u) < part * 0x1p32)
            memcpy(points + i * dim, places + i % count * dim, dim * sizeof *points);
}

static void test_many_in_one_place(void **state)
{
    enum { N = 900, DIM = 3, PLACES = 7 };
    uint32_t ks[N];
    (void)state;
    for (size_t i = 0; i < N; i++) ks[i] = (uint32_t)(1 + i % 40);
    for (double part = 0.1; part <= 1; part += 0.45)
        for (size_t places = 1; places <= PLACES; places += 3)
            for (double radius = 0.2; radius < 4; radius *= 4) {
                float *points = in_a_box(N, DIM, 11), *some = in_a_box(PLACES, DIM, 12);
                gather(points, N, DIM, some, places, part);
                assert_true(compare(points, N, DIM, radius, 5) > 0);
                compare(points, N, DIM, radius, 100);
                compare_ks(points, N, DIM, radius, ks);
                free(points);
                free(some);
            }
}

/* Squares of differences that round to 0: of points near the origin, which are one place for all others, or
 * would be but for some that are not far away. */
static void test_places_by_rounding(void **state)
{
    enum { N = 700, DIM = 2 };
    (void)state;
    for (int between = 0; between < 2; between++) {
        float *points = in_a_box(N, DIM, 13);
        for (size_t i = 0; i < (size_t)N * DIM; i++) {
            if (i / DIM % 5 != 0) points[i] *= i % 3 == 0 ? -0x1p-76F : 0x1p-77F;
            if (i / DIM % 7 == 0 && between) points[i] = points[i] > 0 ? 0x1p-74F : -0.0F;
        }
        for (size_t k = 3; k < 200; k *= 6) {
            compare(points, N, DIM, 1, k);
            compare(points, N, DIM, TRKX_RADIUS_MIN, k);
        }
        free(points);
    }
}

/* Took 10 seconds. */
static void test_all_in_one_place(void **state)
{
    enum { N = 40000, K = 24, M = K * (K + 1) / 2 + (N - K - 1) * K };
    float *points = calloc(N, sizeof *points);
    trkx_edges_options options = options_of(1, K, 1);
    trkx_edges edges;
    (void)state;
    assert_int_equal(trkx_radius_graph(points, N, 1, &options, &edges, NULL), TRKX_OK);
    assert_int_equal(edges.count, M);
    assert_int_equal(edges.saturated, N);
    for (size_t e = 0, source = 0, target = 0; e < M;
         e++) { /* the first k + 1 with each other, others with k */
        size_t last = source < K ? N - 1 : K;
        if (target == last) target = ++source;
        target++;
        assert_true(edges.index[e] == (int64_t)source && edges.index[M + e] == (int64_t)target);
    }
    trkx_edges_destroy(&edges);
    free(points);
}

/* ---- squares at the ends of float32 ----------------------------------------------------------------- */

static void test_squares_that_overflow(void **state)
{
    enum { N = 400, DIM = 3 };
    const float scales[] = {1e19F, 9e18F, 3e38F, 1e-19F, 2e-19F, 1e-23F};
    (void)state;
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        float *points = in_a_box(N, DIM, 14);
        double radius = (double)scales[s] > 1 ? TRKX_RADIUS_MAX : TRKX_RADIUS_MIN;
        for (size_t i = 0; i < (size_t)N * DIM; i++) points[i] *= scales[s];
        for (size_t k = 4; k < 2000; k *= 10) {
            compare(points, N, DIM, radius, k);
            compare(points, N, DIM, sqrt(radius), k);
        }
        free(points);
    }
}

/* ---- what goes wrong -------------------------------------------------------------------------------- */

/* Returns the message, which is valid until the next call. */
static const char *rejection(const float *points, size_t n, size_t dim, double radius, size_t k, int threads)
{
    static trkx_error error;
    int64_t dummy;
    trkx_edges edges = {.count = 7, .index = &dummy};
    trkx_edges_options options = options_of(radius, k, threads);
    error = (trkx_error){0};
    assert_int_equal(trkx_radius_graph(points, n, dim, &options, &edges, &error), TRKX_ERROR_ARGUMENT);
    assert_int_equal(error.status, TRKX_ERROR_ARGUMENT);
    assert_int_equal(edges.count, 0);
    assert_null(edges.index);
    return error.message;
}

static void test_bad_arguments(void **state)
{
    float points[40] = {0};
    trkx_edges edges;
    trkx_edges_options options = options_of(1, 1, 1);
    (void)state;
    assert_non_null(strstr(rejection(points, 2, 3, 0, 1, 1), "radius"));
    assert_non_null(strstr(rejection(points, 2, 3, -1, 1, 1), "radius"));
    assert_non_null(strstr(rejection(points, 2, 3, NAN, 1, 1), "radius"));
    for (double radius = 1e-30; radius < 1e-19; radius *= 30) { /* its square is no normal float32 */
        assert_non_null(strstr(rejection(points, 2, 3, radius, 1, 1), "must be from 1.1e-19 to 1.8e+19"));
        assert_non_null(strstr(rejection(points, 2, 3, 1 / radius, 1, 1), "must be from 1.1e-19 to 1.8e+19"));
    }
    assert_non_null(strstr(rejection(points, 2, 3, 1, 0, 1), "k is 0"));
    assert_non_null(strstr(rejection(points, 2, 0, 1, 1, 1), "0 dimensions"));
    assert_non_null(strstr(rejection(points, 1, 33, 1, 1, 1), "33 dimensions"));
    assert_non_null(strstr(rejection(points, 2, 3, 1, 1, -1), "threads"));
    assert_non_null(strstr(rejection(points, (size_t)1 << 31, 1, 1, 1, 1), "2147483648 points"));
    options.ks = (const uint32_t[]){1, 0};
    trkx_error error;
    assert_int_equal(trkx_radius_graph(points, 2, 3, &options, &edges, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "k of node 1 is 0"));
    options.size = 0;
    assert_int_equal(trkx_radius_graph(points, 2, 3, &options, &edges, NULL), TRKX_ERROR_ARGUMENT);
}

static void test_not_finite(void **state)
{
    const float values[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    for (int v = 0; v < 3; v++) {
        float *points = in_a_box(500, 3, 5);
        points[3 * 123 + 2] = points[3 * 456] = values[v];
        assert_non_null(strstr(rejection(points, 500, 3, 1, 10, 2), "row 123 "));
        free(points);
    }
}

/* Lets each allocation in turn fail; returns how many there are. */
static size_t fail_every_allocation(const float *points, size_t n, size_t dim, double radius, size_t k,
                                    int threads)
{
    trkx_edges_options options = options_of(radius, k, threads);
    for (long after = 0;; after++) {
        trkx_edges edges;
        trkx_error error;
        struct trkx_memory memory = {0};
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_radius_graph_in(&memory, &(struct trkx_points){points, n, dim, NULL},
                                                       &options, &edges, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) {
            trkx_edges_destroy(&edges);
            assert_int_equal(memory.current, 0);
            return (size_t)after;
        }
        assert_int_equal(status, TRKX_ERROR_MEMORY);
        assert_non_null(strstr(error.message, "out of memory"));
        assert_null(edges.index);
        assert_int_equal(memory.current, 0);
    }
}

static void test_failing_allocations(void **state)
{
    (void)state;
    for (size_t n = 40; n <= 400; n += 360) {
        float *points = in_a_box(n, 3, 6);
        assert_true(fail_every_allocation(points, n, 3, 0.3, 500, 1) >= 7); /* k does not matter */
        assert_true(fail_every_allocation(points, n, 3, 0.8, 4, 1) >= 9);   /* some are saturated */
        assert_true(fail_every_allocation(points, n, 3, 100, 3, 1) >= 9);   /* for 400, the pairs overflow */
        free(points);
    }
    const float same[3 * 400] = {0};
    assert_true(fail_every_allocation(same, 400, 3, 1, 3, 1) >= 20); /* many in one place */
    float *points = in_a_box(4096, 3, 7);                            /* while other threads go on */
    assert_true(fail_every_allocation(points, 4096, 3, 0.1, 500, 4) >= 7);
    assert_true(fail_every_allocation(points, 4096, 3, 0.3, 4, 4) >= 9);
    free(points);
}

/* ---- given edges ------------------------------------------------------------------------------------ */

static trkx_edges edges_of(const int64_t *index, size_t count)
{
    trkx_edges edges = {.count = count, .saturated = 5};
    edges.index = trkx_allocate(NULL, 2 * count, sizeof *index);
    memcpy(edges.index, index, 2 * count * sizeof *index);
    return edges;
}

static void test_orient(void **state)
{
    /* Distances from the origin 5, 1, 3, 5 (a tie of 0 and 3), 0. */
    const float xyz[] = {0, 3, 4, 1, 0, 0, 0, 0, -3, -4, 3, 0, 0, 0, 0};
    const int64_t given[] = {0, 0, 1, 3, 2, 1, 3, 4, 0, 3};
    const int64_t expected[] = {0, 0, 1, 2, 4, 3, 3, 0, 3, 1};
    trkx_edges edges = edges_of(given, 5);
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_edges_orient(xyz, 5, &edges, &error), TRKX_OK);
    assert_int_equal(edges.count, 5);
    assert_int_equal(edges.saturated, 5);
    assert_memory_equal(edges.index, expected, sizeof expected);
    trkx_edges_destroy(&edges);
}

/* What is there more than once stays so, whichever way it was given. */
static void test_orient_repeated(void **state)
{
    const float xyz[] = {0, 3, 4, 1, 0, 0, 0, 0, -3};
    const int64_t given[] = {0, 1, 2, 0, 1, 0, 1, 1};
    const int64_t expected[] = {1, 1, 1, 1, 0, 0, 0, 2};
    trkx_edges edges = edges_of(given, 4);
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_edges_orient(xyz, 3, &edges, &error), TRKX_OK);
    assert_int_equal(edges.count, 4);
    assert_memory_equal(edges.index, expected, sizeof expected);
    trkx_edges_destroy(&edges);
}

/* Many random edges: each one outwards, sorted, the same ones as before, and again the same. */
static void test_orient_property(void **state)
{
    enum { N = 2000 };
    float *xyz = in_a_box(N, 3, 8);
    trkx_edges edges, again;
    trkx_error error;
    trkx_edges_options options = options_of(0.2, 500, 2);
    (void)state;
    assert_int_equal(trkx_radius_graph(xyz, N, 3, &options, &edges, &error), TRKX_OK);
    size_t m = edges.count, turned = 0;
    again = edges_of(edges.index, m);
    assert_int_equal(trkx_edges_orient(xyz, N, &edges, &error), TRKX_OK);
    assert_int_equal(edges.count, m);
    for (size_t e = 0; e < m; e++) {
        int64_t a = edges.index[e], b = edges.index[m + e];
        const float *p = xyz + 3 * a, *q = xyz + 3 * b;
        assert_true(hypot(hypot(p[0], p[1]), p[2]) <= hypot(hypot(q[0], q[1]), q[2]) * (1 + 1e-12));
        if (e > 0)
            assert_true(edges.index[e - 1] < a || (edges.index[e - 1] == a && edges.index[m + e - 1] < b));
        turned += a > b;
        int64_t low = a < b ? a : b, high = a < b ? b : a;
        size_t first = 0, last = m; /* where the pair was, by bisection */
        while (first < last) {
            size_t middle = (first + last) / 2;
            bool before =
                again.index[middle] < low || (again.index[middle] == low && again.index[m + middle] < high);
            if (before)
                first = middle + 1;
            else
                last = middle;
        }
        assert_true(first < m && again.index[first] == low && again.index[m + first] == high);
    }
    assert_true(turned > m / 3 && turned < 2 * m / 3);
    for (int threads = 1; threads <= 4; threads *= 2) {
        trkx_edges copy = edges_of(again.index, m);
        assert_int_equal(trkx_edges_orient_in(NULL, xyz, N, threads, &copy, &error), TRKX_OK);
        assert_memory_equal(copy.index, edges.index, 2 * m * sizeof *copy.index);
        trkx_edges_destroy(&copy);
    }
    trkx_edges_destroy(&edges);
    trkx_edges_destroy(&again);
    free(xyz);
}

static void test_orient_failures(void **state)
{
    const float xyz[] = {0, 0, 1, 0, 0, 2};
    const int64_t good[] = {1, 0}, outside[] = {0, 2}, negative[] = {-1, 0};
    trkx_edges empty = {0}, edges;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_edges_orient(xyz, 2, &empty, &error), TRKX_OK);
    assert_null(empty.index);
    edges = edges_of(outside, 1);
    assert_int_equal(trkx_edges_orient(xyz, 2, &edges, &error), TRKX_ERROR_ARGUMENT);
    trkx_edges_destroy(&edges);
    edges = edges_of(negative, 1);
    assert_int_equal(trkx_edges_orient(xyz, 2, &edges, &error), TRKX_ERROR_ARGUMENT);
    trkx_edges_destroy(&edges);
    edges = edges_of(good, 1);
    for (long after = 0; after < 3; after++) {
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_edges_orient(xyz, 2, &edges, &error);
        trkx_memory_fail_after(-1);
        assert_int_equal(status, TRKX_ERROR_MEMORY);
        assert_memory_equal(edges.index, good, sizeof good); /* as if the call had not been made */
    }
    trkx_edges_destroy(&edges);
}

static void test_cut(void **state)
{
    const int64_t given[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const int64_t expected[] = {1, 3, 4, 6, 8, 9};
    float scores[] = {0.5f, 0.6f, NAN, 1, 0.51f};
    trkx_edges edges = edges_of(given, 5);
    (void)state;
    trkx_edges_cut(&edges, scores, 0.5f);
    assert_int_equal(edges.count, 3);
    assert_memory_equal(edges.index, expected, sizeof expected);
    assert_true(scores[0] == 0.6f && scores[1] == 1 && scores[2] == 0.51f);
    trkx_edges_cut(&edges, scores, 0);
    assert_int_equal(edges.count, 3);
    trkx_edges_cut(&edges, scores, 1);
    assert_int_equal(edges.count, 0);
    trkx_edges_cut(&edges, scores, 1);
    assert_int_equal(edges.count, 0);
    trkx_edges_destroy(&edges);
    trkx_edges_destroy(NULL);
}

/* ---- keys ------------------------------------------------------------------------------------------- */

static void test_float_codes_keep_the_order(void **state)
{
    const float ascending[] = {-INFINITY, -3e38f, -1, -1e-45f, -0.0f, 0.0f, 1e-45f, 0.5f, 1, 3e38f, INFINITY};
    (void)state;
    for (size_t i = 1; i < sizeof ascending / sizeof *ascending; i++)
        assert_true(trkx_float_code(ascending[i - 1]) < trkx_float_code(ascending[i]));
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void fill_keys(uint64_t *keys, size_t count, int kind, uint64_t seed)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t kinds[] = {next_random(&seed), next_random(&seed) % 5, i, count - i,
                                  i % 2 == 0 ? i : count - i};
        keys[i] = kinds[kind];
    }
}

static void test_keys_sort_and_select(void **state)
{
    enum { MOST = 2000 };
    uint64_t keys[MOST], expected[MOST], selected[MOST];
    const size_t counts[] = {0, 1, 2, TRKX_KEYS_SHORT, TRKX_KEYS_SHORT + 1, 100, MOST};
    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (int kind = 0; kind < 5; kind++) {
            size_t count = counts[c];
            fill_keys(keys, count, kind, count);
            memcpy(expected, keys, sizeof keys);
            qsort(expected, count, sizeof *expected, by_value);
            for (size_t nth = 0; nth < count; nth += 1 + count / 7) {
                memcpy(selected, keys, sizeof keys);
                trkx_keys_select(selected, count, nth);
                assert_true(selected[nth] == expected[nth]);
                for (size_t i = 0; i < count; i++)
                    assert_true(i < nth ? selected[i] <= selected[nth] : selected[i] >= selected[nth]);
            }
            trkx_keys_sort(keys, count);
            assert_memory_equal(keys, expected, count * sizeof *keys);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_every_dimension),
        cmocka_unit_test(test_every_k),
        cmocka_unit_test(test_radius_itself),
        cmocka_unit_test(test_many_in_one_place),
        cmocka_unit_test(test_places_by_rounding),
        cmocka_unit_test(test_all_in_one_place),
        cmocka_unit_test(test_squares_that_overflow),
        cmocka_unit_test(test_larger),
        cmocka_unit_test(test_large_k),
        cmocka_unit_test(test_exactly_k_nearby),
        cmocka_unit_test(test_own_ks),
        cmocka_unit_test(test_memory_stays_at_n_k),
        cmocka_unit_test(test_ties_go_to_the_lower_index),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_orient),
        cmocka_unit_test(test_orient_repeated),
        cmocka_unit_test(test_orient_property),
        cmocka_unit_test(test_orient_failures),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_float_codes_keep_the_order),
        cmocka_unit_test(test_keys_sort_and_select),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
