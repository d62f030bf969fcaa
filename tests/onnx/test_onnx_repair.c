/* Proves: a model whose sums over edges were exported as overwriting scatters gives wrong results, and
 * once repaired those of a simple evaluation, from every operator set that is converted and to every one.
 * Other changes are reported and keep the results; what cannot be converted is rejected with the name of its
 * node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/memory.h"
#include "onnx/check.h"
#include "onnx/repair.h"
#include "tests/onnx/onnx_models.h"
#include "tests/onnx/onnx_run.h"

static const double tolerance = 1e-5;

static struct graph graph;
static float plain[GRAPH_EDGES];

static int make_graph(void **state)
{
    (void)state;
    graph_make(&graph);
    small_plain(graph.nodes, GRAPH_NODES, graph.edges, GRAPH_EDGES, plain);
    return 0;
}

static double error_of(const struct trkx_onnx *file, const char *output)
{
    static float scores[GRAPH_EDGES];
    trkx_error error;
    if (graph_run(file, output, &graph, scores, &error) != TRKX_OK) fail_msg("%s", error.message);
    return graph_difference(scores, plain);
}

static size_t count_changes(const struct trkx_findings *changes, const char *kind)
{
    size_t count = 0;
    for (size_t i = 0; i < changes->count; i++) count += strcmp(changes->list[i].kind, kind) == 0;
    return count;
}

static void expect_sound(const struct trkx_onnx *file)
{
    struct trkx_findings left = {0};
    assert_int_equal(trkx_onnx_check(file, NULL, &left, NULL), TRKX_OK);
    if (left.count > 0) fail_msg("%s: %s", left.list[0].node, left.list[0].text);
    trkx_findings_release(&left);
}

static struct trkx_findings repair(const Onnx__ModelProto *model, int64_t opset, struct trkx_onnx *file)
{
    struct trkx_findings changes = {0};
    trkx_error error;
    build_file(model, file);
    if (trkx_onnx_repair(file, NULL, opset, &changes, &error) != TRKX_OK) fail_msg("%s", error.message);
    return changes;
}

static void an_overwriting_scatter_is_mended(void **state)
{
    struct trkx_onnx file;
    (void)state;
    build_file(build_small(&(struct small){.opset = 12}), &file);
    double before = error_of(&file, "score");
    trkx_onnx_release(&file);
    struct trkx_findings changes = repair(build_small(&(struct small){.opset = 12}), 0, &file);
    double after = error_of(&file, "score");
    print_message("off by %g as exported, %g repaired\n", before, after);
    assert_true(before > 1000 * tolerance);
    assert_true(after < tolerance);
    assert_int_equal(trkx_onnx_opset(file.model), 16);
    assert_int_equal(count_changes(&changes, "scatter"), 1);
    expect_sound(&file);
    trkx_findings_release(&changes);
    trkx_onnx_release(&file);
}

static void every_operator_set_is_converted_to_every_newer_one(void **state)
{
    (void)state;
    for (int64_t from = 11; from <= 18; from++)
        for (int64_t to = from; to <= 18; to++) {
            struct trkx_onnx file;
            struct trkx_findings changes = repair(build_small(&(struct small){.opset = from}), to, &file);
            assert_int_equal(trkx_onnx_opset(file.model), to > 16 ? to : 16);
            assert_true(error_of(&file, "score") < tolerance);
            expect_sound(&file);
            trkx_findings_release(&changes);
            trkx_onnx_release(&file);
        }
}

/* What torch wrote before operator set 11: Scatter, bounds of Clip and Slice as attributes. */
static Onnx__ModelProto *build_old(void)
{
    Onnx__ModelProto *model = build_small(&(struct small){.opset = 9, .scatter = "Scatter"});
    Onnx__NodeProto *slice = build_node(model, "Slice", "score", "part");
    build_integers(slice, "axes", (int64_t[]){0}, 1);
    build_integers(slice, "starts", (int64_t[]){0}, 1);
    build_integers(slice, "ends", (int64_t[]){INT32_MAX}, 1);
    Onnx__NodeProto *clip = build_node(model, "Clip", "part", "clipped");
    build_float(clip, "min", -1000);
    build_float(clip, "max", 1000);
    build_float(build_node(model, "Dropout", "clipped", "dropped"), "ratio", 0.5f);
    model->graph->output[0]->name = build_text("dropped");
    return model;
}

static void a_model_of_operator_set_9_is_converted(void **state)
{
    struct trkx_onnx file;
    (void)state;
    struct trkx_findings changes = repair(build_old(), 18, &file);
    assert_true(error_of(&file, "dropped") < tolerance);
    expect_sound(&file);
    trkx_findings_release(&changes);
    trkx_onnx_release(&file);
}

