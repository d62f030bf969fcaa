/* Proves that NULL options mean the defaults; that of shorter options, from an earlier version, only the
 * existing members are read; that options of a later version, or not filled by an init function, are
 * rejected; and so are options that the execution provider does not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <onnxruntime_c_api.h>

#include "core/threads.h"
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

static void test_components(void **state)
{
    int64_t index[] = {0, 1, 1, 2};
    const trkx_edges edges = {2, index, 0};
    const float scores[] = {0.6f, 0.4f}; /* the default cut lies between them, 3 hits are the least */
    int32_t labels[N];
    size_t count = 7;
    trkx_error error;
    trkx_labelling_options none = {0};
    (void)state;
    assert_int_equal(trkx_components(N, &edges, scores, NULL, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(trkx_components(N, &edges, NULL, NULL, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 1);
    assert_int_equal(trkx_components(N, &edges, NULL, &none, labels, &count, &error), TRKX_ERROR_ARGUMENT);
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
    assert_int_equal(trkx_evaluate(labels, &hits, &truth, NULL, &none, &metrics, &error),
                     TRKX_ERROR_ARGUMENT);
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

/* ---- sizes ------------------------------------------------------------------------------------------ */

static trkx_pipeline *common; /* without cells and modules */

static enum trkx_status with_edges_options(const void *options, trkx_error *error)
{
    trkx_edges edges;
    enum trkx_status status = trkx_radius_graph(points, N, 1, options, &edges, error);
    trkx_edges_destroy(&edges);
    return status;
}

/* Three hits on one path, each on a module of its own. */
static int64_t path[] = {0, 1, 1, 2};
static int32_t volume[N] = {8, 8, 8}, layer[N] = {2, 4, 6}, module[N] = {1, 1, 1}, labels[N];
static const float scores[] = {0.9f, 0.8f}, xyz[3 * N] = {32, 0, 0, 72, 0, 0, 116, 0, 0};
static const trkx_edges edges = {2, path, 0};
static const trkx_hits hits = {
    .count = N, .xyz = xyz, .volume_id = volume, .layer_id = layer, .module_id = module};

static enum trkx_status with_components_options(const void *options, trkx_error *error)
{
    size_t count;
    return trkx_components(N, &edges, scores, options, labels, &count, error);
}

static enum trkx_status with_join_options(const void *options, trkx_error *error)
{
    size_t count;
    return trkx_join(&hits, &edges, scores, options, labels, &count, error);
}

static enum trkx_status with_walkthrough_options(const void *options, trkx_error *error)
{
    size_t count;
    return trkx_walkthrough(N, &edges, scores, options, labels, &count, error);
}

static enum trkx_status with_complete_options(const void *options, trkx_error *error)
{
    const trkx_hits none = {0};
    const trkx_edges empty = {0};
    trkx_detector *detector = NULL;
    size_t count;
    assert_int_equal(trkx_detector_builtin(&detector, error), TRKX_OK);
    enum trkx_status status = trkx_complete(&none, detector, &empty, options, labels, &count, error);
    trkx_detector_destroy(detector);
    return status;
}

static enum trkx_status with_metrics_options(const void *options, trkx_error *error)
{
    const trkx_hits none = {0};
    const trkx_truth truth = {0};
    trkx_metrics metrics;
    return trkx_evaluate(labels, &none, &truth, NULL, options, &metrics, error);
}

static enum trkx_status with_simulate_options(const void *options, trkx_error *error)
{
    trkx_event *event = NULL;
    enum trkx_status status = trkx_simulate(options, 1, &event, error);
    trkx_event_destroy(event);
    return status;
}

static enum trkx_status with_pipeline_options(const void *options, trkx_error *error)
{
    trkx_pipeline *pipeline = NULL;
    enum trkx_status status = trkx_pipeline_create("models/acat2021-like", options, &pipeline, error);
    trkx_pipeline_destroy(pipeline);
    return status;
}

static enum trkx_status with_run_options(const void *options, trkx_error *error)
{
    trkx_result *result = NULL;
    enum trkx_status status = trkx_pipeline_run(common, &hits, options, &result, error);
    trkx_result_destroy(result);
    return status;
}

/* Options whose first member is filled; behind it are bytes that would be wrong for any other. */
static void test_sizes(void **state)
{
#define OF(type) sizeof(trkx_##type##_options), (void (*)(void *))trkx_##type##_options_init
    static const struct {
        size_t size;
        void (*init)(void *options);
        enum trkx_status (*call)(const void *options, trkx_error *error);
    } cases[] = {{OF(edges), with_edges_options},
                 {OF(labelling), with_components_options},
                 {OF(labelling), with_join_options},
                 {OF(walkthrough), with_walkthrough_options},
                 {OF(complete), with_complete_options},
                 {OF(metrics), with_metrics_options},
                 {OF(simulate), with_simulate_options},
                 {OF(pipeline), with_pipeline_options},
                 {OF(run), with_run_options}};
#undef OF
    (void)state;
    assert_int_equal(trkx_pipeline_create("models/acat2021-like", NULL, &common, NULL), TRKX_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t options[32], shorter = 2 * sizeof *options,
                            wrong[] = {0, 1, 8, 17, cases[i].size + 8, SIZE_MAX};
        trkx_error error;
        assert_true(cases[i].size <= sizeof options);
        cases[i].init(options);
        assert_int_equal(options[0], cases[i].size);
        memset(options + 2, 0xff, sizeof options - shorter);
        options[0] = shorter;
        if (cases[i].call(options, &error) != TRKX_OK) fail_msg("%zu: %s", i, error.message);
        for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
            options[0] = wrong[w];
            assert_int_equal(cases[i].call(options, &error), TRKX_ERROR_ARGUMENT);
            assert_non_null(strstr(error.message, "not initialised"));
            assert_true((strstr(error.message, "from a newer trkx") != NULL) == (wrong[w] > cases[i].size));
        }
    }
    trkx_pipeline_destroy(common);
}

/* ---- of the execution provider ---------------------------------------------------------------------- */

static void expect_success(const OrtApi *api, OrtStatus *failure)
{
    if (failure != NULL) fail_msg("%s", api->GetErrorMessage(failure));
}

static const OrtEpDevice *find_provider(const OrtApi *api, OrtEnv *environment)
{
    const OrtEpDevice *const *devices = NULL;
    size_t count = 0;
    expect_success(api, api->GetEpDevices(environment, &devices, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(api->EpDevice_EpName(devices[i]), "TrkxExecutionProvider") == 0) return devices[i];
    fail_msg("no provider");
    return NULL;
}

/* A session of the default GNN with one option of the provider. NULL: it is made. */
static OrtStatus *load_with(const OrtApi *api, OrtEnv *environment, const char *key, const char *value)
{
    const OrtEpDevice *device = find_provider(api, environment);
    OrtSessionOptions *options = NULL;
    OrtSession *session = NULL;
    expect_success(api, api->CreateSessionOptions(&options));
    OrtStatus *failure =
        api->SessionOptionsAppendExecutionProvider_V2(options, environment, &device, 1, &key, &value, 1);
    if (failure == NULL)
        failure = api->CreateSession(environment, "models/default/gnn.onnx", options, &session);
    if (session != NULL) api->ReleaseSession(session);
    api->ReleaseSessionOptions(options);
    return failure;
}

static void test_provider(void **state)
{
    static const char *const wrong[] = {"reprot", "Report", "", "report.", "threads"};
    const OrtApi *api = OrtGetApiBase()->GetApi(23);
    OrtEnv *environment = NULL;
    char library[4096];
    (void)state;
    snprintf(library, sizeof library, "%s/lib/libtrkx_ep.so", getenv("BUILD"));
    expect_success(api, api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "test", &environment));
    expect_success(api, api->DisableTelemetryEvents(environment));
    expect_success(api, api->RegisterExecutionProviderLibrary(environment, "trkx", library));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        OrtStatus *failure = load_with(api, environment, wrong[i], "1");
        assert_non_null(failure);
        const char *message = api->GetErrorMessage(failure);
        if (*wrong[i] != '\0' &&
            (strstr(message, wrong[i]) == NULL || strstr(message, "the only one is report") == NULL))
            fail_msg("%s: %s", wrong[i], message);
        api->ReleaseStatus(failure);
    }
    expect_success(api, load_with(api, environment, "report", "/dev/null"));
    expect_success(api, api->UnregisterExecutionProviderLibrary(environment, "trkx"));
    api->ReleaseEnv(environment);
}

/* 4096 threads were started where 4096 were asked for. */
static void test_threads(void **state)
{
    int all = trkx_threads(0), most = all < 8 ? 8 : all;
    (void)state;
    assert_true(all >= 1);
    assert_int_equal(trkx_threads(1), 1);
    assert_int_equal(trkx_threads(8), 8);
    assert_int_equal(trkx_threads(most), most);
    assert_int_equal(trkx_threads(most + 1), most);
    assert_int_equal(trkx_threads(INT32_MAX), most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads),    cmocka_unit_test(test_radius_graph),
                                       cmocka_unit_test(test_components), cmocka_unit_test(test_evaluate),
                                       cmocka_unit_test(test_simulate),   cmocka_unit_test(test_pipeline),
                                       cmocka_unit_test(test_sizes),      cmocka_unit_test(test_provider)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
