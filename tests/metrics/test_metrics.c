/* Proves that labels are evaluated as documented: the TrackML score as by trackml-library's score_event,
 * efficiencies, fragments, fakes, duplicates and purity, by hand and against a slow, independent evaluation;
 * that true edges follow each particle outwards from its vertex; that on a real event (if there is one)
 * perfect labels get perfect figures; and that bad input and failing allocations are errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/groups.h"
#include "tests/random.h"
#include "trkx.h"

#define REAL_EVENT "../shared/data/trackml/event000000001"
#define TOLERANCE 1e-12

/* ---- small events ----------------------------------------------------------------------------------- */

enum { MOST_HITS = 64 };

/* An event whose hits lie on the x axis, hit i at x = i + 1, with pT = particle_id / 10. */
struct small_event {
    size_t n;
    int64_t particle_id[MOST_HITS];
    float xyz[3 * MOST_HITS], pxyz[3 * MOST_HITS];
    double weight[MOST_HITS];
    trkx_hits hits;
    trkx_truth truth;
};

/* particles: a digit for the particle of each hit, '0' for noise. Weights are 1/n, of noise 0. */
static void make_event(struct small_event *event, const char *particles)
{
    *event = (struct small_event){.n = strlen(particles)};
    for (size_t i = 0; i < event->n; i++) {
        event->particle_id[i] = particles[i] - '0';
        event->xyz[3 * i] = (float)(i + 1);
        event->pxyz[3 * i + i % 2] = (float)event->particle_id[i] / 10;
        event->weight[i] = event->particle_id[i] == 0 ? 0 : 1 / (double)event->n;
    }
    event->hits = (trkx_hits){.count = event->n, .xyz = event->xyz};
    event->truth = (trkx_truth){.count = event->n,
                                .particle_id = event->particle_id,
                                .xyz = event->xyz,
                                .pxyz = event->pxyz,
                                .weight = event->weight};
}

static trkx_metrics_options defaults(void)
{
    trkx_metrics_options options;
    trkx_metrics_options_init(&options);
    return options;
}

/* labels: a digit for the label of each hit. */
static trkx_metrics judge_with(const char *particles, const char *labels, const trkx_metrics_options *options)
{
    struct small_event event;
    int32_t numbers[MOST_HITS];
    trkx_metrics metrics;
    trkx_error error;
    make_event(&event, particles);
    assert_int_equal(strlen(labels), event.n);
    for (size_t i = 0; i < event.n; i++) numbers[i] = labels[i] - '0';
    assert_int_equal(trkx_evaluate(numbers, &event.hits, &event.truth, NULL, options, &metrics, &error),
                     TRKX_OK);
    return metrics;
}

static trkx_metrics judge(const char *particles, const char *labels)
{
    trkx_metrics_options options = defaults();
    return judge_with(particles, labels, &options);
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) <= TOLERANCE)) fail_msg("%.17g instead of %.17g", value, expected);
}

static void assert_tracks(const trkx_metrics *metrics, size_t matched, size_t fragments, size_t fakes,
                          size_t duplicates)
{
    size_t tracks = matched + fragments + fakes;
    assert_int_equal(metrics->tracks, tracks);
    assert_int_equal(metrics->matched, matched);
    assert_int_equal(metrics->fragments, fragments);
    assert_int_equal(metrics->fakes, fakes);
    assert_int_equal(metrics->duplicates, duplicates);
    double over = tracks > 0 ? (double)tracks : 1;
    assert_near(metrics->fragment_rate, (double)fragments / over);
    assert_near(metrics->fake_rate, (double)fakes / over);
    assert_near(metrics->duplicate_rate, (double)duplicates / over);
}

static void assert_efficiency(const trkx_efficiency *efficiency, double min_pt, size_t matched,
                              size_t particles)
{
    double e = particles > 0 ? (double)matched / (double)particles : 0;
    assert_near(efficiency->min_pt, min_pt);
    assert_int_equal(efficiency->particles, particles);
    assert_int_equal(efficiency->matched, matched);
    assert_near(efficiency->efficiency, e);
    assert_near(efficiency->error, particles > 0 ? sqrt(e * (1 - e) / (double)particles) : 0);
}

