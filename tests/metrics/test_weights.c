/* Proves that weights of hits are TrackML's: the formula at its corners and against a plain one that
 * interpolates as the library does; an event's hits weighed in the order of z, ties by row, by the number
 * that the particle made; and (where there are real events) the weights of TrackML's own files, of either
 * phase, hit by hit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "metrics/truth_index.h"
#include "metrics/weights.h"

#define TOLERANCE 1e-12

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) <= TOLERANCE)) fail_msg("%.17g instead of %.17g", value, expected);
}

/* ---- the formula ------------------------------------------------------------------------------------ */

static void test_by_pt(void **state)
{
    static const double pt[] = {0, 0.0499, 0.05, 0.5, 1.75, 3, 100}, weight[] = {0, 0, .2, .2, .6, 1, 1};
    (void)state;
    for (int i = 0; i < 7; i++) assert_near(trkx_weight_by_pt(pt[i]), weight[i]);
}

/* The nine values at equal distances from the first hit to the last: each hit searched among all intervals.
 */
static double plain_proposal(double hit, double hits)
{
    static const double at[] = {10, 8, 6, 5, 3, 3, 3, 5, 6};
    for (int i = 0; i < 8; i++) {
        double low = i * (hits - 1) / 8, high = (i + 1) * (hits - 1) / 8;
        if (hit >= low && hit <= high) return at[i] + (hit - low) / (high - low) * (at[i + 1] - at[i]);
    }
    fail_msg("hit %g of %g", hit, hits);
    return 0;
}

static void test_by_order(void **state)
{
    static const double nine[] = {10, 8, 6, 5, 3, 3, 3, 5, 6};
    (void)state;
    for (size_t i = 0; i < 9; i++) assert_near(trkx_weight_by_order(i, 9), nine[i] / 49);
    for (size_t hits = 0; hits < 4; hits++) assert_near(trkx_weight_by_order(0, hits), 0);
    for (size_t hits = 4; hits <= 20; hits++) {
        double sum = 0, plain = 0;
        for (size_t i = 0; i < hits; i++) plain += plain_proposal((double)i, (double)hits);
        for (size_t i = 0; i < hits; i++) {
            sum += trkx_weight_by_order(i, hits);
            assert_near(trkx_weight_by_order(i, hits), plain_proposal((double)i, (double)hits) / plain);
        }
        assert_near(sum, 1);
        assert_near(trkx_weight_by_order(hits, hits), 0);
    }
    assert_near(trkx_weight_by_order(19, 25), trkx_weight_by_order(19, 20)); /* 20 at most */
    assert_near(trkx_weight_by_order(20, 25), 0);
}

/* ---- an event --------------------------------------------------------------------------------------- */

/* Of all hits; particles: of their ids 1 and 2, those of hits at z, with vertices at z = 1. */
static void weigh(const int64_t *ids, const float *z, size_t n, const int32_t *nhits, double *weights)
{
    static const int64_t known[] = {1, 2};
    static const float vxyz[] = {0, 0, 1, 0, 0, 1}, pxyz[] = {0, 3, 9, 0.5f, 0, 9}; /* pT 3 and 0.5 */
    float xyz[64] = {0};
    for (size_t i = 0; i < n; i++) xyz[3 * i + 2] = z[i];
    const trkx_truth truth = {.count = n, .particle_id = ids, .xyz = xyz};
    const trkx_particles particles = {
        .count = 2, .particle_id = known, .vxyz = vxyz, .pxyz = pxyz, .nhits = nhits};
    struct trkx_truth_index index;
    trkx_error error;
    assert_int_equal(trkx_truth_create(NULL, &truth, &particles, &index, &error), TRKX_OK);
    assert_int_equal(trkx_weigh_hits(&index, weights, &error), TRKX_OK);
    trkx_truth_destroy(&index);
}

/* Distances from the vertex count, on either side; of hits at the same distance the first row is the first.
 */
