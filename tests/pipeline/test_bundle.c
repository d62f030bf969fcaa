/* Proves: bundle.json is read field by field: a complete one is read as written; a field that is missing,
 * unknown, of another type or out of range is an error that names file and field; a text that is not JSON is
 * an error that names file and line; a model's file is compared with its checksum; every failing allocation
 * is an error and leaks nothing (run under AddressSanitizer). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "pipeline/bundle.h"
#include "tests/json_change.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char complete[] =
    "{ \"schema\": 1, \"name\": \"one\", \"detector\": \"trackml\", \"orientation\": \"outwards\",\n"
    "  \"features\": [ {\"name\": \"r\", \"scale\": 1000}, {\"name\": \"phi\", \"scale\": 3.5} ],\n"
    "  \"detectors\": \"detectors.csv\",\n"
    "  \"embedding\": {\"file\": \"e.onnx\", \"sha256\": \"" DIGEST "\", \"inputs\": [\"sp\"],\n"
    "    \"output\": \"point\", \"dim\": 8, \"radius\": 1.6, \"k\": 500},\n"
    "  \"filter\": {\"file\": \"f.onnx\", \"sha256\": \"" DIGEST "\", \"inputs\": [\"n\", \"e\"],\n"
    "    \"output\": \"fs\", \"sigmoid_in_model\": true, \"cut\": 0.25,\n"
    "    \"features\": [ {\"name\": \"z\", \"scale\": -2} ]},\n"
    "  \"gnn\": {\"file\": \"g.onnx\", \"sha256\": \"" DIGEST "\", \"inputs\": [\"gn\", \"ge\"],\n"
    "    \"output\": \"gs\", \"sigmoid_in_model\": false, \"cut\": 0.75,\n"
    "    \"data\": [ {\"file\": \"g.data\", \"sha256\": \"" DIGEST "\"} ]},\n"
    "  \"tracks\": {\"method\": \"components\", \"min_hits\": 4},\n"
    "  \"training\": {\"anything\": [1, null]} }\n";

static enum trkx_status parse(const char *text, struct trkx_bundle *bundle, trkx_error *error)
{
    return trkx_bundle_parse(text, strlen(text), "dir/bundle.json", "dir", bundle, error);
}

/* `complete` with one field changed: path "filter.cut"; value NULL takes the field away. */
static char *changed(const char *path, const char *value)
{
    return json_changed(complete, path, value);
}

static void expect_refusal(const char *path, const char *value)
{
    static const struct trkx_bundle empty;
    struct trkx_bundle bundle;
    trkx_error error = {TRKX_OK, ""};
    char *text = changed(path, value);
    enum trkx_status status = parse(text, &bundle, &error);
    if (status != TRKX_ERROR_BUNDLE || strstr(error.message, path) == NULL)
        fail_msg("%s = %s: status %d, \"%s\"", path, value != NULL ? value : "(none)", status, error.message);
    assert_memory_equal(error.message, "dir/bundle.json: ", 17);
    assert_int_equal(error.status, status);
    assert_memory_equal(&bundle, &empty, sizeof bundle);
    free(text);
}