static void test_perfect(void **state)
{
    trkx_metrics metrics = judge("1111222233330", "3333111177770");
    (void)state;
    assert_near(metrics.trackml_score, 1);
    assert_int_equal(metrics.hits, 13);
    assert_int_equal(metrics.noise_hits, 1);
    assert_int_equal(metrics.hits_on_tracks, 12);
    assert_tracks(&metrics, 3, 0, 0, 0);
    assert_near(metrics.hit_purity, 1);
    assert_efficiency(&metrics.all, 0, 3, 3);
}

/* Halves have no more than half of the particle; of five hits, three have. */
static void test_split(void **state)
{
    (void)state;
    trkx_metrics metrics = judge("111111", "111222");
    assert_near(metrics.trackml_score, 0);
    assert_tracks(&metrics, 0, 2, 0, 1);
    assert_near(metrics.hit_purity, 1);
    assert_efficiency(&metrics.all, 0, 0, 1);
    metrics = judge("1111111", "1111222");
    assert_near(metrics.trackml_score, 4. / 7);
    assert_tracks(&metrics, 1, 1, 0, 1);
    assert_efficiency(&metrics.all, 0, 1, 1);
    metrics = judge("111111111", "111222333");
    assert_tracks(&metrics, 0, 3, 0, 2);
}

static void test_merged(void **state)
{
    (void)state;
    trkx_metrics metrics = judge("11112222", "11111111"); /* exactly half each */
    assert_near(metrics.trackml_score, 0);
    assert_tracks(&metrics, 0, 0, 1, 0);
    assert_near(metrics.hit_purity, 0.5);
    assert_efficiency(&metrics.all, 0, 0, 2);
    metrics = judge("11111222", "11111111");
    assert_near(metrics.trackml_score, 5. / 8);
    assert_tracks(&metrics, 1, 0, 0, 0);
    assert_near(metrics.hit_purity, 5. / 8);
    assert_efficiency(&metrics.all, 0, 1, 2);
}

static void test_noise_majority(void **state)
{
    (void)state;
    trkx_metrics metrics = judge("0000111", "1111110");
    assert_near(metrics.trackml_score, 0); /* noise has no weight */
    assert_int_equal(metrics.noise_hits, 4);
    assert_tracks(&metrics, 0, 0, 1, 0);
    assert_near(metrics.hit_purity, 2. / 6);
    assert_efficiency(&metrics.all, 0, 0, 1);
    metrics = judge("0001", "1110");
    assert_tracks(&metrics, 0, 0, 1, 0);
    assert_near(metrics.hit_purity, 0);
}

/* Tracks and particles of fewer than min_hits hits count in the score of TrackML only. */
static void test_short(void **state)
{
    (void)state;
    trkx_metrics_options options = defaults();
    trkx_metrics metrics = judge("11222", "11333");
    assert_near(metrics.trackml_score, 1);
    assert_tracks(&metrics, 1, 0, 0, 0);
    assert_int_equal(metrics.hits_on_tracks, 3);
    assert_efficiency(&metrics.all, 0, 1, 1);
    options.min_hits = 2;
    metrics = judge_with("11222", "11333", &options);
    assert_tracks(&metrics, 2, 0, 0, 0);
    assert_efficiency(&metrics.all, 0, 2, 2);
    options.min_hits = 4;
    metrics = judge_with("11222", "11333", &options);
    assert_tracks(&metrics, 0, 0, 0, 0);
    assert_near(metrics.hit_purity, 0);
    assert_efficiency(&metrics.all, 0, 0, 0);
    metrics = judge("112", "111"); /* a track of enough hits may match a particle with fewer */
    assert_tracks(&metrics, 1, 0, 0, 0);
    assert_efficiency(&metrics.all, 0, 0, 0);
}

