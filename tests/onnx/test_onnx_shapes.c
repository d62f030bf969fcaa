/* Proves: extents count in nodes and edges; each operator's shape follows from its inputs', also through
 * the detours that exporters take; the arithmetic of a network per node and per edge is exact for those of
 * the default bundle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/memory.h"
#include "onnx/infer_graph.h"
#include "onnx/info.h"
#include "onnx/operators.h"
#include "onnx/tensor.h"
#include "tests/onnx/onnx_models.h"

static const struct trkx_extent unknown, nodes = {TRKX_PER_NODE, 1}, edges = {TRKX_PER_EDGE, 1};

static void expect_extent(struct trkx_extent found, struct trkx_extent expected)
{
    assert_int_equal(found.per, expected.per);
    assert_int_equal(found.count, expected.count);
}

static void extents_add_up(void **state)
{
    struct trkx_extent two = trkx_fixed(2), both = {TRKX_PER_EDGE, 2};
    (void)state;
    expect_extent(trkx_extent_add(edges, edges), both);
    expect_extent(trkx_extent_add(edges, nodes), unknown);
    expect_extent(trkx_extent_add(edges, trkx_fixed(0)), edges);
    expect_extent(trkx_extent_add(trkx_fixed(0), nodes), nodes);
    expect_extent(trkx_extent_subtract(both, edges), edges);
    expect_extent(trkx_extent_subtract(edges, edges), trkx_fixed(0));
    expect_extent(trkx_extent_subtract(trkx_fixed(0), edges), unknown);
    expect_extent(trkx_extent_multiply(edges, two), both);
    expect_extent(trkx_extent_multiply(edges, nodes), unknown);
    expect_extent(trkx_extent_multiply(edges, trkx_fixed(0)), trkx_fixed(0));
    expect_extent(trkx_extent_multiply(trkx_fixed(INT64_MAX), two), unknown);
    expect_extent(trkx_extent_divide(both, two), edges);
    expect_extent(trkx_extent_divide(both, edges), two);
    expect_extent(trkx_extent_divide(edges, two), unknown);
    expect_extent(trkx_extent_divide(trkx_fixed(7), two), trkx_fixed(3));
    expect_extent(trkx_extent_divide(two, trkx_fixed(0)), unknown);
    expect_extent(trkx_extent_divide(trkx_fixed(INT64_MIN), trkx_fixed(-1)), unknown);
    expect_extent(trkx_extent_add(unknown, two), unknown);
    expect_extent(trkx_extent_product(NULL, 0), trkx_fixed(1));
}

/* The list is searched by halves: a row out of order would not be found. */
static void every_operator_of_the_list_is_found(void **state)
{
    static char *const names[] = {
#define DESCRIBED(name, infer, work) name,
#define CLAIMED(name, infer, work, lower, function, worthwhile) name,
#include "onnx/operator_list.h"
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Onnx__NodeProto node = ONNX__NODE_PROTO__INIT;
        node.op_type = names[i];
        const struct trkx_operator *found = trkx_onnx_operator(&node);
        if (found == NULL) fail_msg("%s", names[i]);
        assert_string_equal(found->name, names[i]);
    }
}

/* ---- one operator after the other ------------------------------------------------------------------- */

/* "[n,4]", "[2m]", "[3]", "[?]" or "unknown", the zero and index marks behind. */
static const char *shape_text(const struct trkx_shape *shape)
{
    static char text[128];
    static const char letters[] = {'?', ' ', 'n', 'm'};
    size_t length = 0;
    if (shape->rank < 0) return "unknown";
    text[length++] = '[';
    for (int i = 0; i < shape->rank; i++) {
        struct trkx_extent extent = shape->extents[i];
        if (i > 0) text[length++] = ',';
        if (trkx_is_fixed(extent) || extent.count > 1)
            length += (size_t)snprintf(text + length, 32, "%lld", (long long)extent.count);
        if (!trkx_is_fixed(extent)) text[length++] = letters[extent.per];
    }
    snprintf(text + length, 16, "]%s%s", shape->zero ? " zero" : "", shape->index ? " index" : "");
    return text;
}

