/* Proves: the innermost cylinders of a detector are found; beam_sigma_z is what a search of all triplets, in
 * double and without cells of azimuth and z, gives, on simulated events and a real one; it is near the true
 * width for short and long beams; for tracks made by hand it is the quantile of their vertices, within its
 * limits; without layers or triplets it is 50 mm; hits on the beam, or not finite, do not matter, and very
 * many in one place do not take long; it is the same for any number of threads; no failing allocation leaks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detector/barrel.h"
#include "features/beam.h"
#include "tests/random.h"

#define PI 3.14159265358979323846

static double estimate(const trkx_hits *hits, const trkx_detector *detector, int threads)
{
    double sigma_z = -1;
    trkx_error error;
    if (trkx_beam_sigma_z(NULL, hits, detector, threads, &sigma_z, &error) != TRKX_OK)
        fail_msg("%s", error.message);
    return sigma_z;
}

/* ---- the plain computation -------------------------------------------------------------------------- */

struct point {
    double r, phi, z;
};

/* Points with low <= r < high and |z| < half_length. Returns their number. */
static size_t select_points(const trkx_hits *hits, double low, double high, double half_length,
                            struct point *points)
{
    size_t count = 0;
    for (size_t i = 0; i < hits->count; i++) {
        double x = (double)hits->xyz[3 * i], y = (double)hits->xyz[3 * i + 1],
               z = (double)hits->xyz[3 * i + 2];
        double r = hypot(x, y);
        if (r >= low && r < high && fabs(z) < half_length)
            points[count++] = (struct point){r, atan2(y, x), z};
    }
    return count;
}

struct layer_points {
    size_t count[3];
    struct point *points[3];
};

/* The excess of the third hits near the line of a and b over those beside it. */
static void third_hits(const struct layer_points *layers, const struct point *a, const struct point *b,
                       long *excess, long *triplets)
{
    double bending = remainder(b->phi - a->phi, 2 * PI) / (b->r - a->r),
           slope = (b->z - a->z) / (b->r - a->r);
    for (size_t k = 0; k < layers->count[2]; k++) {
        const struct point *c = &layers->points[2][k];
        double dphi = remainder(c->phi - b->phi - bending * (c->r - b->r), 2 * PI);
        double dz = fabs(c->z - b->z - slope * (c->r - b->r)) / (1 + fabs(slope));
        if (fabs(dphi) >= 0.002) continue;
        *excess += (dz < 0.15) - (dz >= 0.5 && dz < 0.65);
        *triplets += dz < 0.15 || (dz >= 0.5 && dz < 0.65);
    }
}

static void all_triplets(const struct layer_points *layers, long excess[300], long *triplets)
{
    for (size_t i = 0; i < layers->count[0]; i++)
        for (size_t j = 0; j < layers->count[1]; j++) {
            const struct point *a = &layers->points[0][i], *b = &layers->points[1][j];
            double dr = b->r - a->r, z0 = fabs(a->z - a->r * (b->z - a->z) / dr);
            if (fabs(remainder(b->phi - a->phi, 2 * PI)) < 5e-4 * dr && z0 < 300)
                third_hits(layers, a, b, &excess[(int)z0], triplets);
        }
}

/* In TrackML's detector: the layers meet halfway between their radii. */
static double plain_estimate(const trkx_hits *hits, const double radii[4], double half_length)
{
    struct layer_points layers;
    long excess[300] = {0}, triplets = 0, all = 0, before = 0;
    int bin = 0;
    for (int l = 0; l < 3; l++) {
        double below = l > 0 ? radii[l - 1] : 0;
        layers.points[l] = malloc((hits->count + 1) * sizeof(struct point));
        layers.count[l] = select_points(hits, (below + radii[l]) / 2, (radii[l] + radii[l + 1]) / 2,
                                        half_length, layers.points[l]);
    }
    assert_in_range(layers.count[0], 100, 2047); /* all of them are tried */
    all_triplets(&layers, excess, &triplets);
    for (int l = 0; l < 3; l++) free(layers.points[l]);
    for (int d = 0; d < 300; d++) all += excess[d];
    if (all < 0 || all * all < 10 * triplets) return 50;
    while ((double)(before + excess[bin]) < 0.6827 * (double)all) before += excess[bin++];
    return fmin(fmax(bin + (0.6827 * (double)all - (double)before) / (double)excess[bin], 1), 200);
}

/* ---- events ----------------------------------------------------------------------------------------- */

static trkx_detector *trackml(void)
{
    trkx_detector *detector;
    assert_int_equal(trkx_detector_builtin(&detector, NULL), TRKX_OK);
    return detector;
}

