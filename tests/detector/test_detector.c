/* Proves: a detector's modules are read with every column in its place, and found by their ids only;
 * errors name file and line; no failing allocation leaks. detector.json is read field by field, as
 * bundle.json is; written files give the same detector again, bit for bit; the bundles' detector is the
 * simulated one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "detector/modules.h"
#include "tests/json_change.h"
#include "tests/scratch.h"

#define HEADER                                                                                        \
    ",volume_id,layer_id,module_id,cx,cy,cz,rot_xu,rot_xv,rot_xw,rot_yu,rot_yv,rot_yw,rot_zu,rot_zv," \
    "rot_zw,module_t,module_minhu,module_maxhu,module_hv,pitch_u,pitch_v\n"
#define MODULE(ids) \
    "0," ids ",1,2,3,.2857,.4286,.8571,.8571,.2857,-.4286,.4286,-.8571,.2857,0.15,8,9,36,0.05,0.056\n"

static const char good[] = HEADER MODULE("8,2,2") MODULE("7,4,1") MODULE("8,2,1") MODULE("7,2,9");

static enum trkx_status read_text(const char *text, trkx_detector **detector, trkx_error *error)
{
    return trkx_detector_read(scratch_text("detectors.csv", text), detector, error);
}

static void columns_and_order(void **state)
{
    static const double rotation[3][3] = {
        {.2857, .4286, .8571}, {.8571, .2857, -.4286}, {.4286, -.8571, .2857}};
    trkx_detector *detector;
    (void)state;
    assert_int_equal(read_text(good, &detector, NULL), TRKX_OK);
    assert_int_equal(detector->count, 4);
    const struct trkx_module *m = trkx_detector_find(detector, 8, 2, 1);
    assert_ptr_equal(m, &detector->modules[2]);
    assert_true(m->volume == 8 && m->layer == 2 && m->module == 1);
    for (int i = 0; i < 3; i++) {
        assert_true(m->center[i] == i + 1);
        for (int k = 0; k < 3; k++) assert_true(m->rotation[i][k] == rotation[i][k]);
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

static void errors(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "detectors.csv: detector: the file is empty"},
        {HEADER, "detectors.csv: detector: has only a header, no modules"},
        {HEADER MODULE("7,2,1") MODULE("7,2,2") MODULE("7,2,1"),
         "detectors.csv:4: detector: the module is already in line 2"},
        {HEADER MODULE("7,2,x"), "detectors.csv:2: detector: column module_id: \"x\" is not an integer"},
        {"volume_id,layer_id,module_id\n7,2,1\n", "detectors.csv:1: detector: columns cx, cy, cz, rot_xu,"},
        {HEADER "0,7,2,1,1,2,3,1,0,0,0,1,0,0,0,1,0,8,9,36,0.05,0.056\n",
         "detectors.csv:2: detector: column module_t: is not 0.001 to 10000 mm"},
        {HEADER "0,7,2,1,1,2,3,1,0,0,0,1,0,0,0,1,.1,8,9,36,-1,0.056\n",
         "detectors.csv:2: detector: column pitch_u: is not 0.001 to 10000 mm"},
        {HEADER "0,7,2,1,1,2,3,0,0,0,0,0,0,0,0,0,.1,8,9,36,.05,.05\n",
         "detectors.csv:2: detector: rot_xu to rot_zw are not a rotation"},
        {HEADER MODULE("7,2,2") "0,7,2,1,1,2,3,1,0,0,.1,1,0,0,0,1,.1,8,9,36,.05,.05\n",
         "detectors.csv:3: detector: rot_xu to rot_zw are not a rotation"},
        {HEADER "0,7,2,1,1,2,3,1,0,0,0,1,0,0,0,1,.1,8,9,-3,.05,.05\n",
         "detectors.csv:2: detector: column module_hv: is not 0.001 to 10000 mm"},
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

/* ---- detector.json ---------------------------------------------------------------------------------- */

