/* Rewrites nodes whose operators changed between operator sets. */
#include "onnx/convert.h"

#include <string.h>

#include "core/error.h"

enum { NAME = 64, EARLIEST_IR = 8 }; /* the format version introduced with operator set 16 */

/* A conversion under way. */
struct conversion {
    struct trkx_edit *edit;
    const struct trkx_subject *subject;
    Onnx__NodeProto *node; /* the one being converted */
    trkx_error *error;
};

static enum trkx_status refuse(const struct conversion *conversion, const char *why)
{
    return trkx_fail(conversion->error, TRKX_ERROR_MODEL, "%s: node %s: %s %s",
                     conversion->subject->file->path, trkx_onnx_node_name(conversion->node),
                     trkx_onnx_text(conversion->node->op_type), why);
}

/* ---- what changes ----------------------------------------------------------------------------------- */

/* A list that was an attribute becomes input i. */
static enum trkx_status list_to_input(const struct conversion *conversion, const char *name, size_t i)
{
    enum trkx_status status = TRKX_OK;
    char tensor[NAME];
    const Onnx__AttributeProto *list = trkx_onnx_attribute(conversion->node, name);
    if (list == NULL) return TRKX_OK;
    TRKX_CHECK(trkx_edit_add_integers(conversion->edit, name, list->ints, list->n_ints, tensor, sizeof tensor,
                                      conversion->error));
    TRKX_CHECK(trkx_edit_set_input(conversion->node, i, tensor, conversion->error));
    trkx_edit_drop_attribute(conversion->node, name);
cleanup:
    return status;
}

static enum trkx_status axes_to_input(const struct conversion *conversion)
{
    return list_to_input(conversion, "axes", 1);
}

static enum trkx_status split_to_input(const struct conversion *conversion)
{
    return list_to_input(conversion, "split", 1);
}

static enum trkx_status slice_to_inputs(const struct conversion *conversion)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(list_to_input(conversion, "starts", 1));
    TRKX_CHECK(list_to_input(conversion, "ends", 2));
    TRKX_CHECK(list_to_input(conversion, "axes", 3));
cleanup:
    return status;
}

static enum trkx_status bound_to_input(const struct conversion *conversion, const char *name, size_t i)
{
    enum trkx_status status = TRKX_OK;
    char tensor[NAME];
    const Onnx__AttributeProto *bound = trkx_onnx_attribute(conversion->node, name);
    if (bound == NULL) return TRKX_OK;
    TRKX_CHECK(
        trkx_edit_add_float(conversion->edit, name, bound->f, tensor, sizeof tensor, conversion->error));
    TRKX_CHECK(trkx_edit_set_input(conversion->node, i, tensor, conversion->error));
    trkx_edit_drop_attribute(conversion->node, name);
cleanup:
    return status;
}

static enum trkx_status bounds_to_inputs(const struct conversion *conversion)
{
    enum trkx_status status = bound_to_input(conversion, "min", 1);
    return status != TRKX_OK ? status : bound_to_input(conversion, "max", 2);
}

/* A Split without sizes needs the number of parts. */
static enum trkx_status name_split_outputs(const struct conversion *conversion)
{
    Onnx__NodeProto *node = conversion->node;
    if (*trkx_onnx_input(node, 1) != '\0') return TRKX_OK;
    return trkx_edit_set_integer(node, "num_outputs", (int64_t)node->n_output, conversion->error);
}

/* It normalised over all axes from `axis` (1) on, and now over that axis only (-1): the same for the last
 * axis. */
static enum trkx_status narrow_softmax(const struct conversion *conversion)
{
    Onnx__NodeProto *node = conversion->node;
    const struct trkx_shape *shape =
        trkx_onnx_shape(&conversion->subject->graph, &conversion->subject->shapes, trkx_onnx_input(node, 0));
    int64_t axis = trkx_onnx_integer(node, "axis", 1);
    if (shape->rank < 0 || (axis != -1 && axis != shape->rank - 1))
        return refuse(conversion, "over several axes cannot be converted");
    return trkx_edit_set_integer(node, "axis", -1, conversion->error);
}

