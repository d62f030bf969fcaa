/* Proves: every feature has the value of its definition, computed here in a different way (angles by acos
 * and log(tan), rotations by projection on the axes, in long double), on a hand-made detector with values
 * worked out by hand and on a real event; it is divided by its scale; the bytes do not depend on the number
 * of threads; missing inputs are errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detector/modules.h"
#include "features/beam.h"
#include "features/cluster.h"
#include "features/features.h"

enum { ALL = TRKX_FEATURE_KINDS };

static void all_specs(trkx_feature_spec *specs, double scale)
{
    for (int f = 0; f < ALL; f++) specs[f] = (trkx_feature_spec){(enum trkx_feature)f, scale, NULL};
}

/* ---- the independent computation -------------------------------------------------------------------- */

typedef long double real;

struct reference {
    const trkx_hits *hits;
    const trkx_detector *detector;
};

/* By the polar angle, where the angle does not lose its digits: away from the axis. */
static real eta_of(real x, real y, real z)
{
    real theta = acosl(z / sqrtl(x * x + y * y + z * z));
    return -logl(tanl(theta / 2));
}

static const struct trkx_module *find_module(const struct reference *reference, size_t i)
{
    const trkx_hits *hits = reference->hits;
    for (size_t m = 0; m < reference->detector->count; m++) {
        const struct trkx_module *module = &reference->detector->modules[m];
        if (module->volume == hits->volume_id[i] && module->layer == hits->layer_id[i] &&
            module->module == hits->module_id[i])
            return module;
    }
    return NULL;
}

static int channels(const int32_t *channel, size_t count)
{
    int least = channel[0], most = channel[0];
    for (size_t c = 0; c < count; c++) {
        least = channel[c] < least ? channel[c] : least;
        most = channel[c] > most ? channel[c] : most;
    }
    return most - least + 1;
}

static void position_values(const struct reference *reference, size_t i, real *values)
{
    const float *xyz = reference->hits->xyz + 3 * i;
    real x = (real)xyz[0], y = (real)xyz[1], z = (real)xyz[2], r = hypotl(x, y), d = hypotl(r, z);
    values[TRKX_FEATURE_R] = r;
    values[TRKX_FEATURE_PHI] = copysignl(acosl(x / r), y);
    values[TRKX_FEATURE_Z] = z;
    values[TRKX_FEATURE_X] = x;
    values[TRKX_FEATURE_Y] = y;
    values[TRKX_FEATURE_COS_PHI] = cosl(values[TRKX_FEATURE_PHI]);
    values[TRKX_FEATURE_SIN_PHI] = sinl(values[TRKX_FEATURE_PHI]);
    values[TRKX_FEATURE_ETA] = eta_of(x, y, z);
    values[TRKX_FEATURE_THETA] = acosl(z / d);
    values[TRKX_FEATURE_DIR_X] = x / d;
    values[TRKX_FEATURE_DIR_Y] = y / d;
    values[TRKX_FEATURE_DIR_Z] = z / d;
    values[TRKX_FEATURE_VOLUME] = reference->hits->volume_id[i];
    values[TRKX_FEATURE_LAYER] = reference->hits->layer_id[i];
}

static void cell_values(const struct reference *reference, size_t i, real *values)
{
    const trkx_hits *hits = reference->hits;
    const struct trkx_module *m = find_module(reference, i);
    size_t begin = hits->cell_begin[i], count = hits->cell_begin[i + 1] - begin;
    real l[3], g[3] = {0};
    assert_non_null(m);
    for (int f = TRKX_FEATURE_CELL_COUNT; f <= TRKX_FEATURE_GPHI; f++) values[f] = 0;
    if (count == 0) return;
    for (size_t c = begin; c < begin + count; c++) values[TRKX_FEATURE_CELL_VAL] += (real)hits->cell_value[c];
    l[0] = channels(hits->cell_ch0 + begin, count) * (real)m->pitch_u;
    l[1] = channels(hits->cell_ch1 + begin, count) * (real)m->pitch_v;
    l[2] = (real)m->thickness + (real)m->thickness;
    for (int axis = 0; axis < 3; axis++)
        for (int k = 0; k < 3; k++) g[k] += (real)m->rotation[k][axis] * l[axis];
    values[TRKX_FEATURE_CELL_COUNT] = (real)count;
    values[TRKX_FEATURE_LX] = l[0];
    values[TRKX_FEATURE_LY] = l[1];
    values[TRKX_FEATURE_LZ] = l[2];
    values[TRKX_FEATURE_LETA] = eta_of(l[0], l[1], l[2]);
    values[TRKX_FEATURE_LPHI] = atanl(l[1] / l[0]);
    values[TRKX_FEATURE_GETA] = eta_of(g[0], g[1], g[2]);
    values[TRKX_FEATURE_GPHI] = copysignl(acosl(g[0] / hypotl(g[0], g[1])), g[1]);
}