static void expect_shapes(Onnx__ModelProto *model, const char *const (*expected)[2])
{
    struct trkx_onnx file;
    struct trkx_onnx_graph graph;
    struct trkx_shapes shapes;
    build_file(model, &file);
    assert_int_equal(trkx_onnx_graph_create(file.model, &graph, NULL), TRKX_OK);
    assert_int_equal(trkx_infer_graph(&graph, NULL, &shapes, NULL), TRKX_OK);
    for (; (*expected)[0] != NULL; expected++) {
        const char *found = shape_text(trkx_onnx_shape(&graph, &shapes, (*expected)[0]));
        if (strcmp(found, (*expected)[1]) != 0)
            fail_msg("%s is %s, expected %s", (*expected)[0], found, (*expected)[1]);
    }
    trkx_onnx_shapes_release(&shapes);
    trkx_onnx_graph_release(&graph);
    trkx_onnx_release(&file);
}

/* A model with inputs x [n,6] and edges [2,m], and a few constants. */
static Onnx__ModelProto *begin(int64_t opset)
{
    Onnx__ModelProto *model = build_model(opset);
    Onnx__GraphProto *graph = model->graph;
    int64_t one = 1, two = 2;
    BUILD_APPEND(graph->input, graph->n_input, build_info("x", FLOAT32, (const char *[]){"n", "6", NULL}));
    BUILD_APPEND(graph->input, graph->n_input, build_info("edges", INT64, (const char *[]){"2", "m", NULL}));
    for (int64_t i = -1; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof name, i < 0 ? "minus" : "i%d", (int)i);
        BUILD_APPEND(graph->initializer, graph->n_initializer,
                     build_tensor(name, INT64, &one, 1, &i, sizeof i));
    }
    int64_t rest[] = {-1, 3}, zero = 0, first = 1;
    BUILD_APPEND(graph->initializer, graph->n_initializer,
                 build_tensor("rest3", INT64, &two, 1, rest, sizeof rest));
    BUILD_APPEND(graph->initializer, graph->n_initializer, build_tensor("scalar0", INT64, NULL, 0, &zero, 8));
    BUILD_APPEND(graph->initializer, graph->n_initializer,
                 build_tensor("scalar1", INT64, NULL, 0, &first, 8));
    return model;
}

static void arranging_anew(void **state)
{
    Onnx__ModelProto *model = begin(17);
    (void)state;
    build_node(model, "Transpose", "x", "turned");
    build_integers(build_node(model, "Transpose", "x", "kept"), "perm", (int64_t[]){0, 1}, 2);
    build_node(model, "Reshape", "x rest3", "halves");
    build_node(model, "Flatten", "x", "flat");
    build_integer(build_node(model, "Flatten", "x", "all"), "axis", 0);
    build_node(model, "Unsqueeze", "x i1", "between");
    build_node(model, "Squeeze", "between i1", "back");
    build_node(model, "Squeeze", "between", "ones_gone");
    build_node(model, "Slice", "x i2 i5 i1", "slice");
    build_node(model, "Slice", "x minus i9 i1", "last");
    build_node(model, "Slice", "x i1 i5 i0", "some_rows");
    build_node(model, "Identity", "edges", "same");
    build_node(model, "Concat", "edges edges", "joined");
    build_integer(model->graph->node[model->graph->n_node - 1], "axis", 1);
    build_node(model, "Split", "joined", "part0 part1");
    build_integer(model->graph->node[model->graph->n_node - 1], "axis", 1);
    build_node(model, "Tile", "x rest3", "tiled");
    build_node(model, "Transpose", "nothing", "of_nothing");
    expect_shapes(model, (const char *const[][2]){{"turned", "[6,n]"},
                                                  {"kept", "[n,6]"},
                                                  {"halves", "[2n,3]"},
                                                  {"flat", "[n,6]"},
                                                  {"all", "[1,6n]"},
                                                  {"between", "[n,1,6]"},
                                                  {"back", "[n,6]"},
                                                  {"ones_gone", "[n,6]"},
                                                  {"slice", "[n,3]"},
                                                  {"last", "[n,1]"},
                                                  {"some_rows", "[?,6]"},
                                                  {"same", "[2,m] index"},
                                                  {"joined", "[2,2m] index"},
                                                  {"part1", "[2,m] index"},
                                                  {"of_nothing", "unknown"},
                                                  {NULL, NULL}});
}

