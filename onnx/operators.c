#include "onnx/operators.h"

#include <string.h>

#include "onnx/infer.h"

/* By name, for the search. */
static const struct trkx_operator operators[] = {
    {"Abs", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Add", trkx_infer_add, TRKX_WORK_OUTPUT},
    {"And", trkx_infer_compare, TRKX_WORK_OUTPUT},
    {"ArgMax", trkx_infer_arg, TRKX_WORK_INPUT},
    {"ArgMin", trkx_infer_arg, TRKX_WORK_INPUT},
    {"Atan", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"BatchNormalization", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Cast", trkx_infer_cast, TRKX_WORK_NONE},
    {"Ceil", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Celu", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Clip", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Concat", trkx_infer_concat, TRKX_WORK_NONE},
    {"ConstantOfShape", trkx_infer_constant_of_shape, TRKX_WORK_NONE},
    {"Cos", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"CumSum", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Div", trkx_infer_divide, TRKX_WORK_OUTPUT},
    {"Dropout", trkx_infer_same, TRKX_WORK_NONE},
    {"Elu", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Equal", trkx_infer_compare, TRKX_WORK_OUTPUT},
    {"Erf", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Exp", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Expand", trkx_infer_expand, TRKX_WORK_NONE},
    {"Flatten", trkx_infer_flatten, TRKX_WORK_NONE},
    {"Floor", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Gather", trkx_infer_gather, TRKX_WORK_NONE},
    {"GatherElements", trkx_infer_gather_elements, TRKX_WORK_NONE},
    {"GatherND", trkx_infer_gather_nd, TRKX_WORK_NONE},
    {"Gelu", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Gemm", trkx_infer_gemm, TRKX_WORK_PRODUCT},
    {"Greater", trkx_infer_compare, TRKX_WORK_OUTPUT},
    {"GreaterOrEqual", trkx_infer_compare, TRKX_WORK_OUTPUT},
    {"HardSigmoid", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Identity", trkx_infer_copy, TRKX_WORK_NONE},
    {"InstanceNormalization", trkx_infer_same, TRKX_WORK_NORM},
    {"IsNaN", trkx_infer_truth, TRKX_WORK_OUTPUT},
    {"LayerNormalization", trkx_infer_same, TRKX_WORK_NORM},
    {"LeakyRelu", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Less", trkx_infer_compare, TRKX_WORK_OUTPUT},
    {"LessOrEqual", trkx_infer_compare, TRKX_WORK_OUTPUT},
    {"Log", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"LogSoftmax", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"MatMul", trkx_infer_matmul, TRKX_WORK_PRODUCT},
    {"Max", trkx_infer_many, TRKX_WORK_OUTPUT},
    {"Mean", trkx_infer_many, TRKX_WORK_OUTPUT},
    {"Min", trkx_infer_many, TRKX_WORK_OUTPUT},
    {"Mish", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Mod", trkx_infer_two, TRKX_WORK_OUTPUT},
    {"Mul", trkx_infer_multiply, TRKX_WORK_OUTPUT},
    {"Neg", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Not", trkx_infer_truth, TRKX_WORK_OUTPUT},
    {"Or", trkx_infer_compare, TRKX_WORK_OUTPUT},
    {"PRelu", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Pow", trkx_infer_two, TRKX_WORK_OUTPUT},
    {"Range", trkx_infer_range, TRKX_WORK_NONE},
    {"Reciprocal", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"ReduceL1", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"ReduceL2", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"ReduceLogSum", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"ReduceLogSumExp", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"ReduceMax", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"ReduceMean", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"ReduceMin", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"ReduceProd", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"ReduceSum", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"ReduceSumSquare", trkx_infer_reduce, TRKX_WORK_INPUT},
    {"Relu", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Reshape", trkx_infer_reshape, TRKX_WORK_NONE},
    {"Round", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Scatter", trkx_infer_scatter, TRKX_WORK_UPDATES},
    {"ScatterElements", trkx_infer_scatter, TRKX_WORK_UPDATES},
    {"ScatterND", trkx_infer_scatter, TRKX_WORK_UPDATES},
    {"Selu", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Shape", trkx_infer_shape, TRKX_WORK_NONE},
    {"Sigmoid", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Sign", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Sin", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Size", trkx_infer_size, TRKX_WORK_NONE},
    {"Slice", trkx_infer_slice, TRKX_WORK_NONE},
    {"Softmax", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Softplus", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Softsign", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Split", trkx_infer_split, TRKX_WORK_NONE},
    {"Sqrt", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Squeeze", trkx_infer_squeeze, TRKX_WORK_NONE},
    {"Sub", trkx_infer_subtract, TRKX_WORK_OUTPUT},
    {"Sum", trkx_infer_many, TRKX_WORK_OUTPUT},
    {"Tan", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Tanh", trkx_infer_same, TRKX_WORK_OUTPUT},
    {"Tile", trkx_infer_tile, TRKX_WORK_NONE},
    {"Transpose", trkx_infer_transpose, TRKX_WORK_NONE},
    {"Unsqueeze", trkx_infer_unsqueeze, TRKX_WORK_NONE},
    {"Where", trkx_infer_where, TRKX_WORK_OUTPUT},
    {"Xor", trkx_infer_compare, TRKX_WORK_OUTPUT},
};

const struct trkx_operator *trkx_onnx_operator(const Onnx__NodeProto *node)
{
    size_t low = 0, high = sizeof operators / sizeof *operators;
    if (!trkx_onnx_own_domain(node->domain)) return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(trkx_onnx_text(node->op_type), operators[middle].name);
        if (order == 0) return &operators[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

void trkx_onnx_infer(struct trkx_inference *step, struct trkx_shape *out)
{
    const struct trkx_operator *known = trkx_onnx_operator(step->node);
    step->out = out;
    if (known != NULL) known->infer(step);
}