static void a_complete_bundle_comes_out_as_written(void **state)
{
    struct trkx_bundle bundle;
    trkx_error error = {TRKX_OK, "untouched"};
    (void)state;
    assert_int_equal(parse(complete, &bundle, &error), TRKX_OK);
    assert_string_equal(error.message, "untouched");
    assert_string_equal(bundle.directory, "dir");
    assert_string_equal(bundle.name, "one");
    assert_string_equal(bundle.detector, "trackml");
    assert_string_equal(bundle.detectors, "dir/detectors.csv");
    assert_int_equal(bundle.first.dim, 8);
    assert_int_equal(bundle.first.k, 500);
    assert_true(bundle.first.radius == 1.6);
    assert_int_equal(bundle.min_hits, 4);
    const struct trkx_model *embedding = &bundle.models[TRKX_NETWORK_EMBEDDING];
    assert_string_equal(embedding->path, "dir/e.onnx");
    assert_string_equal(embedding->sha256, DIGEST);
    assert_int_equal(embedding->inputs_count, 1);
    assert_string_equal(embedding->inputs[0], "sp");
    assert_string_equal(embedding->output, "point");
    const struct trkx_model *filter = &bundle.models[TRKX_NETWORK_FILTER];
    assert_int_equal(filter->inputs_count, 2);
    assert_string_equal(filter->inputs[1], "e");
    assert_true(filter->sigmoid_in_model);
    assert_true(filter->cut == 0.25f);
    assert_false(bundle.models[TRKX_NETWORK_GNN].sigmoid_in_model);
    trkx_bundle_release(&bundle);
    trkx_bundle_release(&bundle); /* leaves it empty */
}

static void a_network_may_have_features_of_its_own(void **state)
{
    struct trkx_bundle bundle;
    (void)state;
    assert_int_equal(parse(complete, &bundle, NULL), TRKX_OK);
    assert_int_equal(bundle.models[TRKX_NETWORK_EMBEDDING].features_count, 2);
    assert_int_equal(bundle.models[TRKX_NETWORK_EMBEDDING].features[1].feature, TRKX_FEATURE_PHI);
    assert_true(bundle.models[TRKX_NETWORK_EMBEDDING].features[1].scale == 3.5);
    assert_int_equal(bundle.models[TRKX_NETWORK_FILTER].features_count, 1);
    assert_int_equal(bundle.models[TRKX_NETWORK_FILTER].features[0].feature, TRKX_FEATURE_Z);
    assert_true(bundle.models[TRKX_NETWORK_FILTER].features[0].scale == -2);
    assert_int_equal(bundle.models[TRKX_NETWORK_GNN].features_count, 2);
    trkx_bundle_release(&bundle);
}

/* Columns that come with the hits: each network's, and all of them once. */
static void features_may_be_columns_of_the_hits(void **state)
{
    struct trkx_bundle bundle;
    (void)state;
    char *text =
        changed("filter.features", "[{\"column\": \"time\", \"scale\": 25},"
                                   " {\"name\": \"z\", \"scale\": 1}, {\"column\": \"r\", \"scale\": 2},"
                                   " {\"column\": \"time\", \"scale\": 3}]");
    assert_int_equal(parse(text, &bundle, NULL), TRKX_OK);
    const trkx_feature_spec *specs = bundle.models[TRKX_NETWORK_FILTER].features;
    assert_int_equal(specs[0].feature, TRKX_FEATURE_COLUMN);
    assert_string_equal(specs[0].column, "time");
    assert_true(specs[0].scale == 25 && specs[1].feature == TRKX_FEATURE_Z && specs[1].column == NULL);
    assert_int_equal(bundle.columns_count, 2);
    assert_string_equal(bundle.columns[0], "time");
    assert_string_equal(bundle.columns[1], "r");
    trkx_bundle_release(&bundle);
    free(text);
    assert_int_equal(parse(complete, &bundle, NULL), TRKX_OK);
    assert_int_equal(bundle.columns_count, 0);
    trkx_bundle_release(&bundle);
}

static void edges_may_have_other_forms(void **state)
{
    struct trkx_bundle bundle;
    (void)state;
    char *text = changed("gnn.edges", "\"[m,2]\"");
    assert_int_equal(parse(text, &bundle, NULL), TRKX_OK);
    assert_true(bundle.models[TRKX_NETWORK_GNN].transposed && !bundle.models[TRKX_NETWORK_FILTER].transposed);
    assert_false(bundle.models[TRKX_NETWORK_FILTER].pairs);
    trkx_bundle_release(&bundle);
    free(text);
    text = changed("filter.inputs", "[\"pairs\"]");
    assert_int_equal(parse(text, &bundle, NULL), TRKX_OK);
    assert_true(bundle.models[TRKX_NETWORK_FILTER].pairs &&
                bundle.models[TRKX_NETWORK_FILTER].inputs_count == 1);
    trkx_bundle_release(&bundle);
    free(text);
    expect_refusal("embedding.edges", "\"[2,m]\"");
}