static void test_order_in_z(void **state)
{
    static const int64_t ids[] = {1, 2, 1, 0, 1, 2, 1, 2, 1};
    static const float z[] = {5, 9, -3, 0, 2, 9, 1, 9, -30};
    static const size_t order[] = {2, 0, 3, 0, 1, 0, 0, 0, 4}; /* 5 and -3 are as far from 1 */
    double weights[9];
    (void)state;
    weigh(ids, z, 9, NULL, weights);
    for (size_t i = 0; i < 9; i++)
        assert_near(weights[i], ids[i] == 1 ? trkx_weight_by_order(order[i], 5) : 0); /* 2 has three hits */
}

/* A particle of which the truth lacks hits is weighed by those that it made; an unknown number is no less
 * than that listed. */
static void test_hits_made(void **state)
{
    static const int64_t ids[] = {1, 1, 1, 1, 2, 2, 2};
    static const float z[] = {2, 3, 4, 5, 2, 3, 4};
    static const int32_t more[] = {6, 4}, unknown[] = {-1, 0}, fewer[] = {2, 1};
    double weights[7];
    (void)state;
    weigh(ids, z, 7, more, weights);
    for (size_t i = 0; i < 7; i++)
        assert_near(weights[i], i < 4 ? trkx_weight_by_order(i, 6) : 0.2 * trkx_weight_by_order(i - 4, 4));
    for (int which = 0; which < 2; which++) {
        weigh(ids, z, 7, which == 0 ? unknown : fewer, weights);
        for (size_t i = 0; i < 7; i++) assert_near(weights[i], i < 4 ? trkx_weight_by_order(i, 4) : 0);
    }
}

static void test_nothing(void **state)
{
    static const int64_t noise[] = {0, 0};
    static const float z[] = {1, 2};
    double weights[2] = {1, 1};
    (void)state;
    weigh(noise, z, 0, NULL, weights);
    assert_near(weights[0], 1); /* not touched */
    weigh(noise, z, 2, NULL, weights);
    assert_near(weights[0] + weights[1], 0);
}

/* ---- real events ------------------------------------------------------------------------------------ */

static double sum(const double *values, size_t n)
{
    double total = 0;
    for (size_t i = 0; i < n; i++) total += values[i];
    return total;
}

/* The file's weights have six digits; an event may be part of a larger one, so both are taken as shares. */
static void compare_with_file(const char *path, bool with_material)
{
    trkx_event *event;
    trkx_error error;
    struct trkx_truth_index index;
    enum trkx_status status =
        trkx_event_read(path, TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES, 1, &event, &error);
    if (status == TRKX_ERROR_IO) skip();
    assert_int_equal(status, TRKX_OK);
    const trkx_truth *truth = trkx_event_truth(event);
    size_t n = truth->count, weighed = 0;
    double *weights = malloc((n + 1) * sizeof *weights);
    assert_non_null(weights);
    assert_int_equal(trkx_truth_create(NULL, truth, trkx_event_particles(event), &index, &error), TRKX_OK);
    assert_int_equal(trkx_weigh_hits(&index, weights, &error), TRKX_OK);
    for (size_t i = 0; i < n && !with_material; i++)
        if ((truth->particle_id[i] & 0xfff) != 0) weights[i] = 0;
    double ours = sum(weights, n), theirs = sum(truth->weight, n);
    for (size_t i = 0; i < n; i++) {
        double made = weights[i] / ours, given = truth->weight[i] / theirs;
        if (!(fabs(made - given) <= 1e-5 * given)) fail_msg("row %zu: %g instead of %g", i, made, given);
        weighed += given > 0;
    }
    assert_true(weighed > n / 2);
    trkx_truth_destroy(&index);
    free(weights);
    trkx_event_destroy(event);
}

static void test_real_phase1(void **state)
{
    (void)state;
    compare_with_file("../shared/data/trackml-full/event000001061", true);
}

static void test_real_phase2(void **state)
{
    (void)state;
    compare_with_file("../shared/data/trackml/event000000001", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_pt),       cmocka_unit_test(test_by_order),
        cmocka_unit_test(test_order_in_z),  cmocka_unit_test(test_hits_made),
        cmocka_unit_test(test_nothing),     cmocka_unit_test(test_real_phase1),
        cmocka_unit_test(test_real_phase2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