/* More than the fraction is asked for, of both. */
static void test_match_fraction(void **state)
{
    trkx_metrics_options options = defaults();
    (void)state;
    options.match_fraction = 0.75;
    trkx_metrics metrics = judge_with("1111222220", "1110222220", &options); /* 3 of 4, 5 of 5 */
    assert_tracks(&metrics, 1, 1, 0, 0);
    metrics = judge_with("1110222220", "1111222220", &options); /* 3 hits of 4 */
    assert_tracks(&metrics, 1, 0, 1, 0);
    assert_near(metrics.trackml_score, 8. / 8); /* always at one half */
}

/* score_event takes the hits without a track for a track: where one particle holds most of them, and they
 * most of it, they score. Nothing else counts them. */
static void test_hits_without_track(void **state)
{
    trkx_metrics metrics = judge("1111222", "0000333");
    (void)state;
    assert_near(metrics.trackml_score, 1);
    assert_tracks(&metrics, 1, 0, 0, 0);
    assert_efficiency(&metrics.all, 0, 1, 2);
    metrics = judge("1111222200", "0000000000");
    assert_near(metrics.trackml_score, 0);
    assert_tracks(&metrics, 0, 0, 0, 0);
}

static void test_nothing(void **state)
{
    trkx_metrics metrics = judge("", "");
    (void)state;
    assert_near(metrics.trackml_score, 0);
    assert_int_equal(metrics.hits, 0);
    assert_tracks(&metrics, 0, 0, 0, 0);
    metrics = judge("000", "111"); /* no weight at all */
    assert_near(metrics.trackml_score, 0);
    assert_tracks(&metrics, 0, 0, 1, 0);
}

/* Bounds are exclusive; pT is that of the table, or of the hit next to the origin. */
static void test_momentum(void **state)
{
    struct small_event event;
    const int32_t labels[] = {1, 1, 1, 2, 2, 2, 3, 3, 3};
    const int64_t ids[] = {2, 7, 1, 3};
    const float pxyz[] = {0.3f, 0.41f, 9, 9, 9, 9, 0.5f, 0, 3, 3, 4, 0}, vxyz[12] = {0};
    const trkx_particles particles = {.count = 4, .particle_id = ids, .vxyz = vxyz, .pxyz = pxyz};
    trkx_metrics_options options = defaults();
    trkx_metrics metrics;
    trkx_error error;
    (void)state;
    make_event(&event, "111222333");
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, &particles, &options, &metrics, &error),
                     TRKX_OK);
    assert_efficiency(&metrics.all, 0, 3, 3);
    assert_efficiency(&metrics.above_500_mev, 0.5, 2, 2);
    assert_efficiency(&metrics.above_1_gev, 1, 1, 1);
    event.pxyz[0] = 2, event.pxyz[3] = 7;                 /* particle 1 at its first hits */
    event.xyz[9] = 100, event.pxyz[9] = 7;                /* the first row of particle 2 is its last hit */
    event.pxyz[18] = event.pxyz[19] = event.pxyz[20] = 0; /* particle 3 stands */
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, &options, &metrics, &error),
                     TRKX_OK);
    assert_efficiency(&metrics.all, 0, 2, 2);
    assert_efficiency(&metrics.above_500_mev, 0.5, 1, 1);
    assert_efficiency(&metrics.above_1_gev, 1, 1, 1);
}

/* Without momenta no particle is above any, which is not said to be none found. */
static void test_no_momentum(void **state)
{
    struct small_event event;
    const int32_t labels[] = {1, 1, 1, 2, 2, 0};
    trkx_metrics metrics;
    trkx_edges edges;
    trkx_error error;
    (void)state;
    make_event(&event, "111222");
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, NULL, &metrics, &error), TRKX_OK);
    assert_true(metrics.has_pt);
    event.truth.pxyz = NULL;
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, NULL, &metrics, &error), TRKX_OK);
    assert_false(metrics.has_pt);
    assert_efficiency(&metrics.all, 0, 1, 2);
    assert_true(isnan(metrics.above_500_mev.efficiency) && isnan(metrics.above_1_gev.error));
    event.truth.xyz = NULL;
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, NULL, &metrics, &error), TRKX_OK);
    assert_int_equal(trkx_true_edges(&event.truth, NULL, 3, &edges, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "truth has no positions"));
    event.truth.pxyz = event.pxyz;
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, NULL, &metrics, &error),
                     TRKX_ERROR_ARGUMENT);
}