static void volumes_may_have_a_k_of_their_own(void **state)
{
    struct trkx_bundle bundle;
    (void)state;
    char *text =
        changed("embedding.k_of_volumes", "[{\"volumes\": [7, 8], \"k\": 3},"
                                          " {\"volumes\": [-1], \"k\": 4}, {\"volumes\": [], \"k\": 5}]");
    assert_int_equal(parse(text, &bundle, NULL), TRKX_OK);
    assert_int_equal(bundle.first.volumes_count, 3);
    assert_int_equal(bundle.first.volumes[1].volume, 8);
    assert_int_equal(bundle.first.volumes[1].k, 3);
    assert_int_equal(bundle.first.volumes[2].volume, -1);
    assert_int_equal(bundle.first.volumes[2].k, 4);
    trkx_bundle_release(&bundle);
    free(text);
}

/* A second pass as in `complete`, whose features are those of the bundle. */
#define SECOND                                                                                     \
    "{\"embedding\": {\"file\": \"e2.onnx\", \"sha256\": \"" DIGEST "\", \"inputs\": [\"sp\"],"    \
    " \"output\": \"point\", \"dim\": 6, \"radius\": 3, \"k\": 30,"                                \
    " \"k_of_volumes\": [{\"volumes\": [7], \"k\": 9}]},"                                          \
    " \"filter\": {\"file\": \"f2.onnx\", \"sha256\": \"" DIGEST "\", \"inputs\": [\"n\", \"e\"]," \
    " \"output\": \"fs\", \"sigmoid_in_model\": false, \"cut\": 0.125}, \"chain_score\": 2}"

/* `complete` with completion and a second pass, one field of which is changed; value NULL takes it away. */
static char *with_second(const char *path, const char *value)
{
    char *text = changed("tracks.completion", "{\"candidate_cut\": 0.01, \"chain_score\": 5}");
    char *second = path != NULL ? json_changed(SECOND, path, value) : NULL;
    char *all = json_changed(text, "second", path != NULL ? second : SECOND);
    free(text);
    free(second);
    return all;
}

static void a_bundle_may_have_a_second_pass(void **state)
{
    struct trkx_bundle bundle;
    trkx_error error;
    char *text = with_second(NULL, NULL);
    (void)state;
    assert_int_equal(parse(text, &bundle, &error), TRKX_OK);
    assert_true(bundle.has_second && bundle.networks == TRKX_ALL_NETWORKS);
    assert_string_equal(bundle.models[TRKX_NETWORK_SECOND_EMBEDDING].path, "dir/e2.onnx");
    assert_string_equal(bundle.models[TRKX_NETWORK_SECOND_FILTER].path, "dir/f2.onnx");
    assert_int_equal(bundle.models[TRKX_NETWORK_SECOND_FILTER].features_count, 2);
    assert_true(bundle.models[TRKX_NETWORK_SECOND_FILTER].cut == 0.125F);
    assert_true(bundle.second.dim == 6 && bundle.second.k == 30 && bundle.second.radius == 3);
    assert_true(bundle.second.volumes_count == 1 && bundle.second.volumes[0].k == 9);
    assert_true(bundle.first.dim == 8 && bundle.first.volumes_count == 0);
    assert_true(bundle.second_chain_score == 2 && bundle.completion.chain_score == 5);
    trkx_bundle_release(&bundle);
    free(text);
    text = with_second("chain_score", NULL); /* then that of completion */
    assert_int_equal(parse(text, &bundle, &error), TRKX_OK);
    assert_true(bundle.second_chain_score == 5);
    trkx_bundle_release(&bundle);
    free(text);
    assert_int_equal(parse(complete, &bundle, &error), TRKX_OK);
    assert_true(!bundle.has_second && bundle.networks == TRKX_NETWORKS);
    trkx_bundle_release(&bundle);
}

