/* Infers shapes of constants and of operators that rearrange, join and split. */
#include "onnx/infer_arrange.h"

#include <string.h>

#include "onnx/tensor.h"

enum { INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64 };

/* ---- shapes and constants ------------------------------------------------------------------------------ */

static void make_vector(struct trkx_shape *out, int length)
{
    out->rank = 1;
    out->extents[0] = trkx_fixed(length);
    out->type = INT64;
}

void trkx_infer_shape(struct trkx_inference *step)
{
    const struct trkx_shape *of = trkx_in(step, 0);
    if (of->rank < 0) return;
    int start = trkx_clamp(trkx_onnx_integer(step->node, "start", 0), of->rank);
    int end = trkx_clamp(trkx_onnx_integer(step->node, "end", of->rank), of->rank);
    int length = end > start ? end - start : 0;
    make_vector(step->out, length);
    step->out->values_count = length;
    for (int i = 0; i < length; i++) step->out->values[i] = of->extents[start + i];
}

void trkx_infer_size(struct trkx_inference *step)
{
    step->out->rank = 0;
    step->out->type = INT64;
    step->out->values_count = 1;
    step->out->values[0] = trkx_shape_elements(trkx_in(step, 0));
}

/* The shape described by a tensor of values: its extents, or at least its rank. */
static struct trkx_shape shape_from(const struct trkx_shape *values)
{
    struct trkx_shape shape = trkx_unknown_shape;
    struct trkx_extent length = values->rank == 1 ? values->extents[0] : trkx_unknown;
    if (values->values_count >= 0) {
        shape.rank = values->values_count;
        memcpy(shape.extents, values->values, sizeof shape.extents);
    } else if (trkx_is_fixed(length) && length.count >= 0 && length.count <= TRKX_MAX_RANK) {
        shape.rank = (int)length.count;
    }
    return shape;
}

static void fill_values(struct trkx_shape *out, const Onnx__TensorProto *value)
{
    int64_t filling = 0;
    struct trkx_extent elements = trkx_shape_elements(out);
    if (out->rank > 1 || !trkx_is_fixed(elements) || elements.count < 0 || elements.count > TRKX_MAX_VALUES)
        return;
    if (trkx_onnx_tensor_integers(value, &filling, 1) != 1) return;
    out->values_count = (int)elements.count;
    for (int i = 0; i < out->values_count; i++) out->values[i] = trkx_fixed(filling);
}

void trkx_infer_constant_of_shape(struct trkx_inference *step)
{
    const Onnx__AttributeProto *value = trkx_onnx_attribute(step->node, "value");
    *step->out = shape_from(trkx_in(step, 0));
    if (value == NULL || value->t == NULL) {
        step->out->type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
        step->out->zero = true;
    } else {
        step->out->type = value->t->data_type;
        step->out->zero = trkx_onnx_tensor_zero(value->t);
        fill_values(step->out, value->t);
    }
}

void trkx_infer_range(struct trkx_inference *step)
{
    struct trkx_shape start = *trkx_in(step, 0), limit = *trkx_in(step, 1), by = *trkx_in(step, 2);
    step->out->rank = 1;
    step->out->type = start.type;
    if (start.values_count == 1 && limit.values_count == 1 && by.values_count == 1)
        step->out->extents[0] =
            trkx_extent_divide(trkx_extent_subtract(limit.values[0], start.values[0]), by.values[0]);
}

void trkx_infer_expand(struct trkx_inference *step)
{
    struct trkx_shape to = shape_from(trkx_in(step, 1));
    trkx_broadcast(step, trkx_in(step, 0), &to, step->out);
    trkx_carry(trkx_in(step, 0), step->out);
}

/* ---- rearranging --------------------------------------------------------------------------------------- */

/* Reshape's extent of -1: the number of elements divided by the other extents. */
static struct trkx_extent rest_of(struct trkx_extent elements, const struct trkx_shape *out, int rest)
{
    for (int i = 0; i < out->rank; i++)
        if (i != rest) elements = trkx_extent_divide(elements, out->extents[i]);
    return elements;
}

static bool all_fixed(const struct trkx_shape *shape)
{
    for (int i = 0; i < shape->rank; i++)
        if (!trkx_is_fixed(shape->extents[i])) return false;
    return shape->rank >= 0;
}

