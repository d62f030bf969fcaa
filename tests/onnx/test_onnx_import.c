/* Proves: from small networks of every convention (names, 3 or 12 features, nodes and edges or gathered
 * pairs, [2,m] or [m,2], int64 or int32, [m] or [m,1], sigmoid or logits) `trkx model import` writes a bundle
 * that loads, and whose networks agree with a simple evaluation, whatever the batch; if it cannot derive
 * something, it asks for the option by name and writes nothing. The program is TRKX. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/memory.h"
#include "tests/onnx/onnx_models.h"
#include "tests/onnx/onnx_run.h"
#include "tests/scratch.h"

enum { DIM = 4, HIDDEN = 5, MOST = 12 };

/* A set of networks, and how it is imported. */
struct set {
    const char *name;
    size_t features;                               /* of embedding and filter; the GNN's are 3 */
    const char *embedding[2], *filter[3], *gnn[3]; /* names: inputs, output */
    bool pairs, transposed, column, sigmoid;
    int edges_type;
    const char *undeclared; /* names of the axes of edges are this, NULL: one of them is 2 */
    const char *options;
};

#define NAMES_ACAT                                                               \
    {"sp_features", "embedding_output"}, {"f_nodes", "f_edges", "f_edge_score"}, \
    {                                                                            \
        "g_nodes", "g_edges", "gnn_edge_score"                                   \
    }
#define NAMES_SERVICE                                                 \
    {"INPUT__0", "OUTPUT__0"}, {"INPUT__0", "INPUT__1", "OUTPUT__0"}, \
    {                                                                 \
        "INPUT__0", "INPUT__1", "OUTPUT__0"                           \
    }
#define NAMES_OTHER                       \
    {"x", "y"}, {"x", "edge_index", "p"}, \
    {                                     \
        "x", "edge_index", "p"            \
    }
#define ALL_OPTIONS "--features r/1000,phi/pi,z/1000 --radius 0.5 --k 20 --filter-cut 0.3 --gnn-cut 0.4"

static const struct set sets[] = {
    {"acat2021", 3, NAMES_ACAT, .column = true, .edges_type = INT64, .options = ""},
    {"service", 3, NAMES_SERVICE, .column = true, .edges_type = INT64, .options = ""},
    {"ctd2022", 3, NAMES_OTHER, .edges_type = INT64, .options = "--convention ctd2022"},
    {"twelve", 12, NAMES_ACAT, .edges_type = INT64, .options = ""},
    {"gathered", 3, NAMES_ACAT, .pairs = true, .column = true, .sigmoid = true, .edges_type = INT64,
     .options = ""},
    {"gathered-twelve", 12, NAMES_SERVICE, .pairs = true, .edges_type = INT64, .options = ""},
    {"other", 3, NAMES_OTHER, .transposed = true, .edges_type = INT32, .sigmoid = true,
     .options = ALL_OPTIONS},
    {"transposed", 3, NAMES_ACAT, .transposed = true, .edges_type = INT64, .options = ""},
    {"int32", 3, NAMES_ACAT, .edges_type = INT32, .column = true, .options = ""},
    {"undeclared", 3, NAMES_ACAT, .edges_type = INT64, .undeclared = "two", .options = ""}};
enum { SETS = sizeof sets / sizeof *sets };

/* ---- networks --------------------------------------------------------------------------------------- */

static const char *number(size_t value)
{
    static char text[4][16];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(text[turn], sizeof text[turn], "%zu", value);
    return text[turn];
}

static void add_input(Onnx__ModelProto *model, const char *name, int type, const char *first,
                      const char *second)
{
    BUILD_APPEND(model->graph->input, model->graph->n_input,
                 build_info(name, type, (const char *[]){first, second, NULL}));
}

static void add_edges(Onnx__ModelProto *model, const struct set *set, const char *name)
{
    const char *two = set->undeclared != NULL ? set->undeclared : "2";
    add_input(model, name, set->edges_type, set->transposed ? "m" : two, set->transposed ? two : "m");
}

