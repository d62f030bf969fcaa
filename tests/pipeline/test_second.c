/* Proves: a second pass gives what its steps give one by one; its labels do not depend on the number of
 * threads, and are those of trkx_pipeline_tracks from the same edges; hits that are on a track after the
 * first pass are still on one; with no free hits, no edges or none above the cut nothing is lost; what its
 * networks lack is an error that names the step. The bundle is models/default, with its own networks once
 * more as the second pass's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "pipeline/parts.h"
#include "tests/json_change.h"
#include "tests/scratch.h"
#include "tracks/complete.h"

enum { PARTICLES = 300 };

static struct {
    char *bundle_json; /* of models/default, without a second pass */
    trkx_event *event;
    const trkx_hits *hits;
} common;

static void expect_ok(enum trkx_status status, const trkx_error *error)
{
    if (status != TRKX_OK) fail_msg("status %d: %s", status, error->message);
}

static void *space(size_t count, size_t size)
{
    void *block = calloc(count + 1, size);
    assert_non_null(block);
    return block;
}

/* ---- the bundle ------------------------------------------------------------------------------------- */

static void link_file(const char *name)
{
    char from[1024], here[512];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(from, sizeof from, "%s/models/default/%s", here, name);
    assert_int_equal(symlink(from, scratch_path(name)), 0);
}

static char *read_bundle(void)
{
    json_t *root = json_load_file("models/default/bundle.json", 0, NULL);
    assert_non_null(root);
    json_object_del(root, "second");
    char *text = json_dumps(root, 0);
    json_decref(root);
    return text;
}

static int set_up(void **state)
{
    static const char *const files[] = {"embedding.onnx", "filter.onnx", "gnn.onnx", "detector.json",
                                        "detectors.csv.gz"};
    trkx_simulate_options options;
    trkx_error error;
    if (scratch_create(state) != 0) return -1;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) link_file(files[i]);
    common.bundle_json = read_bundle();
    trkx_simulate_options_init(&options);
    options.particles = PARTICLES;
    options.seed = 11;
    expect_ok(trkx_simulate(&options, 1, &common.event, &error), &error);
    common.hits = trkx_event_hits(common.event);
    return 0;
}

static int tear_down(void **state)
{
    trkx_event_destroy(common.event);
    free(common.bundle_json);
    return scratch_destroy(state);
}

/* "second" with a radius, and a cut of its filter. */
static char *second_json(double radius, double cut)
{
    json_t *root = json_loads(common.bundle_json, 0, NULL), *second = json_object();
    json_t *embedding = json_deep_copy(json_object_get(root, "embedding"));
    json_t *filter = json_deep_copy(json_object_get(root, "filter"));
    json_object_set_new(embedding, "radius", json_real(radius));
    json_object_set_new(embedding, "k", json_integer(40));
    json_object_set_new(filter, "cut", json_real(cut));
    json_object_set_new(second, "embedding", embedding);
    json_object_set_new(second, "filter", filter);
    json_object_set_new(second, "chain_score", json_real(1));
    char *text = json_dumps(second, 0);
    json_decref(second);
    json_decref(root);
    return text;
}

/* second NULL: without one. */
static trkx_pipeline *load(const char *second, int threads, enum trkx_kernels kernels)
{
    trkx_pipeline_options options;
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    char *text = second != NULL ? json_changed(common.bundle_json, "second", second) : NULL;
    scratch_text("bundle.json", second != NULL ? text : common.bundle_json);
    trkx_pipeline_options_init(&options);
    options.threads = threads;
    options.kernels = kernels;
    expect_ok(trkx_pipeline_create(scratch, &options, &pipeline, &error), &error);
    free(text);
    return pipeline;
}

/* With the second pass of most tests. */
static trkx_pipeline *load_usual(int threads)
{
    char *second = second_json(2.5, 0.02);
    trkx_pipeline *pipeline = load(second, threads, TRKX_KERNELS_TRKX);
    free(second);
    return pipeline;
}

/* ---- the steps -------------------------------------------------------------------------------------- */

/* What a run showed. */
struct seen {
    int32_t *first_labels; /* [n] */
    trkx_edges all, second_all, second_kept;
    float *second_scores;
    size_t free_hits;
};

static trkx_edges copy_of(const trkx_edges *edges)
{
    trkx_edges copy = {.count = edges->count, .saturated = edges->saturated};
    copy.index = trkx_allocate(NULL, 2 * edges->count, sizeof *copy.index);
    assert_non_null(copy.index);
    if (edges->count > 0) memcpy(copy.index, edges->index, 2 * edges->count * sizeof *copy.index);
    return copy;
}