static const char description[] =
    "{\"schema\": 1, \"name\": \"mine\", \"modules\": \"detectors.csv\",\n"
    " \"field\": {\"strength\": 3.8, \"nonuniformity\": 0.1},\n"
    " \"layers\": {\"disk_normal\": 0.6, \"spread\": 7, \"overlap\": 11, \"normal_error\": 0.03,"
    " \"scattering\": 0.001},\n"
    " \"tracks\": {\"min_radius\": 140, \"reach\": 12, \"max_arc\": 500} }\n";

/* `description` with one field changed, as "layers.spread"; value NULL takes it away. */
static const char *changed(const char *path, const char *value)
{
    char *text = json_changed(description, path, value);
    const char *file = scratch_text("detector.json", text);
    free(text);
    return file;
}

static void a_description_comes_out_as_written(void **state)
{
    trkx_detector *detector;
    (void)state;
    scratch_text("detectors.csv", good);
    assert_int_equal(trkx_detector_read(scratch_text("detector.json", description), &detector, NULL),
                     TRKX_OK);
    const struct trkx_description *d = &detector->description;
    assert_true(detector->described);
    assert_string_equal(detector->name, "mine");
    assert_true(d->field.strength == 3.8 && isinf(d->field.coil_half_length) &&
                d->field.nonuniformity == 0.1);
    assert_true(d->disk_normal == 0.6 && d->spread == 7 && d->overlap == 11 && d->normal_error == 0.03);
    assert_true(d->scattering == 0.001 && d->min_radius == 140 && d->reach == 12 && d->max_arc == 500);
    assert_non_null(trkx_detector_find(detector, 8, 2, 1));
    trkx_detector_destroy(detector);
    assert_int_equal(read_text(good, &detector, NULL), TRKX_OK);
    assert_false(detector->described);
    assert_int_equal(trkx_detector_write(detector, scratch, NULL), TRKX_ERROR_ARGUMENT);
    trkx_detector_destroy(detector);
}

static void every_wrong_field_is_named(void **state)
{
    /* clang-format off */
    static const char *const wrong[][2] = {
        {"schema", NULL}, {"schema", "2"}, {"name", NULL}, {"name", "7"}, {"modules", NULL},
        {"modules", "\"../detectors.csv\""}, {"field", NULL}, {"field", "2"}, {"layers", NULL},
        {"tracks", "[]"}, {"field.strength", NULL}, {"field.strength", "0"}, {"field.strength", "\"2\""},
        {"field.nonuniformity", NULL}, {"field.coil_radius", "0"}, {"field.coil_half_length", "2600"},
        {"layers.disk_normal", NULL}, {"layers.disk_normal", "1.5"}, {"layers.spread", NULL},
        {"layers.spread", "-1"}, {"layers.overlap", NULL}, {"layers.normal_error", NULL},
        {"layers.scattering", NULL}, {"tracks.min_radius", NULL}, {"tracks.min_radius", "0"},
        {"tracks.reach", NULL}, {"tracks.max_arc", NULL}, {"tracks.maxarc", "3"}, {"comment", "\"a\""}};
    /* clang-format on */
    (void)state;
    scratch_text("detectors.csv", good);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        trkx_detector *detector;
        trkx_error error = {TRKX_OK, ""};
        const char *name =
            strcmp(wrong[i][0], "field.coil_half_length") == 0 ? "field.coil_radius" : wrong[i][0];
        enum trkx_status status = trkx_detector_read(changed(wrong[i][0], wrong[i][1]), &detector, &error);
        assert_null(detector);
        if (status != TRKX_ERROR_BUNDLE || strstr(error.message, name) == NULL ||
            strstr(error.message, "detector.json: field ") == NULL)
            fail_msg("%s: status %d, %s", wrong[i][0], status, error.message);
    }
}

static void files_of_a_description_may_be_bad(void **state)
{
    trkx_detector *detector;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_detector_read(scratch_text("detector.json", "{"), &detector, &error),
                     TRKX_ERROR_FORMAT);
    assert_int_equal(trkx_detector_read(changed("modules", "\"no.csv\""), &detector, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "no.csv"));
    assert_int_equal(trkx_detector_read(scratch_path("no.json"), &detector, &error), TRKX_ERROR_IO);
    assert_null(detector);
}

