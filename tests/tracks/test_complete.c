/* Proves that completion returns hits to the tracks they were removed from or that lost them to other
 * tracks, finds tracks that were removed completely, and joins pieces; that it agrees with the reference,
 * whatever the number of threads; and that bad input and failing allocations are errors that leave nothing
 * behind. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/random.h"
#include "tracks/complete.h"
#include "tracks/complete_reference.h"

/* A simulated event, with the neighbours in direction as candidate edges. */
struct fixture {
    trkx_event *event;
    trkx_detector *detector;
    const trkx_hits *hits;
    const trkx_truth *truth;
    trkx_edges candidates;
    int32_t *labels; /* [n] the true tracks */
};

static void number_particles(struct fixture *f)
{
    int32_t tracks = 0;
    for (size_t i = 0; i < f->hits->count; i++) {
        f->labels[i] = 0;
        if (f->truth->particle_id[i] == 0) continue;
        for (size_t j = 0; j < i && f->labels[i] == 0; j++)
            if (f->truth->particle_id[j] == f->truth->particle_id[i]) f->labels[i] = f->labels[j];
        if (f->labels[i] == 0) f->labels[i] = ++tracks;
    }
}

static struct fixture make_event(size_t particles, uint64_t seed)
{
    struct fixture f = {0};
    trkx_error error;
    trkx_simulate_options simulate;
    trkx_edges_options options;
    trkx_simulate_options_init(&simulate);
    simulate.particles = particles;
    simulate.seed = seed;
    simulate.noise = 0.1 * (double)particles / 12263;
    assert_int_equal(trkx_simulate(&simulate, 0, &f.event, &error), TRKX_OK);
    assert_int_equal(trkx_detector_builtin(&f.detector, &error), TRKX_OK);
    f.hits = trkx_event_hits(f.event);
    f.truth = trkx_event_truth(f.event);
    size_t n = f.hits->count;
    float *points = malloc((3 * n + 1) * sizeof *points);
    for (size_t i = 0; i < n; i++) {
        float x = f.hits->xyz[3 * i], y = f.hits->xyz[3 * i + 1], z = f.hits->xyz[3 * i + 2],
              r = hypotf(x, y);
        memcpy(points + 3 * i, (float[3]){5 * x / r, 5 * y / r, 4 * asinhf(z / r)}, 3 * sizeof *points);
    }
    trkx_edges_options_init(&options);
    options.k = 12;
    assert_int_equal(trkx_radius_graph(points, n, 3, &options, &f.candidates, &error), TRKX_OK);
    assert_int_equal(trkx_edges_orient(f.hits->xyz, n, &f.candidates, &error), TRKX_OK);
    free(points);
    f.labels = malloc((n + 1) * sizeof *f.labels);
    number_particles(&f);
    return f;
}

static void make_field_uniform(struct fixture *f)
{
    f->detector->description.field.coil_half_length = (double)INFINITY;
    f->detector->description.field.nonuniformity = 0.1;
}

static void destroy(struct fixture *f)
{
    trkx_edges_destroy(&f->candidates);
    trkx_event_destroy(f->event);
    trkx_detector_destroy(f->detector);
    free(f->labels);
}

/* Takes a third of all hits from their tracks, every fifth track whole, and cuts every fourth in two. */
static int32_t *damage(const struct fixture *f, uint64_t seed)
{
    size_t n = f->hits->count;
    int32_t *labels = malloc((n + 1) * sizeof *labels), tracks = 0;
    for (size_t i = 0; i < n; i++) tracks = f->labels[i] > tracks ? f->labels[i] : tracks;
    for (size_t i = 0; i < n; i++) {
        labels[i] = f->labels[i];
        if (next_random(&seed) % 3 == 0 || labels[i] % 5 == 0) labels[i] = 0;
        float x = f->hits->xyz[3 * i], y = f->hits->xyz[3 * i + 1];
        if (labels[i] % 4 == 1 && hypotf(x, y) > 300) labels[i] = (labels[i] + 3) / 4 + tracks;
    }
    return labels;
}