static int look(void *user, const trkx_step_view *view)
{
    struct seen *seen = user;
    if (view->record == NULL) return 0;
    size_t n = view->hits->count, m = view->edges->count;
    if (view->record->step == TRKX_STEP_EDGES) seen->all = copy_of(view->edges);
    if (view->record->step == TRKX_STEP_TRACKS) {
        seen->first_labels = space(n, sizeof(int32_t));
        memcpy(seen->first_labels, view->labels, n * sizeof(int32_t));
    }
    if (view->record->step == TRKX_STEP_SECOND_EDGES) seen->second_all = copy_of(view->edges);
    if (view->record->step == TRKX_STEP_SECOND_FILTER) {
        seen->second_kept = copy_of(view->edges);
        seen->second_scores = space(m, sizeof(float));
        memcpy(seen->second_scores, view->scores, m * sizeof(float));
    }
    if (view->record->step > TRKX_STEP_TRACKS) seen->free_hits = view->record->nodes;
    return 0;
}

static void seen_release(struct seen *seen)
{
    free(seen->first_labels);
    free(seen->second_scores);
    trkx_edges_destroy(&seen->all);
    trkx_edges_destroy(&seen->second_all);
    trkx_edges_destroy(&seen->second_kept);
}

static trkx_result *run(const trkx_pipeline *pipeline, struct seen *seen)
{
    trkx_run_options options;
    trkx_result *result = NULL;
    trkx_error error;
    trkx_run_options_init(&options);
    options.keep_edges = true;
    options.hook = seen != NULL ? look : NULL;
    options.user = seen;
    expect_ok(trkx_pipeline_run(pipeline, common.hits, &options, &result, &error), &error);
    return result;
}

static void expect_same_edges(const trkx_edges *a, const trkx_edges *b)
{
    assert_int_equal(a->count, b->count);
    assert_true(a->count > 0);
    assert_memory_equal(a->index, b->index, 2 * a->count * sizeof *a->index);
}

/* Embedding and search of the free hits alone, by the networks of the first pass, which are the same. */
static trkx_edges search_free_hits(const trkx_pipeline *pipeline, const int32_t *labels, size_t *count)
{
    size_t n = common.hits->count, f = 0;
    size_t width = trkx_pipeline_features_count(pipeline, TRKX_NETWORK_SECOND_EMBEDDING);
    float *features = space(n * width, sizeof(float)), *xyz = space(3 * n, sizeof(float));
    float *points = space(n * pipeline->bundle.second.dim, sizeof(float));
    int64_t *rows = space(n, sizeof(int64_t));
    trkx_edges_options options;
    trkx_edges edges;
    trkx_error error;
    expect_ok(trkx_pipeline_features(pipeline, TRKX_NETWORK_SECOND_EMBEDDING, common.hits, features, &error),
              &error);
    for (size_t i = 0; i < n; i++) {
        if (labels[i] != 0) continue;
        memmove(features + f * width, features + i * width, width * sizeof *features);
        memcpy(xyz + 3 * f, common.hits->xyz + 3 * i, 3 * sizeof *xyz);
        rows[f++] = (int64_t)i;
    }
    expect_ok(trkx_embed(pipeline, features, f, points, &error), &error);
    trkx_edges_options_init(&options);
    options.radius = 2.5;
    uint32_t *ks = space(f, sizeof *ks);
    for (size_t i = 0; i < f; i++) {
        ks[i] = 40;
        for (size_t v = 0; v < pipeline->bundle.second.volumes_count; v++)
            if (pipeline->bundle.second.volumes[v].volume == common.hits->volume_id[rows[i]])
                ks[i] = pipeline->bundle.second.volumes[v].k;
    }
    options.ks = ks;
    expect_ok(trkx_radius_graph(points, f, pipeline->bundle.second.dim, &options, &edges, &error), &error);
    expect_ok(trkx_edges_orient(xyz, f, &edges, &error), &error);
    for (size_t e = 0; e < 2 * edges.count; e++) edges.index[e] = rows[edges.index[e]];
    free(features);
    free(xyz);
    free(points);
    free(rows);
    free(ks);
    *count = f;
    return edges;
}

static void check_second_edges(const trkx_pipeline *pipeline, const struct seen *seen)
{
    size_t n = common.hits->count, f = 0;
    size_t width = trkx_pipeline_features_count(pipeline, TRKX_NETWORK_SECOND_FILTER);
    float *features = space(n * width, sizeof(float));
    trkx_error error;
    trkx_edges edges = search_free_hits(pipeline, seen->first_labels, &f);
    float *scores = space(edges.count, sizeof(float));
    assert_int_equal(seen->free_hits, f);
    expect_same_edges(&edges, &seen->second_all);
    expect_ok(trkx_pipeline_features(pipeline, TRKX_NETWORK_SECOND_FILTER, common.hits, features, &error),
              &error);
    expect_ok(trkx_filter(pipeline, features, n, &edges, scores, &error), &error);
    trkx_edges_cut(&edges, scores, pipeline->bundle.models[TRKX_NETWORK_SECOND_FILTER].cut);
    assert_true(edges.count < seen->second_all.count);
    expect_same_edges(&edges, &seen->second_kept);
    assert_memory_equal(scores, seen->second_scores, edges.count * sizeof *scores);
    trkx_edges_destroy(&edges);
    free(features);
    free(scores);
}