static void module_values(const struct reference *reference, size_t i, real *values)
{
    const struct trkx_module *m = find_module(reference, i);
    const float *xyz = reference->hits->xyz + 3 * i;
    assert_non_null(m);
    real angle =
        atan2l((real)m->rotation[1][0], (real)m->rotation[0][0]) - atan2l((real)xyz[1], (real)xyz[0]);
    values[TRKX_FEATURE_TILT] = sinl(angle) < 0 ? -cosl(angle) : cosl(angle);
    values[TRKX_FEATURE_NORMAL_Z] = fabsl((real)m->rotation[2][2]);
}

/* depth: of clusters on each module. */
static void slope_values(const struct reference *reference, size_t i, const double *depth, real *values)
{
    const struct trkx_module *m = find_module(reference, i);
    real across = (real)depth[m - reference->detector->modules] * values[TRKX_FEATURE_LZ];
    bool cells = values[TRKX_FEATURE_CELL_COUNT] > 0;
    values[TRKX_FEATURE_SLOPE_U] =
        cells ? fminl((values[TRKX_FEATURE_LX] - (real)m->pitch_u) / across, 20) : 0;
    values[TRKX_FEATURE_SLOPE_V] =
        cells ? fminl((values[TRKX_FEATURE_LY] - (real)m->pitch_v) / across, 20) : 0;
}

/* test_cluster.c compares it with another computation. */
static double *depths_of(const struct reference *reference)
{
    int32_t *modules = malloc(reference->hits->count * sizeof *modules);
    double *depth = malloc(reference->detector->count * sizeof *depth);
    const struct trkx_placed_hits placed = {reference->hits, reference->detector, modules};
    assert_int_equal(trkx_modules_find(reference->detector, reference->hits, 1, modules, NULL), TRKX_OK);
    assert_int_equal(trkx_cluster_depths(NULL, &placed, depth, NULL), TRKX_OK);
    free(modules);
    return depth;
}

/* All features of all hits, scaled, within two units in the last place of the float or a little of the unit
 * (sine and cosine near their zeros). */
static void compare(const struct reference *reference, double scale)
{
    size_t n = reference->hits->count;
    double beam_sigma_z, *depth = depths_of(reference); /* test_beam.c compares the one, too */
    float *features = malloc((n * ALL + 1) * sizeof *features);
    trkx_feature_spec specs[ALL];
    trkx_error error;
    all_specs(specs, scale);
    if (trkx_features(reference->hits, reference->detector, specs, ALL, 1, features, &error) != TRKX_OK)
        fail_msg("%s", error.message);
    assert_int_equal(trkx_beam_sigma_z(NULL, reference->hits, reference->detector, 1, &beam_sigma_z, &error),
                     TRKX_OK);
    for (size_t i = 0; i < n; i++) {
        real values[ALL] = {[TRKX_FEATURE_BEAM_SIGMA_Z] = (real)beam_sigma_z};
        position_values(reference, i, values);
        cell_values(reference, i, values);
        module_values(reference, i, values);
        slope_values(reference, i, depth, values);
        for (int f = 0; f < ALL; f++) {
            real got = (real)features[i * ALL + (size_t)f], expected = values[f] / (real)scale;
            if (!(fabsl(got - expected) <= 1.3e-7L * fabsl(expected) + 1e-9L / fabsl((real)scale)))
                fail_msg("hit %zu %s: %.9Lg instead of %.9Lg", i, trkx_feature_name((enum trkx_feature)f),
                         got, expected);
        }
    }
    free(features);
    free(depth);
}

/* ---- a small detector ------------------------------------------------------------------------------- */