static void a_sound_model_is_left_as_it_is(void **state)
{
    struct trkx_onnx file;
    size_t length = 0;
    (void)state;
    const Onnx__ModelProto *model = build_small(&(struct small){.opset = 16, .reduction = "add"});
    uint8_t *before = build_pack(model, &length), *after = malloc(length);
    struct trkx_findings changes = repair(model, 0, &file);
    assert_int_equal(changes.count, 0);
    assert_int_equal(onnx__model_proto__get_packed_size(file.model), length);
    onnx__model_proto__pack(file.model, after);
    assert_memory_equal(after, before, length);
    trkx_onnx_release(&file);
    free(before);
    free(after);
}

static void the_default_gnn_is_left_as_it_is(void **state)
{
    struct trkx_onnx file;
    struct trkx_findings changes = {0};
    (void)state;
    assert_int_equal(trkx_onnx_read("models/default/gnn.onnx", &file, NULL), TRKX_OK);
    assert_int_equal(trkx_onnx_repair(&file, NULL, 0, &changes, NULL), TRKX_OK);
    assert_int_equal(changes.count, 0);
    trkx_onnx_release(&file);
}

/* As exported, and where it lacks its reduction as well. */
static void a_scatter_nd_is_put_in_order(void **state)
{
    static const char *const reductions[] = {"add", NULL};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct trkx_onnx file;
        struct small choice = {.opset = 16, .scatter = "ScatterND", .reduction = reductions[i]};
        struct trkx_findings changes = repair(build_small(&choice), 0, &file);
        assert_int_equal(count_changes(&changes, "scatter-order"), 1);
        assert_true(error_of(&file, "score") < tolerance);
        expect_sound(&file);
        trkx_findings_release(&changes);
        trkx_onnx_release(&file);
    }
}

/* Names that the repair would make up are taken. */
static void names_do_not_clash(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){.opset = 12});
    struct trkx_onnx file;
    (void)state;
    build_node(model, "Relu", "h", "trkx_axes_0");
    build_node(model, "Relu", "h", "trkx_split_1");
    struct trkx_findings changes = repair(model, 0, &file);
    assert_true(error_of(&file, "score") < tolerance);
    trkx_findings_release(&changes);
    trkx_onnx_release(&file);
}

static void fixed_axes_are_freed(void **state)
{
    struct small choice = {.opset = 16, .reduction = "add", .nodes = "31", .edges = "47"};
    Onnx__ModelProto *model = build_small(&choice);
    struct trkx_onnx file;
    (void)state;
    model->graph->value_info = build_take(sizeof(void *));
    BUILD_APPEND(model->graph->value_info, model->graph->n_value_info,
                 build_info("h", FLOAT32, (const char *[]){"31", "4", NULL}));
    struct trkx_findings changes = repair(model, 0, &file);
    assert_int_equal(count_changes(&changes, "fixed-axis"), 3);
    assert_int_equal(file.model->graph->n_value_info, 0);
    assert_true(error_of(&file, "score") < tolerance);
    expect_sound(&file);
    trkx_findings_release(&changes);
    trkx_onnx_release(&file);
}

/* Where the graph depends on it: rows that are written into the model, or an operator whose shape is not
 * known. */
static void an_axis_that_the_graph_depends_on_stays(void **state)
{
    struct trkx_onnx file;
    (void)state;
    struct trkx_findings changes = repair(
        build_small(&(struct small){.opset = 16, .reduction = "add", .nodes = "31", .rows = 31}), 0, &file);
    assert_int_equal(changes.count, 0);
    trkx_onnx_release(&file);
    Onnx__ModelProto *model = build_small(&(struct small){.opset = 16, .reduction = "add", .nodes = "31"});
    build_node(model, "Frobnicate", "h", "odd");
    changes = repair(model, 0, &file);
    assert_int_equal(changes.count, 0);
    trkx_onnx_release(&file);
}

/* ---- what is refused -------------------------------------------------------------------------------- */

static void expect_refusal(const Onnx__ModelProto *model, int64_t opset, enum trkx_status status,
                           const char *text)
{
    struct trkx_onnx file;
    struct trkx_findings changes = {0};
    trkx_error error = {TRKX_OK, ""};
    build_file(model, &file);
    assert_int_equal(trkx_onnx_repair(&file, NULL, opset, &changes, &error), status);
    if (strstr(error.message, text) == NULL) fail_msg("\"%s\"", error.message);
    trkx_findings_release(&changes);
    trkx_onnx_release(&file);
}