void trkx_infer_reshape(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    struct trkx_shape list = trkx_in_list(step, "shape", 1), to = shape_from(&list);
    struct trkx_extent elements = trkx_shape_elements(from);
    int rest = -1;
    for (int i = 0; i < to.rank; i++) {
        if (trkx_is(to.extents[i], -1)) rest = i;
        if (trkx_is(to.extents[i], 0)) to.extents[i] = i < from->rank ? from->extents[i] : trkx_unknown;
    }
    if (rest >= 0)
        to.extents[rest] = rest_of(elements, &to, rest);
    else if (trkx_grows(elements) && to.rank > 0 && all_fixed(&to))
        trkx_meets_fixed(step, to.extents[0], elements);
    *step->out = to;
    trkx_carry(from, step->out);
    if (to.rank <= 1) trkx_carry_values(from, step->out);
}

void trkx_infer_flatten(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    int64_t axis = trkx_onnx_integer(step->node, "axis", 1);
    if (from->rank < 0) return;
    int split = trkx_clamp(axis, from->rank);
    step->out->rank = 2;
    step->out->extents[0] = trkx_extent_product(from->extents, split);
    step->out->extents[1] = trkx_extent_product(from->extents + split, from->rank - split);
    trkx_carry(from, step->out);
}

void trkx_infer_transpose(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    const Onnx__AttributeProto *order = trkx_onnx_attribute(step->node, "perm");
    if (from->rank < 0 || (order != NULL && order->n_ints != (size_t)from->rank)) return;
    step->out->rank = from->rank;
    for (int i = 0; i < from->rank; i++) {
        int axis = order == NULL ? from->rank - 1 - i : trkx_axis(order->ints[i], from->rank);
        step->out->extents[i] = axis < 0 ? trkx_unknown : from->extents[axis];
    }
    trkx_carry(from, step->out);
}

void trkx_infer_squeeze(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    struct trkx_shape axes = trkx_in_list(step, "axes", 1);
    bool gone[TRKX_MAX_RANK], given = axes.values_count != 0;
    if (from->rank < 0 || !trkx_mark_axes(&axes, from->rank, gone)) return;
    step->out->rank = 0;
    for (int i = 0; i < from->rank; i++)
        if (given ? !gone[i] : !trkx_is(from->extents[i], 1)) trkx_append(step->out, from->extents[i]);
    trkx_carry_values(from, step->out);
}

void trkx_infer_unsqueeze(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    struct trkx_shape axes = trkx_in_list(step, "axes", 1);
    bool added[TRKX_MAX_RANK];
    int rank = from->rank + axes.values_count, next = 0;
    if (from->rank < 0 || axes.values_count < 0 || rank > TRKX_MAX_RANK ||
        !trkx_mark_axes(&axes, rank, added))
        return;
    step->out->rank = rank;
    for (int i = 0; i < rank; i++)
        step->out->extents[i] = added[i]            ? trkx_fixed(1)
                                : next < from->rank ? from->extents[next++]
                                                    : trkx_unknown;
    if (rank <= 1)
        trkx_carry_values(from, step->out);
    else
        trkx_carry(from, step->out);
}

void trkx_infer_tile(struct trkx_inference *step)
{
    const struct trkx_shape *repeats = trkx_in(step, 1);
    *step->out = *trkx_in(step, 0);
    step->out->values_count = -1;
    for (int i = 0; i < step->out->rank; i++)
        step->out->extents[i] = repeats->values_count == step->out->rank
                                    ? trkx_extent_multiply(step->out->extents[i], repeats->values[i])
                                    : trkx_unknown;
}

/* ---- joining and splitting ----------------------------------------------------------------------------- */

static void join_values(struct trkx_shape *out, const struct trkx_shape *next, bool first)
{
    int before = first ? 0 : out->values_count;
    bool known = before >= 0 && next->values_count >= 0 && next->rank == 1 &&
                 before + next->values_count <= TRKX_MAX_VALUES;
    for (int i = 0; known && i < next->values_count; i++) out->values[before + i] = next->values[i];
    out->values_count = known ? before + next->values_count : -1;
}