static trkx_event *simulate(size_t particles, double sigma_z, uint64_t number)
{
    trkx_simulate_options options;
    trkx_event *event;
    trkx_simulate_options_init(&options);
    options.particles = particles;
    options.sigma_z = sigma_z;
    options.cells = false;
    assert_int_equal(trkx_simulate(&options, number, &event, NULL), TRKX_OK);
    return event;
}

/* Radii and half length of the first cylinders. */
static double trackml_barrel(const trkx_detector *detector, double radii[4])
{
    struct trkx_cylinder cylinders[4];
    size_t count;
    assert_int_equal(trkx_barrel_inner(NULL, detector, cylinders, 4, &count, NULL), TRKX_OK);
    assert_int_equal(count, 4);
    for (int l = 0; l < 4; l++) radii[l] = cylinders[l].radius;
    return cylinders[0].half_length;
}

static void cylinders_of_trackml(void **state)
{
    static const double expected[4] = {32, 72, 116, 172};
    struct trkx_cylinder cylinders[16];
    trkx_detector *detector = trackml();
    double radii[4];
    size_t count;
    (void)state;
    assert_true(fabs(trackml_barrel(detector, radii) - 491) < 5);
    for (int l = 0; l < 4; l++) assert_true(fabs(radii[l] - expected[l]) < 1);
    assert_int_equal(trkx_barrel_inner(NULL, detector, cylinders, 16, &count, NULL), TRKX_OK);
    assert_int_equal(count, 10); /* four of pixels, four of short strips, two of long ones */
    trkx_detector_destroy(detector);
}

/* A cylinder in two halves is one; a disk is none. */
static void cylinders_by_hand(void **state)
{
    struct trkx_module modules[] = {
        {.volume = 1, .layer = 2, .center = {0, 50, 100}, .hv = 20}, /* one half */
        {.volume = 1, .layer = 2, .center = {52, 0, 100}, .hv = 20},
        {.volume = 2, .layer = 2, .center = {0, -51, -110}, .hv = 20}, /* the other */
        {.volume = 3, .layer = 2, .center = {0, 30, 0}, .hv = 5},
        {.volume = 4, .layer = 2, .center = {0, 10, 0}, .rotation = {{0}, {0}, {0, 0, -1}}, .hv = 5},
    };
    const trkx_detector detector = {.count = 5, .modules = modules};
    struct trkx_cylinder cylinders[3];
    size_t count;
    (void)state;
    assert_int_equal(trkx_barrel_inner(NULL, &detector, cylinders, 3, &count, NULL), TRKX_OK);
    assert_int_equal(count, 2);
    assert_true(cylinders[0].radius == 30 && cylinders[0].half_length == 5);
    assert_true(cylinders[1].radius == 51 && cylinders[1].half_length == 130);
    assert_int_equal(trkx_barrel_inner(NULL, &detector, cylinders, 1, &count, NULL), TRKX_OK);
    assert_int_equal(count, 1);
}

static void compare(const trkx_hits *hits, const trkx_detector *detector)
{
    double radii[4], half_length = trackml_barrel(detector, radii);
    double got = estimate(hits, detector, 1), expected = plain_estimate(hits, radii, half_length);
    if (!(fabs(got - expected) < 1e-3)) fail_msg("%.6g instead of %.6g", got, expected);
}

static void as_all_triplets(void **state)
{
    trkx_detector *detector = trackml();
    (void)state;
    for (int k = 0; k < 6; k++) {
        trkx_event *event = simulate(k % 2 == 0 ? 400 : 1600, k < 3 ? 5.3 : 53, (uint64_t)k);
        compare(trkx_event_hits(event), detector);
        trkx_event_destroy(event);
    }
    trkx_detector_destroy(detector);
}

static void real_event(void **state)
{
    const char *prefix = "../shared/data/trackml/event000000001";
    trkx_event *event;
    trkx_detector *detector;
    (void)state;
    if (trkx_event_read(prefix, 0, 1, &event, NULL) != TRKX_OK) {
        print_message("%s is not here\n", prefix);
        skip();
    }
    detector = trackml();
    double sigma_z = estimate(trkx_event_hits(event), detector, 1); /* its particles': 49 mm */
    compare(trkx_event_hits(event), detector);
    assert_true(sigma_z > 42 && sigma_z < 58);
    trkx_event_destroy(event);
    trkx_detector_destroy(detector);
}