static void what_is_wrong_with_a_second_pass_is_named(void **state)
{
    static const struct {
        const char *path, *value, *named;
    } cases[] = {{"embedding", NULL, "second.embedding"},
                 {"filter", NULL, "second.filter"},
                 {"filter", "3", "second.filter"},
                 {"embedding.radius", NULL, "second.embedding.radius"},
                 {"embedding.k", "0", "second.embedding.k"},
                 {"embedding.k_of_volumes", "[{\"volumes\": [1]}]", "second.embedding.k_of_volumes[0].k"},
                 {"embedding.cut", "0.5", "second.embedding.cut"},
                 {"filter.cut", "2", "second.filter.cut"},
                 {"filter.features", "[{\"name\": \"rr\", \"scale\": 1}]", "second.filter.features[0].name"},
                 {"chain_score", "\"2\"", "second.chain_score"},
                 {"gnn", "{}", "second.gnn"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct trkx_bundle bundle;
        trkx_error error;
        char *text = with_second(cases[i].path, cases[i].value);
        assert_int_equal(parse(text, &bundle, &error), TRKX_ERROR_BUNDLE);
        if (strstr(error.message, cases[i].named) == NULL) fail_msg("%s: %s", cases[i].named, error.message);
        free(text);
    }
    expect_refusal("second", "3");
    expect_refusal("second", SECOND); /* without completion */
}

static void every_missing_field_is_named(void **state)
{
    /* clang-format off */
    static const char *const needed[] = {
        "schema", "name", "detector", "features", "embedding", "filter", "gnn", "tracks",
        "embedding.file", "embedding.sha256", "embedding.inputs", "embedding.output",
        "embedding.dim", "embedding.radius", "embedding.k",
        "filter.file", "filter.sha256", "filter.inputs", "filter.output", "filter.sigmoid_in_model",
        "filter.cut",
        "gnn.file", "gnn.sha256", "gnn.inputs", "gnn.output", "gnn.sigmoid_in_model", "gnn.cut",
        "tracks.min_hits"};
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) expect_refusal(needed[i], NULL);
}

static void optional_fields_may_be_missing(void **state)
{
    static const char *const optional[] = {"orientation", "detectors", "training", "tracks.method",
                                           "filter.features"};
    (void)state;
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++) {
        struct trkx_bundle bundle;
        char *text = changed(optional[i], NULL);
        assert_int_equal(parse(text, &bundle, NULL), TRKX_OK);
        trkx_bundle_release(&bundle);
        free(text);
    }
}

