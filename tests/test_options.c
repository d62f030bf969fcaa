/* Proves that NULL options stand for the defaults, and that options which no init function has filled are
 * turned down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trkx.h"

/* Two hits of one particle at a distance of 1, the default radius, and one apart. */
enum { N = 3 };
static const float points[N] = {0, 1, 5};

static void test_radius_graph(void **state)
{
    trkx_edges edges;
    trkx_error error;
    trkx_edges_options none = {0};
    (void)state;
    assert_int_equal(trkx_radius_graph(points, N, 1, NULL, &edges, &error), TRKX_OK);
    assert_int_equal(edges.count, 1);
    trkx_edges_destroy(&edges);
    assert_int_equal(trkx_radius_graph(points, N, 1, &none, &edges, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "not initialised"));
}

static void test_tracks(void **state)
{
    int64_t index[] = {0, 1, 1, 2};
    const trkx_edges edges = {2, index, 0};
    const float scores[] = {0.6f, 0.4f}; /* the default cut lies between them, 3 hits are the least */
    int32_t labels[N];
    size_t count = 7;
    trkx_error error;
    trkx_tracks_options none = {0};
    (void)state;
    assert_int_equal(trkx_tracks(N, &edges, scores, NULL, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(trkx_tracks(N, &edges, NULL, NULL, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 1);
    assert_int_equal(trkx_tracks(N, &edges, NULL, &none, labels, &count, &error), TRKX_ERROR_ARGUMENT);
}

static void test_evaluate(void **state)
{
    const float xyz[3 * N] = {1, 0, 0, 2, 0, 0, 3, 0, 0}, pxyz[3 * N] = {2, 0, 0, 2, 0, 0, 2, 0, 0};
    const int64_t particle_id[N] = {9, 9, 9};
    const double weight[N] = {0.25, 0.25, 0.5};
    const int32_t labels[N] = {1, 1, 1};
    const trkx_hits hits = {.count = N, .xyz = xyz};
    const trkx_truth truth = {N, particle_id, xyz, pxyz, weight};
    trkx_metrics metrics;
    trkx_error error;
    trkx_metrics_options none = {0};
    (void)state;
    assert_int_equal(trkx_evaluate(labels, &hits, &truth, NULL, NULL, &metrics, &error), TRKX_OK);
    assert_int_equal(metrics.above_1_gev.matched, 1);
    assert_int_equal(trkx_evaluate(labels, &hits, &truth, NULL, &none, &metrics, &error), TRKX_ERROR_ARGUMENT);
}

static void test_simulate(void **state)
{
    trkx_event *event = NULL;
    trkx_error error;
    trkx_simulate_options none = {0};
    (void)state;
    assert_int_equal(trkx_simulate(NULL, 1, &event, &error), TRKX_OK);
    assert_int_equal(trkx_event_particles(event)->count, 12263);
    trkx_event_destroy(event);
    assert_int_equal(trkx_simulate(&none, 1, &event, &error), TRKX_ERROR_ARGUMENT);
    assert_null(event);
}

static void test_pipeline(void **state)
{
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    trkx_pipeline_options none = {0};
    (void)state;
    assert_int_equal(trkx_pipeline_create("models/default", &none, &pipeline, &error), TRKX_ERROR_ARGUMENT);
    assert_null(pipeline);
    assert_int_equal(trkx_pipeline_create("models/default", NULL, &pipeline, &error), TRKX_OK);
    trkx_pipeline_destroy(pipeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_radius_graph), cmocka_unit_test(test_tracks),
                                       cmocka_unit_test(test_evaluate), cmocka_unit_test(test_simulate),
                                       cmocka_unit_test(test_pipeline)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