static void what_cannot_be_converted_is_refused(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){.opset = 12});
    (void)state;
    build_node(model, "Upsample", "h", "up");
    expect_refusal(model, 0, TRKX_ERROR_MODEL, "built.onnx: node up: Upsample cannot be converted");
    model = build_small(&(struct small){.opset = 12});
    build_integer(build_node(model, "Softmax", "pair", "soft"), "axis", 0);
    expect_refusal(model, 0, TRKX_ERROR_MODEL, "node soft: Softmax over several axes");
    model = build_small(&(struct small){.opset = 12});
    build_node(model, "BatchNormalization", "h w0 b0 w1 w2", "normal mean_ var_");
    expect_refusal(model, 0, TRKX_ERROR_MODEL, "node normal: BatchNormalization for training");
    model = build_small(&(struct small){.opset = 12});
    build_attribute(build_node(model, "If", "h", "branch"), "then_branch", 5)->g =
        BUILD(Onnx__GraphProto, ONNX__GRAPH_PROTO__INIT);
    expect_refusal(model, 0, TRKX_ERROR_MODEL, "node branch: If with its own graph");
    model = build_small(&(struct small){.opset = 9});
    build_integer(build_node(model, "TopK", "h", "best"), "k", 2);
    expect_refusal(model, 0, TRKX_ERROR_MODEL, "node best: TopK of so old");
    expect_refusal(build_small(&(struct small){.opset = 8}), 0, TRKX_ERROR_MODEL, "operator set 8");
    model = build_small(&(struct small){.opset = 12});
    model->functions = build_take(sizeof(void *));
    BUILD_APPEND(model->functions, model->n_functions,
                 BUILD(Onnx__FunctionProto, ONNX__FUNCTION_PROTO__INIT));
    expect_refusal(model, 0, TRKX_ERROR_MODEL, "its own functions");
}

static void an_operator_set_of_the_future_is_refused(void **state)
{
    (void)state;
    expect_refusal(build_small(&(struct small){.opset = 12}), 19, TRKX_ERROR_ARGUMENT, "operator set 19");
}

/* A Softmax over the last axis means the same before and after set 13. */
static void a_softmax_over_the_last_axis_is_converted(void **state)
{
    Onnx__ModelProto *model = build_small(&(struct small){.opset = 12});
    struct trkx_onnx file;
    (void)state;
    build_node(model, "Softmax", "pair", "soft"); /* axis 1 of 2 by default */
    struct trkx_findings changes = repair(model, 0, &file);
    const Onnx__NodeProto *node = file.model->graph->node[file.model->graph->n_node - 1];
    assert_int_equal(trkx_onnx_integer(node, "axis", 0), -1);
    assert_true(error_of(&file, "score") < tolerance);
    trkx_findings_release(&changes);
    trkx_onnx_release(&file);
}

/* Whatever was changed before memory ran out can be released. */
static void every_allocation_may_fail(void **state)
{
    static const struct small choices[] = {{.opset = 9, .scatter = "Scatter", .nodes = "31"},
                                           {.opset = 16, .scatter = "ScatterND"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        enum trkx_status status = TRKX_ERROR_MEMORY;
        for (long after = 0; status != TRKX_OK; after++) {
            struct trkx_onnx file;
            struct trkx_findings changes = {0};
            trkx_error error;
            build_file(build_small(&choices[i]), &file);
            trkx_memory_fail_after(after);
            status = trkx_onnx_repair(&file, NULL, 18, &changes, &error);
            trkx_memory_fail_after(-1);
            if (status != TRKX_OK) assert_int_equal(status, TRKX_ERROR_MEMORY);
            trkx_findings_release(&changes);
            trkx_onnx_release(&file);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overwriting_scatter_is_mended),
        cmocka_unit_test(every_operator_set_is_converted_to_every_newer_one),
        cmocka_unit_test(a_model_of_operator_set_9_is_converted),
        cmocka_unit_test(a_sound_model_is_left_as_it_is),
        cmocka_unit_test(the_default_gnn_is_left_as_it_is),
        cmocka_unit_test(a_scatter_nd_is_put_in_order),
        cmocka_unit_test(names_do_not_clash),
        cmocka_unit_test(fixed_axes_are_freed),
        cmocka_unit_test(an_axis_that_the_graph_depends_on_stays),
        cmocka_unit_test(what_cannot_be_converted_is_refused),
        cmocka_unit_test(an_operator_set_of_the_future_is_refused),
        cmocka_unit_test(a_softmax_over_the_last_axis_is_converted),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_graph, NULL);
}
