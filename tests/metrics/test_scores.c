/* Proves that trkx_evaluate gives the scores of both phases, what the given weights are, and efficiency and
 * weight by kind of particle, as a plain evaluation of small random events does, which looks at every pair of
 * a label and a particle; and what it gives where particles, positions, TrackML's ids or any weight are
 * missing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/random.h"
#include "trkx.h"

#define TOLERANCE 1e-12

static void assert_near(double value, double expected)
{
    if (isnan(value) != isnan(expected) || fabs(value - expected) > TOLERANCE)
        fail_msg("%.17g instead of %.17g", value, expected);
}

/* ---- small events ----------------------------------------------------------------------------------- */

enum { HITS = 64, PARTICLES = 6 };
enum kind { BEAM, DECAYS, MATERIAL };

/* Particle p has the kind p % 3; the last hit belongs to noise. Not every particle has hits. */
struct small_event {
    size_t n;
    int64_t hit_particle[HITS], id[PARTICLES];
    float xyz[3 * HITS], vxyz[3 * PARTICLES], pxyz[3 * PARTICLES];
    double weight[HITS];
    int32_t labels[HITS];
    trkx_hits hits;
    trkx_truth truth;
    trkx_particles particles;
};

/* Decays and material are made 2 mm from the beam, which is told apart by the process in the id. */
static void make_particles(struct small_event *event)
{
    for (int p = 0; p < PARTICLES; p++) {
        event->id[p] = (int64_t)(p + 1) << 52 | (p % 3 == MATERIAL ? 2 : 0);
        event->vxyz[3 * p + 1] = p % 3 == BEAM ? 1 : 2;
        event->pxyz[3 * p] = 0.02f + (float)p; /* the first has no weight, for its pT */
    }
    event->particles = (trkx_particles){
        .count = PARTICLES, .particle_id = event->id, .vxyz = event->vxyz, .pxyz = event->pxyz};
}

/* Hit i belongs to particle owners[i] - '0', '.' is noise. Weights are 1. z is small and whole, for ties. */
static void make_event(struct small_event *event, const char *owners, const char *labels)
{
    *event = (struct small_event){.n = strlen(owners)};
    make_particles(event);
    for (size_t i = 0; i < event->n; i++) {
        event->hit_particle[i] = owners[i] == '.' ? 0 : event->id[owners[i] - '0'];
        event->xyz[3 * i + 2] = (float)(i * 7 % 5);
        event->weight[i] = owners[i] != '.';
        event->labels[i] = labels[i] - '0';
    }
    event->hits = (trkx_hits){.count = event->n, .xyz = event->xyz};
    event->truth = (trkx_truth){
        .count = event->n, .particle_id = event->hit_particle, .xyz = event->xyz, .weight = event->weight};
}

static trkx_metrics judge_with(const struct small_event *event, const trkx_particles *particles,
                               size_t min_hits)
{
    trkx_metrics_options options;
    trkx_metrics metrics;
    trkx_error error;
    trkx_metrics_options_init(&options);
    options.min_hits = min_hits;
    assert_int_equal(
        trkx_evaluate(event->labels, &event->hits, &event->truth, particles, &options, &metrics, &error),
        TRKX_OK);
    return metrics;
}

static trkx_metrics judge(const struct small_event *event, const trkx_particles *particles)
{
    return judge_with(event, particles, 3);
}

/* ---- a plain evaluation ----------------------------------------------------------------------------- */

static double plain_order_weight(size_t order, size_t hits)
{
    static const double at[] = {10, 8, 6, 5, 3, 3, 3, 5, 6};
    double place = 8. * (double)order / (double)(hits - 1);
    int i = place >= 8 ? 7 : (int)place;
    return at[i] + (place - i) * (at[i + 1] - at[i]);
}

/* Phase 1 weight of one hit: every other hit of its particle is compared with it. */
static double plain_weight(const struct small_event *event, size_t hit)
{
    size_t hits = 0, before = 0;
    double sum = 0;
    int p = (int)(event->hit_particle[hit] >> 52) - 1;
    if (p < 0) return 0;
    double pt = event->pxyz[3 * p], from = fabs((double)event->xyz[3 * hit + 2] - event->vxyz[3 * p + 2]);
    for (size_t i = 0; i < event->n; i++) {
        if (event->hit_particle[i] != event->id[p]) continue;
        double other = fabs((double)event->xyz[3 * i + 2] - event->vxyz[3 * p + 2]);
        hits++;
        before += other < from || (other == from && i < hit);
    }
    if (hits < 4 || pt < 0.05) return 0;
    for (size_t i = 0; i < hits; i++) sum += plain_order_weight(i, hits);
    return fmin(fmax(0.2 + 0.32 * (pt - 0.5), 0.2), 1) * plain_order_weight(before, hits) / sum;
}

