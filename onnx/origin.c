/* Follows a value back to the node that computes it. */
#include "onnx/origin.h"

/* Operators that only rearrange their input. */
static bool hands_on(const Onnx__NodeProto *node)
{
    static const char *const names[] = {"Squeeze", "Unsqueeze", "Reshape", "Flatten", "Identity",
                                        "Cast",    "Transpose", "Gather",  "Slice",   "Clip"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (trkx_onnx_is(node, names[i])) return true;
    return false;
}

static const Onnx__NodeProto *maker(const struct trkx_onnx_graph *graph, const char *name)
{
    const struct trkx_onnx_value *value = trkx_onnx_value(graph, name);
    return value == NULL ? NULL : value->node;
}

/* 1 / (1 + exp(-x)), written out: the exponential in either term. */
static bool written_out(const struct trkx_onnx_graph *graph, const Onnx__NodeProto *node)
{
    bool divides = trkx_onnx_is(node, "Div");
    if (!divides && !trkx_onnx_is(node, "Reciprocal")) return false;
    if (divides && trkx_onnx_constant(graph, trkx_onnx_input(node, 0)) == NULL) return false;
    const Onnx__NodeProto *sum = maker(graph, trkx_onnx_input(node, divides ? 1 : 0));
    if (sum == NULL || !trkx_onnx_is(sum, "Add")) return false;
    for (size_t i = 0; i < 2; i++) {
        const Onnx__NodeProto *term = maker(graph, trkx_onnx_input(sum, i));
        if (term != NULL && trkx_onnx_is(term, "Exp")) return true;
    }
    return false;
}

const Onnx__NodeProto *trkx_origin(const struct trkx_onnx_graph *graph, const char *name)
{
    const Onnx__NodeProto *node = maker(graph, name);
    for (size_t steps = 0; node != NULL && hands_on(node) && steps < graph->count; steps++)
        node = maker(graph, trkx_onnx_input(node, 0));
    return node;
}

bool trkx_ends_in_sigmoid(const struct trkx_onnx_graph *graph, const char *output)
{
    const Onnx__NodeProto *node = trkx_origin(graph, output);
    return node != NULL &&
           (trkx_onnx_is(node, "Sigmoid") || trkx_onnx_is(node, "HardSigmoid") || written_out(graph, node));
}