/* ---- against a slow evaluation, written apart ------------------------------------------------------- */

struct tally {
    size_t track, particle, common; /* hits */
    double weight;                  /* of the common ones */
};

static struct tally tally(const struct small_event *event, const int32_t *labels, int32_t label, int64_t id)
{
    struct tally t = {0};
    for (size_t i = 0; i < event->n; i++) {
        bool on_track = labels[i] == label, of_particle = event->particle_id[i] == id;
        t.track += on_track;
        t.particle += of_particle;
        t.common += on_track && of_particle;
        if (on_track && of_particle) t.weight += event->weight[i];
    }
    return t;
}

/* Particles are 0..9, labels 0..9. */
static trkx_metrics slow_evaluation(const struct small_event *event, const int32_t *labels,
                                    const trkx_metrics_options *options)
{
    trkx_metrics m = {.hits = event->n};
    bool matched[10] = {false};
    size_t tracks_of[10] = {0};
    double total = 0, f = options->match_fraction;
    for (size_t i = 0; i < event->n; i++) total += event->weight[i];
    for (int32_t label = 0; label <= 9; label++) {
        struct tally best = {0};
        int64_t majority = -1;
        for (int64_t id = 0; id <= 9; id++) {
            struct tally t = tally(event, labels, label, id);
            if (2 * t.common > t.track && 2 * t.common > t.particle) m.trackml_score += t.weight / total;
            if (id > 0 && t.common > best.common) best = t;
            if (id > 0 && (double)t.common > f * (double)t.track) majority = id;
        }
        size_t hits = tally(event, labels, label, 0).track;
        if (label == 0 || hits == 0 || hits < options->min_hits) continue;
        m.tracks++;
        m.hits_on_tracks += hits;
        m.hit_purity += (double)best.common / (double)hits;
        if (majority < 0)
            m.fakes++;
        else if ((double)best.common > f * (double)best.particle) {
            m.matched++;
            matched[majority] = true;
        } else
            m.fragments++;
        if (majority >= 0) m.duplicates += tracks_of[majority]++ > 0;
    }
    if (m.tracks > 0) m.hit_purity /= (double)m.tracks;
    m.noise_hits = tally(event, labels, 0, 0).particle;
    for (int64_t id = 1; id <= 9; id++) {
        size_t hits = tally(event, labels, 0, id).particle;
        if (hits == 0 || hits < options->min_hits) continue;
        trkx_efficiency *const efficiencies[] = {&m.all, &m.above_500_mev, &m.above_1_gev};
        const int64_t least[] = {0, 5, 10}; /* tenths of a GeV */
        for (size_t e = 0; e < 3; e++) {
            efficiencies[e]->particles += id > least[e];
            efficiencies[e]->matched += id > least[e] && matched[id];
        }
    }
    return m;
}

/* Labels follow the particles except where errors (per cent) put another one. */
static void make_random(struct small_event *event, int32_t *labels, uint64_t seed)
{
    char particles[MOST_HITS + 1] = "";
    size_t n = 1 + next_random(&seed) % MOST_HITS, kinds = 1 + next_random(&seed) % 10;
    uint64_t errors = next_random(&seed) % 101;
    for (size_t i = 0; i < n; i++) particles[i] = (char)('0' + (int)(next_random(&seed) % kinds));
    make_event(event, particles);
    for (size_t i = 0; i < n; i++) {
        bool wrong = next_random(&seed) % 100 < errors;
        labels[i] = wrong ? (int32_t)(next_random(&seed) % 10) : (int32_t)event->particle_id[i];
        event->weight[i] = (double)(next_random(&seed) >> 11) * 0x1p-53; /* of noise as well */
        event->pxyz[3 * i] = (float)event->particle_id[i] / 10;
        event->pxyz[3 * i + 1] = 0;
    }
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct small_event event;
        int32_t labels[MOST_HITS];
        trkx_metrics_options options = defaults();
        trkx_metrics metrics;
        trkx_error error;
        make_random(&event, labels, seed);
        options.min_hits = seed % 6;
        options.match_fraction = seed % 7 == 0 ? 0.7 : 0.5;
        trkx_metrics slow = slow_evaluation(&event, labels, &options);
        assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, &options, &metrics, &error),
                         TRKX_OK);
        assert_near(metrics.trackml_score, slow.trackml_score);
        assert_near(metrics.hit_purity, slow.hit_purity);
        assert_int_equal(metrics.hits, slow.hits);
        assert_int_equal(metrics.noise_hits, slow.noise_hits);
        assert_int_equal(metrics.hits_on_tracks, slow.hits_on_tracks);
        assert_tracks(&metrics, slow.matched, slow.fragments, slow.fakes, slow.duplicates);
        assert_efficiency(&metrics.all, 0, slow.all.matched, slow.all.particles);
        assert_efficiency(&metrics.above_500_mev, 0.5, slow.above_500_mev.matched,
                          slow.above_500_mev.particles);
        assert_efficiency(&metrics.above_1_gev, 1, slow.above_1_gev.matched, slow.above_1_gev.particles);
    }
}