static void add_output(Onnx__ModelProto *model, const struct set *set, const char *name)
{
    BUILD_APPEND(model->graph->output, model->graph->n_output,
                 build_info(name, FLOAT32, (const char *[]){"m", set->column ? "1" : NULL, NULL}));
}

/* tanh(x W): [n,F] to [n,DIM]. */
static Onnx__ModelProto *build_embedding(const struct set *set)
{
    Onnx__ModelProto *model = build_model(16);
    char inputs[64];
    add_input(model, set->embedding[0], FLOAT32, "n", number(set->features));
    BUILD_APPEND(model->graph->output, model->graph->n_output, build_info(set->embedding[1], FLOAT32, NULL));
    small_weights(model, "w", 5, (int)set->features, DIM);
    snprintf(inputs, sizeof inputs, "%s w", set->embedding[0]);
    build_node(model, "MatMul", inputs, "linear");
    build_node(model, "Tanh", "linear", set->embedding[1]);
    return model;
}

static void plain_embedding(const struct set *set, const float *x, float *y)
{
    for (size_t k = 0; k < DIM; k++) {
        double sum = 0;
        for (size_t j = 0; j < set->features; j++)
            sum += (double)x[j] * (double)small_weight(5, (int)(j * DIM + k));
        y[k] = (float)tanh(sum);
    }
}

static float filter_weight(size_t i)
{
    return small_weight(6, (int)i);
}

static void gather_pairs(Onnx__ModelProto *model, const struct set *set)
{
    char inputs[64];
    int axis = set->transposed ? 1 : 0;
    int64_t ends[] = {0, 1};
    for (int end = 0; end < 2; end++) {
        snprintf(inputs, sizeof inputs, "end_%d", end);
        BUILD_APPEND(model->graph->initializer, model->graph->n_initializer,
                     build_tensor(inputs, INT64, NULL, 0, &ends[end], sizeof ends[end]));
        snprintf(inputs, sizeof inputs, "%s end_%d", set->filter[1], end);
        build_integer(build_node(model, "Gather", inputs, end == 0 ? "src" : "dst"), "axis", axis);
    }
    small_pair(model, set->filter[0], "x_src", "x_dst");
    build_integer(build_node(model, "Concat", "x_src x_dst", "pair"), "axis", 1);
}

/* relu(pair W) v: [m,2F] to [m,1]. */
static Onnx__ModelProto *build_filter(const struct set *set)
{
    Onnx__ModelProto *model = build_model(16);
    float weights[2 * MOST * HIDDEN];
    const char *pair = set->pairs ? set->filter[0] : "pair";
    const char *result = set->filter[2], *logits = set->sigmoid ? "logits" : result;
    char inputs[64];
    add_input(model, set->filter[0], FLOAT32, set->pairs ? "m" : "n",
              number((set->pairs ? 2 : 1) * set->features));
    if (!set->pairs) add_edges(model, set, set->filter[1]);
    add_output(model, set, result);
    for (size_t i = 0; i < 2 * set->features * HIDDEN; i++) weights[i] = filter_weight(i);
    build_weights(model, "w", 2 * (int64_t)set->features, HIDDEN, weights);
    small_weights(model, "v", 7, HIDDEN, 1);
    if (!set->pairs) gather_pairs(model, set);
    snprintf(inputs, sizeof inputs, "%s w", pair);
    build_node(model, "MatMul", inputs, "hidden_linear");
    build_node(model, "Relu", "hidden_linear", "hidden");
    build_node(model, "MatMul", "hidden v", set->column ? logits : "column");
    if (!set->column)
        build_list(model, build_node(model, "Squeeze", "column", logits), "axes", 13, (int64_t[]){1}, 1);
    if (set->sigmoid) build_node(model, "Sigmoid", logits, result);
    return model;
}