/* Module 1 lies flat; module 2 is turned so that u runs along y, v along z and w along x. */
static const struct trkx_module small_modules[] = {
    {.volume = 8,
     .layer = 2,
     .module = 1,
     .rotation = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
     .thickness = 0.15,
     .pitch_u = 0.05,
     .pitch_v = 0.1},
    {.volume = 8,
     .layer = 2,
     .module = 2,
     .rotation = {{0, 0, 1}, {1, 0, 0}, {0, 1, 0}},
     .thickness = 0.25,
     .pitch_u = 0.08,
     .pitch_v = 1.2},
};

static const float small_xyz[] = {30, 40, 120, -3, 4, 0, 1, -1, -2};
static const int32_t small_volume[] = {8, 8, 8}, small_layer[] = {2, 2, 2}, small_module[] = {1, 2, 2};
static const size_t small_begin[] = {0, 3, 3, 4};
static const int32_t small_ch0[] = {10, 12, 11, 7}, small_ch1[] = {5, 5, 5, 3};
static const float small_value[] = {0.25F, 0.5F, 0.125F, 2};
static const trkx_hits small = {.count = 3,
                                .xyz = small_xyz,
                                .volume_id = small_volume,
                                .layer_id = small_layer,
                                .module_id = small_module,
                                .cell_begin = small_begin,
                                .cell_ch0 = small_ch0,
                                .cell_ch1 = small_ch1,
                                .cell_value = small_value};
static trkx_detector small_detector = {.count = 2, .modules = (struct trkx_module *)small_modules};

static void by_hand(void **state)
{
    float row[3][ALL];
    trkx_feature_spec specs[ALL];
    (void)state;
    all_specs(specs, 1);
    assert_int_equal(trkx_features(&small, &small_detector, specs, ALL, 1, &row[0][0], NULL), TRKX_OK);
    assert_true(row[0][TRKX_FEATURE_R] == 50 && row[0][TRKX_FEATURE_Z] == 120);
    assert_true(row[0][TRKX_FEATURE_COS_PHI] == 0.6F && row[0][TRKX_FEATURE_SIN_PHI] == 0.8F);
    assert_true(row[0][TRKX_FEATURE_DIR_X] == (float)(30 / 130.0) &&
                row[0][TRKX_FEATURE_DIR_Z] == (float)(120 / 130.0));
    assert_true(row[0][TRKX_FEATURE_ETA] == (float)log(5.0)); /* asinh(12/5) = log(12/5 + 13/5) */
    assert_true(row[0][TRKX_FEATURE_CELL_COUNT] == 3 && row[0][TRKX_FEATURE_CELL_VAL] == 0.875F);
    assert_true(row[0][TRKX_FEATURE_LX] == 0.15F && row[0][TRKX_FEATURE_LY] == 0.1F);
    assert_true(row[0][TRKX_FEATURE_GETA] == row[0][TRKX_FEATURE_LETA]);
    assert_true(row[0][TRKX_FEATURE_GPHI] == row[0][TRKX_FEATURE_LPHI]);
    for (int f = TRKX_FEATURE_CELL_COUNT; f <= TRKX_FEATURE_GPHI; f++) assert_true(row[1][f] == 0);
    assert_true(row[0][TRKX_FEATURE_TILT] == -0.6F); /* u is x; rising phi is (-0.8, 0.6) */
    assert_true(row[0][TRKX_FEATURE_NORMAL_Z] == 1 && row[2][TRKX_FEATURE_NORMAL_Z] == 0);
    assert_true(row[1][TRKX_FEATURE_ETA] == 0 && row[1][TRKX_FEATURE_VOLUME] == 8);
    assert_true(row[2][TRKX_FEATURE_LX] == 0.08F && row[2][TRKX_FEATURE_LY] == 1.2F);
    assert_true(row[2][TRKX_FEATURE_GPHI] == (float)atan2(0.08, 0.5)); /* u is y, w is x */
}

static void small_event(void **state)
{
    const struct reference reference = {&small, &small_detector};
    (void)state;
    compare(&reference, 1);
    compare(&reference, 1000);
    compare(&reference, -0.3);
}