static void every_wrong_value_is_named(void **state)
{
    /* clang-format off */
    static const char *const wrong[][2] = {
        {"schema", "2"}, {"schema", "0"}, {"schema", "\"1\""}, {"schema", "1.5"},
        {"name", "1"}, {"name", "\"\""}, {"name", "null"}, {"detector", "[]"},
        {"orientation", "\"inwards\""}, {"orientation", "3"},
        {"features", "{}"}, {"features", "[]"}, {"features", "[{\"name\": \"pt\", \"scale\": 1}]"},
        {"features", "[{\"column\": \"time\"}]"}, {"features", "[{\"column\": 3, \"scale\": 1}]"},
        {"features", "[{\"column\": \"\", \"scale\": 1}]"},
        {"features", "[{\"column\": \"x\", \"scale\": 1}]"},
        {"features", "[{\"column\": \"time\", \"name\": \"r\", \"scale\": 1}]"},
        {"features", "[{\"column\": \"time\", \"scale\": 0}]"},
        {"features", "[{\"name\": \"r\"}]"}, {"features", "[{\"scale\": 1}]"}, {"features", "[5]"},
        {"features", "[{\"name\": \"r\", \"scale\": 0}]"},
        {"features", "[{\"name\": \"r\", \"scale\": 1e-320}]"},
        {"features", "[{\"name\": \"r\", \"scale\": -1e21}]"},
        {"features", "[{\"name\": \"r\", \"scale\": \"1\"}]"},
        {"embedding", "[]"}, {"filter", "null"}, {"gnn", "\"gnn.onnx\""}, {"tracks", "3"},
        {"embedding.file", "\"../e.onnx\""}, {"embedding.file", "\"/etc/passwd\""},
        {"embedding.file", "\"..\""},
        {"embedding.file", "\"\""}, {"detectors", "\"a/b.csv\""}, {"detectors", "7"},
        {"embedding.sha256", "\"\""}, {"embedding.sha256", "\"0123\""},
        {"filter.sha256", "\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\""},
        {"gnn.sha256", "5"},
        {"embedding.inputs", "[]"}, {"embedding.inputs", "[\"a\", \"b\"]"}, {"embedding.inputs", "\"a\""},
        {"filter.inputs", "[]"}, {"filter.inputs", "[\"a\", \"b\", \"c\"]"}, {"gnn.inputs", "[\"a\"]"},
        {"filter.edges", "\"[2,n]\""}, {"gnn.edges", "2"}, {"gnn.inputs", "[\"a\", 2]"},
        {"gnn.output", "[\"a\"]"},
        {"embedding.dim", "0"}, {"embedding.dim", "33"}, {"embedding.dim", "2.5"}, {"embedding.dim", "\"8\""},
        {"embedding.radius", "0"}, {"embedding.radius", "1e-20"}, {"embedding.radius", "1e20"},
        {"embedding.radius", "true"}, {"embedding.k", "0"}, {"embedding.k", "-3"}, {"embedding.k", "1e20"},
        {"embedding.k_of_volumes", "7"}, {"embedding.k_of_volumes", "[3]"},
        {"embedding.k_of_volumes", "[{\"volumes\": 7, \"k\": 3}]"},
        {"embedding.k_of_volumes", "[{\"volumes\": [7]}]"},
        {"embedding.k_of_volumes", "[{\"volumes\": [7], \"k\": 0}]"},
        {"embedding.k_of_volumes", "[{\"volumes\": [\"7\"], \"k\": 3}]"},
        {"embedding.k_of_volumes", "[{\"volumes\": [7, 8], \"k\": 3}, {\"volumes\": [7], \"k\": 4}]"},
        {"filter.sigmoid_in_model", "0"}, {"gnn.sigmoid_in_model", "\"false\""},
        {"filter.cut", "1.1"}, {"gnn.cut", "-0.1"}, {"gnn.cut", "\"0.5\""},
        {"tracks.method", "\"walk\""}, {"tracks.method", "1"}, {"tracks.min_hits", "0"},
        {"tracks.min_hits", "2.5"}, {"tracks.min_score", "-0.1"}, {"tracks.min_score", "\"a\""},
        {"tracks.add_score", "2"},
        {"schema", "1e300"}, {"schema", "true"}, {"embedding.dim", "1e300"}, {"embedding.dim", "-1"},
        {"embedding.dim", "true"}, {"embedding.k", "1.5"}, {"embedding.k", "\"24\""}, {"embedding.k", "null"},
        {"embedding.k_of_volumes", "[{\"volumes\": [7], \"k\": 1.5}]"},
        {"embedding.k_of_volumes", "[{\"volumes\": [7.5], \"k\": 3}]"},
        {"embedding.k_of_volumes", "[{\"volumes\": [1e300], \"k\": 3}]"},
        {"embedding.k_of_volumes", "[{\"volumes\": [true], \"k\": 3}]"},
        {"tracks.min_hits", "1e300"}, {"tracks.min_hits", "-1"}, {"tracks.min_hits", "\"3\""},
        {"tracks.min_hits", "false"}, {"tracks.completion", "[]"}, {"tracks.completion", "{}"},
        {"embedding.data", "{}"}, {"embedding.data", "[{\"file\": \"e.data\"}]"},
        {"gnn.data", "[\"e.data\"]"},
        {"gnn.data", "[{\"file\": \"../e.data\", \"sha256\": \"" DIGEST "\"}]"},
        {"gnn.data", "[{\"file\": \"e.data\", \"sha256\": \"abc\"}]"},
        {"gnn.data", "[{\"file\": \"e.data\", \"sha256\": \"" DIGEST "\", \"size\": 3}]"},
        {"gnn.data", "[{\"file\": \"e.data\", \"sha256\": \"" DIGEST "\"},"
                     " {\"file\": \"e.data\", \"sha256\": \"" DIGEST "\"}]"}};
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) expect_refusal(wrong[i][0], wrong[i][1]);
}

