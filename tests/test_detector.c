/* Proves: a detector's modules are read with every column in its place and found by their ids, others not;
 * what is wrong with a file is named with its line; no failing allocation leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "detector/modules.h"
#include "scratch.h"

#define HEADER                                                                                        \
    ",volume_id,layer_id,module_id,cx,cy,cz,rot_xu,rot_xv,rot_xw,rot_yu,rot_yv,rot_yw,rot_zu,rot_zv," \
    "rot_zw,module_t,module_minhu,module_maxhu,module_hv,pitch_u,pitch_v\n"
#define MODULE(ids) "0," ids ",1,2,3,11,12,13,21,22,23,31,32,33,0.15,8,9,36,0.05,0.056\n"

static const char good[] = HEADER MODULE("8,2,2") MODULE("7,4,1") MODULE("8,2,1") MODULE("7,2,9");

static enum trkx_status read_text(const char *text, trkx_detector **detector, trkx_error *error)
{
    return trkx_detector_read(scratch_text("detectors.csv", text), detector, error);
}

static void columns_and_order(void **state)
{
    trkx_detector *detector;
    (void)state;
    assert_int_equal(read_text(good, &detector, NULL), TRKX_OK);
    assert_int_equal(detector->count, 4);
    const struct trkx_module *m = trkx_detector_find(detector, 8, 2, 1);
    assert_ptr_equal(m, &detector->modules[2]);
    assert_true(m->volume == 8 && m->layer == 2 && m->module == 1);
    for (int i = 0; i < 3; i++) {
        assert_true(m->center[i] == i + 1);
        for (int k = 0; k < 3; k++) assert_true(m->rotation[i][k] == 10 * (i + 1) + k + 1);
    }
    assert_true(m->thickness == 0.15 && m->min_hu == 8 && m->max_hu == 9 && m->hv == 36);
    assert_true(m->pitch_u == 0.05 && m->pitch_v == 0.056);
    trkx_detector_destroy(detector);
}

/* Against a search of all modules. */
static void find(void **state)
{
    trkx_detector *detector;
    (void)state;
    assert_int_equal(read_text(good, &detector, NULL), TRKX_OK);
    for (int volume = 6; volume < 10; volume++)
        for (int layer = 1; layer < 6; layer++)
            for (int module = 0; module < 11; module++) {
                const struct trkx_module *expected = NULL;
                for (size_t i = 0; i < detector->count; i++) {
                    const struct trkx_module *m = &detector->modules[i];
                    if (m->volume == volume && m->layer == layer && m->module == module) expected = m;
                }
                assert_ptr_equal(trkx_detector_find(detector, volume, layer, module), expected);
            }
    trkx_detector_destroy(detector);
}

static void no_modules(void **state)
{
    trkx_detector *detector;
    (void)state;
    assert_int_equal(read_text(HEADER, &detector, NULL), TRKX_OK);
    assert_int_equal(detector->count, 0);
    assert_null(trkx_detector_find(detector, 7, 2, 1));
    trkx_detector_destroy(detector);
    trkx_detector_destroy(NULL);
}

static void errors(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "detectors.csv: detector: the file is empty"},
        {HEADER MODULE("7,2,1") MODULE("7,2,2") MODULE("7,2,1"),
         "detectors.csv:4: detector: the module is already in line 2"},
        {HEADER MODULE("7,2,x"), "detectors.csv:2: detector: column module_id: \"x\" is not an integer"},
        {"volume_id,layer_id,module_id\n7,2,1\n", "detectors.csv:1: detector: columns cx, cy, cz, rot_xu,"},
        {HEADER "0,7,2,1,1,2,3,1,0,0,0,1,0,0,0,1,0,8,9,36,0.05,0.056\n",
         "detectors.csv:2: detector: column module_t: is not positive"},
        {HEADER "0,7,2,1,1,2,3,1,0,0,0,1,0,0,0,1,.1,8,9,36,-1,0.056\n",
         "detectors.csv:2: detector: column pitch_u: is not positive"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        trkx_detector *detector = (trkx_detector *)&cases;
        trkx_error error;
        assert_int_equal(read_text(cases[i].text, &detector, &error), TRKX_ERROR_FORMAT);
        assert_null(detector);
        if (strstr(error.message, cases[i].message) == NULL) fail_msg("%s", error.message);
    }
}

static void missing_file(void **state)
{
    trkx_detector *detector;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_detector_read(scratch_path("nothing.csv"), &detector, &error), TRKX_ERROR_IO);
    assert_null(detector);
    assert_non_null(strstr(error.message, "nothing.csv: detector: cannot be opened: No such file"));
}

static void create_refuses_twins(void **state)
{
    struct trkx_module *modules = trkx_allocate_zero(NULL, 3, sizeof *modules);
    trkx_detector *detector;
    trkx_error error;
    (void)state;
    modules[1].module = 5;
    assert_int_equal(trkx_detector_create(modules, 3, &detector, &error), TRKX_ERROR_ARGUMENT);
    assert_null(detector);
    assert_string_equal(error.message, "detector: volume 0, layer 0, module 0 is listed twice");
}

static void memory_runs_out(void **state)
{
    const char *path = scratch_text("detectors.csv", good);
    trkx_detector *detector = NULL;
    long allowed = 0;
    (void)state;
    for (; detector == NULL && allowed < 100; allowed++) {
        trkx_memory_fail_after(allowed);
        enum trkx_status status = trkx_detector_read(path, &detector, NULL);
        assert_int_equal(status, detector == NULL ? TRKX_ERROR_MEMORY : TRKX_OK);
    }
    trkx_memory_fail_after(-1);
    assert_in_range(allowed, 5, 50);
    trkx_detector_destroy(detector);
}

/* Every module's axes are orthonormal, and its neighbours in the table are in order. */
static void real_detector(void **state)
{
    const char *path = "../shared/data/trackml/detectors.csv.gz";
    trkx_detector *detector;
    (void)state;
    if (access(path, R_OK) != 0) {
        print_message("%s is not here\n", path);
        skip();
    }
    assert_int_equal(trkx_detector_read(path, &detector, NULL), TRKX_OK);
    assert_int_equal(detector->count, 18728);
    for (size_t i = 0; i < detector->count; i++) {
        const struct trkx_module *m = &detector->modules[i];
        assert_ptr_equal(trkx_detector_find(detector, m->volume, m->layer, m->module), m);
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) {
                double dot = 0;
                for (int k = 0; k < 3; k++) dot += m->rotation[k][a] * m->rotation[k][b];
                assert_true(dot > (a == b) - 1e-4 && dot < (a == b) + 1e-4);
            }
    }
    trkx_detector_destroy(detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_and_order), cmocka_unit_test(find),
        cmocka_unit_test(no_modules),        cmocka_unit_test(errors),
        cmocka_unit_test(missing_file),      cmocka_unit_test(create_refuses_twins),
        cmocka_unit_test(memory_runs_out),   cmocka_unit_test(real_detector),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_destroy);
}