static void no_hits(void **state)
{
    trkx_hits none = {0};
    trkx_feature_spec specs[ALL];
    (void)state;
    all_specs(specs, 1);
    assert_int_equal(trkx_features(&none, NULL, specs, ALL, 1, NULL, NULL), TRKX_OK);
    assert_int_equal(trkx_features(&small, NULL, specs, 0, 1, NULL, NULL), TRKX_OK);
}

/* On the beam line and at the origin everything is finite and, as far as there is one, has the right sign. */
static void on_the_axis(void **state)
{
    static const float xyz[] = {0, 0, 0, 0, 0, 3000, 0, 0, -3000, 1e-45F, 0, 3e38F, 3e38F, 3e38F, -3e38F};
    trkx_hits hits = {.count = 5, .xyz = xyz};
    trkx_feature_spec specs[ALL];
    float row[5][TRKX_FEATURE_VOLUME];
    (void)state;
    all_specs(specs, 1);
    specs[TRKX_FEATURE_R].scale = 2; /* or the last hit's would exceed a float32 */
    assert_int_equal(trkx_features(&hits, NULL, specs, TRKX_FEATURE_VOLUME, 1, &row[0][0], NULL), TRKX_OK);
    for (int i = 0; i < 5; i++)
        for (int f = 0; f < TRKX_FEATURE_VOLUME; f++) assert_true(isfinite(row[i][f]));
    assert_true(row[0][TRKX_FEATURE_ETA] == 0 && row[0][TRKX_FEATURE_COS_PHI] == 1);
    assert_true(row[0][TRKX_FEATURE_DIR_X] == 0 && row[0][TRKX_FEATURE_DIR_Z] == 0);
    assert_true(row[1][TRKX_FEATURE_ETA] > 100 && row[1][TRKX_FEATURE_THETA] < 1e-30F);
    assert_true(row[2][TRKX_FEATURE_ETA] < -100 && row[2][TRKX_FEATURE_DIR_Z] == -1);
    assert_true(row[3][TRKX_FEATURE_ETA] < 200);
}

static void names(void **state)
{
    enum trkx_feature found = TRKX_FEATURE_R;
    (void)state;
    for (int f = 0; f < ALL; f++) {
        const char *name = trkx_feature_name((enum trkx_feature)f);
        assert_non_null(name);
        assert_true(trkx_feature_find(name, &found));
        assert_int_equal(found, f);
    }
    assert_string_equal(trkx_feature_name(TRKX_FEATURE_COS_PHI), "cos_phi");
    assert_null(trkx_feature_name(TRKX_FEATURE_KINDS));
    assert_null(trkx_feature_name((enum trkx_feature) - 1));
    assert_false(trkx_feature_find("R", &found));
    assert_false(trkx_feature_find("", &found));
    assert_int_equal(found, ALL - 1);
}

/* The page on bundles has all of them. */
static void names_are_documented(void **state)
{
    static char page[1 << 16];
    FILE *file = fopen("docs/bundle.md", "r");
    (void)state;
    assert_non_null(file);
    assert_in_range(fread(page, 1, sizeof page - 1, file), 1000, sizeof page - 2);
    fclose(file);
    for (int f = 0; f < ALL; f++) {
        char quoted[32];
        snprintf(quoted, sizeof quoted, "`%s`", trkx_feature_name((enum trkx_feature)f));
        if (strstr(page, quoted) == NULL) fail_msg("%s is not in docs/bundle.md", quoted);
    }
}

static void refuse(const trkx_hits *hits, const trkx_detector *detector, trkx_feature_spec spec,
                   const char *message)
{
    float features[8];
    trkx_error error;
    assert_int_equal(trkx_features(hits, detector, &spec, 1, 1, features, &error), TRKX_ERROR_ARGUMENT);
    if (strstr(error.message, message) == NULL) fail_msg("%s", error.message);
}

