/* Proves: the modules of hits found from their positions are those that a comparison with every module finds,
 * in TrackML's detector and in random ones, whatever the threads; of simulated and of real events they are
 * the files' own; a hit on no module is an error; no failing allocation leaks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/system.h"
#include "detector/locate.h"
#include "tests/random.h"

static uint64_t state_of_random = 1;

static double uniform(double low, double high)
{
    return low + (high - low) * (double)(next_random(&state_of_random) >> 11) * 0x1p-53;
}

/* A position near a module, in its frame up to 1.5 times as far out as it reaches. */
static void near_module(const struct trkx_module *m, float *xyz)
{
    double edge = uniform(0, 1) < 0.5 ? 1 : 1.2, far = 3 * m->thickness;
    double local[3] = {uniform(-edge, edge) * m->max_hu, uniform(-edge, edge) * m->hv, uniform(-far, far)};
    if (uniform(0, 1) < 0.3) local[2] = 0;
    for (int i = 0; i < 3; i++) {
        double at = m->center[i];
        for (int a = 0; a < 3; a++) at += m->rotation[i][a] * local[a];
        xyz[i] = (float)at;
    }
}

/* One by one, so that hits on no module are compared too. */
static size_t compare_with_all(const struct trkx_detector *detector, size_t count)
{
    size_t on_modules = 0;
    for (size_t i = 0; i < count; i++) {
        float xyz[3];
        int32_t found = -2;
        const trkx_hits hit = {.count = 1, .xyz = xyz};
        near_module(&detector->modules[next_random(&state_of_random) % detector->count], xyz);
        int32_t expected = trkx_module_locate_reference(detector, xyz);
        enum trkx_status status = trkx_modules_locate(NULL, detector, &hit, 1, &found, NULL);
        assert_int_equal(status, expected < 0 ? TRKX_ERROR_ARGUMENT : TRKX_OK);
        assert_int_equal(found, expected);
        on_modules += expected >= 0;
    }
    return on_modules;
}

static void rotate(double rotation[3][3], int a, int b, double angle)
{
    for (int i = 0; i < 3; i++) {
        double x = rotation[i][a], y = rotation[i][b];
        rotation[i][a] = cos(angle) * x - sin(angle) * y;
        rotation[i][b] = sin(angle) * x + cos(angle) * y;
    }
}

/* Modules of any orientation, some of them in one another; `spread` is the size of the detector. */
static struct trkx_detector *random_detector(size_t count, double spread, double size)
{
    struct trkx_module *modules = calloc(count, sizeof *modules), *own;
    struct trkx_detector *detector;
    for (size_t k = 0; k < count; k++) {
        struct trkx_module *m = &modules[k];
        *m = (struct trkx_module){.module = (int32_t)k, .thickness = uniform(0.1, 1)};
        for (int i = 0; i < 3; i++) {
            m->center[i] = uniform(-spread, spread);
            m->rotation[i][i] = 1;
        }
        for (int i = 0; i < 3; i++) rotate(m->rotation, i, (i + 1) % 3, uniform(-4, 4));
        m->rotation[0][1] += 0.004; /* as good as files have to be */
        m->hv = uniform(0.1, size);
        m->max_hu = uniform(0.1, size);
        m->min_hu = uniform(-0.2, 1) * m->max_hu;
        m->pitch_u = m->pitch_v = 0.1;
    }
    own = trkx_allocate(NULL, count, sizeof *own);
    memcpy(own, modules, count * sizeof *own);
    free(modules);
    assert_int_equal(trkx_detector_create(own, count, &detector, NULL), TRKX_OK);
    return detector;
}

static void random_detectors(void **state)
{
    static const struct {
        size_t count;
        double spread, size;
    } cases[] = {{1, 10, 10}, {2, 100, 10}, {50, 30, 20}, {300, 0, 20}, {300, 1000, 5}, {40, 1e5, 1}};
    size_t on_modules = 0;
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct trkx_detector *detector = random_detector(cases[c].count, cases[c].spread, cases[c].size);
        on_modules += compare_with_all(detector, 400);
        trkx_detector_destroy(detector);
    }
    assert_in_range(on_modules, 300, 2000); /* both kinds were there */
}

/* One huge module among small ones, all in one plane. */
static void a_flat_detector(void **state)
{
    struct trkx_detector *detector = random_detector(200, 1000, 2);
    (void)state;
    for (size_t k = 0; k < detector->count; k++) {
        struct trkx_module *m = &detector->modules[k];
        memset(m->rotation, 0, sizeof m->rotation);
        for (int i = 0; i < 3; i++) m->rotation[i][i] = 1;
        m->center[2] = 0;
    }
    detector->modules[7].max_hu = detector->modules[7].hv = 1e4;
    assert_true(compare_with_all(detector, 400) > 100);
    trkx_detector_destroy(detector);
}

/* Two modules side by side: the edge is the lower one's; of two behind each other the nearer one counts. */
static void ties_and_double_layers(void **state)
{
    static const int expected[6] = {0, 1, 0, 2, 0, 2};
    struct trkx_detector *detector = random_detector(3, 0, 1);
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct trkx_module *m = &detector->modules[k];
        *m = (struct trkx_module){
            .module = (int32_t)k, .thickness = 0.5, .min_hu = 10, .max_hu = 10, .hv = 10};
        for (int i = 0; i < 3; i++) m->rotation[i][i] = 1;
    }
    detector->modules[1].center[0] = 20;
    detector->modules[2].center[2] = 1;
    float xyz[] = {10, 0, 0, 10.1F, 0, 0, 9.9F, 0, 0.4F, 9.9F, 0, 0.6F, 0, 0, -1, 0, 0, 2};
    int32_t found[6];
    const trkx_hits hits = {.count = 6, .xyz = xyz};
    assert_int_equal(trkx_modules_locate(NULL, detector, &hits, 1, found, NULL), TRKX_OK);
    for (int i = 0; i < 6; i++) assert_int_equal(found[i], expected[i]);
    trkx_detector_destroy(detector);
}

