/* Recognises scatters, and what they do with repeated indices. */
#include "onnx/scatter.h"

bool trkx_scatters(const Onnx__NodeProto *node)
{
    return trkx_onnx_is(node, "ScatterElements") || trkx_onnx_is(node, "ScatterND") ||
           trkx_onnx_is(node, "Scatter");
}

static bool reduces(const Onnx__NodeProto *node)
{
    return !trkx_onnx_string_is(node, "reduction", "") && !trkx_onnx_string_is(node, "reduction", "none");
}

int64_t trkx_scatter_opset(const Onnx__NodeProto *node)
{
    if (!trkx_scatters(node) || !reduces(node)) return 0;
    bool extrema =
        trkx_onnx_string_is(node, "reduction", "max") || trkx_onnx_string_is(node, "reduction", "min");
    return extrema ? TRKX_OPSET_EXTREMA : TRKX_OPSET_REDUCTION;
}

enum trkx_scatter trkx_scatter_kind(const struct trkx_subject *subject, const Onnx__NodeProto *node)
{
    if (!trkx_scatters(node)) return TRKX_SCATTER_FINE;
    const struct trkx_shape *data =
        trkx_onnx_shape(&subject->graph, &subject->shapes, trkx_onnx_input(node, 0));
    const struct trkx_shape *index =
        trkx_onnx_shape(&subject->graph, &subject->shapes, trkx_onnx_input(node, 1));
    if (!index->index) return TRKX_SCATTER_FINE;
    if (reduces(node)) return trkx_onnx_is(node, "ScatterND") ? TRKX_SCATTER_UNORDERED : TRKX_SCATTER_FINE;
    return data->zero ? TRKX_SCATTER_OVERWRITES : TRKX_SCATTER_AMBIGUOUS;
}

bool trkx_scatters_rows(const struct trkx_subject *subject, const Onnx__NodeProto *node)
{
    const struct trkx_shape *of[3];
    if (!trkx_onnx_is(node, "ScatterND") || node->n_input != 3) return false;
    for (size_t i = 0; i < 3; i++) of[i] = trkx_onnx_shape(&subject->graph, &subject->shapes, node->input[i]);
    return of[0]->rank == 2 && of[1]->rank == 2 && of[2]->rank == 2 && trkx_is(of[1]->extents[1], 1);
}