/* A column by its name, between features, with one whose name is also a feature's. */
static void columns(void **state)
{
    const float time[] = {1, -2, 0.5F}, r[] = {7, 8, 9};
    const trkx_hits_column of_hits[] = {{"time", time}, {"r", r}};
    const trkx_feature_spec specs[] = {
        {TRKX_FEATURE_COLUMN, 25, "time"}, {TRKX_FEATURE_Z, 1, NULL}, {TRKX_FEATURE_COLUMN, 1, "r"}};
    float features[9], bad[] = {1, INFINITY, NAN};
    trkx_hits hits = {.count = 3, .xyz = small_xyz, .columns_count = 2, .columns = of_hits};
    (void)state;
    for (int threads = 1; threads < 4; threads++) {
        assert_int_equal(trkx_features(&hits, NULL, specs, 3, threads, features, NULL), TRKX_OK);
        for (int i = 0; i < 3; i++) {
            assert_true(features[3 * i] == (float)((double)time[i] / 25));
            assert_true(features[3 * i + 1] == small_xyz[3 * i + 2] && features[3 * i + 2] == r[i]);
        }
    }
    assert_string_equal(trkx_feature_spec_name(&specs[0]), "time");
    assert_string_equal(trkx_feature_spec_name(&specs[1]), "z");
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_COLUMN, 1, "tim"}, "the hits have no column tim");
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_COLUMN, 0, "time"}, "time: scale 0");
    hits.columns = (trkx_hits_column[]){{"time", bad}};
    hits.columns_count = 1;
    refuse(&hits, NULL, specs[0], "features: hit 2: the column time is not finite");
    hits.columns = (trkx_hits_column[]){{"time", time}};
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_COLUMN, 1e-320, "time"},
           "features: hit 1: time divided by its scale 9.99989e-321 is not a float32");
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_Z, -1e-40, NULL},
           "z divided by its scale -1e-40 is not a float32");
    hits.columns_count = 0;
    refuse(&hits, NULL, specs[0], "the hits have no column time");
    hits.columns_count = 2;
    hits.columns = NULL;
    refuse(&hits, NULL, specs[1], "the hits' columns are NULL, but columns_count is 2");
    hits.columns = (trkx_hits_column[]){{"time", time}, {"time", r}};
    refuse(&hits, NULL, specs[0], "the hits have two columns time");
    hits.columns = (trkx_hits_column[]){{"time", time}, {NULL, r}};
    refuse(&hits, NULL, specs[0], "the name of the hits' column 1 is NULL");
    hits.columns = (trkx_hits_column[]){{"time", time}, {"r", NULL}};
    refuse(&hits, NULL, specs[0], "the hits' column r has no values");
}

/* Two lists are the same where all their members are. */
static void same_lists(void **state)
{
    const trkx_feature_spec a[] = {{TRKX_FEATURE_COLUMN, 25, "time"}, {TRKX_FEATURE_Z, 1, NULL}};
    const trkx_feature_spec b[] = {{TRKX_FEATURE_COLUMN, 25, "charge"}, {TRKX_FEATURE_Z, 2, NULL}};
    char time[] = "time";
    const trkx_feature_spec c = {TRKX_FEATURE_COLUMN, 25, time};
    (void)state;
    assert_true(trkx_features_are_same(a, 2, a, 2) && trkx_features_are_same(a, 1, &c, 1));
    assert_false(trkx_features_are_same(a, 2, a, 1) || trkx_features_are_same(a, 1, b, 1));
    assert_false(trkx_features_are_same(a + 1, 1, b + 1, 1) || trkx_features_are_same(a, 1, a + 1, 1));
    assert_int_equal(trkx_features_needs(a, 2), 0);
}

/* The beam needs a detector, but no modules of hits; slopes need modules and cells. */
static void needs(void **state)
{
    const trkx_feature_spec beam[] = {{TRKX_FEATURE_LAYER, 1, NULL}, {TRKX_FEATURE_BEAM_SIGMA_Z, 50, NULL}};
    const trkx_feature_spec tilt = {TRKX_FEATURE_TILT, 1, NULL}, slope = {TRKX_FEATURE_SLOPE_V, 1, NULL};
    (void)state;
    assert_int_equal(trkx_features_needs(beam, 2), TRKX_NEEDS_LAYER | TRKX_NEEDS_BEAM);
    assert_int_equal(trkx_features_needs(&tilt, 1), TRKX_NEEDS_MODULE);
    assert_int_equal(trkx_features_needs(&slope, 1), TRKX_NEEDS_DEPTH);
    assert_int_equal(TRKX_NEEDS_DEPTH & TRKX_NEEDS_CLUSTER, TRKX_NEEDS_CLUSTER);
}

