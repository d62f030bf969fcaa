/* Proves: each kind of fault is found in a model that has it, and is reported with its node; a model
 * without faults, and the default bundle, have none. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/memory.h"
#include "onnx/check.h"
#include "onnx/networks.h"
#include "tests/onnx/onnx_models.h"

/* The small network as it should be. */
#define SOUND .opset = 16, .reduction = "add"

static const struct trkx_contract contract = {
    .nodes = "g_nodes", .edges = "g_edges", .output = "score", .features = 3, .sigmoid = false};

static struct trkx_findings check(const Onnx__ModelProto *model, const struct trkx_contract *with)
{
    struct trkx_onnx file;
    struct trkx_findings findings = {0};
    build_file(model, &file);
    assert_int_equal(trkx_onnx_check(&file, with, &findings, NULL), TRKX_OK);
    trkx_onnx_release(&file);
    return findings;
}

static bool is(const struct trkx_finding *finding, enum trkx_severity severity, const char *kind,
               const char *node, const char *text)
{
    return finding->severity == severity && strcmp(finding->kind, kind) == 0 &&
           strcmp(finding->node, node) == 0 && strstr(finding->text, text) != NULL;
}

/* This finding, and as many as `count` in all. */
static void expect(const Onnx__ModelProto *model, const struct trkx_contract *with, size_t count,
                   enum trkx_severity severity, const char *kind, const char *node, const char *text)
{
    struct trkx_findings findings = check(model, with);
    size_t found = 0;
    for (size_t i = 0; i < findings.count; i++) found += is(&findings.list[i], severity, kind, node, text);
    if (found != 1 || findings.count != count)
        fail_msg("%zu of \"%s: %s: %s\", %zu in all", found, kind, node, text, findings.count);
    trkx_findings_release(&findings);
}

static void expect_fault(const Onnx__ModelProto *model, const char *kind, const char *node, const char *text)
{
    expect(model, NULL, 1, TRKX_FAULT, kind, node, text);
}

static void expect_in_bundle(const Onnx__ModelProto *model, const struct trkx_contract *with,
                             const char *kind, const char *node, const char *text)
{
    expect(model, with, 1, TRKX_FAULT, kind, node, text);
}

static void expect_nothing(const Onnx__ModelProto *model, const struct trkx_contract *with)
{
    struct trkx_findings findings = check(model, with);
    if (findings.count > 0) fail_msg("%s: %s", findings.list[0].node, findings.list[0].text);
    trkx_findings_release(&findings);
}

static Onnx__ValueInfoProto *input(const Onnx__ModelProto *model, size_t i)
{
    return model->graph->input[i];
}

/* ---- what is right ---------------------------------------------------------------------------------- */

static void a_sound_model_has_no_findings(void **state)
{
    (void)state;
    expect_nothing(build_small(&(struct small){SOUND}), NULL);
    expect_nothing(build_small(&(struct small){SOUND}), &contract);
    expect_nothing(build_small(&(struct small){.opset = 18, .reduction = "add"}), &contract);
}

static void the_default_bundle_has_no_findings(void **state)
{
    struct trkx_networks networks;
    (void)state;
    assert_int_equal(trkx_networks_find("models/default/bundle.json", &networks, NULL), TRKX_OK);
    assert_int_equal(networks.count, TRKX_ALL_NETWORKS);
    for (size_t i = 0; i < networks.count; i++) {
        struct trkx_onnx file;
        struct trkx_findings findings = {0};
        assert_int_equal(trkx_onnx_read(networks.paths[i], &file, NULL), TRKX_OK);
        assert_int_equal(trkx_onnx_check(&file, NULL, &findings, NULL), TRKX_OK);
        assert_int_equal(trkx_onnx_check(&file, &networks.contracts[i], &findings, NULL), TRKX_OK);
        if (findings.count > 0) fail_msg("%s: %s", findings.list[0].node, findings.list[0].text);
        trkx_findings_release(&findings);
        trkx_onnx_release(&file);
    }
    trkx_networks_release(&networks);
}

/* ---- scatters --------------------------------------------------------------------------------------- */

static void a_scatter_that_overwrites_is_found(void **state)
{
    (void)state;
    expect_fault(build_small(&(struct small){.opset = 16}), "scatter", "scattered", "overwrites");
    expect_fault(build_small(&(struct small){.opset = 16, .reduction = "none"}), "scatter", "scattered",
                 "overwrites");
    expect_fault(build_small(&(struct small){.opset = 16, .scatter = "ScatterND"}), "scatter", "scattered",
                 "ScatterND");
}