static double score(const struct fixture *f, const int32_t *labels)
{
    trkx_metrics metrics;
    trkx_error error;
    trkx_metrics_options options;
    trkx_metrics_options_init(&options);
    assert_int_equal(
        trkx_evaluate(labels, f->hits, f->truth, trkx_event_particles(f->event), &options, &metrics, &error),
        TRKX_OK);
    return metrics.trackml_score;
}

static size_t complete(const struct fixture *f, const trkx_complete_options *options, int32_t *labels)
{
    size_t count = SIZE_MAX;
    trkx_error error;
    if (trkx_complete(f->hits, f->detector, &f->candidates, options, labels, &count, &error) != TRKX_OK)
        fail_msg("%s", error.message);
    return count;
}

static void test_recovers(void **state)
{
    trkx_complete_options options;
    (void)state;
    trkx_complete_options_init(&options);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct fixture f = make_event(300, seed);
        int32_t *labels = damage(&f, seed), *without_chains = damage(&f, seed);
        double before = score(&f, labels);
        size_t tracks = complete(&f, &options, labels);
        options.chain_score = (double)INFINITY;
        complete(&f, &options, without_chains);
        options.chain_score = 6;
        assert_true(score(&f, without_chains) > before + 0.2);
        assert_true(score(&f, labels) > score(&f, without_chains) + 0.02);
        assert_true(score(&f, labels) > 0.8);
        assert_true(tracks > 150 && tracks < 450);
        free(labels);
        free(without_chains);
        destroy(&f);
    }
}

/* Tracks that are whole and pure stay so, but for the few that shed or swap a hit. */
static void test_leaves_whole_tracks(void **state)
{
    struct fixture f = make_event(200, 7);
    int32_t *labels = malloc(f.hits->count * sizeof *labels);
    (void)state;
    memcpy(labels, f.labels, f.hits->count * sizeof *labels);
    complete(&f, NULL, labels);
    assert_true(score(&f, labels) > 0.97);
    free(labels);
    destroy(&f);
}

/* Two particles whose hits on a layer were taken for each other's get them back: every seventh hit goes to
 * the track of the next hit on its layer. */
static int32_t *confuse(const struct fixture *f)
{
    size_t n = f->hits->count;
    int32_t *labels = malloc((n + 1) * sizeof *labels);
    memcpy(labels, f->labels, n * sizeof *labels);
    for (size_t i = 0; i + 1 < n; i++) {
        bool same_layer = f->hits->volume_id[i] == f->hits->volume_id[i + 1] &&
                          f->hits->layer_id[i] == f->hits->layer_id[i + 1];
        if (i % 7 == 0 && same_layer && f->labels[i + 1] != 0) labels[i] = f->labels[i + 1];
    }
    return labels;
}

static void test_exchanges(void **state)
{
    struct fixture f = make_event(200, 7);
    trkx_complete_options options;
    int32_t *with = confuse(&f), *without = confuse(&f);
    (void)state;
    trkx_complete_options_init(&options);
    complete(&f, &options, without);
    options.exchange = 1;
    complete(&f, &options, with);
    assert_true(score(&f, with) > score(&f, without) + 0.05);
    free(with);
    free(without);
    destroy(&f);
}

/* The field that bends a track from the beam, on the axis of a coil, but for a factor: see trkx_field_change.
 */
static double bending_field(double z)
{
    const double radius = 1230, length = 2600, step = 1;
    double field[3];
    for (int i = 0; i < 3; i++) {
        double up = z + (i - 1) * step + length, down = z + (i - 1) * step - length;
        field[i] = up / hypot(up, radius) - down / hypot(down, radius);
    }
    return field[1] + z / 2 * (field[2] - field[0]) / (2 * step);
}

static void test_field_of_a_coil(void **state)
{
    struct trkx_field field = {.strength = 2, .coil_radius = 1230, .coil_half_length = (double)INFINITY};
    (void)state;
    assert_true(trkx_field_change(&field, 2000) == 0);
    field.coil_half_length = 2600;
    for (double z = -2000; z <= 2000; z += 250) {
        double expected = (bending_field(z + 1) - bending_field(z - 1)) / (2 * bending_field(z));
        assert_true(fabs(trkx_field_change(&field, z) - expected) < 1e-6);
    }
    assert_true(fabs(trkx_field_change(&field, 2550)) < 0.1); /* where nothing bends */
}