struct plain {
    double all[3], found[3];         /* weights: given, phase 1, phase 2 */
    double kinds[3];                 /* phase 1 weight */
    size_t particles[3], matched[3]; /* by kind */
};

/* Hits of a label, of a particle, of both. */
static void count(const struct small_event *event, int32_t label, int64_t id, size_t sizes[3])
{
    sizes[0] = sizes[1] = sizes[2] = 0;
    for (size_t i = 0; i < event->n; i++) {
        sizes[0] += event->labels[i] == label;
        sizes[1] += event->hit_particle[i] == id;
        sizes[2] += event->labels[i] == label && event->hit_particle[i] == id;
    }
}

static struct plain plain_evaluation(const struct small_event *event, size_t min_hits)
{
    struct plain plain = {0};
    for (int p = 0; p < PARTICLES; p++) {
        bool matched = false;
        size_t sizes[3];
        for (int32_t label = 0; label < 10; label++) {
            count(event, label, event->id[p], sizes);
            matched |=
                label > 0 && sizes[0] >= min_hits && 2 * sizes[2] > sizes[0] && 2 * sizes[2] > sizes[1];
        }
        plain.particles[p % 3] += sizes[1] >= min_hits;
        plain.matched[p % 3] += sizes[1] >= min_hits && matched;
    }
    for (size_t i = 0; i < event->n; i++) {
        double phase1 = plain_weight(event, i);
        int kind = ((int)(event->hit_particle[i] >> 52) + 2) % 3;
        double weights[] = {event->weight[i], phase1, kind == MATERIAL ? 0 : phase1};
        size_t sizes[3];
        count(event, event->labels[i], event->hit_particle[i], sizes);
        bool found = 2 * sizes[2] > sizes[0] && 2 * sizes[2] > sizes[1];
        for (int w = 0; w < 3; w++) plain.all[w] += weights[w], plain.found[w] += found ? weights[w] : 0;
        plain.kinds[kind] += phase1;
    }
    return plain;
}

static double share(double part, double all)
{
    return all > 0 ? part / all : 0;
}

static void assert_kind(const trkx_efficiency *efficiency, double weight, const struct plain *plain,
                        enum kind kind)
{
    double particles = (double)plain->particles[kind], matched = (double)plain->matched[kind];
    double e = share(matched, particles);
    assert_int_equal(efficiency->particles, plain->particles[kind]);
    assert_int_equal(efficiency->matched, plain->matched[kind]);
    assert_near(efficiency->min_pt, 0);
    assert_near(efficiency->efficiency, e);
    assert_near(efficiency->error, share(sqrt(e * (1 - e)), sqrt(particles)));
    assert_near(weight, share(plain->kinds[kind], plain->all[1]));
}

static void assert_plain(const struct small_event *event, size_t min_hits)
{
    struct plain plain = plain_evaluation(event, min_hits);
    trkx_metrics metrics = judge_with(event, &event->particles, min_hits);
    assert_near(metrics.trackml_score, share(plain.found[0], plain.all[0]));
    assert_near(metrics.trackml_score_phase1, share(plain.found[1], plain.all[1]));
    assert_near(metrics.trackml_score_phase2, share(plain.found[2], plain.all[2]));
    assert_true(metrics.has_kinds);
    assert_kind(&metrics.from_beam, metrics.beam_weight, &plain, BEAM);
    assert_kind(&metrics.from_decays, metrics.decays_weight, &plain, DECAYS);
    assert_kind(&metrics.from_material, metrics.material_weight, &plain, MATERIAL);
}

static void test_random(void **state)
{
    uint64_t seed = 18;
    double scores = 0;
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct small_event event;
        char owners[HITS] = {0}, labels[HITS] = {0};
        size_t n = next_random(&seed) % (HITS - 1);
        for (size_t i = 0; i < n; i++) {
            uint64_t p = next_random(&seed) % (PARTICLES + 1);
            bool strays = next_random(&seed) % 4 == 0;
            owners[i] = p == PARTICLES ? '.' : (char)('0' + p);
            labels[i] = (char)('0' + (strays ? next_random(&seed) % 10 : p + 1));
        }
        make_event(&event, owners, labels);
        for (size_t i = 0; i < n; i++) event.weight[i] = (double)(next_random(&seed) % 8);
        assert_plain(&event, 1 + (size_t)round % 5);
        scores += judge(&event, &event.particles).trackml_score_phase2;
    }
    assert_true(scores > 200); /* tracks are found */
}