static float plain_filter(const struct set *set, const float *source, const float *target)
{
    double score = 0;
    for (size_t k = 0; k < HIDDEN; k++) {
        double sum = 0;
        for (size_t j = 0; j < set->features; j++)
            sum += (double)source[j] * (double)filter_weight(j * HIDDEN + k) +
                   (double)target[j] * (double)filter_weight((set->features + j) * HIDDEN + k);
        score += fmax(sum, 0) * (double)small_weight(7, (int)k);
    }
    return (float)score;
}

/* The node that was added last becomes the first. */
static void move_to_front(Onnx__GraphProto *graph)
{
    Onnx__NodeProto *last = graph->node[graph->n_node - 1];
    memmove(graph->node + 1, graph->node, (graph->n_node - 1) * sizeof *graph->node);
    graph->node[0] = last;
}

/* The small interaction network behind inputs and an output of other names and forms. */
static Onnx__ModelProto *build_gnn(const struct set *set)
{
    Onnx__ModelProto *model =
        build_small(&(struct small){.opset = 16, .reduction = "add", .sigmoid = set->sigmoid});
    Onnx__GraphProto *graph = model->graph;
    graph->n_input = graph->n_output = 0;
    add_input(model, set->gnn[0], FLOAT32, "n", number(SMALL_IN));
    add_edges(model, set, set->gnn[1]);
    add_output(model, set, set->gnn[2]);
    /* the names may be the network's own: those of the inside are others then */
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; j < graph->node[i]->n_input; j++)
            if (strncmp(graph->node[i]->input[j], "g_", 2) == 0)
                graph->node[i]->input[j] = strcmp(graph->node[i]->input[j], "g_nodes") == 0
                                               ? (char *)"nodes_in"
                                               : (char *)"edges_in";
    build_node(model, "Identity", set->gnn[0], "nodes_in");
    move_to_front(graph);
    build_node(model, set->transposed ? "Transpose" : "Identity", set->gnn[1], "edges_in");
    move_to_front(graph);
    if (set->column)
        build_list(model, build_node(model, "Unsqueeze", "score", set->gnn[2]), "axes", 13, (int64_t[]){1},
                   1);
    else
        build_node(model, "Identity", "score", set->gnn[2]);
    return model;
}

/* ---- importing -------------------------------------------------------------------------------------- */

static void write_model(const char *name, const Onnx__ModelProto *model)
{
    size_t length = 0;
    uint8_t *bytes = build_pack(model, &length);
    scratch_write(name, bytes, length);
    free(bytes);
}

static void write_set(const struct set *set)
{
    write_model("embedding.onnx", build_embedding(set));
    write_model("filter.onnx", build_filter(set));
    write_model("gnn.onnx", build_gnn(set));
}

/* The exit code; what it prints goes to "said". */
static int import(const char *options)
{
    char command[2048];
    snprintf(command, sizeof command, "'%s' model import %s '%s' --out '%s/bundle' >'%s/said' 2>&1",
             getenv("TRKX"), options, scratch, scratch, scratch);
    int code = system(command);
    assert_true(WIFEXITED(code));
    return WEXITSTATUS(code);
}