/* The simulator's field is that of a coil: who knows that finds more. */
static void test_follows_the_field(void **state)
{
    trkx_complete_options options;
    double with = 0, without = 0;
    (void)state;
    trkx_complete_options_init(&options);
    options.chain_score = (double)INFINITY;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct fixture f = make_event(300, seed);
        int32_t *uniform = damage(&f, seed), *coil = damage(&f, seed);
        complete(&f, &options, coil);
        make_field_uniform(&f);
        complete(&f, &options, uniform);
        without += score(&f, uniform);
        with += score(&f, coil);
        free(uniform);
        free(coil);
        destroy(&f);
    }
    assert_true(with > without + 0.02);
}

static void compare_with_reference(const struct fixture *f, const trkx_complete_options *settings,
                                   const int32_t *start)
{
    size_t n = f->hits->count, count = SIZE_MAX;
    trkx_complete_options options = *settings;
    int32_t *expected = malloc((n + 1) * sizeof *expected), *labels = malloc((n + 1) * sizeof *labels);
    trkx_error error;
    memcpy(expected, start, n * sizeof *expected);
    assert_int_equal(trkx_complete_reference(f->hits, f->detector, &f->candidates, &options, NULL, 0,
                                             expected, &count, &error),
                     TRKX_OK);
    for (options.threads = 1; options.threads <= 4; options.threads++) {
        memcpy(labels, start, n * sizeof *labels);
        assert_int_equal(complete(f, &options, labels), count);
        assert_memory_equal(labels, expected, n * sizeof *labels);
    }
    free(expected);
    free(labels);
}

/* Every third candidate edge. */
static trkx_edges some_of(const trkx_edges *edges)
{
    trkx_edges some = {.count = edges->count / 3};
    some.index = malloc((2 * some.count + 1) * sizeof *some.index);
    for (size_t e = 0; e < some.count; e++) {
        some.index[e] = edges->index[3 * e];
        some.index[some.count + e] = edges->index[edges->count + 3 * e];
    }
    return some;
}

static size_t complete_in_two_parts(const struct fixture *f, const trkx_edges *first,
                                    const trkx_complete_options *options, double score, int32_t *labels)
{
    const struct trkx_placed_hits placed = {.hits = f->hits, .detector = f->detector};
    struct trkx_completion *completion = NULL;
    trkx_error error;
    assert_int_equal(trkx_completion_create(NULL, &placed, first, options, labels, &completion, &error),
                     TRKX_OK);
    trkx_completion_number(completion);
    assert_int_equal(trkx_completion_chains(completion, &f->candidates, score, &error), TRKX_OK);
    size_t count = trkx_completion_number(completion);
    trkx_completion_destroy(completion);
    return count;
}

/* A first pass with some of the edges, a second with all. */
static void compare_two_parts(const struct fixture *f, const trkx_complete_options *settings, double score,
                              const int32_t *start)
{
    size_t n = f->hits->count, count = SIZE_MAX;
    trkx_edges first = some_of(&f->candidates);
    trkx_complete_options options = *settings;
    int32_t *expected = malloc((n + 1) * sizeof *expected), *labels = malloc((n + 1) * sizeof *labels);
    trkx_error error;
    memcpy(expected, start, n * sizeof *expected);
    assert_int_equal(trkx_complete_reference(f->hits, f->detector, &first, &options, &f->candidates, score,
                                             expected, &count, &error),
                     TRKX_OK);
    for (options.threads = 1; options.threads <= 4; options.threads++) {
        memcpy(labels, start, n * sizeof *labels);
        assert_int_equal(complete_in_two_parts(f, &first, &options, score, labels), count);
        assert_memory_equal(labels, expected, n * sizeof *labels);
    }
    free(first.index);
    free(expected);
    free(labels);
}