static void expect_same(const trkx_detector *a, const trkx_detector *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t m = 0; m < a->count; m++) {
        const struct trkx_module *x = &a->modules[m], *y = &b->modules[m];
        const size_t numbers = sizeof *x - offsetof(struct trkx_module, center);
        assert_true(x->volume == y->volume && x->layer == y->layer && x->module == y->module);
        assert_memory_equal(x->center, y->center, numbers);
    }
    assert_string_equal(a->name, b->name);
    assert_memory_equal(&a->description, &b->description, sizeof a->description);
}

static void what_is_written_is_read_again(void **state)
{
    trkx_detector *detector, *again;
    (void)state;
    assert_int_equal(trkx_detector_builtin(&detector, NULL), TRKX_OK);
    assert_int_equal(trkx_detector_write(detector, "", NULL), TRKX_ERROR_ARGUMENT); /* not in the root */
    for (int uniform = 0; uniform < 2; uniform++) {
        assert_int_equal(trkx_detector_write(detector, scratch, NULL), TRKX_OK);
        assert_int_equal(trkx_detector_read(scratch_path("detector.json"), &again, NULL), TRKX_OK);
        expect_same(detector, again);
        trkx_detector_destroy(again);
        detector->description.field.coil_half_length = (double)INFINITY;
        detector->description.field.coil_radius = 1;
        detector->name[0] = '"'; /* which JSON escapes */
    }
    trkx_detector_destroy(detector);
}

/* The detector that is simulated is the one that the bundles have been trained for: up to the last bits of a
 * C library's sin. */
static void bundles_have_the_simulated_detector(void **state)
{
    static const char *const paths[] = {"models/default/detector.json", "models/positions/detector.json",
                                        "models/acat2021-like/detector.json"};
    trkx_detector *simulated, *detector;
    (void)state;
    assert_int_equal(trkx_detector_builtin(&simulated, NULL), TRKX_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(trkx_detector_read(paths[i], &detector, NULL), TRKX_OK);
        assert_int_equal(detector->count, simulated->count);
        assert_memory_equal(&detector->description, &simulated->description, sizeof detector->description);
        for (size_t m = 0; m < detector->count; m++)
            for (int k = 0; k < 3; k++)
                assert_true(fabs(detector->modules[m].center[k] - simulated->modules[m].center[k]) < 1e-9);
        trkx_detector_destroy(detector);
    }
    trkx_detector_destroy(simulated);
}

/* One look-up for all hits, whatever the threads. */
static void modules_of_hits(void **state)
{
    enum { N = 30000 };
    trkx_detector *detector;
    trkx_error error;
    static int32_t volume[N], layer[N], module[N], found[N];
    const trkx_hits hits = {.count = N, .volume_id = volume, .layer_id = layer, .module_id = module};
    (void)state;
    assert_int_equal(trkx_detector_builtin(&detector, NULL), TRKX_OK);
    for (size_t i = 0; i < N; i++) {
        const struct trkx_module *m = &detector->modules[i / 3 * 7 % detector->count];
        volume[i] = m->volume, layer[i] = m->layer, module[i] = m->module;
    }
    for (int threads = 0; threads < 4; threads++) {
        memset(found, 0xff, sizeof found);
        assert_int_equal(trkx_modules_find(detector, &hits, threads, found, NULL), TRKX_OK);
        for (size_t i = 0; i < N; i++) assert_int_equal(found[i], i / 3 * 7 % detector->count);
    }
    module[29000] = module[20000] = 99999;
    for (int threads = 0; threads < 4; threads++) {
        assert_int_equal(trkx_modules_find(detector, &hits, threads, found, &error), TRKX_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "hit 20001: module"));
    }
    trkx_detector_destroy(detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_and_order),
        cmocka_unit_test(find),
        cmocka_unit_test(errors),
        cmocka_unit_test(missing_file),
        cmocka_unit_test(create_refuses_twins),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(real_detector),
        cmocka_unit_test(a_description_comes_out_as_written),
        cmocka_unit_test(every_wrong_field_is_named),
        cmocka_unit_test(files_of_a_description_may_be_bad),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(bundles_have_the_simulated_detector),
        cmocka_unit_test(modules_of_hits),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_destroy);
}