static void errors(void **state)
{
    trkx_hits hits = {.count = 3, .xyz = small_xyz};
    float bad_xyz[9] = {0, 0, 0, 0, NAN, 0, 0, 0, INFINITY};
    trkx_detector one_module = {.count = 1, .modules = (struct trkx_module *)small_modules};
    int64_t ids[] = {70, 80, 90};
    (void)state;
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_KINDS, 1, NULL}, "features: there is no feature 28");
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_R, 0, NULL}, "features: r: scale 0");
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_R, NAN, NULL}, "features: r: scale nan");
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_VOLUME, 1, NULL},
           "volume needs the hits' volume_id");
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_LAYER, 1, NULL}, "layer needs the hits' layer_id");
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_CELL_VAL, 1, NULL},
           "cell_val needs the hits' cells");
    refuse(&small, NULL, (trkx_feature_spec){TRKX_FEATURE_GPHI, 1, NULL}, "gphi needs a detector");
    hits = small;
    hits.cell_begin = (size_t[]){0, 30000000000, 3, 4};
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_CELL_VAL, 1, NULL},
           "features: cell_begin decreases from 30000000000 to 3 at hit 2");
    hits.cell_begin = NULL;
    hits.xyz = bad_xyz;
    refuse(&hits, NULL, (trkx_feature_spec){TRKX_FEATURE_X, 1, NULL}, "features: hit 2: y is not finite");
    hits = small;
    hits.hit_id = ids;
    refuse(&hits, &one_module, (trkx_feature_spec){TRKX_FEATURE_LX, 1, NULL},
           "hits: hit 80: module (volume 8, layer 2, module 2) is not in the detector");
    refuse(&hits, &one_module, (trkx_feature_spec){TRKX_FEATURE_TILT, 1, NULL}, "is not in the detector");
    hits.module_id = NULL;
    refuse(&hits, &one_module, (trkx_feature_spec){TRKX_FEATURE_TILT, 1, NULL},
           "tilt needs the hits' module_id");
    refuse(&hits, &one_module, (trkx_feature_spec){TRKX_FEATURE_LX, 1, NULL}, "lx needs the hits' module_id");
}

/* ---- a real event ----------------------------------------------------------------------------------- */

struct real_event {
    trkx_event *event;
    trkx_detector *detector;
};

static struct real_event read_real_event(void)
{
    const char *detectors = "../shared/data/trackml/detectors.csv.gz";
    struct real_event real_event;
    trkx_error error;
    if (access(detectors, R_OK) != 0) {
        print_message("%s is not here\n", detectors);
        skip();
    }
    if (trkx_detector_read(detectors, &real_event.detector, &error) != TRKX_OK ||
        trkx_event_read("../shared/data/trackml/event000000001", TRKX_EVENT_CELLS, 1, &real_event.event,
                        &error) != TRKX_OK)
        fail_msg("%s", error.message);
    return real_event;
}

static void real_event(void **state)
{
    struct real_event real_event = read_real_event();
    const struct reference reference = {trkx_event_hits(real_event.event), real_event.detector};
    (void)state;
    compare(&reference, 1);
    trkx_event_destroy(real_event.event);
    trkx_detector_destroy(real_event.detector);
}

static void threads(void **state)
{
    struct real_event real_event = read_real_event();
    const trkx_hits *hits = trkx_event_hits(real_event.event);
    size_t bytes = hits->count * ALL * sizeof(float);
    float *one = malloc(bytes), *many = malloc(bytes);
    trkx_feature_spec specs[ALL];
    (void)state;
    all_specs(specs, 3);
    assert_int_equal(trkx_features(hits, real_event.detector, specs, ALL, 1, one, NULL), TRKX_OK);
    for (int count = 0; count < 8; count += 3) {
        assert_int_equal(trkx_features(hits, real_event.detector, specs, ALL, count, many, NULL), TRKX_OK);
        assert_memory_equal(one, many, bytes);
    }
    free(one);
    free(many);
    trkx_event_destroy(real_event.event);
    trkx_detector_destroy(real_event.detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),     cmocka_unit_test(small_event), cmocka_unit_test(no_hits),
        cmocka_unit_test(on_the_axis), cmocka_unit_test(names),       cmocka_unit_test(names_are_documented),
        cmocka_unit_test(columns),     cmocka_unit_test(same_lists),  cmocka_unit_test(needs),
        cmocka_unit_test(errors),      cmocka_unit_test(real_event),  cmocka_unit_test(threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
