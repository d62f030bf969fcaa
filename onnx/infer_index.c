/* Infers shapes of operators that gather and scatter, reduce and multiply. */
#include "onnx/infer_index.h"

enum { INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64 };

/* ---- gathering and scattering -------------------------------------------------------------------------- */

static void gather_values(const struct trkx_shape *from, const struct trkx_shape *index,
                          struct trkx_shape *out)
{
    if (from->values_count < 0 || index->values_count < 0) return;
    for (int i = 0; i < index->values_count; i++) {
        int at = trkx_is_fixed(index->values[i]) ? trkx_axis(index->values[i].count, from->values_count) : -1;
        out->values[i] = at < 0 ? trkx_unknown : from->values[at];
    }
    out->values_count = index->values_count;
}

void trkx_infer_gather(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0), *index = trkx_in(step, 1);
    int axis = trkx_axis(trkx_onnx_integer(step->node, "axis", 0), from->rank);
    if (axis < 0 || index->rank < 0) return;
    step->out->rank = 0;
    for (int i = 0; i < axis; i++) trkx_append(step->out, from->extents[i]);
    for (int i = 0; i < index->rank; i++) trkx_append(step->out, index->extents[i]);
    for (int i = axis + 1; i < from->rank; i++) trkx_append(step->out, from->extents[i]);
    trkx_carry(from, step->out);
    if (from->rank == 1) gather_values(from, index, step->out);
}

void trkx_infer_gather_elements(struct trkx_inference *step)
{
    *step->out = *trkx_in(step, 1);
    step->out->values_count = -1;
    trkx_carry(trkx_in(step, 0), step->out);
}

void trkx_infer_gather_nd(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0), *index = trkx_in(step, 1);
    if (from->rank < 0 || index->rank < 1 || trkx_onnx_integer(step->node, "batch_dims", 0) != 0) return;
    struct trkx_extent depth = index->extents[index->rank - 1];
    if (!trkx_is_fixed(depth) || depth.count < 1 || depth.count > from->rank) return;
    step->out->rank = 0;
    for (int i = 0; i + 1 < index->rank; i++) trkx_append(step->out, index->extents[i]);
    for (int i = (int)depth.count; i < from->rank; i++) trkx_append(step->out, from->extents[i]);
    trkx_carry(from, step->out);
}

/* Rows of edges scattered into a number of rows written into the model: a conflict. From here on the rows are
 * taken to be nodes, so that consequences are not reported too. */
void trkx_infer_scatter(struct trkx_inference *step)
{
    const struct trkx_shape *data = trkx_in(step, 0), *index = trkx_in(step, 1);
    const struct trkx_extent nodes = {TRKX_PER_NODE, 1};
    int64_t axis = trkx_onnx_is(step->node, "ScatterND") ? 0 : trkx_onnx_integer(step->node, "axis", 0);
    int rows = trkx_axis(axis, data->rank);
    *step->out = *data;
    step->out->values_count = -1;
    step->out->zero = step->out->index = false;
    if (rows >= 0 && index->index && index->rank > 0 && index->extents[0].per == TRKX_PER_EDGE &&
        trkx_is_fixed(data->extents[rows])) {
        trkx_meets_fixed(step, data->extents[rows], nodes);
        step->out->extents[rows] = nodes;
    }
}

/* ---- reducing ------------------------------------------------------------------------------------------ */

static void reduce(struct trkx_inference *step, const bool *gone)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    bool keep = trkx_onnx_integer(step->node, "keepdims", 1) == 1;
    step->out->rank = 0;
    step->out->type = from->type;
    for (int i = 0; i < from->rank; i++)
        if (!gone[i])
            trkx_append(step->out, from->extents[i]);
        else if (keep)
            trkx_append(step->out, trkx_fixed(1));
}

void trkx_infer_reduce(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    struct trkx_shape axes = trkx_in_list(step, "axes", 1);
    bool gone[TRKX_MAX_RANK];
    if (from->rank < 0 || !trkx_mark_axes(&axes, from->rank, gone)) return;
    bool all = axes.values_count == 0 && trkx_onnx_integer(step->node, "noop_with_empty_axes", 0) == 0;
    for (int i = 0; all && i < from->rank; i++) gone[i] = true;
    reduce(step, gone);
}

void trkx_infer_arg(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    bool gone[TRKX_MAX_RANK] = {false};
    int axis = trkx_axis(trkx_onnx_integer(step->node, "axis", 0), from->rank);
    if (axis < 0) return;
    gone[axis] = true;
    reduce(step, gone);
    step->out->type = INT64;
}

/* ---- matrix products ----------------------------------------------------------------------------------- */

void trkx_infer_matmul(struct trkx_inference *step)
{
    const struct trkx_shape *a = trkx_in(step, 0), *b = trkx_in(step, 1);
    struct trkx_shape batch_a, batch_b;
    if (a->rank < 2 || b->rank < 2) return;
    batch_a = *a, batch_b = *b;
    batch_a.rank -= 2, batch_b.rank -= 2;
    trkx_broadcast(step, &batch_a, &batch_b, step->out);
    trkx_append(step->out, a->extents[a->rank - 2]);
    trkx_append(step->out, b->extents[b->rank - 1]);
    step->out->index = false;
}

void trkx_infer_gemm(struct trkx_inference *step)
{
    const struct trkx_shape *a = trkx_in(step, 0), *b = trkx_in(step, 1);
    if (a->rank != 2 || b->rank != 2) return;
    bool turned_a = trkx_onnx_integer(step->node, "transA", 0) != 0;
    bool turned_b = trkx_onnx_integer(step->node, "transB", 0) != 0;
    step->out->rank = 2;
    step->out->type = a->type;
    step->out->extents[0] = a->extents[turned_a ? 1 : 0];
    step->out->extents[1] = b->extents[turned_b ? 0 : 1];
}

struct trkx_extent trkx_onnx_inner(const struct trkx_onnx_graph *graph, const struct trkx_shapes *shapes,
                                   const Onnx__NodeProto *node)
{
    const struct trkx_shape *a = trkx_onnx_shape(graph, shapes, trkx_onnx_input(node, 0));
    if (a->rank < 2) return trkx_unknown;
    bool turned = trkx_onnx_is(node, "Gemm") && trkx_onnx_integer(node, "transA", 0) != 0;
    return a->extents[turned ? a->rank - 2 : a->rank - 1];
}