/* Within the spread that follows from the number of vertices, and the same for any number of threads. */
static void near_the_truth(void **state)
{
    static const double widths[] = {5.3, 20, 53};
    trkx_detector *detector = trackml();
    (void)state;
    for (int k = 0; k < 3; k++) {
        trkx_event *event = simulate(6000, widths[k], 7);
        const trkx_hits *hits = trkx_event_hits(event);
        double sigma_z = estimate(hits, detector, 1);
        if (!(fabs(sigma_z / widths[k] - 1) < 0.25)) fail_msg("%g instead of %g", sigma_z, widths[k]);
        for (int threads = 0; threads < 8; threads += 3)
            assert_true(estimate(hits, detector, threads) == sigma_z);
        trkx_event_destroy(event);
    }
    trkx_detector_destroy(detector);
}

/* ---- tracks by hand --------------------------------------------------------------------------------- */

enum { MOST_HITS = 100000 };
static float xyz[3 * MOST_HITS];
static struct trkx_module three_layers[] = {
    {.volume = 1, .layer = 2, .center = {30, 0, 0}, .hv = 1000},
    {.volume = 1, .layer = 4, .center = {70, 0, 0}, .hv = 1000},
    {.volume = 1, .layer = 6, .center = {110, 0, 0}, .hv = 1000},
};
static const trkx_detector barrel = {.count = 3, .modules = three_layers};

static void put(trkx_hits *hits, double r, double phi, double z)
{
    float *at = xyz + 3 * hits->count++;
    assert_true(hits->count <= MOST_HITS);
    at[0] = (float)(r * cos(phi));
    at[1] = (float)(r * sin(phi));
    at[2] = (float)z;
}

static void put_track(trkx_hits *hits, double z0, double slope, double phi, double bending)
{
    for (int l = 0; l < 3; l++) {
        double r = 30 + 40 * l;
        put(hits, r, phi + bending * r, z0 + slope * r);
    }
}

/* One in the middle of each bin of |z0| up to 100 mm, at azimuths all around, across pi, too. */
static void quantile(void **state)
{
    trkx_hits hits = {.xyz = xyz};
    (void)state;
    for (int k = 0; k < 100; k++)
        put_track(&hits, k % 2 == 0 ? k + 0.5 : -k - 0.5, 0.05 * (k % 41) - 1, PI * k / 50, 4e-6 * (k - 50));
    double sigma_z = estimate(&hits, &barrel, 1);
    assert_true(fabs(sigma_z - 68.27) < 1e-9);
}

/* Nine triplets are too few, and so are two layers; what is too curved, off the line, beyond the layers' ends
 * or from beyond 300 mm is none. */
static void unknown(void **state)
{
    trkx_hits hits = {.xyz = xyz};
    const trkx_detector two_layers = {.count = 2, .modules = three_layers};
    (void)state;
    assert_true(estimate(&hits, &barrel, 1) == 50); /* no hits */
    for (int k = 0; k < 9; k++) put_track(&hits, 7.5, 0, 0.5 * k, 0);
    for (int k = 0; k < 9; k++) {
        put_track(&hits, 7.5, 0, 0.5 * k + 0.2, 6e-4);
        put_track(&hits, 301, 0, 0.5 * k + 0.3, 0);
        put_track(&hits, 7.5, 33, 0.5 * k + 0.1, 0);
        put(&hits, 30, 0.5 * k + 0.4, 0);
        put(&hits, 70, 0.5 * k + 0.4, 0);
        put(&hits, 110, 0.5 * k + 0.4, 0.2);
        put(&hits, 110, 0.5 * k + 0.403, 0);
    }
    assert_true(estimate(&hits, &barrel, 1) == 50);
    put_track(&hits, 7.5, 0, 5.5, 0);
    assert_true(fabs(estimate(&hits, &barrel, 1) - 7.6827) < 1e-9);
    assert_true(estimate(&hits, &two_layers, 1) == 50);
}

/* Triplets by chance, as many beside the lines as near them, do not count. */
static void background(void **state)
{
    trkx_hits hits = {.xyz = xyz};
    (void)state;
    for (int k = 0; k < 100; k++) {
        put_track(&hits, 5.5, 0, 0.06 * k, 0);
        put_track(&hits, 205.5, 0, 0.06 * k + 0.02, 0);
        put(&hits, 110, 0.06 * k + 0.02, 206.1);
    }
    assert_true(fabs(estimate(&hits, &barrel, 1) - 5.6827) < 1e-9);
}