static void test_two_parts_against_reference(void **state)
{
    trkx_complete_options options;
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct fixture f = make_event(10 * seed * seed / 2, seed);
        int32_t *labels = damage(&f, seed), *none = calloc(f.hits->count + 1, sizeof *none);
        trkx_complete_options_init(&options);
        compare_two_parts(&f, &options, 2, none);
        compare_two_parts(&f, &options, 2, labels);
        options.exchange = 1;
        options.rounds = 1; /* tracks are left unfinished */
        compare_two_parts(&f, &options, 0, labels);
        options.min_hits = 5; /* short ones are free for the second part */
        compare_two_parts(&f, &options, 0, none);
        options.chain_score = (double)INFINITY; /* only in the second part */
        compare_two_parts(&f, &options, 2, none);
        compare_two_parts(&f, &options, 1e9, labels); /* nor there */
        options.rounds = 0;
        compare_two_parts(&f, &options, 2, labels);
        free(labels);
        free(none);
        destroy(&f);
    }
}

static void test_against_reference(void **state)
{
    trkx_complete_options options;
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct fixture f = make_event(10 * seed * seed / 2, seed);
        int32_t *labels = damage(&f, seed), *none = calloc(f.hits->count + 1, sizeof *none);
        int32_t *confused = confuse(&f);
        trkx_complete_options_init(&options);
        compare_with_reference(&f, &options, labels);
        compare_with_reference(&f, &options, f.labels);
        options.exchange = 1;
        compare_with_reference(&f, &options, labels);
        options.rounds = 4;
        compare_with_reference(&f, &options, confused);
        make_field_uniform(&f);
        options.exchange = -20; /* whatever fits better */
        compare_with_reference(&f, &options, confused);
        options.rounds = 2;
        options.chain_score = 0; /* many chains, that share hits */
        options.min_hits = 5;
        compare_with_reference(&f, &options, none);
        options.chain_hits = 5;
        options.rounds = 3;
        options.match = options.search = -20; /* and many claims */
        compare_with_reference(&f, &options, labels);
        compare_with_reference(&f, &options, confused);
        options.rounds = 0;
        options.chain_score = (double)INFINITY;
        compare_with_reference(&f, &options, labels);
        free(labels);
        free(confused);
        free(none);
        destroy(&f);
    }
}