static void an_operator_set_without_reduction_is_found(void **state)
{
    (void)state;
    expect(build_small(&(struct small){.opset = 12}), NULL, 2, TRKX_FAULT, "opset", "scattered", "too old");
    expect_fault(build_small(&(struct small){.opset = 13, .reduction = "add"}), "opset", "scattered",
                 "which needs 16");
    expect_fault(build_small(&(struct small){.opset = 16, .reduction = "max"}), "opset", "scattered",
                 "which needs 18");
    Onnx__ModelProto *none = build_small(&(struct small){SOUND});
    none->n_opset_import = 0;
    expect_fault(none, "opset", "", "no operator set");
}

static void a_scatter_into_something_else_is_a_warning(void **state)
{
    (void)state;
    expect(build_small(&(struct small){.opset = 16, .into_nodes = true}), NULL, 1, TRKX_WARNING, "scatter",
           "scattered", "an arbitrary one");
}

static void a_scatter_nd_that_adds_is_a_warning(void **state)
{
    (void)state;
    expect(build_small(&(struct small){SOUND, .scatter = "ScatterND"}), NULL, 1, TRKX_WARNING,
           "scatter-order", "scattered", "differ from run to run");
}

/* The largest and the least of messages start from what they are scattered into. */
static void an_extremum_that_starts_from_zeros_is_found(void **state)
{
    (void)state;
    struct small largest = {.opset = 18, .reduction = "max"}, least = {.opset = 18, .reduction = "min"};
    expect_nothing(build_small(&largest), NULL); /* the messages are never negative */
    expect_fault(build_small(&least), "scatter-start", "scattered", "least of edges and of the zeros");
    Onnx__ModelProto *model = build_small(&largest);
    for (size_t i = 0; i < model->graph->n_node; i++)
        if (strcmp(model->graph->node[i]->name, "e") == 0)
            model->graph->node[i]->op_type = build_text("Tanh");
    expect_fault(model, "scatter-start", "scattered", "largest of edges and of the zeros");
    largest.into_nodes = true;
    expect_nothing(build_small(&largest), NULL);
}

/* x[:, 0] = 0, as exporters write it: the index does not come from the edges. */
static void a_scatter_to_places_that_are_known_is_right(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    int64_t dims[] = {1, 1}, place = 0;
    (void)state;
    float zeros[SMALL_WIDTH] = {0};
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer,
                 build_tensor("place", INT64, dims, 2, &place, sizeof place));
    build_weights(model, "zero_row", 1, SMALL_WIDTH, zeros);
    build_node(model, "ScatterND", "h place zero_row", "changed");
    expect_nothing(model, NULL);
}

/* ---- axes ------------------------------------------------------------------------------------------- */

static void a_fixed_axis_is_found(void **state)
{
    (void)state;
    expect_fault(build_small(&(struct small){SOUND, .nodes = "314"}), "fixed-axis", "g_nodes",
                 "axis 0 is fixed at 314");
    expect(build_small(&(struct small){SOUND, .edges = "900"}), NULL, 2, TRKX_FAULT, "fixed-axis", "g_edges",
           "axis 1 is fixed at 900");
    expect(build_small(&(struct small){SOUND, .edges = "900"}), NULL, 2, TRKX_FAULT, "fixed-axis", "score",
           "axis 0 is fixed at 900");
}

static void rows_written_into_the_model_are_found(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND, .rows = 314});
    (void)state;
    expect_fault(model, "fixed-axis", "scattered",
                 "314 rows written into the model instead of the number of nodes (in 2 nodes)");
    model = build_small(&(struct small){SOUND});
    int64_t dims = 2, shape[] = {314, SMALL_WIDTH};
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer,
                 build_tensor("shape", INT64, &dims, 1, shape, sizeof shape));
    build_node(model, "Reshape", "h shape", "reshaped");
    expect_fault(model, "fixed-axis", "reshaped", "instead of the number of nodes (in 1 node)");
}

/* ---- inputs and outputs ----------------------------------------------------------------------------- */

static void other_types_are_found(void **state)
{
    (void)state;
    expect_in_bundle(build_small(&(struct small){SOUND, .edges_type = FLOAT64}), &contract, "type", "g_edges",
                     "float64");
    expect_nothing(build_small(&(struct small){SOUND, .edges_type = INT32}), &contract);
    expect_fault(build_small(&(struct small){SOUND, .nodes_type = FLOAT64}), "type", "g_nodes", "float64");
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    model->graph->output[0]->type->tensor_type->elem_type = FLOAT64;
    expect_fault(model, "type", "score", "float64");
}