static void limits(void **state)
{
    trkx_hits narrow = {.xyz = xyz}, wide = {.xyz = xyz};
    (void)state;
    for (int k = 0; k < 20; k++) put_track(&narrow, 0.1, 0, 0.3 * k, 0);
    assert_true(estimate(&narrow, &barrel, 1) == 1);
    for (int k = 0; k < 20; k++) put_track(&wide, -290, 0, 0.3 * k, 0);
    assert_true(estimate(&wide, &barrel, 1) == 200);
}

/* On the beam, at infinity, not a number: no layer has them. As a feature they are an error, as all are. */
static void odd_hits(void **state)
{
    static const float odd[][3] = {{0, 0, 0},          {0, 0, 10},   {NAN, 30, 0},         {30, INFINITY, 0},
                                   {30, 0, -INFINITY}, {30, 0, NAN}, {3e38F, 3e38F, 3e38F}};
    const trkx_feature_spec spec = {TRKX_FEATURE_BEAM_SIGMA_Z, 2, NULL};
    trkx_hits hits = {.xyz = xyz};
    float features[100];
    trkx_error error;
    (void)state;
    for (int k = 0; k < 20; k++) put_track(&hits, 7.5, 0, 0.3 * k, 0);
    assert_int_equal(trkx_features(&hits, &barrel, &spec, 1, 1, features, &error), TRKX_OK);
    for (size_t i = 0; i < hits.count; i++)
        assert_true(features[i] == (float)(estimate(&hits, &barrel, 1) / 2));
    memcpy(xyz + 3 * hits.count, odd, sizeof odd);
    hits.count += sizeof odd / sizeof odd[0];
    assert_true(fabs(estimate(&hits, &barrel, 1) - 7.6827) < 1e-9);
    assert_int_equal(trkx_features(&hits, &barrel, &spec, 1, 1, features, &error), TRKX_ERROR_ARGUMENT);
    assert_string_equal(error.message, "features: hit 63: x is not finite");
    assert_int_equal(trkx_features(&hits, NULL, &spec, 1, 1, features, &error), TRKX_ERROR_ARGUMENT);
    assert_string_equal(error.message, "features: beam_sigma_z needs a detector");
}

/* 100,000 hits at one place of each layer, and along one line of azimuth: the work is bounded. */
static void crowds(void **state)
{
    trkx_hits place = {.xyz = xyz}, line = {.xyz = xyz};
    uint64_t random = 1;
    (void)state;
    while (place.count + 3 <= MOST_HITS) put_track(&place, 3.5, 0.5, 1, 0);
    assert_true(fabs(estimate(&place, &barrel, 2) - 3.6827) < 1e-3);
    while (line.count < MOST_HITS)
        put(&line, 30 + 40 * (double)(line.count % 3), 1, (double)(next_random(&random) % 2000) - 1000);
    double sigma_z = estimate(&line, &barrel, 1);
    assert_true(sigma_z >= 1 && sigma_z <= 200 && estimate(&line, &barrel, 3) == sigma_z);
}

/* A detector without extent, on the beam. */
static void degenerate_detector(void **state)
{
    struct trkx_module modules[3] = {
        {.volume = 1}, {.volume = 2, .center = {1e-320, 0, 0}}, {.volume = 3, .center = {1e-300, 0, 0}}};
    const trkx_detector detector = {.count = 3, .modules = modules};
    const trkx_hits hits = {.xyz = xyz, .count = 30};
    (void)state;
    memset(xyz, 0, 90 * sizeof *xyz);
    assert_true(estimate(&hits, &detector, 1) == 50);
    for (int m = 0; m < 3; m++) modules[m].hv = 1;
    assert_true(estimate(&hits, &detector, 1) == 50);
}

static void memory(void **state)
{
    trkx_hits hits = {.xyz = xyz};
    double sigma_z;
    trkx_error error;
    (void)state;
    for (int k = 0; k < 20; k++) put_track(&hits, 7.5, 0, 0.3 * k, 0);
    for (long after = 0;; after++) {
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_beam_sigma_z(NULL, &hits, &barrel, 1, &sigma_z, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) {
            assert_true(after > 3);
            break;
        }
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cylinders_of_trackml),
        cmocka_unit_test(cylinders_by_hand),
        cmocka_unit_test(as_all_triplets),
        cmocka_unit_test(real_event),
        cmocka_unit_test(near_the_truth),
        cmocka_unit_test(quantile),
        cmocka_unit_test(unknown),
        cmocka_unit_test(background),
        cmocka_unit_test(limits),
        cmocka_unit_test(odd_hits),
        cmocka_unit_test(crowds),
        cmocka_unit_test(degenerate_detector),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