void trkx_infer_concat(struct trkx_inference *step)
{
    const struct trkx_shape *first = trkx_in(step, 0);
    int axis = trkx_axis(trkx_onnx_integer(step->node, "axis", 0), first->rank);
    if (axis < 0) return;
    struct trkx_shape out = *first;
    join_values(&out, first, true);
    for (size_t i = 1; i < step->node->n_input; i++) {
        const struct trkx_shape *next = trkx_in(step, i);
        if (next->rank != out.rank) return;
        for (int j = 0; j < out.rank; j++)
            out.extents[j] = j == axis ? trkx_extent_add(out.extents[j], next->extents[j])
                                       : trkx_meet(step, out.extents[j], next->extents[j]);
        out.zero = out.zero && next->zero;
        out.index = out.index || next->index;
        join_values(&out, next, false);
    }
    *step->out = out;
}

void trkx_infer_split(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    struct trkx_shape sizes = trkx_in_list(step, "split", 1);
    int axis = trkx_axis(trkx_onnx_integer(step->node, "axis", 0), from->rank);
    size_t parts = step->node->n_output;
    if (axis < 0) return;
    for (size_t i = 0; i < parts && i < TRKX_MAX_OUTPUTS; i++) {
        struct trkx_shape *part = &step->out[i];
        *part = *from;
        part->values_count = -1;
        part->extents[axis] = sizes.values_count == 0
                                  ? trkx_extent_divide(from->extents[axis], trkx_fixed((int64_t)parts))
                              : (int)i < sizes.values_count ? sizes.values[i]
                                                            : trkx_unknown;
    }
}

/* start:end:by on one axis. */
static struct trkx_extent sliced(struct trkx_extent extent, struct trkx_extent start, struct trkx_extent end,
                                 struct trkx_extent by)
{
    bool to_the_end = trkx_same(end, extent) || (trkx_is_fixed(end) && end.count >= INT32_MAX);
    if (!trkx_is(by, 1)) return trkx_unknown;
    if (trkx_is(start, 0) && to_the_end) return extent;
    if (trkx_same(extent, trkx_extent_add(end, end)) && trkx_is(start, 0)) return end; /* the first half */
    if (to_the_end && trkx_same(extent, trkx_extent_add(start, start))) return start;  /* the second half */
    if (!trkx_is_fixed(extent) || !trkx_is_fixed(start) || !trkx_is_fixed(end)) return trkx_unknown;
    if (extent.count < 0 || extent.count > INT32_MAX) return trkx_unknown;
    int first = trkx_clamp(start.count, (int)extent.count), last = trkx_clamp(end.count, (int)extent.count);
    return trkx_fixed(last > first ? last - first : 0);
}

static void slice_values(const struct trkx_shape *from, struct trkx_extent start, struct trkx_shape *out)
{
    struct trkx_extent length = out->extents[0];
    bool known =
        from->values_count >= 0 && trkx_is_fixed(start) && trkx_is_fixed(length) && length.count >= 0;
    int first = known ? trkx_clamp(start.count, from->values_count) : 0;
    out->values_count = known && first + length.count <= from->values_count ? (int)length.count : -1;
    for (int i = 0; i < out->values_count; i++) out->values[i] = from->values[first + i];
}

static struct trkx_extent or_default(const struct trkx_shape *list, int i, int64_t otherwise)
{
    return list->values_count == 0  ? trkx_fixed(otherwise)
           : i < list->values_count ? list->values[i]
                                    : trkx_unknown;
}

void trkx_infer_slice(struct trkx_inference *step)
{
    const struct trkx_shape *from = trkx_in(step, 0);
    struct trkx_shape starts = trkx_in_list(step, "starts", 1), ends = trkx_in_list(step, "ends", 2);
    struct trkx_shape axes = trkx_in_list(step, "axes", 3), by = trkx_in_list(step, "steps", 4);
    struct trkx_shape out = *from;
    out.values_count = -1;
    if (from->rank < 0 || starts.values_count < 0) return;
    for (int i = 0; i < starts.values_count; i++) {
        struct trkx_extent which = or_default(&axes, i, i);
        int axis = trkx_is_fixed(which) ? trkx_axis(which.count, from->rank) : -1;
        if (axis < 0) return;
        out.extents[axis] = sliced(from->extents[axis], starts.values[i], or_default(&ends, i, INT64_MAX),
                                   or_default(&by, i, 1));
    }
    if (from->rank == 1 && starts.values_count == 1) slice_values(from, starts.values[0], &out);
    *step->out = out;
}
