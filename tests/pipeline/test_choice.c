/* Proves: a pipeline of the default bundles runs each event with the first bundle that needs nothing the hits
 * lack, with the tracks of a pipeline of that bundle alone, from several threads at once, and says which and
 * why; its options are those of every bundle; modules that are not given are found, with the same tracks; so
 * do single steps; what a bundle needs follows from its bundle.json; failing allocations are errors and leak
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/system.h"
#include "features/table.h"
#include "pipeline/choice.h"
#include "pipeline/defaults.h"
#include "pipeline/needs.h"

static struct {
    trkx_event *event;
    trkx_hits whole, no_cells, positions, no_modules; /* views of the event */
} common;

static void expect_ok(enum trkx_status status, const trkx_error *error)
{
    if (status != TRKX_OK) fail_msg("%s", error->message);
}

static trkx_pipeline *load(const char *bundle)
{
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    trkx_pipeline_options options;
    trkx_pipeline_options_init(&options);
    options.threads = 1;
    expect_ok(trkx_pipeline_create(bundle, &options, &pipeline, &error), &error);
    return pipeline;
}

static trkx_result *run(const trkx_pipeline *pipeline, const trkx_hits *hits)
{
    trkx_result *result = NULL;
    trkx_error error;
    expect_ok(trkx_pipeline_run(pipeline, hits, NULL, &result, &error), &error);
    return result;
}

static int set_up(void **state)
{
    trkx_simulate_options options;
    trkx_error error;
    (void)state;
    trkx_simulate_options_init(&options);
    options.density = 0.02;
    expect_ok(trkx_simulate(&options, 5, &common.event, &error), &error);
    common.whole = common.no_cells = common.no_modules = *trkx_event_hits(common.event);
    common.no_cells.cell_begin = NULL;
    common.no_modules.volume_id = common.no_modules.layer_id = common.no_modules.module_id = NULL;
    common.positions = common.no_modules;
    common.positions.cell_begin = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    trkx_event_destroy(common.event);
    return 0;
}

/* The hits of each case, and what is chosen for them. */
static const struct {
    const trkx_hits *hits;
    const char *bundle, *note;
    bool found_modules;
} cases[] = {{&common.whole, "models/default", NULL, false},
             {&common.no_modules, "models/default", NULL, true},
             {&common.no_cells, "models/positions", "no cells", false},
             {&common.positions, "models/positions", "no cells", true}};
enum { CASES = sizeof cases / sizeof *cases };

static void expect_text(const char *text, const char *expected)
{
    assert_int_equal(text == NULL, expected == NULL);
    if (expected != NULL) assert_string_equal(text, expected);
}

static void expect_choice(const trkx_result *result, int c)
{
    const char *directory = trkx_pipeline_bundle(result->pipeline)->directory;
    const char *end = strstr(directory, cases[c].bundle);
    assert_non_null(end);
    assert_string_equal(end, cases[c].bundle);
    expect_text(result->bundle_note, cases[c].note);
    assert_int_equal(result->found_modules, cases[c].found_modules);
}

/* ---- choosing --------------------------------------------------------------------------------------- */

/* Whole hits, by the bundle alone. */
static trkx_result *expected_of(const char *bundle)
{
    trkx_pipeline *alone = load(bundle);
    trkx_result *expected = run(alone, &common.whole);
    expect_text(expected->bundle_note, NULL);
    assert_ptr_equal(expected->pipeline, alone);
    assert_true(expected->tracks > 100);
    trkx_pipeline_destroy(alone);
    return expected;
}