/* Against what the bundle says; by itself either way is right. */
static void edges_the_other_way_round_are_found(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    struct trkx_contract other = contract;
    (void)state;
    other.transposed = true;
    expect_in_bundle(model, &other, "shape", "g_edges", "is [2,m]");
    input(model, 1)->type->tensor_type->shape = build_shape((const char *[]){"m", "2", NULL});
    struct trkx_findings findings = check(model, &contract);
    assert_true(findings.count > 0 && is(&findings.list[0], TRKX_FAULT, "shape", "g_edges", "is [m,2]"));
    trkx_findings_release(&findings);
}

static void other_names_are_found(void **state)
{
    struct trkx_contract other = contract;
    (void)state;
    other.output = "logits";
    expect_in_bundle(build_small(&(struct small){SOUND}), &other, "name", "logits", "it has score");
    other = contract;
    other.nodes = "x";
    struct trkx_findings findings = check(build_small(&(struct small){SOUND}), &other);
    assert_true(is(&findings.list[0], TRKX_FAULT, "name", "x", "it has g_nodes g_edges"));
    assert_true(is(&findings.list[1], TRKX_FAULT, "name", "g_nodes", "not named"));
    trkx_findings_release(&findings);
    Onnx__ModelProto *more = build_small(&(struct small){SOUND});
    BUILD_APPEND(more->graph->input, more->graph->n_input,
                 build_info("batch", INT64, (const char *[]){"n", NULL}));
    expect_in_bundle(more, &contract, "name", "batch", "not named");
}

static void other_ranks_and_widths_are_found(void **state)
{
    struct trkx_contract other = contract;
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    (void)state;
    other.features = 5;
    expect_in_bundle(model, &other, "width", "g_nodes", "extent 3, expected 5");
    model->graph->output[0]->type->tensor_type->shape = build_shape((const char *[]){"m", "3", NULL});
    expect_in_bundle(model, &contract, "width", "score", "extent 3, expected 1");
    model->graph->output[0]->type->tensor_type->shape = build_shape((const char *[]){"m", "1", NULL});
    expect_nothing(model, &contract);
    model->graph->output[0]->type->tensor_type->shape = build_shape((const char *[]){"m", "1", "1", NULL});
    expect_in_bundle(model, &contract, "rank", "score", "rank 3, expected 1");
    model->graph->output[0]->type->tensor_type->shape = NULL;
    expect_nothing(model, &contract);
    model = build_small(&(struct small){SOUND});
    input(model, 0)->type->tensor_type->shape = NULL;
    expect_in_bundle(model, &contract, "rank", "g_nodes", "no shape");
    input(model, 0)->type->tensor_type->shape = build_shape((const char *[]){"1", "n", "3", NULL});
    expect_in_bundle(model, &contract, "rank", "g_nodes", "rank 3, expected 2");
}

static void a_row_for_each_node_instead_of_each_edge_is_found(void **state)
{
    struct trkx_contract embedding = {.nodes = "g_nodes", .output = "h", .features = 3, .dim = SMALL_WIDTH};
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    (void)state;
    model->graph->output[0] = build_info("h", FLOAT32, (const char *[]){"n", "1", NULL});
    struct trkx_contract scores = contract;
    scores.output = "h";
    expect_in_bundle(model, &scores, "rows", "h", "one row per edge");
    model->graph->output[0] = build_info("h", FLOAT32, (const char *[]){"n", "4", NULL});
    expect_in_bundle(model, &embedding, "name", "g_edges", "not named");
    embedding.dim = 8;
    expect(model, &embedding, 2, TRKX_FAULT, "width", "h", "extent 4, expected 8");
}

/* Described, not measured by what trkx gives its networks. */
static void another_model_altogether_is_described(void **state)
{
    static const struct {
        const char *axes[5], *op, *text;
    } models[] = {{{"1", "3", "224", "224", NULL}, "Conv", "1 input, 1 output, with Conv"},
                  {{"1", "20", NULL}, "Softmax", "1 input, 1 output, ends in Softmax"},
                  {{"1", "784", NULL}, "Relu", "not a network that trkx runs"},
                  {{"4", NULL}, "Relu", "not a network that trkx runs"}};
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        Onnx__ModelProto *model = build_model(16);
        BUILD_APPEND(model->graph->input, model->graph->n_input, build_info("data", FLOAT32, models[i].axes));
        BUILD_APPEND(model->graph->output, model->graph->n_output, build_info("out", FLOAT32, NULL));
        build_node(model, models[i].op, "data", "out");
        expect(model, NULL, 1, TRKX_NOTE, "kind", "", models[i].text);
    }
}