static void the_built_in_detector(void **state)
{
    trkx_detector *detector;
    (void)state;
    assert_int_equal(trkx_detector_builtin(&detector, NULL), TRKX_OK);
    assert_true(compare_with_all(detector, 300) > 100);
    trkx_detector_destroy(detector);
}

/* All hits of an event are found on the modules that its file names. */
static void expect_own_modules(const trkx_detector *detector, const trkx_hits *hits)
{
    size_t bytes = hits->count * sizeof(int32_t);
    int32_t *own = malloc(bytes), *found = malloc(bytes);
    assert_int_equal(trkx_modules_find(detector, hits, 0, own, NULL), TRKX_OK);
    for (int threads = 0; threads < 4; threads++) {
        memset(found, 0xff, bytes);
        assert_int_equal(trkx_modules_locate(NULL, detector, hits, threads, found, NULL), TRKX_OK);
        assert_memory_equal(found, own, bytes);
    }
    free(own);
    free(found);
}

static void a_simulated_event(void **state)
{
    trkx_detector *detector;
    trkx_event *event;
    trkx_simulate_options options;
    (void)state;
    trkx_simulate_options_init(&options);
    options.particles = 4000;
    options.cells = false;
    assert_int_equal(trkx_detector_builtin(&detector, NULL), TRKX_OK);
    assert_int_equal(trkx_simulate(&options, 1, &event, NULL), TRKX_OK);
    expect_own_modules(detector, trkx_event_hits(event));
    trkx_event_destroy(event);
    trkx_detector_destroy(detector);
}

static void real_events(void **state)
{
    static const char *const events[] = {"../shared/data/trackml/event000000001",
                                         "../shared/data/trackml-full/event000001061",
                                         "../shared/data/trackml-full/event000001083"};
    static const char *const detectors[] = {"models/default/detector.json",
                                            "../shared/data/trackml/detectors.csv.gz"};
    (void)state;
    if (access(detectors[1], R_OK) != 0) skip();
    for (int d = 0; d < 2; d++) {
        trkx_detector *detector;
        assert_int_equal(trkx_detector_read(detectors[d], &detector, NULL), TRKX_OK);
        for (int e = 0; e < 3; e++) {
            trkx_event *event;
            assert_int_equal(trkx_event_read(events[e], 0, 0, &event, NULL), TRKX_OK);
            expect_own_modules(detector, trkx_event_hits(event));
            trkx_event_destroy(event);
        }
        trkx_detector_destroy(detector);
    }
}

/* The message names the first one, and says how many there are. */
static void hits_on_no_module(void **state)
{
    enum { N = 20000 };
    static float xyz[3 * N];
    static int32_t found[N];
    trkx_detector *detector;
    trkx_error error;
    const trkx_hits hits = {.count = N, .xyz = xyz};
    (void)state;
    assert_int_equal(trkx_detector_builtin(&detector, NULL), TRKX_OK);
    for (size_t i = 0; i < N; i++)
        for (int a = 0; a < 3; a++) xyz[3 * i + (size_t)a] = (float)detector->modules[3].center[a];
    xyz[3 * 15000] = NAN;
    xyz[3 * 12000 + 2] = 1e30F;
    xyz[3 * 16000] += 500;
    for (int threads = 0; threads < 4; threads++) {
        assert_int_equal(trkx_modules_locate(NULL, detector, &hits, threads, found, &error),
                         TRKX_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "hits: hit 12001 at ("));
        assert_non_null(strstr(error.message, "as are 3 of 20000 hits"));
    }
    const trkx_hits none = {.count = 0};
    assert_int_equal(trkx_modules_locate(NULL, detector, &none, 1, NULL, NULL), TRKX_OK);
    trkx_detector_destroy(detector);
}

static void failing_allocations(void **state)
{
    struct trkx_detector *detector = random_detector(30, 10, 10);
    float xyz[3] = {(float)detector->modules[0].center[0], (float)detector->modules[0].center[1],
                    (float)detector->modules[0].center[2]};
    const trkx_hits hit = {.count = 1, .xyz = xyz};
    int32_t found;
    (void)state;
    trkx_memory_fail_after(-1);
    assert_int_equal(trkx_modules_locate(NULL, detector, &hit, 1, &found, NULL), TRKX_OK);
    long count = trkx_memory_fail_after(-1);
    assert_true(count > 0);
    for (long after = 0; after < count; after++) {
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_modules_locate(NULL, detector, &hit, 1, &found, NULL);
        trkx_memory_fail_after(-1);
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
    trkx_detector_destroy(detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_detectors),       cmocka_unit_test(a_flat_detector),
        cmocka_unit_test(ties_and_double_layers), cmocka_unit_test(the_built_in_detector),
        cmocka_unit_test(a_simulated_event),      cmocka_unit_test(real_events),
        cmocka_unit_test(hits_on_no_module),      cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