static void gathering_and_scattering(void **state)
{
    Onnx__ModelProto *model = begin(17);
    (void)state;
    build_node(model, "Gather", "edges scalar0", "src");
    build_node(model, "Gather", "x src", "ends");
    build_integer(build_node(model, "Gather", "x scalar1", "column"), "axis", 1);
    build_node(model, "Unsqueeze", "src i1", "src1");
    build_node(model, "GatherND", "x src1", "ends_nd");
    build_node(model, "Shape", "ends", "ends_shape");
    build_node(model, "Expand", "src1 ends_shape", "index");
    build_node(model, "GatherElements", "x index", "elements");
    build_node(model, "Shape", "x", "x_shape");
    build_node(model, "ConstantOfShape", "x_shape", "zeros");
    build_node(model, "ScatterElements", "zeros index ends", "sums");
    build_node(model, "ScatterND", "zeros src1 ends", "sums_nd");
    expect_shapes(model, (const char *const[][2]){{"src", "[m] index"},
                                                  {"ends", "[m,6]"},
                                                  {"column", "[n]"},
                                                  {"ends_nd", "[m,6]"},
                                                  {"index", "[m,6] index"},
                                                  {"elements", "[m,6]"},
                                                  {"zeros", "[n,6] zero"},
                                                  {"sums", "[n,6]"},
                                                  {"sums_nd", "[n,6]"},
                                                  {NULL, NULL}});
}

/* What torch writes for zeros(x.shape[0], 3): shapes as tensors. */
static void shapes_that_are_computed(void **state)
{
    Onnx__ModelProto *model = begin(17);
    (void)state;
    build_node(model, "Shape", "x", "shape");
    build_node(model, "Gather", "shape scalar0", "rows");
    build_node(model, "Gather", "shape scalar1", "width");
    build_node(model, "Div", "width i2", "half");
    build_node(model, "Cast", "rows", "rows64");
    build_integer(model->graph->node[model->graph->n_node - 1], "to", INT64);
    build_node(model, "Unsqueeze", "rows64 i0", "rows1");
    build_node(model, "Concat", "rows1 half", "wanted");
    build_node(model, "ConstantOfShape", "wanted", "zeros");
    build_node(model, "Mul", "x i0", "nothing_left");
    build_node(model, "Range", "scalar0 rows scalar1", "range");
    build_node(model, "Slice", "shape i0 i1 i0", "first");
    build_node(model, "Size", "x", "size");
    build_node(model, "Reshape", "x size", "long");
    /* expand(-1, ...): the -1 is replaced by a 1 before Expand */
    build_node(model, "Concat", "minus half", "pattern");
    build_node(model, "Shape", "pattern", "pattern_shape");
    int64_t one = 1;
    build_value(build_node(model, "ConstantOfShape", "pattern_shape", "ones"),
                build_tensor("", INT64, &one, 1, &one, sizeof one));
    build_node(model, "Mul", "ones minus", "minuses");
    build_node(model, "Equal", "pattern minuses", "is_minus");
    build_node(model, "Where", "is_minus ones pattern", "expanded_shape");
    build_node(model, "Gather", "edges scalar0", "src");
    build_node(model, "Unsqueeze", "src i1", "src1");
    build_node(model, "Expand", "src1 expanded_shape", "expanded");
    expect_shapes(model, (const char *const[][2]){{"wanted", "[2]"},
                                                  {"zeros", "[n,3] zero"},
                                                  {"range", "[n]"},
                                                  {"nothing_left", "[n,6] zero"},
                                                  {"first", "[1]"},
                                                  {"long", "[6n]"},
                                                  {"expanded", "[m,3] index"},
                                                  {NULL, NULL}});
}

static void products_and_reductions(void **state)
{
    Onnx__ModelProto *model = begin(18);
    float weights[24] = {0};
    (void)state;
    build_weights(model, "w", 6, 4, weights);
    build_weights(model, "wt", 4, 6, weights);
    build_node(model, "MatMul", "x w", "a");
    build_integer(build_node(model, "Gemm", "x wt", "b"), "transB", 1);
    build_node(model, "ReduceMean", "a i1", "mean");
    build_integer(build_node(model, "ReduceSum", "a i1", "sum"), "keepdims", 0);
    build_integer(build_node(model, "ReduceMax", "a", "max"), "keepdims", 0);
    build_integer(build_node(model, "ReduceSum", "a", "noop"), "noop_with_empty_axes", 1);
    build_integer(build_node(model, "ArgMax", "a", "arg"), "axis", 1);
    build_node(model, "Add", "a mean", "broadcast");
    build_node(model, "Less", "a mean", "less");
    build_node(model, "Max", "a mean b", "many");
    build_node(model, "MatMul", "x sum", "strange");
    build_node(model, "Frobnicate", "x", "odd");
    build_node(model, "Add", "odd a", "odd_sum");
    expect_shapes(model, (const char *const[][2]){{"a", "[n,4]"},
                                                  {"b", "[n,4]"},
                                                  {"mean", "[n,1]"},
                                                  {"sum", "[n]"},
                                                  {"max", "[]"},
                                                  {"noop", "[n,4]"},
                                                  {"arg", "[n,1]"},
                                                  {"broadcast", "[n,4]"},
                                                  {"less", "[n,4]"},
                                                  {"many", "[n,4]"},
                                                  {"strange", "unknown"},
                                                  {"odd", "unknown"},
                                                  {"odd_sum", "unknown"},
                                                  {NULL, NULL}});
}