/* Whole numbers of the completion, which have defaults. */
static void whole_numbers_are_whole(void **state)
{
    static const char *const wrong[] = {"1.5", "1e300", "-1", "\"3\"", "true", "null", "[3]"};
    static const char *const fields[] = {"rounds", "chain_hits"};
    char value[128];
    (void)state;
    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            struct trkx_bundle bundle;
            trkx_error error;
            snprintf(value, sizeof value, "{\"candidate_cut\": 0.5, \"%s\": %s}", fields[f], wrong[i]);
            char *text = changed("tracks.completion", value);
            assert_int_equal(parse(text, &bundle, &error), TRKX_ERROR_BUNDLE);
            if (strstr(error.message, fields[f]) == NULL) fail_msg("%s: %s", value, error.message);
            free(text);
        }
}

/* What the message says behind the field. */
static void expect_unknown(const char *path, const char *value, const char *text)
{
    struct trkx_bundle bundle;
    trkx_error error;
    char *changed_text = changed(path, value);
    assert_int_equal(parse(changed_text, &bundle, &error), TRKX_ERROR_BUNDLE);
    if (strncmp(error.message, "dir/bundle.json: field ", 23) != 0 || strcmp(error.message + 23, text) != 0)
        fail_msg("\"%s\"", error.message);
    free(changed_text);
}

static void every_unknown_field_is_named(void **state)
{
    (void)state;
    expect_unknown("Features", "[]", "Features is unknown: did you mean features?");
    expect_unknown("comment", "1", "comment is unknown");
    expect_unknown("embedding.radios", "1", "embedding.radios is unknown: did you mean radius?");
    expect_unknown("embedding.cut", "1", "embedding.cut is unknown");
    expect_unknown("embedding.k_of_volume", "[]",
                   "embedding.k_of_volume is unknown: did you mean k_of_volumes?");
    expect_unknown("embedding.k_of_volumes", "[{\"volumes\": [7], \"K\": 3, \"k\": 3}]",
                   "embedding.k_of_volumes[0].K is unknown: did you mean k?");
    expect_unknown("filter.ctu", "1", "filter.ctu is unknown: did you mean cut?");
    expect_unknown("filter.sigmod_in_model", "true",
                   "filter.sigmod_in_model is unknown: did you mean sigmoid_in_model?");
    expect_unknown("gnn.radius", "1", "gnn.radius is unknown");
    expect_unknown("gnn.a\tb", "1", "gnn.a b is unknown");
    expect_unknown("tracks.minhits", "3", "tracks.minhits is unknown: did you mean min_hits?");
    expect_unknown("tracks.completion", "{\"candidate_cut\": 0.1, \"exchnage\": 1}",
                   "tracks.completion.exchnage is unknown: did you mean exchange?");
    expect_unknown("tracks.completion", "{\"candidate_cut\": 0.1, \"coil_radius\": 1230}",
                   "tracks.completion.coil_radius belongs in detector.json (docs/bundle.md)");
    expect_unknown("features", "[{\"name\": \"r\", \"scale\": 1, \"scales\": 2}]",
                   "features[0].scales is unknown: did you mean scale?");
    expect_unknown("filter.features", "[{\"name\": \"r\", \"offset\": 1, \"scale\": 2}]",
                   "filter.features[0].offset is unknown");
}