static const char *said(void)
{
    static char text[4096];
    FILE *file = fopen(scratch_path("said"), "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The detector is there where the features need it. */
static void remove_bundle(void)
{
    static const char *const names[] = {"embedding.onnx", "filter.onnx",   "gnn.onnx",
                                        "bundle.json",    "detector.json", "detectors.csv.gz"};
    enum { ALWAYS = 4 };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        snprintf(name, sizeof name, "bundle/%s", names[i]);
        bool removed = unlink(scratch_path(name)) == 0;
        assert_true(removed || i >= ALWAYS);
    }
    assert_int_equal(rmdir(scratch_path("bundle")), 0);
}

static enum trkx_status try_load(size_t filter_batch, enum trkx_kernels kernels, const char *device,
                                 trkx_pipeline **pipeline, trkx_error *error)
{
    trkx_pipeline_options options;
    trkx_pipeline_options_init(&options);
    options.filter_batch = filter_batch;
    options.kernels = kernels;
    options.threads = 1;
    options.device = device;
    return trkx_pipeline_create(scratch_path("bundle"), &options, pipeline, error);
}

static trkx_pipeline *load(size_t filter_batch, enum trkx_kernels kernels)
{
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    if (try_load(filter_batch, kernels, "cpu", &pipeline, &error) != TRKX_OK) fail_msg("%s", error.message);
    return pipeline;
}

static trkx_pipeline *import_set(const struct set *set, enum trkx_kernels kernels)
{
    write_set(set);
    if (import(set->options) != 0) fail_msg("%s: %s", set->name, said());
    return load(0, kernels);
}

/* ---- scores ----------------------------------------------------------------------------------------- */

static struct graph graph;
static float wide[GRAPH_NODES * MOST];
static const trkx_edges edges = {.count = GRAPH_EDGES, .index = graph.edges};

static const float *features_of(const struct set *set)
{
    return set->features == SMALL_IN ? graph.nodes : wide;
}

static void close_to(const struct set *set, const char *what, const float *found, const float *expected,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(found[i] - expected[i]) < 1e-5f))
            fail_msg("%s, %s %zu: %g, expected %g", set->name, what, i, (double)found[i],
                     (double)expected[i]);
}

static void sigmoid(float *scores)
{
    for (size_t e = 0; e < GRAPH_EDGES; e++) scores[e] = (float)(1 / (1 + exp(-(double)scores[e])));
}

static void check_embedding(const struct set *set, const trkx_pipeline *pipeline)
{
    static float found[GRAPH_NODES * DIM], expected[GRAPH_NODES * DIM];
    const float *x = features_of(set);
    for (size_t i = 0; i < GRAPH_NODES; i++) plain_embedding(set, x + i * set->features, expected + i * DIM);
    assert_int_equal(trkx_embed(pipeline, x, GRAPH_NODES, found, NULL), TRKX_OK);
    close_to(set, "point", found, expected, GRAPH_NODES * DIM);
}

static void check_filter(const struct set *set, const trkx_pipeline *pipeline)
{
    static float found[GRAPH_EDGES], expected[GRAPH_EDGES];
    const float *x = features_of(set);
    for (size_t e = 0; e < GRAPH_EDGES; e++)
        expected[e] = plain_filter(set, x + (size_t)graph.edges[e] * set->features,
                                   x + (size_t)graph.edges[GRAPH_EDGES + e] * set->features);
    sigmoid(expected);
    assert_int_equal(trkx_filter(pipeline, x, GRAPH_NODES, &edges, found, NULL), TRKX_OK);
    close_to(set, "filter score", found, expected, GRAPH_EDGES);
}

static void check_gnn(const struct set *set, const trkx_pipeline *pipeline)
{
    static float found[GRAPH_EDGES], expected[GRAPH_EDGES];
    small_plain(graph.nodes, GRAPH_NODES, graph.edges, GRAPH_EDGES, expected);
    sigmoid(expected);
    assert_int_equal(trkx_gnn(pipeline, graph.nodes, GRAPH_NODES, &edges, found, NULL), TRKX_OK);
    close_to(set, "GNN score", found, expected, GRAPH_EDGES);
}

/* ---- what the bundle says --------------------------------------------------------------------------- */

static void check_features(const struct set *set, const trkx_pipeline *pipeline)
{
    const trkx_feature_spec *features = trkx_pipeline_bundle(pipeline)->features;
    const trkx_feature_spec *last = features + set->features - 3;
    assert_int_equal(trkx_pipeline_bundle(pipeline)->features_count, set->features);
    assert_int_equal(trkx_pipeline_features_count(pipeline, TRKX_NETWORK_FILTER), set->features);
    assert_int_equal(trkx_pipeline_features_count(pipeline, TRKX_NETWORK_GNN), SMALL_IN);
    assert_true(last[0].feature == TRKX_FEATURE_R && last[0].scale == 1000);
    assert_true(last[1].feature == TRKX_FEATURE_PHI && last[1].scale == acos(-1));
    assert_true(last[2].feature == TRKX_FEATURE_Z && last[2].scale == 1000);
    for (int j = 0; j < 9 && set->features == 12; j++)
        assert_true((int)features[j].feature == TRKX_FEATURE_CELL_COUNT + j && features[j].scale == 1);
}