/* The candidates of the first pass: its edges, scored again. */
static trkx_edges candidates_of(const trkx_pipeline *pipeline, const struct seen *seen)
{
    size_t n = common.hits->count, width = trkx_pipeline_features_count(pipeline, TRKX_NETWORK_FILTER);
    float *features = space(n * width, sizeof(float)), *scores = space(seen->all.count, sizeof(float));
    trkx_edges candidates;
    trkx_error error;
    expect_ok(trkx_pipeline_features(pipeline, TRKX_NETWORK_FILTER, common.hits, features, &error), &error);
    expect_ok(trkx_filter(pipeline, features, n, &seen->all, scores, &error), &error);
    expect_ok(trkx_edges_over(&seen->all, scores, pipeline->bundle.candidate_cut, &candidates, &error),
              &error);
    free(features);
    free(scores);
    return candidates;
}

static void check_labels(const trkx_pipeline *pipeline, const struct seen *seen, const trkx_result *result)
{
    size_t n = common.hits->count, count = 0;
    int32_t *labels = space(n, sizeof *labels);
    const struct trkx_placed_hits placed = {.hits = common.hits, .detector = pipeline->detector};
    struct trkx_completion *completion = NULL;
    trkx_labelling_options options;
    trkx_error error;
    trkx_edges candidates = candidates_of(pipeline, seen);
    trkx_labelling_options_init(&options);
    options.cut = pipeline->bundle.models[TRKX_NETWORK_GNN].cut;
    options.min_hits = pipeline->bundle.min_hits;
    assert_string_equal(pipeline->info.method, "join");
    expect_ok(trkx_join(common.hits, &result->edges, result->scores, &options, labels, &count, &error),
              &error);
    assert_int_equal(count, result->method_tracks);
    expect_ok(trkx_completion_create(NULL, &placed, &candidates, &pipeline->bundle.completion, labels,
                                     &completion, &error),
              &error);
    assert_int_equal(trkx_completion_number(completion), result->first_tracks);
    assert_memory_equal(labels, seen->first_labels, n * sizeof *labels);
    expect_ok(trkx_completion_chains(completion, &seen->second_kept, 1, &error), &error);
    assert_int_equal(trkx_completion_number(completion), result->tracks);
    assert_memory_equal(labels, result->labels, n * sizeof *labels);
    trkx_completion_destroy(completion);
    trkx_edges_destroy(&candidates);
    free(labels);
}

static void it_is_its_steps_one_by_one(void **state)
{
    struct seen seen = {.free_hits = 0};
    trkx_pipeline *pipeline = load_usual(0);
    trkx_result *result = run(pipeline, &seen);
    (void)state;
    assert_int_equal(result->steps_count, TRKX_STEPS);
    assert_true(result->first_tracks < result->tracks);
    assert_int_equal(seen.free_hits, result->hits - result->first_hits);
    check_second_edges(pipeline, &seen);
    check_labels(pipeline, &seen, result);
    assert_int_equal(result->total.nodes, result->hits);
    assert_int_equal(result->total.edges, result->steps[TRKX_STEP_TRACKS].edges);
    seen_release(&seen);
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
}

static void given_edges_have_a_second_pass_too(void **state)
{
    struct seen seen = {.free_hits = 0};
    trkx_pipeline *pipeline = load_usual(0);
    trkx_result *result = run(pipeline, &seen);
    int32_t *labels = space(result->hits, sizeof *labels);
    trkx_edges candidates = candidates_of(pipeline, &seen);
    const trkx_tracks_input input = {common.hits, &result->edges, result->scores, &candidates};
    trkx_hits bare = *common.hits;
    size_t count = 0;
    trkx_error error;
    (void)state;
    expect_ok(trkx_pipeline_tracks(pipeline, &input, labels, &count, &error), &error);
    assert_int_equal(count, result->tracks);
    assert_memory_equal(labels, result->labels, result->hits * sizeof *labels);
    bare.cell_begin = NULL;
    const trkx_tracks_input without = {&bare, &result->edges, result->scores, &candidates};
    assert_int_equal(trkx_pipeline_tracks(pipeline, &without, labels, &count, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "tracks: "));
    assert_non_null(strstr(error.message, "cells"));
    trkx_edges_destroy(&candidates);
    free(labels);
    seen_release(&seen);
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
}