/* Ranks beyond what is kept, axes that are not there, values that make no sense: not known, and nothing
 * worse. */
static void nonsense_is_not_known(void **state)
{
    Onnx__ModelProto *model = begin(17);
    int64_t nine[] = {2, 2, 2, 2, 2, 2, 2, 2, 2}, dims = 9;
    (void)state;
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer,
                 build_tensor("nine", INT64, &dims, 1, nine, sizeof nine));
    build_node(model, "ConstantOfShape", "nine", "high");
    build_integer(build_node(model, "Gather", "x i0", "beyond"), "axis", 7);
    build_node(model, "Squeeze", "x i9", "no_axis");
    build_node(model, "Unsqueeze", "x i9", "far_axis");
    build_node(model, "Slice", "x", "no_bounds");
    build_node(model, "Concat", "x src", "different");
    build_integer(build_node(model, "Flatten", "x", "far"), "axis", -9);
    expect_shapes(model, (const char *const[][2]){{"high", "unknown"},
                                                  {"beyond", "unknown"},
                                                  {"no_axis", "unknown"},
                                                  {"far_axis", "unknown"},
                                                  {"no_bounds", "[n,6]"},
                                                  {"different", "unknown"},
                                                  {"far", "[1,6n]"},
                                                  {NULL, NULL}});
}

/* ---- descriptions ----------------------------------------------------------------------------------- */

static void a_small_network_is_described(void **state)
{
    struct trkx_onnx file;
    struct trkx_onnx_info info;
    (void)state;
    build_file(build_small(&(struct small){.sigmoid = true}), &file);
    assert_int_equal(trkx_onnx_describe(&file, NULL, &info, NULL), TRKX_OK);
    assert_string_equal(info.producer, "trkx tests");
    assert_int_equal(info.opset, 12);
    assert_int_equal(info.inputs_count, 2);
    assert_string_equal(info.inputs[0].shape, "[n, 3]");
    assert_int_equal(info.inputs[0].role, TRKX_ROLE_NODES);
    assert_string_equal(info.inputs[1].type, "int64");
    assert_int_equal(info.inputs[1].role, TRKX_ROLE_EDGES);
    assert_string_equal(info.outputs[0].name, "score");
    assert_true(info.sigmoid);
    assert_int_equal(info.parameters, 3 * 4 + 4 + 8 * 4 + 4 * 8);
    assert_int_equal(info.parameter_bytes, 4 * info.parameters);
    assert_true(info.products.per_node == 2 * 3 * 4 + 2 * 8 * 4);
    assert_true(info.products.per_edge == 2 * 8 * 4);
    /* nodes: bias and relu of h, the addition to zeros, relu, mean and difference of h2 */
    assert_true(info.others.per_node == 4 + 4 + 4 + 4 + 4 + 4);
    /* edges: relu, the scatter, the product, its sum, the sigmoid */
    assert_true(info.others.per_edge == 4 + 4 + 4 + 4 + 1);
    assert_int_equal(info.unknown_nodes, 0);
    trkx_onnx_info_release(&info);
    trkx_onnx_release(&file);
}