static void check_bundle(const struct set *set, const trkx_pipeline *pipeline)
{
    const trkx_bundle_info *info = trkx_pipeline_bundle(pipeline);
    bool given = strcmp(set->options, ALL_OPTIONS) == 0;
    assert_int_equal(info->dim, DIM);
    assert_true(info->radius == (given ? 0.5 : 1.6) && info->k == (given ? 20 : 500));
    assert_true(info->filter_cut == (given ? 0.3f : 0.21f) && info->gnn_cut == (given ? 0.4f : 0.75f));
    check_features(set, pipeline);
}

static void scores_are_those_of_a_plain_evaluation(void **state)
{
    (void)state;
    for (size_t i = 0; i < SETS; i++) {
        trkx_pipeline *pipeline = import_set(&sets[i], TRKX_KERNELS_TRKX),
                      *stock = load(77, TRKX_KERNELS_STOCK);
        check_bundle(&sets[i], pipeline);
        check_embedding(&sets[i], pipeline);
        check_filter(&sets[i], pipeline);
        check_filter(&sets[i], stock); /* in batches of 77 */
        check_gnn(&sets[i], pipeline);
        check_gnn(&sets[i], stock);
        trkx_pipeline_destroy(pipeline);
        trkx_pipeline_destroy(stock);
        remove_bundle();
    }
}

/* The device that the tests have, gpu/ built for the processor. */
static void a_device_takes_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < SETS; i++) {
        trkx_pipeline *pipeline = NULL;
        trkx_error error;
        trkx_pipeline_destroy(import_set(&sets[i], TRKX_KERNELS_STOCK));
        if (try_load(77, TRKX_KERNELS_STOCK, "cuda:0", &pipeline, &error) != TRKX_OK)
            fail_msg("%s", error.message);
        check_embedding(&sets[i], pipeline);
        check_filter(&sets[i], pipeline);
        check_gnn(&sets[i], pipeline);
        trkx_pipeline_destroy(pipeline);
        remove_bundle();
    }
}

/* ---- refusals --------------------------------------------------------------------------------------- */

static void expect_refusal(const char *options, int code, const char *text)
{
    int found = import(options);
    if (found != code || strstr(said(), text) == NULL)
        fail_msg("%s: exit code %d, %s", options, found, said());
    assert_int_equal(access(scratch_path("bundle"), F_OK), -1);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    write_set(&sets[6]);
    expect_refusal("", 2, "--features is needed");
    expect_refusal("--features r/1000,phi/pi,z/1000", 2, "--radius is needed");
    expect_refusal("--features r/1000,phi/pi,z/1000 --radius 1", 2, "--k is needed");
    expect_refusal("--features r/1000,phi/pi,z/1000 --radius 1 --k 9", 2, "--filter-cut is needed");
    expect_refusal("--features r,phi,z --radius 1 --k 9 --filter-cut 0.5", 2, "--gnn-cut is needed");
    expect_refusal(ALL_OPTIONS " --features r,phi", 2, "--features: ");
    expect_refusal(ALL_OPTIONS " --gnn-features r,phi,z,x", 2, "--gnn-features: ");
    expect_refusal(ALL_OPTIONS " --features r,phi,pt", 2, "\"pt\" is not a feature");
    expect_refusal(ALL_OPTIONS " --features r/0,phi,z", 2, "\"r/0\" is not a feature");
    expect_refusal(ALL_OPTIONS " --features ''", 2, "--features: the list is empty");
    expect_refusal("--convention acorn", 2, "\"acorn\" is not acat2021, ctd2022 or service");
    expect_refusal(ALL_OPTIONS " --dim 5", 2, "embedding.onnx has 4");
}