/* ---- true edges ------------------------------------------------------------------------------------- */

static void expect_edges(const struct small_event *event, const trkx_particles *particles, size_t min_hits,
                         const int64_t *index, size_t count)
{
    trkx_edges edges;
    trkx_error error;
    assert_int_equal(trkx_true_edges(&event->truth, particles, min_hits, &edges, &error), TRKX_OK);
    assert_int_equal(edges.count, count);
    assert_int_equal(edges.saturated, 0);
    if (count > 0) assert_memory_equal(edges.index, index, 2 * count * sizeof *index);
    trkx_edges_destroy(&edges);
}

static void test_true_edges(void **state)
{
    /* Particle 1: hits 0, 2, 5, 6 at x = 4, -1, 3, 9; particle 2: hits 3, 4; noise: 1, 7, 8. */
    const int64_t from_origin[] = {0, 0, 2, 5, 6, 5}, from_vertex[] = {0, 0, 2, 5, 6, 5};
    const int64_t from_far[] = {0, 0, 2, 5, 6, 5}, with_two[] = {0, 0, 2, 3, 5, 6, 5, 4};
    const int64_t from_between[] = {0, 2, 2, 5, 5, 6};
    const int64_t ids[] = {2, 1};
    float vxyz[] = {0, 0, 0, -1, 0, 0};
    const trkx_particles particles = {.count = 2, .particle_id = ids, .vxyz = vxyz, .pxyz = vxyz};
    struct small_event event;
    (void)state;
    make_event(&event, "101221100");
    event.xyz[0] = 4, event.xyz[6] = -1, event.xyz[15] = 3, event.xyz[18] = 9;
    expect_edges(&event, NULL, 3, from_origin, 3);       /* 2 5 0 6 */
    expect_edges(&event, &particles, 3, from_vertex, 3); /* 2 5 0 6 */
    vxyz[3] = 100;
    expect_edges(&event, &particles, 3, from_far, 3); /* 6 0 5 2 */
    vxyz[3] = 3.75f;
    expect_edges(&event, &particles, 3, from_between, 3); /* 0 5 2 6: distances 0.25 0.75 4.75 5.25 */
    expect_edges(&event, NULL, 2, with_two, 4);
    expect_edges(&event, NULL, 5, NULL, 0);
    make_event(&event, "000");
    expect_edges(&event, NULL, 1, NULL, 0);
    make_event(&event, "");
    expect_edges(&event, NULL, 3, NULL, 0);
}

static void test_true_edges_ties(void **state)
{
    const int64_t expected[] = {0, 1, 1, 2};
    struct small_event event;
    (void)state;
    make_event(&event, "111");
    for (int i = 0; i < 9; i++) event.xyz[i] = 1;
    expect_edges(&event, NULL, 3, expected, 2);
}

/* ---- groups ----------------------------------------------------------------------------------------- */