/* ---- by hand ---------------------------------------------------------------------------------------- */

/* Particle 1 is from a decay, with a pT of 1.02 GeV, 2 from material, with 2.02 GeV. */
static void test_material(void **state)
{
    struct small_event event;
    (void)state;
    make_event(&event, "11112222", "11110000");
    trkx_metrics metrics = judge(&event, &event.particles);
    double decay = 0.2 + 0.32 * (1.02 - 0.5), material = 0.2 + 0.32 * (2.02 - 0.5);
    assert_true(fabs(metrics.decays_weight - decay / (decay + material)) < 1e-6); /* pT is float32 */
    assert_true(fabs(metrics.trackml_score_phase2 - 1) <
                TOLERANCE); /* the hits without a track, too, score */
    make_event(&event, "11112222", "00001212");
    metrics = judge(&event, &event.particles);
    assert_near(metrics.trackml_score_phase1, metrics.decays_weight);
    assert_near(metrics.trackml_score_phase2, 1);
    make_event(&event, "2222", "1111"); /* material only */
    metrics = judge(&event, &event.particles);
    assert_near(metrics.trackml_score_phase1, 1);
    assert_near(metrics.trackml_score_phase2, 0);
    assert_near(metrics.material_weight, 1);
    make_event(&event, "000.11.22", "111022033"); /* no weight: low pT, few hits, noise */
    metrics = judge(&event, &event.particles);
    assert_near(metrics.trackml_score_phase1, 0);
    assert_near(metrics.beam_weight + metrics.decays_weight + metrics.material_weight, 0);
    make_event(&event, "", "");
    assert_near(judge(&event, &event.particles).trackml_score_phase1, 0);
}

static enum trkx_weights weights_of(const char *given)
{
    struct small_event event;
    make_event(&event, "111122222555", "111122222333"); /* 5 is from material and has no weight */
    for (size_t i = 0; i < event.n; i++) event.weight[i] = given[i] - '0';
    return judge(&event, &event.particles).given_weights;
}

static void test_given_weights(void **state)
{
    struct small_event event;
    (void)state;
    assert_int_equal(weights_of("123423451000"), TRKX_WEIGHTS_PHASE1);
    assert_int_equal(weights_of("123400000000"), TRKX_WEIGHTS_PHASE2);
    assert_int_equal(weights_of("123400000111"), TRKX_WEIGHTS_PHASE2);
    assert_int_equal(weights_of("123400100000"), TRKX_WEIGHTS_UNKNOWN); /* of neither */
    assert_int_equal(weights_of("000000000000"), TRKX_WEIGHTS_UNKNOWN);
    make_event(&event, "11114444", "11112222"); /* nothing from material that could tell */
    assert_int_equal(judge(&event, &event.particles).given_weights, TRKX_WEIGHTS_UNKNOWN);
}

static void assert_no_kinds(const trkx_metrics *metrics)
{
    assert_false(metrics->has_kinds);
    assert_true(isnan(metrics->trackml_score_phase2));
    assert_true(isnan(metrics->from_beam.efficiency) && isnan(metrics->from_material.error));
    assert_true(isnan(metrics->beam_weight) && isnan(metrics->decays_weight) &&
                isnan(metrics->material_weight));
    assert_int_equal(metrics->from_decays.particles, 0);
    assert_int_equal(metrics->given_weights, TRKX_WEIGHTS_UNKNOWN);
}

/* What is missing leaves the figures that need it unknown, and the others as they are. */
static void test_missing(void **state)
{
    struct small_event event;
    (void)state;
    make_event(&event, "1111222233334444", "1111222255556666");
    trkx_metrics whole = judge(&event, &event.particles), part = judge(&event, NULL);
    assert_no_kinds(&part);
    assert_true(isnan(part.trackml_score_phase1));
    assert_near(part.trackml_score, whole.trackml_score);
    event.truth.xyz = NULL;
    part = judge(&event, &event.particles);
    assert_true(part.has_kinds && isnan(part.trackml_score_phase1) && isnan(part.trackml_score_phase2));
    assert_true(isnan(part.material_weight));
    assert_int_equal(part.from_decays.matched, whole.from_decays.matched);
    event.truth.xyz = event.xyz;
    event.id[0] = 1; /* without a collision: another numbering, though the particle has no hits */
    part = judge(&event, &event.particles);
    assert_no_kinds(&part);
    assert_near(part.trackml_score_phase1, whole.trackml_score_phase1);
    event.id[0] = 0; /* noise has none in any */
    assert_true(judge(&event, &event.particles).has_kinds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_material),
        cmocka_unit_test(test_given_weights),
        cmocka_unit_test(test_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