/* Files of a set, one of them replaced. */
static void expect_no_network(const char *file, const Onnx__ModelProto *model, const char *text)
{
    write_model(file, model);
    expect_refusal("", 1, text);
    write_set(&sets[0]);
}

static void what_is_no_network_of_its_kind_is_refused(void **state)
{
    struct set odd = sets[4];
    (void)state;
    write_set(&sets[0]);
    expect_no_network("embedding.onnx", build_filter(&sets[0]), "not those of an embedding");
    expect_no_network("gnn.onnx", build_filter(&sets[4]), "not those of a GNN");
    Onnx__ModelProto *model = build_filter(&odd);
    model->graph->input[0]->type->tensor_type->shape->dim[1]->dim_value = 7;
    expect_no_network("filter.onnx", model, "7 wide; pairs of");
    model = build_gnn(&sets[0]);
    add_input(model, "edge_features", FLOAT32, "m", "3");
    expect_no_network("gnn.onnx", model, "its 3 inputs are not those of a GNN");
    model = build_gnn(&sets[0]);
    BUILD_APPEND(model->graph->output, model->graph->n_output, build_info("h", FLOAT32, NULL));
    expect_no_network("gnn.onnx", model, "has 2 outputs");
}

/* The declared edges are [2,m] and the bundle says [m,2], or the other way round. */
static void a_bundle_is_checked_against_the_form_of_its_edges(void **state)
{
    trkx_pipeline *none = NULL;
    trkx_error error;
    char command[2048];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        trkx_pipeline_destroy(import_set(&sets[i == 0 ? 0 : 7], TRKX_KERNELS_STOCK));
        const char *change = i == 0 ? ".gnn.edges = \"[m,2]\"" : "del(.gnn.edges)";
        snprintf(command, sizeof command,
                 "jq '%s' '%s/bundle/bundle.json' >'%s/changed' && mv '%s/changed' '%s/bundle/bundle.json'",
                 change, scratch, scratch, scratch, scratch);
        assert_int_equal(system(command), 0);
        assert_int_equal(trkx_pipeline_create(scratch_path("bundle"), NULL, &none, &error), TRKX_ERROR_MODEL);
        assert_non_null(strstr(error.message, "g_edges has extent"));
        snprintf(command, sizeof command, "'%s' model check '%s/bundle' >'%s/said' 2>&1", getenv("TRKX"),
                 scratch, scratch);
        assert_int_not_equal(system(command), 0);
        assert_non_null(strstr(said(), "bundle.json says otherwise; set edges to"));
        remove_bundle();
    }
}

static void every_allocation_may_fail(void **state)
{
    static const int which[] = {4, 6}; /* pairs; [m,2] of int32 */
    static float scores[GRAPH_EDGES];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        trkx_pipeline *pipeline = import_set(&sets[which[i]], TRKX_KERNELS_STOCK);
        for (int network = 0; network < 2; network++) {
            enum trkx_status status = TRKX_ERROR_MEMORY;
            for (long after = 0; status != TRKX_OK; after++) {
                trkx_memory_fail_after(after);
                status = (network == 0 ? trkx_filter : trkx_gnn)(pipeline, graph.nodes, GRAPH_NODES, &edges,
                                                                 scores, NULL);
                trkx_memory_fail_after(-1);
                assert_true(status == TRKX_OK || status == TRKX_ERROR_MEMORY);
            }
        }
        trkx_pipeline_destroy(pipeline);
        remove_bundle();
    }
}

static int prepare(void **state)
{
    uint32_t random = 7;
    graph_make(&graph);
    for (int i = 0; i < GRAPH_NODES * MOST; i++)
        wide[i] = (float)graph_random(&random) / (float)(1 << 23) - 1;
    return scratch_create(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_a_plain_evaluation),
        cmocka_unit_test(a_device_takes_every_form),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(what_is_no_network_of_its_kind_is_refused),
        cmocka_unit_test(a_bundle_is_checked_against_the_form_of_its_edges),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, prepare, scratch_destroy);
}