static void test_groups(void **state)
{
    const int64_t values[] = {5, INT64_MIN, 5, -1, INT64_MAX, -1, 5};
    struct trkx_groups groups;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_groups_create(NULL, values, 7, &groups, &error), TRKX_OK);
    assert_int_equal(groups.count, 4);
    for (size_t g = 0, listed = 0; g < groups.count; g++) {
        const uint32_t *members = trkx_groups_members(&groups, g);
        assert_int_equal(trkx_groups_find(&groups, groups.values[g]), g);
        for (size_t i = 0; i < trkx_groups_size(&groups, g); i++, listed++) {
            assert_true(values[members[i]] == groups.values[g]);
            assert_int_equal(groups.group[members[i]], g);
            assert_true(i == 0 || members[i - 1] < members[i]);
        }
        assert_int_equal(listed, groups.begin[g + 1]);
    }
    assert_int_equal(trkx_groups_find(&groups, 6), TRKX_NO_GROUP);
    trkx_groups_destroy(&groups);
    assert_int_equal(trkx_groups_create(NULL, NULL, 0, &groups, &error), TRKX_OK);
    assert_int_equal(groups.count, 0);
    assert_int_equal(trkx_groups_find(&groups, 0), TRKX_NO_GROUP);
    trkx_groups_destroy(&groups);
}

/* ---- a real event ----------------------------------------------------------------------------------- */

static void test_real_event(void **state)
{
    trkx_event *event;
    trkx_error error;
    trkx_metrics metrics;
    trkx_metrics_options options = defaults();
    trkx_edges edges;
    struct trkx_groups groups;
    unsigned parts = TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES;
    (void)state;
    enum trkx_status status = trkx_event_read(REAL_EVENT, parts, 1, &event, &error);
    if (status == TRKX_ERROR_IO) skip();
    assert_int_equal(status, TRKX_OK);
    const trkx_truth *truth = trkx_event_truth(event);
    const trkx_particles *particles = trkx_event_particles(event);
    int32_t *labels = malloc((truth->count + 1) * sizeof *labels);
    size_t tracks = 0, true_edges = 0;
    assert_int_equal(trkx_groups_create(NULL, truth->particle_id, truth->count, &groups, &error), TRKX_OK);
    for (size_t i = 0; i < truth->count; i++)
        labels[i] = truth->particle_id[i] == 0 ? 0 : (int32_t)groups.group[i] + 1;
    for (size_t g = 0; g < groups.count; g++)
        if (groups.values[g] != 0 && trkx_groups_size(&groups, g) >= 3) {
            tracks++;
            true_edges += trkx_groups_size(&groups, g) - 1;
        }
    assert_int_equal(
        trkx_evaluate(labels, trkx_event_hits(event), truth, particles, &options, &metrics, &error), TRKX_OK);
    assert_near(metrics.trackml_score, 1);
    assert_near(metrics.hit_purity, 1);
    assert_tracks(&metrics, tracks, 0, 0, 0);
    assert_efficiency(&metrics.all, 0, tracks, tracks);
    assert_true(metrics.above_1_gev.particles > 0 &&
                metrics.above_1_gev.particles < metrics.above_500_mev.particles);
    assert_int_equal(trkx_true_edges(truth, particles, 3, &edges, &error), TRKX_OK);
    assert_int_equal(edges.count, true_edges);
    trkx_edges_destroy(&edges);
    trkx_groups_destroy(&groups);
    free(labels);
    trkx_event_destroy(event);
}

/* ---- what goes wrong -------------------------------------------------------------------------------- */