/* What would not load is wrong with any model. */
static void another_model_that_is_broken_has_faults(void **state)
{
    Onnx__ModelProto *model = build_model(16);
    (void)state;
    BUILD_APPEND(model->graph->input, model->graph->n_input,
                 build_info("data", FLOAT32, (const char *[]){"1", "3", "8", "8", NULL}));
    build_node(model, "Conv", "data nothing", "out");
    expect(model, NULL, 2, TRKX_FAULT, "graph", "out", "no earlier node");
}

static void a_sigmoid_that_the_bundle_does_not_know_is_found(void **state)
{
    struct trkx_contract with = contract;
    (void)state;
    with.sigmoid = true;
    expect_in_bundle(build_small(&(struct small){SOUND, .sigmoid = true}), &contract, "sigmoid", "score",
                     "ends in");
    expect_in_bundle(build_small(&(struct small){SOUND}), &with, "sigmoid", "score", "does not end in");
    expect_nothing(build_small(&(struct small){SOUND, .sigmoid = true}), &with);
}

/* Behind a Reshape, and as 1 / (1 + exp(-x)). */
static void a_sigmoid_in_disguise_is_found(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND, .sigmoid = true});
    float one = 1;
    (void)state;
    int64_t length = 1, rest = -1;
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer,
                 build_tensor("rest", INT64, &length, 1, &rest, sizeof rest));
    build_node(model, "Reshape", "score rest", "flat");
    struct trkx_contract other = contract;
    other.output = "flat";
    model->graph->output[0] = build_info("flat", FLOAT32, (const char *[]){"m", NULL});
    expect_in_bundle(model, &other, "sigmoid", "flat", "ends in");
    model = build_small(&(struct small){SOUND});
    build_weights(model, "one", 1, 0, &one);
    build_node(model, "Neg", "score", "minus");
    build_node(model, "Exp", "minus", "exponential");
    build_node(model, "Add", "one exponential", "sum");
    build_node(model, "Div", "one sum", "flat");
    model->graph->output[0] = build_info("flat", FLOAT32, (const char *[]){"m", NULL});
    expect_in_bundle(model, &other, "sigmoid", "flat", "ends in");
}

static void another_checksum_is_found(void **state)
{
    struct trkx_contract other = contract;
    (void)state;
    other.sha256 = "0123";
    expect_in_bundle(build_small(&(struct small){SOUND}), &other, "checksum", "", "bundle.json says 0123");
}

/* ---- nodes and tensors ------------------------------------------------------------------------------ */

static void weights_that_are_no_numbers_are_found(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    float bad = NAN, endless = INFINITY;
    (void)state;
    memcpy(model->graph->initializer[2]->raw_data.data + 8, &bad, 4);
    expect_fault(model, "nan", "w1", "1 of 32 weights are NaN");
    memcpy(model->graph->initializer[2]->raw_data.data + 8, &endless, 4);
    expect_fault(model, "nan", "w1", "1 of 32 weights are infinite");
}

/* Clip(x, min = -infinity). */
static void an_infinite_bound_is_right(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    float endless = -INFINITY;
    (void)state;
    build_value(build_node(model, "Constant", "", "low"), build_tensor("", FLOAT32, NULL, 0, &endless, 4));
    build_node(model, "Clip", "h low", "clipped");
    expect_nothing(model, NULL);
}

static void double_precision_is_a_warning(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    int64_t two = 2;
    (void)state;
    build_integer(build_node(model, "Cast", "h", "wide"), "to", FLOAT64);
    expect(model, NULL, 1, TRKX_WARNING, "type", "wide", "float64");
    model = build_small(&(struct small){SOUND});
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer,
                 build_tensor("wide", FLOAT64, &two, 1, (double[]){1, 2}, 16));
    expect(model, NULL, 1, TRKX_WARNING, "type", "wide", "2 weights are float64");
}

static void a_tensor_of_another_size_is_found(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    (void)state;
    model->graph->initializer[2]->raw_data.len -= 4;
    expect_fault(model, "tensor", "w1", "a number of elements");
}

static void an_operator_of_somebody_else_is_found(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    (void)state;
    build_node(model, "scatter_add", "h", "foreign")->domain = build_text("torch_scatter");
    expect_fault(model, "operator", "foreign", "scatter_add is an operator of torch_scatter");
}