static void a_network_may_have_files_beside_it(void **state)
{
    struct trkx_bundle bundle;
    (void)state;
    char *text = changed("gnn.data", "[{\"file\": \"g.data\", \"sha256\": \"" DIGEST "\"},"
                                     " {\"file\": \"h.data\", \"sha256\": \"" DIGEST "\"}]");
    assert_int_equal(parse(text, &bundle, NULL), TRKX_OK);
    assert_int_equal(bundle.models[TRKX_NETWORK_FILTER].data.count, 0);
    const struct trkx_data_list *data = &bundle.models[TRKX_NETWORK_GNN].data;
    assert_int_equal(data->count, 2);
    assert_string_equal(data->files[1].name, "h.data");
    assert_string_equal(data->files[1].sha256, DIGEST);
    trkx_bundle_release(&bundle);
    free(text);
}

static void unknown_features_are_quoted(void **state)
{
    (void)state;
    expect_unknown("filter.features",
                   "[{\"name\": \"r\", \"scale\": 1}, {\"name\": \"cos_phj\", \"scale\": 1}]",
                   "filter.features[1].name \"cos_phj\" is not a known feature: did you mean cos_phi?");
    expect_unknown(
        "features", "[{\"name\": \"charge\", \"scale\": 1}]",
        "features[0].name \"charge\" is not a known feature; a column of the hits is {\"column\": ...}");
    expect_unknown("features", "[{\"column\": \"volume_id\", \"scale\": 1}]",
                   "features[0].column \"volume_id\" is a feature: write {\"name\": \"volume\"}");
    expect_unknown("features", "[{\"column\": \"z\", \"scale\": 1}]",
                   "features[0].column \"z\" is a feature: write {\"name\": \"z\"}");
    expect_unknown("features", "[{\"column\": \"module_id\", \"scale\": 1}]",
                   "features[0].column \"module_id\" is not for networks: "
                   "to use it all the same, repeat it under another name");
    expect_unknown("features", "[{\"column\": \"hit_id\", \"scale\": 1}]",
                   "features[0].column \"hit_id\" is not for networks: "
                   "to use it all the same, repeat it under another name");
}

static void a_list_of_features_has_a_limit(void **state)
{
    char list[300 * 32] = "[{\"name\":\"r\",\"scale\":1}";
    (void)state;
    for (int i = 1; i < 257; i++) strcat(list, ",{\"name\":\"r\",\"scale\":1}");
    strcat(list, "]");
    expect_refusal("features", list);
}

/* The message's file and line: what is wrong stands on line 3. */
static void what_is_not_json_is_named_with_its_line(void **state)
{
    static const char *const texts[] = {"{\n\"schema\": 1,\n]", "{\n\n\"a\": nan}", "[1,\n2,\n3,,]",
                                        "{\"a\": 1,\n\"b\": 2,\n\"a\": 3}", "{\n\"a\":\n\"\xff\"}"};
    struct trkx_bundle bundle;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        trkx_error error = {TRKX_OK, ""};
        assert_int_equal(parse(texts[i], &bundle, &error), TRKX_ERROR_FORMAT);
        if (strncmp(error.message, "dir/bundle.json:3: ", 19) != 0) fail_msg("\"%s\"", error.message);
    }
    assert_int_equal(parse("", &bundle, NULL), TRKX_ERROR_FORMAT);
    assert_int_equal(parse("[]", &bundle, NULL), TRKX_ERROR_BUNDLE);
    assert_int_equal(trkx_bundle_parse("{}\0", 3, "b", "d", &bundle, NULL), TRKX_ERROR_FORMAT);
}