static void the_first_bundle_that_suits(void **state)
{
    trkx_pipeline *pipeline = load(NULL);
    trkx_result *expected[2] = {expected_of("models/default"), expected_of("models/positions")};
    const trkx_pipeline *before[2] = {pipeline, NULL};
    (void)state;
    assert_non_null(strstr(trkx_pipeline_bundle(pipeline)->directory, "models/default"));
    for (int c = 0; c < CASES; c++) {
        int other = cases[c].note != NULL;
        trkx_result *result = run(pipeline, cases[c].hits);
        expect_choice(result, c);
        assert_int_equal(result->tracks, expected[other]->tracks);
        assert_memory_equal(result->labels, expected[other]->labels, result->hits * sizeof *result->labels);
        if (before[other] != NULL) assert_ptr_equal(result->pipeline, before[other]); /* loaded once */
        before[other] = result->pipeline;
        trkx_result_destroy(result);
    }
    for (int i = 0; i < 2; i++) trkx_result_destroy(expected[i]);
    trkx_pipeline_destroy(pipeline);
}

static void several_threads_at_once(void **state)
{
    enum { RUNS = 8 };
    trkx_pipeline *pipeline = load(NULL);
    trkx_result *results[RUNS];
    enum trkx_status status[RUNS];
    (void)state;
#pragma omp parallel for num_threads(4) schedule(dynamic, 1)
    for (int i = 0; i < RUNS; i++)
        status[i] = trkx_pipeline_run(pipeline, cases[CASES - 1 - i % CASES].hits, NULL, &results[i], NULL);
    for (int i = 0; i < RUNS; i++) {
        assert_int_equal(status[i], TRKX_OK);
        expect_choice(results[i], CASES - 1 - i % CASES);
        trkx_result_destroy(results[i]);
    }
    trkx_pipeline_destroy(pipeline);
}

/* The caller's texts may change before another bundle is loaded. */
static void options_are_those_of_every_bundle(void **state)
{
    char method[] = "components", device[] = "cpu";
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    trkx_pipeline_options options;
    (void)state;
    trkx_pipeline_options_init(&options);
    options.method = method;
    options.device = device;
    options.min_hits = 5;
    expect_ok(trkx_pipeline_create(NULL, &options, &pipeline, &error), &error);
    memset(method, 'x', sizeof method - 1);
    memset(device, 'x', sizeof device - 1);
    for (int c = 0; c < CASES; c++) {
        trkx_result *result = run(pipeline, cases[c].hits);
        const trkx_bundle_info *used = trkx_pipeline_bundle(result->pipeline);
        expect_choice(result, c);
        assert_string_equal(used->method, "components");
        assert_int_equal(used->min_hits, 5);
        trkx_result_destroy(result);
    }
    trkx_pipeline_destroy(pipeline);
    options.method = options.device = NULL;
    options.filter_cut = 2;
    assert_int_equal(trkx_pipeline_create(NULL, &options, &pipeline, NULL), TRKX_ERROR_ARGUMENT);
    assert_null(pipeline);
}

