/* Proves that `trkx stage radius --radius 1.6 --k 500` gives the result of comparing all pairs, on
 * 8-dimensional points: from none to 20,000, with duplicates, and with all of them within one radius. The
 * program is TRKX; if it is instrumented (TRKX_SANITIZE), the largest sizes are left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/edges.h"
#include "graph/radius_graph.h"
#include "tests/scratch.h"

enum { DIM = 8, K = 500 };
static const double RADIUS = 1.6;

static float uniform(uint64_t *state) /* -1..1, by an LCG's upper bits (Knuth's MMIX) */
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (float)((double)(*state >> 40) * 0x1p-23 - 1);
}

/* Points [n,8]: a box in which 20,000 have about five neighbours each; every seventh point is its
 * forerunner again. */
static float *spread(size_t n)
{
    float *points = malloc((n * DIM + 1) * sizeof *points);
    uint64_t state = n;
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < DIM; d++)
            points[i * DIM + d] = i % 7 == 6 ? points[(i - 1) * DIM + d] : 2.5f * uniform(&state);
    return points;
}

/* All inside one radius: the diagonal of the box is 0.57. */
static float *together(size_t n)
{
    float *points = spread(n);
    for (size_t i = 0; i < n * DIM; i++) points[i] *= 0.04f;
    return points;
}

static void run_program(const char *in, const char *out)
{
    char command[2048];
    const char *program = getenv("TRKX");
    snprintf(command, sizeof command, "'%s' stage radius --radius %g --k %d '%s' --out '%s'", program, RADIUS,
             K, in, out);
    assert_int_equal(system(command), 0);
}

static void compare(float *points, size_t n)
{
    const trkx_array array = {TRKX_FLOAT32, n, DIM, 2, points};
    const char *in = scratch_path("points.npy"), *out = scratch_path("edges.npy");
    trkx_edges_options options;
    trkx_edges expected;
    trkx_array found;
    trkx_error error;
    trkx_edges_options_init(&options);
    options.radius = RADIUS;
    options.k = K;
    assert_int_equal(trkx_radius_graph_reference(points, n, DIM, &options, &expected, &error), TRKX_OK);
    assert_int_equal(trkx_array_write(in, &array, &error), TRKX_OK);
    run_program(in, out);
    assert_int_equal(trkx_array_read(out, TRKX_INT64, &found, &error), TRKX_OK);
    assert_int_equal(found.rows, 2);
    assert_int_equal(found.columns, expected.count);
    if (expected.count > 0)
        assert_memory_equal(found.data, expected.index, 2 * expected.count * sizeof *expected.index);
    trkx_array_destroy(&found);
    trkx_edges_destroy(&expected);
    free(points);
}

static size_t largest(void)
{
    const char *sanitize = getenv("TRKX_SANITIZE");
    return sanitize == NULL || *sanitize == '\0' ? 20000 : 1000;
}

static void test_sizes(void **state)
{
    const size_t sizes[] = {0, 1, 2, 10, 100, 1000, 5000, 20000};
    (void)state;
    if (getenv("TRKX") == NULL) skip();
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes && sizes[s] <= largest(); s++)
        compare(spread(sizes[s]), sizes[s]);
}

static void test_all_inside_one_radius(void **state)
{
    const size_t sizes[] = {2, 500, 501, 502, 1000, 5000, 20000};
    (void)state;
    if (getenv("TRKX") == NULL) skip();
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes && sizes[s] <= largest(); s++)
        compare(together(sizes[s]), sizes[s]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes),
                                       cmocka_unit_test(test_all_inside_one_radius)};
    return cmocka_run_group_tests(tests, scratch_create, scratch_destroy);
}