/* The ratio is an input now, used in training only. */
static enum trkx_status drop_ratio(const struct conversion *conversion)
{
    trkx_edit_drop_attribute(conversion->node, "ratio");
    return TRKX_OK;
}

static enum trkx_status only_inference(const struct conversion *conversion)
{
    return conversion->node->n_output > 1 ? refuse(conversion, "for training cannot be converted") : TRKX_OK;
}

static enum trkx_status rename_scatter(const struct conversion *conversion)
{
    return trkx_edit_text(&conversion->node->op_type, "ScatterElements", conversion->error);
}

static enum trkx_status not_converted(const struct conversion *conversion)
{
    return refuse(conversion, "of so old an operator set cannot be converted");
}

/* Operators whose meaning or inputs changed in set `since`. */
static const struct {
    const char *name;
    int64_t since;
    enum trkx_status (*apply)(const struct conversion *conversion);
    const char *text; /* of the change; NULL: not reported */
} changes[] = {
    {"Slice", 10, slice_to_inputs, "bounds are inputs"},
    {"TopK", 10, not_converted, NULL},
    {"Clip", 11, bounds_to_inputs, "bounds are inputs"},
    {"Pad", 11, not_converted, NULL},
    {"Scatter", 11, rename_scatter, "renamed to ScatterElements"},
    {"Dropout", 12, drop_ratio, "ratio removed, which is for training"},
    {"LogSoftmax", 13, narrow_softmax, "over its last axis, as newer sets define it"},
    {"ReduceSum", 13, axes_to_input, "axes are an input"},
    {"Softmax", 13, narrow_softmax, "over its last axis, as newer sets define it"},
    {"Split", 13, split_to_input, "sizes are an input"},
    {"Squeeze", 13, axes_to_input, "axes are an input"},
    {"Unsqueeze", 13, axes_to_input, "axes are an input"},
    {"BatchNormalization", 14, only_inference, NULL},
    {"ReduceL1", 18, axes_to_input, "axes are an input"},
    {"ReduceL2", 18, axes_to_input, "axes are an input"},
    {"ReduceLogSum", 18, axes_to_input, "axes are an input"},
    {"ReduceLogSumExp", 18, axes_to_input, "axes are an input"},
    {"ReduceMax", 18, axes_to_input, "axes are an input"},
    {"ReduceMean", 18, axes_to_input, "axes are an input"},
    {"ReduceMin", 18, axes_to_input, "axes are an input"},
    {"ReduceProd", 18, axes_to_input, "axes are an input"},
    {"ReduceSumSquare", 18, axes_to_input, "axes are an input"},
    {"Split", 18, name_split_outputs, NULL},
};

/* Operators that, apart from the changes above, only gained types or optional inputs from set 9 to 18. */
static const char *const unchanged[] = {"Abs",
                                        "Acos",
                                        "Add",
                                        "And",
                                        "ArgMax",
                                        "ArgMin",
                                        "Asin",
                                        "Atan",
                                        "BatchNormalization",
                                        "Cast",
                                        "Ceil",
                                        "Celu",
                                        "Clip",
                                        "Compress",
                                        "Concat",
                                        "Constant",
                                        "ConstantOfShape",
                                        "Conv",
                                        "Cos",
                                        "Cosh",
                                        "CumSum",
                                        "Det",
                                        "Div",
                                        "Dropout",
                                        "Einsum",
                                        "Elu",
                                        "Equal",
                                        "Erf",
                                        "Exp",
                                        "Expand",
                                        "EyeLike",
                                        "Flatten",
                                        "Floor",
                                        "Gather",
                                        "GatherElements",
                                        "GatherND",
                                        "Gemm",
                                        "GlobalAveragePool",
                                        "GlobalMaxPool",
                                        "Greater",
                                        "GreaterOrEqual",
                                        "HardSigmoid",
                                        "Identity",
                                        "InstanceNormalization",
                                        "IsInf",
                                        "IsNaN",
                                        "LayerNormalization",
                                        "LeakyRelu",
                                        "Less",
                                        "LessOrEqual",
                                        "Log",
                                        "LogSoftmax",
                                        "MatMul",
                                        "Max",
                                        "Mean",
                                        "Min",
                                        "Mod",
                                        "Mul",
                                        "Neg",
                                        "NonZero",
                                        "Not",
                                        "OneHot",
                                        "Or",
                                        "PRelu",
                                        "Pad",
                                        "Pow",
                                        "Range",
                                        "Reciprocal",
                                        "ReduceL1",
                                        "ReduceL2",
                                        "ReduceLogSum",
                                        "ReduceLogSumExp",
                                        "ReduceMax",
                                        "ReduceMean",
                                        "ReduceMin",
                                        "ReduceProd",
                                        "ReduceSum",
                                        "ReduceSumSquare",
                                        "Relu",
                                        "Reshape",
                                        "Round",
                                        "Scatter",
                                        "ScatterElements",
                                        "ScatterND",
                                        "Selu",
                                        "Shape",
                                        "Sigmoid",
                                        "Sign",
                                        "Sin",
                                        "Sinh",
                                        "Size",
                                        "Slice",
                                        "Softmax",
                                        "Softplus",
                                        "Softsign",
                                        "Split",
                                        "Sqrt",
                                        "Squeeze",
                                        "Sub",
                                        "Sum",
                                        "Tan",
                                        "Tanh",
                                        "Tile",
                                        "TopK",
                                        "Transpose",
                                        "Trilu",
                                        "Unsqueeze",
                                        "Where",
                                        "Xor"};