/* As ACTS calls its networks: nodes, edges, features of the edges. */
static void features_of_edges_are_told_from_those_of_nodes(void **state)
{
    Onnx__ModelProto *model = begin(17);
    Onnx__GraphProto *graph = model->graph;
    struct trkx_onnx file;
    struct trkx_onnx_info info;
    float weights[8] = {0};
    (void)state;
    BUILD_APPEND(graph->input, graph->n_input,
                 build_info("edge_attr", FLOAT32, (const char *[]){"e", "2", NULL}));
    BUILD_APPEND(graph->input, graph->n_input, build_info("batch", INT64, (const char *[]){"n", NULL}));
    build_weights(model, "w", 2, 4, weights);
    build_node(model, "MatMul", "edge_attr w", "y");
    BUILD_APPEND(graph->output, graph->n_output, build_info("y", FLOAT32, NULL));
    build_file(model, &file);
    assert_int_equal(trkx_onnx_describe(&file, NULL, &info, NULL), TRKX_OK);
    assert_int_equal(info.inputs[0].role, TRKX_ROLE_NODES);
    assert_int_equal(info.inputs[1].role, TRKX_ROLE_EDGES);
    assert_int_equal(info.inputs[2].role, TRKX_ROLE_EDGE_FEATURES);
    assert_int_equal(info.inputs[3].role, TRKX_ROLE_OTHER);
    assert_true(info.products.per_edge == 2 * 2 * 4);
    assert_string_equal(info.outputs[0].shape, "");
    trkx_onnx_info_release(&info);
    trkx_onnx_release(&file);
}

/* Files of before 2019 list their weights among the inputs. */
static void weights_among_the_inputs_are_weights(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){0});
    Onnx__GraphProto *graph = model->graph;
    struct trkx_onnx file;
    struct trkx_onnx_info info;
    (void)state;
    BUILD_APPEND(graph->input, graph->n_input, build_info("w1", FLOAT32, (const char *[]){"8", "4", NULL}));
    build_file(model, &file);
    assert_int_equal(trkx_onnx_describe(&file, NULL, &info, NULL), TRKX_OK);
    assert_int_equal(info.inputs_count, 2);
    assert_true(info.products.per_edge == 2 * 8 * 4);
    trkx_onnx_info_release(&info);
    trkx_onnx_release(&file);
}

/* Two operations for each weight of a matrix, which the default networks use once each. */
static double of_matrices(const struct trkx_onnx *file)
{
    const Onnx__GraphProto *graph = file->model->graph;
    size_t weights = 0;
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (graph->initializer[i]->n_dims == 2) weights += trkx_onnx_elements(graph->initializer[i]);
    return 2.0 * (double)weights;
}

static void the_default_bundle_is_described(void **state)
{
    static const struct {
        const char *path;
        bool nodes, edges; /* what it works on */
    } networks[] = {{"models/default/embedding.onnx", true, false},
                    {"models/default/filter.onnx", false, true},
                    {"models/default/gnn.onnx", true, true}};
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        struct trkx_onnx file;
        struct trkx_onnx_info info;
        assert_int_equal(trkx_onnx_read(networks[i].path, &file, NULL), TRKX_OK);
        assert_int_equal(trkx_onnx_describe(&file, NULL, &info, NULL), TRKX_OK);
        assert_true(info.products.per_node + info.products.per_edge == of_matrices(&file));
        assert_true((info.products.per_node > 0) == networks[i].nodes);
        assert_true((info.products.per_edge > 0) == networks[i].edges);
        assert_int_equal(info.unknown_nodes, 0);
        trkx_onnx_info_release(&info);
        trkx_onnx_release(&file);
    }
}

static void every_allocation_may_fail(void **state)
{
    static const struct trkx_onnx_info empty;
    struct trkx_onnx file;
    struct trkx_onnx_info info;
    trkx_error error;
    long after = 0;
    (void)state;
    build_file(build_small(&(struct small){0}), &file);
    for (;; after++) {
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_onnx_describe(&file, NULL, &info, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) break;
        assert_int_equal(status, TRKX_ERROR_MEMORY);
        assert_memory_equal(&info, &empty, sizeof info);
    }
    assert_true(after > 10);
    trkx_onnx_info_release(&info);
    trkx_onnx_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extents_add_up),
        cmocka_unit_test(every_operator_of_the_list_is_found),
        cmocka_unit_test(arranging_anew),
        cmocka_unit_test(gathering_and_scattering),
        cmocka_unit_test(shapes_that_are_computed),
        cmocka_unit_test(products_and_reductions),
        cmocka_unit_test(nonsense_is_not_known),
        cmocka_unit_test(a_small_network_is_described),
        cmocka_unit_test(features_of_edges_are_told_from_those_of_nodes),
        cmocka_unit_test(weights_among_the_inputs_are_weights),
        cmocka_unit_test(the_default_bundle_is_described),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