static void a_named_bundle_is_the_only_one(void **state)
{
    trkx_pipeline *pipeline = load("models/default");
    trkx_result *result = NULL;
    trkx_error error;
    float features[1];
    (void)state;
    assert_int_equal(trkx_pipeline_run(pipeline, &common.no_cells, NULL, &result, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_null(result);
    assert_string_equal(error.message,
                        "run: the bundle models/default needs the hits' cells, which are missing (of a "
                        "TrackML event: the file -cells.csv); for these hits there is the bundle positions "
                        "(trkx run --bundle positions)");
    assert_int_equal(
        trkx_pipeline_features(pipeline, TRKX_NETWORK_EMBEDDING, &common.positions, features, &error),
        TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "features: the bundle models/default needs the hits' cells"));
    trkx_pipeline_destroy(pipeline);
}

/* An event without hits lacks nothing. */
static void no_hits(void **state)
{
    const trkx_hits none = {.count = 0};
    trkx_pipeline *pipeline = load(NULL);
    trkx_result *result = run(pipeline, &none);
    (void)state;
    expect_choice(result, 0);
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
}

/* ---- modules ---------------------------------------------------------------------------------------- */

static float *features_of(const trkx_pipeline *pipeline, const trkx_hits *hits)
{
    size_t count = hits->count * trkx_pipeline_features_count(pipeline, TRKX_NETWORK_EMBEDDING);
    float *features = malloc(count * sizeof *features);
    trkx_error error;
    expect_ok(trkx_pipeline_features(pipeline, TRKX_NETWORK_EMBEDDING, hits, features, &error), &error);
    return features;
}

/* Features of modules, a graph that depends on the volume, joining and completion. */
static void single_steps_find_modules_too(void **state)
{
    trkx_pipeline *pipeline = load("models/default");
    const trkx_hits *hits[2] = {&common.whole, &common.no_modules};
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(pipeline);
    size_t n = common.whole.count, count[2];
    float *features[2], *embedding = malloc(n * bundle->dim * sizeof *embedding), *scores = NULL;
    trkx_edges edges[2];
    int32_t *labels[2];
    trkx_error error;
    (void)state;
    assert_true(bundle->own_ks && bundle->completes);
    for (int i = 0; i < 2; i++) features[i] = features_of(pipeline, hits[i]);
    assert_memory_equal(features[0], features[1], n * bundle->features_count * sizeof **features);
    expect_ok(trkx_embed(pipeline, features[0], n, embedding, &error), &error);
    for (int i = 0; i < 2; i++)
        expect_ok(trkx_pipeline_edges(pipeline, hits[i], embedding, &edges[i], &error), &error);
    assert_int_equal(edges[0].count, edges[1].count);
    assert_memory_equal(edges[0].index, edges[1].index, 2 * edges[0].count * sizeof *edges[0].index);
    scores = malloc(edges[0].count * sizeof *scores);
    for (size_t e = 0; e < edges[0].count; e++) scores[e] = (float)(e * 7 % 64) / 64;
    for (int i = 0; i < 2; i++) {
        const trkx_tracks_input input = {hits[i], &edges[0], scores, &edges[1]};
        labels[i] = malloc(n * sizeof *labels[i]);
        expect_ok(trkx_pipeline_tracks(pipeline, &input, labels[i], &count[i], &error), &error);
    }
    assert_int_equal(count[0], count[1]);
    assert_memory_equal(labels[0], labels[1], n * sizeof *labels[0]);
    for (int i = 0; i < 2; i++) {
        free(features[i]);
        free(labels[i]);
        trkx_edges_destroy(&edges[i]);
    }
    free(embedding);
    free(scores);
    trkx_pipeline_destroy(pipeline);
}

/* Given modules win over the positions. */
static void given_modules_are_kept(void **state)
{
    trkx_pipeline *pipeline = load("models/positions");
    size_t n = common.no_cells.count;
    float *moved = malloc(3 * n * sizeof *moved);
    trkx_hits hits = common.no_cells;
    trkx_result *result = NULL;
    trkx_error error;
    (void)state;
    memcpy(moved, hits.xyz, 3 * n * sizeof *moved);
    moved[2] += 20; /* off its module, as an alignment would move it */
    moved[0] += 5;
    hits.xyz = moved;
    result = run(pipeline, &hits);
    assert_false(result->found_modules);
    trkx_result_destroy(result);
    hits.layer_id = NULL; /* two of three are none */
    assert_int_equal(trkx_pipeline_run(pipeline, &hits, NULL, &result, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "hits: hit 1 at ("));
    assert_non_null(strstr(error.message, "is on no module of the detector, as are 1 of"));
    free(moved);
    trkx_pipeline_destroy(pipeline);
}

/* ---- needs ------------------------------------------------------------------------------------------ */

#define TEXT(features, k_of_volumes, tracks)                                                       \
    "{\"schema\": 1, \"name\": \"b\", \"detector\": \"d\", \"features\": [" features               \
    "], \"embedding\": {\"file\": \"e\", \"sha256\": \"" DIGEST                                    \
    "\", \"inputs\": [\"i\"], \"output\": \"o\", \"dim\": 3, \"radius\": 1, \"k\": 9" k_of_volumes \
    "}, \"filter\": " SCORING ", \"gnn\": " SCORING ", \"tracks\": {" tracks "\"min_hits\": 3}}"
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SCORING                                                                              \
    "{\"file\": \"f\", \"sha256\": \"" DIGEST "\", \"inputs\": [\"n\", \"e\"], \"output\": " \
    "\"o\", \"sigmoid_in_model\": false, \"cut\": 0.5}"
#define FEATURE(name) "{\"name\": \"" name "\", \"scale\": 1}"
#define COMPONENTS "\"method\": \"components\", "

static void needs_follow_from_the_bundle(void **state)
{
    static const struct {
        const char *text;
        unsigned needs;
        const char *lacks[4]; /* the whole event, without cells, positions, the same with a detector */
    } bundles[] = {
        {TEXT(FEATURE("r"), "", COMPONENTS), 0, {NULL, NULL, NULL, NULL}},
        {TEXT(FEATURE("r"), "", "\"method\": \"join\", "),
         TRKX_NEEDS_IDS,
         {NULL, NULL, "volume_id, layer_id and module_id", NULL}},
        {TEXT(FEATURE("r"), ", \"k_of_volumes\": [{\"volumes\": [7], \"k\": 2}]", COMPONENTS),
         TRKX_NEEDS_VOLUME,
         {NULL, NULL, "volume_id, layer_id and module_id", NULL}},
        {TEXT(FEATURE("r"), "", COMPONENTS "\"completion\": {\"candidate_cut\": 0.1}, "),
         TRKX_NEEDS_MODULE,
         {NULL, NULL, "volume_id, layer_id and module_id", NULL}},
        {TEXT(FEATURE("cell_count"), "", COMPONENTS), TRKX_NEEDS_CELLS, {NULL, "cells", "cells", "cells"}},
        {TEXT(FEATURE("lx"), "", COMPONENTS), TRKX_NEEDS_CLUSTER, {NULL, "cells", "cells", "cells"}},
        {TEXT("{\"column\": \"time\", \"scale\": 1}", "", COMPONENTS),
         0,
         {"column time", "column time", "column time", "column time"}},
    };
    const trkx_hits *const hits[4] = {&common.whole, &common.no_cells, &common.positions, &common.positions};
    (void)state;
    for (size_t b = 0; b < sizeof bundles / sizeof *bundles; b++) {
        struct trkx_bundle bundle;
        trkx_error error;
        char what[64];
        expect_ok(trkx_bundle_parse(bundles[b].text, strlen(bundles[b].text), "b", ".", &bundle, &error),
                  &error);
        assert_int_equal(trkx_bundle_needs(&bundle), bundles[b].needs);
        for (int i = 0; i < 4; i++) {
            bool lacks = trkx_bundle_lacks(&bundle, i == 3, hits[i], what, sizeof what);
            expect_text(lacks ? what : NULL, bundles[b].lacks[i]);
        }
        trkx_bundle_release(&bundle);
    }
}

static void a_column_that_hits_have(void **state)
{
    static const char text[] = TEXT("{\"column\": \"time\", \"scale\": 1}", "", COMPONENTS);
    const trkx_hits_column columns[] = {{"charge", common.whole.xyz}, {"time", common.whole.xyz}};
    trkx_hits hits = common.positions;
    struct trkx_bundle bundle;
    trkx_error error;
    char what[64];
    (void)state;
    expect_ok(trkx_bundle_parse(text, strlen(text), "b", ".", &bundle, &error), &error);
    hits.columns = columns;
    hits.columns_count = 1;
    assert_true(trkx_bundle_lacks(&bundle, false, &hits, what, sizeof what));
    hits.columns_count = 2;
    assert_false(trkx_bundle_lacks(&bundle, false, &hits, what, sizeof what));
    trkx_bundle_release(&bundle);
}

/* The files of an event are read before the choice, with the parts that the first bundle needs: it needs all
 * that the others need. */
static void the_first_default_bundle_reads_for_all(void **state)
{
    unsigned first = 0;
    (void)state;
    for (size_t which = 0; trkx_default_name(which) != NULL; which++) {
        struct trkx_bundle bundle;
        trkx_error error;
        char *directory = NULL;
        expect_ok(trkx_default_bundle(which, &directory, &error), &error);
        expect_ok(trkx_bundle_read(directory, &bundle, &error), &error);
        if (which == 0) first = trkx_bundle_needs(&bundle);
        assert_int_equal(trkx_bundle_needs(&bundle) & TRKX_NEEDS_CELLS & ~first, 0);
        assert_int_equal(bundle.columns_count, 0);
        trkx_bundle_release(&bundle);
        trkx_release(directory);
    }
}

/* ---- failing allocations ---------------------------------------------------------------------------- */

/* What loading a bundle allocates, test_pipeline tries one by one: here those before and after it. */
enum { OWN = 10 };

static enum trkx_status create(long after, trkx_pipeline **pipeline, trkx_error *error)
{
    trkx_pipeline_options options;
    trkx_pipeline_options_init(&options);
    options.threads = 1;
    options.method = "join";
    options.device = "cpu";
    trkx_memory_fail_after(after);
    enum trkx_status status = trkx_pipeline_create(NULL, &options, pipeline, error);
    assert_int_equal(status == TRKX_OK, *pipeline != NULL);
    return status;
}

static void allocations_of_creating_may_fail(void **state)
{
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    (void)state;
    trkx_memory_fail_after(-1);
    expect_ok(create(-1, &pipeline, &error), &error);
    long count = trkx_memory_fail_after(-1);
    trkx_pipeline_destroy(pipeline);
    assert_true(count > 2 * OWN);
    for (long after = 0; after < count; after += after == OWN ? count - 2 * OWN : 1) {
        enum trkx_status status = create(after, &pipeline, &error);
        trkx_memory_fail_after(-1);
        if (status != TRKX_ERROR_MEMORY)
            fail_msg("allocation %ld of %ld: status %d, %s", after, count, status, error.message);
    }
}

/* The first run that succeeds loads another bundle. */
static void allocations_of_choosing_may_fail(void **state)
{
    enum trkx_status status = TRKX_ERROR_MEMORY;
    trkx_pipeline *pipeline = load(NULL);
    trkx_result *result = NULL;
    trkx_error error;
    long after = 0;
    (void)state;
    for (; status != TRKX_OK; after += after < OWN ? 1 : OWN) {
        trkx_memory_fail_after(after);
        status = trkx_pipeline_run(pipeline, &common.positions, NULL, &result, &error);
        trkx_memory_fail_after(-1);
        assert_int_equal(status == TRKX_OK, result != NULL);
        if (status != TRKX_OK && status != TRKX_ERROR_MEMORY)
            fail_msg("allocation %ld: status %d, %s", after, status, error.message);
    }
    assert_true(after > 3 * OWN);
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_bundle_that_suits),
        cmocka_unit_test(several_threads_at_once),
        cmocka_unit_test(options_are_those_of_every_bundle),
        cmocka_unit_test(a_named_bundle_is_the_only_one),
        cmocka_unit_test(no_hits),
        cmocka_unit_test(single_steps_find_modules_too),
        cmocka_unit_test(given_modules_are_kept),
        cmocka_unit_test(needs_follow_from_the_bundle),
        cmocka_unit_test(a_column_that_hits_have),
        cmocka_unit_test(the_first_default_bundle_reads_for_all),
        cmocka_unit_test(allocations_of_creating_may_fail),
        cmocka_unit_test(allocations_of_choosing_may_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