static void threads_change_nothing(void **state)
{
    trkx_pipeline *one = load_usual(1);
    trkx_result *expected = run(one, NULL);
    (void)state;
    for (int threads = 2; threads <= 4; threads++) {
        trkx_pipeline *several = load_usual(threads);
        trkx_result *found = run(several, NULL);
        assert_memory_equal(found->labels, expected->labels, found->hits * sizeof *found->labels);
        trkx_result_destroy(found);
        trkx_pipeline_destroy(several);
    }
    trkx_result_destroy(expected);
    trkx_pipeline_destroy(one);
}

static void stock_kernels_make_it_too(void **state)
{
    char *second = second_json(2.5, 0.02);
    trkx_pipeline *pipeline = load(second, 0, TRKX_KERNELS_STOCK);
    trkx_result *result = run(pipeline, NULL);
    (void)state;
    assert_true(result->first_tracks < result->tracks);
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
    free(second);
}

/* ---- nothing to find -------------------------------------------------------------------------------- */

/* No edges: a tiny radius. None kept: a cut of 1. */
static void without_edges_no_track_is_lost(void **state)
{
    static const struct {
        double radius, cut;
    } settings[] = {{1e-9, 0.02}, {2.5, 1}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct seen seen = {.free_hits = 0};
        char *second = second_json(settings[i].radius, settings[i].cut);
        trkx_pipeline *pipeline = load(second, 0, TRKX_KERNELS_TRKX);
        trkx_result *result = run(pipeline, &seen);
        assert_int_equal(result->steps[TRKX_STEP_SECOND_FILTER].edges, 0);
        assert_int_equal(result->steps[TRKX_STEP_SECOND_EDGES].edges > 0, i == 1);
        assert_int_equal(result->steps_count, TRKX_STEPS);
        assert_true(result->tracks > 0);
        seen_release(&seen);
        trkx_result_destroy(result);
        trkx_pipeline_destroy(pipeline);
        free(second);
    }
}

/* None at all, or all of them on no track. */
static void a_few_hits_are_run(void **state)
{
    trkx_pipeline *pipeline = load_usual(0);
    trkx_hits few = *common.hits;
    (void)state;
    for (few.count = 0; few.count <= 4; few.count++) {
        trkx_result *result = NULL;
        trkx_error error;
        expect_ok(trkx_pipeline_run(pipeline, &few, NULL, &result, &error), &error);
        assert_int_equal(result->steps_count, few.count == 0 ? 1 : TRKX_STEPS);
        if (few.count == 1) assert_int_equal(result->steps[TRKX_STEP_SECOND_TRACKS].nodes, 1);
        if (few.count < 3) assert_int_equal(result->tracks, 0);
        trkx_result_destroy(result);
    }
    trkx_pipeline_destroy(pipeline);
}

/* ---- the bundle's entries --------------------------------------------------------------------------- */

static void without_a_second_pass_there_is_none(void **state)
{
    trkx_pipeline *pipeline = load(NULL, 0, TRKX_KERNELS_TRKX);
    trkx_result *result = run(pipeline, NULL);
    (void)state;
    assert_int_equal(result->steps_count, TRKX_STEP_SECOND_FEATURES);
    assert_int_equal(result->first_tracks, result->tracks);
    assert_int_equal(result->first_hits, result->hits_on_tracks);
    assert_false(trkx_pipeline_bundle(pipeline)->has_second);
    assert_int_equal(trkx_pipeline_features_count(pipeline, TRKX_NETWORK_SECOND_EMBEDDING), 0);
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
}

/* A feature of the second filter that exceeds a float32: the message is that of any features. */
static void its_errors_name_the_step(void **state)
{
    trkx_pipeline *pipeline = load_usual(0);
    trkx_hits broken = *common.hits;
    trkx_result *result = NULL;
    trkx_error error;
    (void)state;
    struct trkx_model *model = &pipeline->bundle.models[TRKX_NETWORK_SECOND_FILTER];
    double scale = model->features[0].scale;
    model->features[0].scale = 1e-45;
    assert_int_equal(trkx_pipeline_run(pipeline, &broken, NULL, &result, &error), TRKX_ERROR_ARGUMENT);
    assert_memory_equal(error.message, "second_features: ", 17);
    model->features[0].scale = scale;
    trkx_pipeline_destroy(pipeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_its_steps_one_by_one),
        cmocka_unit_test(given_edges_have_a_second_pass_too),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(stock_kernels_make_it_too),
        cmocka_unit_test(without_edges_no_track_is_lost),
        cmocka_unit_test(a_few_hits_are_run),
        cmocka_unit_test(without_a_second_pass_there_is_none),
        cmocka_unit_test(its_errors_name_the_step),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