static void what_nothing_makes_is_found(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    (void)state;
    build_node(model, "Relu", "lost", "found");
    expect_fault(model, "graph", "found", "input lost");
    model = build_small(&(struct small){SOUND});
    build_node(model, "Relu", "b", "a");
    build_node(model, "Relu", "a", "b");
    expect_fault(model, "graph", "a", "input b");
}

static void a_graph_in_a_node_is_a_warning(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    (void)state;
    Onnx__NodeProto *node = build_node(model, "If", "h", "branch");
    build_attribute(node, "then_branch", 5)->g = BUILD(Onnx__GraphProto, ONNX__GRAPH_PROTO__INIT);
    expect(model, NULL, 1, TRKX_WARNING, "subgraph", "branch", "not examined");
}

static void names_are_printable(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){SOUND});
    (void)state;
    build_node(model, "Relu", "\033[31m", "red\n");
    expect_fault(model, "graph", "red?", "input ?[31m");
}

/* ---- bundles and memory ----------------------------------------------------------------------------- */

static void a_bundle_or_a_file_is_told_by_its_name(void **state)
{
    struct trkx_networks networks;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_networks_find("models/default", &networks, &error), TRKX_OK);
    assert_true(networks.in_bundle);
    assert_string_equal(networks.paths[0], "models/default/embedding.onnx");
    assert_null(networks.contracts[0].edges);
    assert_non_null(networks.contracts[2].edges);
    trkx_networks_release(&networks);
    assert_int_equal(trkx_networks_find("models/default/gnn.onnx", &networks, &error), TRKX_OK);
    assert_false(networks.in_bundle);
    assert_int_equal(networks.count, 1);
    trkx_networks_release(&networks);
    assert_int_equal(trkx_networks_find("bundle.json", &networks, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "./bundle.json"));
    assert_int_equal(trkx_networks_find("/bundle.json", &networks, &error), TRKX_ERROR_IO);
    assert_int_equal(trkx_networks_find("src", &networks, &error), TRKX_ERROR_IO);
}

static void every_allocation_may_fail(void **state)
{
    struct trkx_onnx file;
    trkx_error error;
    long after = 0;
    (void)state;
    build_file(build_small(&(struct small){0}), &file);
    for (;; after++) {
        struct trkx_findings findings = {0};
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_onnx_check(&file, &contract, &findings, &error);
        trkx_memory_fail_after(-1);
        trkx_findings_release(&findings);
        if (status == TRKX_OK) break;
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
    assert_true(after > 8);
    trkx_onnx_release(&file);
    for (after = 0;; after++) {
        struct trkx_networks networks;
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_networks_find("models/default/bundle.json", &networks, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) trkx_networks_release(&networks);
        if (status == TRKX_OK) break;
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_model_has_no_findings),
        cmocka_unit_test(the_default_bundle_has_no_findings),
        cmocka_unit_test(a_scatter_that_overwrites_is_found),
        cmocka_unit_test(an_operator_set_without_reduction_is_found),
        cmocka_unit_test(a_scatter_into_something_else_is_a_warning),
        cmocka_unit_test(a_scatter_nd_that_adds_is_a_warning),
        cmocka_unit_test(an_extremum_that_starts_from_zeros_is_found),
        cmocka_unit_test(a_scatter_to_places_that_are_known_is_right),
        cmocka_unit_test(a_fixed_axis_is_found),
        cmocka_unit_test(rows_written_into_the_model_are_found),
        cmocka_unit_test(other_types_are_found),
        cmocka_unit_test(edges_the_other_way_round_are_found),
        cmocka_unit_test(other_names_are_found),
        cmocka_unit_test(other_ranks_and_widths_are_found),
        cmocka_unit_test(a_row_for_each_node_instead_of_each_edge_is_found),
        cmocka_unit_test(another_model_altogether_is_described),
        cmocka_unit_test(another_model_that_is_broken_has_faults),
        cmocka_unit_test(a_sigmoid_that_the_bundle_does_not_know_is_found),
        cmocka_unit_test(a_sigmoid_in_disguise_is_found),
        cmocka_unit_test(another_checksum_is_found),
        cmocka_unit_test(weights_that_are_no_numbers_are_found),
        cmocka_unit_test(an_infinite_bound_is_right),
        cmocka_unit_test(double_precision_is_a_warning),
        cmocka_unit_test(a_tensor_of_another_size_is_found),
        cmocka_unit_test(an_operator_of_somebody_else_is_found),
        cmocka_unit_test(what_nothing_makes_is_found),
        cmocka_unit_test(a_graph_in_a_node_is_a_warning),
        cmocka_unit_test(names_are_printable),
        cmocka_unit_test(a_bundle_or_a_file_is_told_by_its_name),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