static void test_bad_arguments(void **state)
{
    struct small_event event;
    int32_t labels[] = {1, 1, 1, -1};
    const int64_t ids[] = {1, 3};
    const float zeros[6] = {0};
    const trkx_particles particles = {.count = 2, .particle_id = ids, .vxyz = zeros, .pxyz = zeros};
    trkx_metrics_options options = defaults();
    trkx_metrics metrics;
    trkx_edges edges;
    trkx_error error;
    (void)state;
    make_event(&event, "1112");
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, &options, &metrics, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "row 3 has the label -1"));
    labels[3] = 1;
    const double fractions[] = {0.49, 1, NAN};
    for (int f = 0; f < 3; f++) {
        options.match_fraction = fractions[f];
        assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, &options, &metrics, &error),
                         TRKX_ERROR_ARGUMENT);
        assert_non_null(strstr(error.message, "match_fraction"));
    }
    options = defaults();
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, &particles, &options, &metrics, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "particle 2 of truth row 3"));
    assert_int_equal(trkx_true_edges(&event.truth, &particles, 3, &edges, &error), TRKX_ERROR_ARGUMENT);
    assert_null(edges.index);
    options.size = 1;
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, &options, &metrics, &error),
                     TRKX_ERROR_ARGUMENT);
    options = defaults();
    event.hits.count = 3;
    assert_int_equal(trkx_evaluate(labels, &event.hits, &event.truth, NULL, &options, &metrics, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "3 hits, but truth for 4"));
}

static void expect_error(const struct small_event *event, const trkx_particles *particles,
                         const char *message)
{
    const int32_t labels[] = {1, 1, 1, 0};
    trkx_metrics metrics;
    trkx_error error;
    assert_int_equal(trkx_evaluate(labels, &event->hits, &event->truth, particles, NULL, &metrics, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, message));
}

static void test_bad_numbers(void **state)
{
    struct small_event event;
    const int64_t twice[] = {1, 2, 1};
    float numbers[9] = {0};
    trkx_particles particles = {.count = 3, .particle_id = twice, .vxyz = numbers, .pxyz = numbers};
    (void)state;
    make_event(&event, "1112");
    expect_error(&event, &particles, "row 2: particle 1 is listed twice");
    particles.count = 2;
    numbers[4] = NAN;
    expect_error(&event, &particles, "row 1: particle 2 has a vertex or momentum that is not finite");
    event.weight[3] = NAN;
    expect_error(&event, NULL, "row 3 has the weight nan");
    event.weight[3] = -0.25;
    expect_error(&event, NULL, "row 3 has the weight -0.25");
    event.weight[3] = 0, event.pxyz[7] = INFINITY;
    expect_error(&event, NULL, "truth row 2 has a position or momentum that is not finite");
    event.pxyz[7] = 0, event.xyz[11] = NAN;
    expect_error(&event, NULL, "truth row 3 has a position");
}

static void test_failing_allocations(void **state)
{
    struct small_event event;
    const int32_t labels[] = {1, 1, 1, 0};
    const int64_t ids[] = {1, 2};
    const float zeros[6] = {0};
    const trkx_particles particles = {.count = 2, .particle_id = ids, .vxyz = zeros, .pxyz = zeros};
    trkx_metrics_options options = defaults();
    trkx_metrics metrics;
    trkx_edges edges = {0};
    trkx_error error;
    enum trkx_status evaluated = TRKX_ERROR_MEMORY, found = TRKX_ERROR_MEMORY;
    (void)state;
    make_event(&event, "1112");
    for (long after = 0; evaluated != TRKX_OK || found != TRKX_OK; after++) {
        trkx_memory_fail_after(after);
        evaluated = trkx_evaluate(labels, &event.hits, &event.truth, &particles, &options, &metrics, &error);
        trkx_memory_fail_after(after);
        trkx_edges_destroy(&edges);
        found = trkx_true_edges(&event.truth, &particles, 3, &edges, &error);
        trkx_memory_fail_after(-1);
        assert_true(evaluated == TRKX_OK || (evaluated == TRKX_ERROR_MEMORY && metrics.tracks == 0));
        assert_true(found == TRKX_OK || (found == TRKX_ERROR_MEMORY && edges.index == NULL));
        assert_true(after < 40);
    }
    assert_int_equal(metrics.tracks, 1);
    assert_int_equal(edges.count, 2);
    trkx_edges_destroy(&edges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_perfect),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_merged),
        cmocka_unit_test(test_noise_majority),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_match_fraction),
        cmocka_unit_test(test_hits_without_track),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_momentum),
        cmocka_unit_test(test_no_momentum),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_true_edges),
        cmocka_unit_test(test_true_edges_ties),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_real_event),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_bad_numbers),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