/* A text cut anywhere is an error, never a bundle. */
static void a_truncated_text_is_an_error(void **state)
{
    struct trkx_bundle bundle;
    (void)state;
    for (size_t length = 0; length + 2 < sizeof complete - 1; length++) {
        char *part = malloc(length + 1); /* of exactly this size, so that a sanitizer sees its end */
        memcpy(part, complete, length);
        assert_int_equal(trkx_bundle_parse(part, length, "b", "d", &bundle, NULL), TRKX_ERROR_FORMAT);
        free(part);
    }
}

static void every_allocation_may_fail(void **state)
{
    static const struct trkx_bundle empty;
    struct trkx_bundle bundle;
    trkx_error error;
    long after = 0;
    (void)state;
    for (enum trkx_status status = TRKX_ERROR_MEMORY; status != TRKX_OK; after++) {
        trkx_memory_fail_after(after);
        status = parse(complete, &bundle, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) break;
        assert_int_equal(status, TRKX_ERROR_MEMORY);
        assert_int_equal(error.status, TRKX_ERROR_MEMORY);
        assert_memory_equal(&bundle, &empty, sizeof bundle);
    }
    assert_true(after > 20);
    trkx_bundle_release(&bundle);
}

/* ---- files ------------------------------------------------------------------------------------------ */

static void a_bundle_that_is_not_there_is_named(void **state)
{
    struct trkx_bundle bundle;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_bundle_read("/nowhere", &bundle, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "/nowhere/bundle.json"));
    assert_int_equal(trkx_bundle_read("/dev/null", &bundle, &error), TRKX_ERROR_IO);
}

static void a_model_is_compared_with_its_checksum(void **state)
{
    char path[] = "/tmp/trkx-model-XXXXXX";
    /* sha256sum of "abc", FIPS 180-2 appendix B.1 */
    char digest[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    struct trkx_model model = {.path = path, .sha256 = digest};
    trkx_error error;
    void *bytes = NULL;
    size_t count = 0;
    (void)state;
    int file = mkstemp(path);
    assert_int_equal(write(file, "abc", 3), 3);
    assert_int_equal(trkx_model_read(&model, &bytes, &count, &error), TRKX_OK);
    assert_int_equal(count, 3);
    assert_memory_equal(bytes, "abc", 3);
    trkx_release(bytes);
    digest[0] = 'c';
    assert_int_equal(trkx_model_read(&model, &bytes, &count, &error), TRKX_ERROR_MODEL);
    assert_null(bytes);
    assert_non_null(strstr(error.message, path));
    trkx_memory_fail_after(0);
    assert_int_equal(trkx_model_read(&model, &bytes, &count, &error), TRKX_ERROR_MEMORY);
    trkx_memory_fail_after(-1);
    close(file);
    unlink(path);
    assert_int_equal(trkx_model_read(&model, &bytes, &count, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complete_bundle_comes_out_as_written),
        cmocka_unit_test(a_network_may_have_features_of_its_own),
        cmocka_unit_test(features_may_be_columns_of_the_hits),
        cmocka_unit_test(edges_may_have_other_forms),
        cmocka_unit_test(volumes_may_have_a_k_of_their_own),
        cmocka_unit_test(a_bundle_may_have_a_second_pass),
        cmocka_unit_test(what_is_wrong_with_a_second_pass_is_named),
        cmocka_unit_test(every_missing_field_is_named),
        cmocka_unit_test(optional_fields_may_be_missing),
        cmocka_unit_test(every_wrong_value_is_named),
        cmocka_unit_test(whole_numbers_are_whole),
        cmocka_unit_test(every_unknown_field_is_named),
        cmocka_unit_test(a_network_may_have_files_beside_it),
        cmocka_unit_test(unknown_features_are_quoted),
        cmocka_unit_test(a_list_of_features_has_a_limit),
        cmocka_unit_test(what_is_not_json_is_named_with_its_line),
        cmocka_unit_test(a_truncated_text_is_an_error),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_bundle_that_is_not_there_is_named),
        cmocka_unit_test(a_model_is_compared_with_its_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