/* ---- the model -------------------------------------------------------------------------------------- */

static bool convertible(const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < sizeof unchanged / sizeof *unchanged; i++)
        if (trkx_onnx_is(node, unchanged[i])) return true;
    return false;
}

static bool has_subgraph(const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->g != NULL || node->attribute[i]->n_graphs > 0) return true;
    return false;
}

static enum trkx_status convert_node(const struct conversion *conversion, int64_t from, int64_t to,
                                     struct trkx_findings *findings)
{
    enum trkx_status status = TRKX_OK;
    if (!trkx_onnx_own_domain(conversion->node->domain)) return TRKX_OK;
    if (has_subgraph(conversion->node)) return refuse(conversion, "with its own graph cannot be converted");
    if (!convertible(conversion->node)) return refuse(conversion, "cannot be converted");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (changes[i].since <= from || changes[i].since > to) continue;
        if (!trkx_onnx_is(conversion->node, changes[i].name)) continue;
        TRKX_CHECK(changes[i].apply(conversion));
        if (changes[i].text != NULL)
            trkx_findings_add(findings, TRKX_CHANGE, "opset", trkx_onnx_node_name(conversion->node), "",
                              "%s: %s", changes[i].name, changes[i].text);
    }
cleanup:
    return status;
}

static void set_opset(Onnx__ModelProto *model, int64_t opset)
{
    for (size_t i = 0; i < model->n_opset_import; i++)
        if (trkx_onnx_own_domain(model->opset_import[i]->domain)) {
            model->opset_import[i]->has_version = 1;
            model->opset_import[i]->version = opset;
        }
    if (model->ir_version < EARLIEST_IR) model->ir_version = EARLIEST_IR;
    model->has_ir_version = 1;
}

enum trkx_status trkx_onnx_convert(struct trkx_edit *edit, const struct trkx_subject *subject, int64_t opset,
                                   struct trkx_findings *findings, trkx_error *error)
{
    Onnx__ModelProto *model = edit->model;
    int64_t from = trkx_onnx_opset(model);
    if (from < TRKX_OPSET_OLDEST)
        return trkx_fail(error, TRKX_ERROR_MODEL,
                         "%s: operator set %lld cannot be converted, only %d and newer", subject->file->path,
                         (long long)from, TRKX_OPSET_OLDEST);
    if (model->n_functions > 0)
        return trkx_fail(error, TRKX_ERROR_MODEL, "%s: a model with its own functions cannot be converted",
                         subject->file->path);
    for (size_t i = 0; i < model->graph->n_node; i++) {
        struct conversion conversion = {edit, subject, model->graph->node[i], error};
        enum trkx_status status = convert_node(&conversion, from, opset, findings);
        if (status != TRKX_OK) return status;
    }
    set_opset(model, opset);
    trkx_findings_add(findings, TRKX_CHANGE, "opset", "", "", "operator set %lld instead of %lld",
                      (long long)opset, (long long)from);
    return TRKX_OK;
}