/* Hits on one spot, which define no circle; modules of their own, so that they may be of one track. */
static void test_equal_hits(void **state)
{
    enum { N = 8 };
    struct fixture f = make_event(10, 1);
    trkx_hits hits = *f.hits;
    int64_t index[2 * (N - 1)];
    int32_t labels[N] = {1, 1, 1, 1, 0, 0, 0, 0};
    float xyz[3 * N];
    size_t count = 9;
    trkx_error error;
    trkx_edges edges = {.count = N - 1, .index = index};
    (void)state;
    for (int i = 0; i < 3 * N; i++) xyz[i] = 100;
    for (int i = 0; i < N - 1; i++) {
        index[i] = i;
        index[N - 1 + i] = i + 1;
    }
    hits.count = N;
    hits.xyz = xyz;
    assert_int_equal(trkx_complete(&hits, f.detector, &edges, NULL, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 1);
    for (int i = 0; i < N; i++) assert_int_equal(labels[i], i < 4);
    destroy(&f);
}

static void test_nothing(void **state)
{
    struct fixture f = make_event(20, 1);
    trkx_hits none = {0};
    trkx_edges edges = {0};
    int32_t *labels = calloc(f.hits->count, sizeof *labels);
    size_t count = 9;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_complete(&none, f.detector, &edges, NULL, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(trkx_complete(f.hits, f.detector, &edges, NULL, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 0);
    memcpy(labels, f.labels, f.hits->count * sizeof *labels);
    assert_int_equal(trkx_complete(f.hits, f.detector, &edges, NULL, labels, &count, &error), TRKX_OK);
    assert_true(count > 5); /* those with three hits */
    free(labels);
    destroy(&f);
}

static void expect_error(const struct fixture *f, const trkx_hits *hits, const trkx_edges *edges,
                         const trkx_complete_options *options, int32_t label, const char *message)
{
    int32_t *labels = calloc(f->hits->count, sizeof *labels);
    size_t count;
    trkx_error error;
    labels[3] = label;
    assert_int_equal(trkx_complete(hits, f->detector, edges, options, labels, &count, &error),
                     TRKX_ERROR_ARGUMENT);
    if (strstr(error.message, message) == NULL) fail_msg("%s", error.message);
    free(labels);
}

static void test_errors(void **state)
{
    struct fixture f = make_event(20, 1);
    trkx_complete_options options;
    trkx_hits hits = *f.hits;
    int64_t index[] = {0, 1000000};
    trkx_edges beyond = {.count = 1, .index = index};
    int32_t *modules = malloc(hits.count * sizeof *modules);
    float *xyz = malloc(3 * hits.count * sizeof *xyz);
    (void)state;
    expect_error(&f, &hits, &beyond, NULL, 0, "edge 0 runs from 0 to 1000000, but there are");
    expect_error(&f, &hits, &f.candidates, NULL, -1, "hit 3 has the label -1");
    expect_error(&f, &hits, &f.candidates, NULL, 1000000, "hit 3 has the label 1000000");
    memcpy(modules, hits.module_id, hits.count * sizeof *modules);
    modules[5] = 99999;
    hits.module_id = modules;
    expect_error(&f, &hits, &f.candidates, NULL, 0, "module 99999) is not in the detector");
    hits.module_id = NULL;
    expect_error(&f, &hits, &f.candidates, NULL, 0, "needs the hits' modules");
    hits = *f.hits;
    memcpy(xyz, hits.xyz, 3 * hits.count * sizeof *xyz);
    xyz[7] = NAN;
    hits.xyz = xyz;
    expect_error(&f, &hits, &f.candidates, NULL, 0, "hit 2: y is not finite");
    hits = *f.hits;
    trkx_complete_options_init(&options);
    options.size = 1;
    expect_error(&f, &hits, &f.candidates, &options, 0, "options have size 1");
    trkx_complete_options_init(&options);
    f.detector->described = false;
    expect_error(&f, &hits, &f.candidates, &options, 0, "needs the field and the layers of the detector");
    f.detector->described = true;
    options.match = (double)NAN;
    expect_error(&f, &hits, &f.candidates, &options, 0,
                 "match, search, exchange or chain_score is not a number");
    trkx_complete_options_init(&options);
    options.exchange = (double)NAN;
    expect_error(&f, &hits, &f.candidates, &options, 0, "exchange or chain_score is not a number");
    trkx_complete_options_init(&options);
    options.chain_hits = 3;
    expect_error(&f, &hits, &f.candidates, &options, 0, "chain_hits is 3");
    trkx_complete_options_init(&options);
    options.threads = -1;
    expect_error(&f, &hits, &f.candidates, &options, 0, "-1 threads");
    free(modules);
    free(xyz);
    destroy(&f);
}

static void test_failing_allocations(void **state)
{
    struct fixture f = make_event(30, 2);
    size_t n = f.hits->count, count;
    trkx_error error;
    int32_t *labels = damage(&f, 2);
    const struct trkx_placed_hits placed = {.hits = f.hits, .detector = f.detector};
    (void)state;
    for (long after = 0;; after++) {
        struct trkx_memory memory = {0};
        trkx_memory_fail_after(after);
        enum trkx_status status =
            trkx_complete_in(&memory, &placed, &f.candidates, NULL, labels, &count, &error);
        trkx_memory_fail_after(-1);
        assert_int_equal(atomic_load(&memory.current), 0);
        if (status == TRKX_OK) {
            assert_true(after >= 15);
            break;
        }
        assert_int_equal(status, TRKX_ERROR_MEMORY);
        free(labels);
        labels = damage(&f, 2);
    }
    assert_true(n > 0);
    free(labels);
    destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovers),
        cmocka_unit_test(test_leaves_whole_tracks),
        cmocka_unit_test(test_exchanges),
        cmocka_unit_test(test_field_of_a_coil),
        cmocka_unit_test(test_follows_the_field),
        cmocka_unit_test(test_against_reference),
        cmocka_unit_test(test_two_parts_against_reference),
        cmocka_unit_test(test_equal_hits),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
