#include "operators.h"

#include <string.h>

#include "tensor.h"

/* Bool has no list of its own in the schema. */
enum { BOOL = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64 };

static const struct trkx_extent unknown;
static const struct trkx_shape unknown_shape = {.rank = -1, .values_count = -1};

/* ---- reading a node --------------------------------------------------------------------------------- */

static const struct trkx_shape *input(const struct trkx_inference *step, size_t i)
{
    return trkx_onnx_shape(step->graph, step->shapes, trkx_onnx_input(step->node, i));
}

static bool has_input(const struct trkx_inference *step, size_t i)
{
    return *trkx_onnx_input(step->node, i) != '\0';
}

/* An axis counted from the front; -1 where there is no such axis. */
static int axis_of(int64_t axis, int rank)
{
    if (rank < 0) return -1;
    if (axis < 0) axis += rank;
    return axis >= 0 && axis < rank ? (int)axis : -1;
}

static void copy_integers(const Onnx__AttributeProto *attribute, struct trkx_shape *list)
{
    list->values_count = attribute->n_ints <= TRKX_MAX_VALUES ? (int)attribute->n_ints : -1;
    for (int i = 0; i < list->values_count; i++) list->values[i] = trkx_fixed(attribute->ints[i]);
}

/* A list that is an attribute in old operator sets and input i in newer ones: values_count -1 where it is
 * given but not known; 0 where it is not given. */
static struct trkx_shape list_of(const struct trkx_inference *step, const char *attribute_name, size_t i)
{
    const Onnx__AttributeProto *attribute = trkx_onnx_attribute(step->node, attribute_name);
    struct trkx_shape list = unknown_shape;
    if (attribute != NULL)
        copy_integers(attribute, &list);
    else if (has_input(step, i))
        list = *input(step, i);
    else
        list.values_count = 0;
    return list;
}

/* The axes of a list, marked in set[rank]; false where they are not known. */
static bool mark_axes(const struct trkx_shape *list, int rank, bool *set)
{
    memset(set, 0, TRKX_MAX_RANK * sizeof *set);
    if (list->values_count < 0) return false;
    for (int i = 0; i < list->values_count; i++) {
        int axis = trkx_is_fixed(list->values[i]) ? axis_of(list->values[i].count, rank) : -1;
        if (axis < 0) return false;
        set[axis] = true;
    }
    return true;
}

static void append(struct trkx_shape *shape, struct trkx_extent extent)
{
    if (shape->rank >= 0 && shape->rank < TRKX_MAX_RANK)
        shape->extents[shape->rank++] = extent;
    else
        shape->rank = -1;
}

/* The rows are written into the model: `extent`, where it should be `grows`. */
static void conflict(struct trkx_inference *step, struct trkx_extent fixed, struct trkx_extent grows)
{
    if (step->conflict.extent == 0)
        step->conflict = (struct trkx_conflict){.extent = fixed.count, .per = grows.per};
}

/* Takes over elements, and what is known of them, of a tensor that is only arranged anew. */
static void carry(const struct trkx_shape *from, struct trkx_shape *to)
{
    to->type = from->type;
    to->zero = from->zero;
    to->index = from->index;
}

static void carry_values(const struct trkx_shape *from, struct trkx_shape *to)
{
    carry(from, to);
    to->values_count = from->values_count;
    memcpy(to->values, from->values, sizeof to->values);
}

/* ---- element by element ----------------------------------------------------------------------------- */

static void infer_same(struct trkx_inference *step)
{
    *step->out = *input(step, 0);
    step->out->values_count = -1;
    step->out->zero = step->out->index = false;
}

static void infer_copy(struct trkx_inference *step)
{
    *step->out = *input(step, 0);
}

static void infer_cast(struct trkx_inference *step)
{
    *step->out = *input(step, 0);
    step->out->type = (int)trkx_onnx_integer(step->node, "to", 0);
}

static void infer_truth(struct trkx_inference *step)
{
    infer_same(step);
    step->out->type = BOOL;
}

/* Two extents that meet in broadcasting. One that is not known is 1 or as the other. */
static struct trkx_extent meet(struct trkx_inference *step, struct trkx_extent a, struct trkx_extent b)
{
    if (trkx_is(a, 1) || trkx_same(a, b)) return b;
    if (trkx_is(b, 1) || b.per == TRKX_PER_UNKNOWN) return a;
    if (a.per == TRKX_PER_UNKNOWN) return b;
    if (trkx_grows(a) && trkx_is_fixed(b)) conflict(step, b, a);
    if (trkx_grows(b) && trkx_is_fixed(a)) conflict(step, a, b);
    return trkx_grows(a) && trkx_grows(b) ? unknown : trkx_grows(a) ? a : b;
}

static struct trkx_extent from_behind(const struct trkx_shape *shape, int i)
{
    return i < shape->rank ? shape->extents[shape->rank - 1 - i] : trkx_fixed(1);
}

/* out: of both, broadcast. */
static void broadcast(struct trkx_inference *step, const struct trkx_shape *a, const struct trkx_shape *b,
                      struct trkx_shape *out)
{
    struct trkx_shape result = unknown_shape;
    if (a->rank >= 0 && b->rank >= 0) {
        result.rank = a->rank > b->rank ? a->rank : b->rank;
        for (int i = 0; i < result.rank; i++)
            result.extents[result.rank - 1 - i] = meet(step, from_behind(a, i), from_behind(b, i));
    }
    result.type = a->type != 0 ? a->type : b->type;
    result.index = a->index || b->index;
    *out = result;
}

static struct trkx_extent equal(struct trkx_extent a, struct trkx_extent b)
{
    if (trkx_same(a, b)) return trkx_fixed(1);
    bool differ = (trkx_is_fixed(a) && trkx_is_fixed(b)) || /* no number of nodes or edges is negative */
                  (trkx_is_fixed(a) && a.count < 0 && trkx_grows(b)) ||
                  (trkx_is_fixed(b) && b.count < 0 && trkx_grows(a));
    return differ ? trkx_fixed(0) : unknown;
}

static struct trkx_extent value_at(const struct trkx_shape *shape, int i)
{
    return shape->values[shape->values_count == 1 ? 0 : i];
}

/* Small integer tensors: element by element, a single one with each. */
static void compute(const struct trkx_shape *a, const struct trkx_shape *b,
                    struct trkx_extent (*function)(struct trkx_extent, struct trkx_extent),
                    struct trkx_shape *out)
{
    if (a->values_count < 1 || b->values_count < 1) return;
    int count = a->values_count > b->values_count ? a->values_count : b->values_count;
    if ((a->values_count != 1 && a->values_count != count) ||
        (b->values_count != 1 && b->values_count != count))
        return;
    out->values_count = count;
    for (int i = 0; i < count; i++) out->values[i] = function(value_at(a, i), value_at(b, i));
}

static void infer_two(struct trkx_inference *step)
{
    broadcast(step, input(step, 0), input(step, 1), step->out);
}

static void infer_add(struct trkx_inference *step)
{
    infer_two(step);
    compute(input(step, 0), input(step, 1), trkx_extent_add, step->out);
    step->out->zero = input(step, 0)->zero && input(step, 1)->zero;
}

static void infer_subtract(struct trkx_inference *step)
{
    infer_two(step);
    compute(input(step, 0), input(step, 1), trkx_extent_subtract, step->out);
    step->out->zero = input(step, 0)->zero && input(step, 1)->zero;
}

static void infer_multiply(struct trkx_inference *step)
{
    infer_two(step);
    compute(input(step, 0), input(step, 1), trkx_extent_multiply, step->out);
    step->out->zero = input(step, 0)->zero || input(step, 1)->zero;
}

static void infer_divide(struct trkx_inference *step)
{
    infer_two(step);
    compute(input(step, 0), input(step, 1), trkx_extent_divide, step->out);
}

static void infer_compare(struct trkx_inference *step)
{
    infer_two(step);
    step->out->type = BOOL;
    step->out->index = false;
    if (trkx_onnx_is(step->node, "Equal")) compute(input(step, 0), input(step, 1), equal, step->out);
}

/* Sum, Max and the like: any number of inputs. */
static void infer_many(struct trkx_inference *step)
{
    *step->out = *input(step, 0);
    step->out->values_count = -1;
    step->out->zero = false;
    for (size_t i = 1; i < step->node->n_input; i++) broadcast(step, step->out, input(step, i), step->out);
}

static void choose(const struct trkx_shape *condition, const struct trkx_shape *yes,
                   const struct trkx_shape *no, struct trkx_shape *out)
{
    int count = condition->values_count;
    if (count < 1 || (yes->values_count != 1 && yes->values_count != count) ||
        (no->values_count != 1 && no->values_count != count))
        return;
    out->values_count = count;
    for (int i = 0; i < count; i++) {
        struct trkx_extent which = condition->values[i];
        out->values[i] = !trkx_is_fixed(which) ? unknown : value_at(which.count != 0 ? yes : no, i);
    }
}

static void infer_where(struct trkx_inference *step)
{
    const struct trkx_shape *yes = input(step, 1), *no = input(step, 2);
    struct trkx_shape both;
    broadcast(step, yes, no, &both);
    broadcast(step, &both, input(step, 0), step->out);
    step->out->zero = yes->zero && no->zero;
    choose(input(step, 0), yes, no, step->out);
}

/* ---- shapes and constants --------------------------------------------------------------------------- */

static void make_vector(struct trkx_shape *out, int length)
{
    out->rank = 1;
    out->extents[0] = trkx_fixed(length);
    out->type = INT64;
}

static int clamp(int64_t position, int rank)
{
    if (position < 0) position += rank;
    return position < 0 ? 0 : position > rank ? rank : (int)position;
}

static void infer_shape(struct trkx_inference *step)
{
    const struct trkx_shape *of = input(step, 0);
    if (of->rank < 0) return;
    int start = clamp(trkx_onnx_integer(step->node, "start", 0), of->rank);
    int end = clamp(trkx_onnx_integer(step->node, "end", of->rank), of->rank);
    int length = end > start ? end - start : 0;
    make_vector(step->out, length);
    step->out->values_count = length;
    for (int i = 0; i < length; i++) step->out->values[i] = of->extents[start + i];
}

static void infer_size(struct trkx_inference *step)
{
    step->out->rank = 0;
    step->out->type = INT64;
    step->out->values_count = 1;
    step->out->values[0] = trkx_shape_elements(input(step, 0));
}

/* The shape that a tensor of values stands for: its extents, or at least its rank. */
static struct trkx_shape shape_from(const struct trkx_shape *values)
{
    struct trkx_shape shape = unknown_shape;
    struct trkx_extent length = values->rank == 1 ? values->extents[0] : unknown;
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

static void infer_constant_of_shape(struct trkx_inference *step)
{
    const Onnx__AttributeProto *value = trkx_onnx_attribute(step->node, "value");
    *step->out = shape_from(input(step, 0));
    if (value == NULL || value->t == NULL) {
        step->out->type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
        step->out->zero = true;
    } else {
        step->out->type = value->t->data_type;
        step->out->zero = trkx_onnx_tensor_zero(value->t);
        fill_values(step->out, value->t);
    }
}

static void infer_range(struct trkx_inference *step)
{
    struct trkx_shape start = *input(step, 0), limit = *input(step, 1), by = *input(step, 2);
    step->out->rank = 1;
    step->out->type = start.type;
    if (start.values_count == 1 && limit.values_count == 1 && by.values_count == 1)
        step->out->extents[0] =
            trkx_extent_divide(trkx_extent_subtract(limit.values[0], start.values[0]), by.values[0]);
}

static void infer_expand(struct trkx_inference *step)
{
    struct trkx_shape to = shape_from(input(step, 1));
    broadcast(step, input(step, 0), &to, step->out);
    carry(input(step, 0), step->out);
}

/* ---- arranging anew --------------------------------------------------------------------------------- */

/* The extent that Reshape calls -1: what the others leave of all the elements. */
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

static void infer_reshape(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0);
    struct trkx_shape list = list_of(step, "shape", 1), to = shape_from(&list);
    struct trkx_extent elements = trkx_shape_elements(from);
    int rest = -1;
    for (int i = 0; i < to.rank; i++) {
        if (trkx_is(to.extents[i], -1)) rest = i;
        if (trkx_is(to.extents[i], 0)) to.extents[i] = i < from->rank ? from->extents[i] : unknown;
    }
    if (rest >= 0)
        to.extents[rest] = rest_of(elements, &to, rest);
    else if (trkx_grows(elements) && to.rank > 0 && all_fixed(&to))
        conflict(step, to.extents[0], elements);
    *step->out = to;
    carry(from, step->out);
    if (to.rank <= 1) carry_values(from, step->out);
}

static void infer_flatten(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0);
    int64_t axis = trkx_onnx_integer(step->node, "axis", 1);
    if (from->rank < 0) return;
    int split = clamp(axis, from->rank);
    step->out->rank = 2;
    step->out->extents[0] = trkx_extent_product(from->extents, split);
    step->out->extents[1] = trkx_extent_product(from->extents + split, from->rank - split);
    carry(from, step->out);
}

static void infer_transpose(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0);
    const Onnx__AttributeProto *order = trkx_onnx_attribute(step->node, "perm");
    if (from->rank < 0 || (order != NULL && order->n_ints != (size_t)from->rank)) return;
    step->out->rank = from->rank;
    for (int i = 0; i < from->rank; i++) {
        int axis = order == NULL ? from->rank - 1 - i : axis_of(order->ints[i], from->rank);
        step->out->extents[i] = axis < 0 ? unknown : from->extents[axis];
    }
    carry(from, step->out);
}

static void infer_squeeze(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0);
    struct trkx_shape axes = list_of(step, "axes", 1);
    bool gone[TRKX_MAX_RANK], given = axes.values_count != 0;
    if (from->rank < 0 || !mark_axes(&axes, from->rank, gone)) return;
    step->out->rank = 0;
    for (int i = 0; i < from->rank; i++)
        if (given ? !gone[i] : !trkx_is(from->extents[i], 1)) append(step->out, from->extents[i]);
    carry_values(from, step->out);
}

static void infer_unsqueeze(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0);
    struct trkx_shape axes = list_of(step, "axes", 1);
    bool added[TRKX_MAX_RANK];
    int rank = from->rank + axes.values_count, next = 0;
    if (from->rank < 0 || axes.values_count < 0 || rank > TRKX_MAX_RANK || !mark_axes(&axes, rank, added))
        return;
    step->out->rank = rank;
    for (int i = 0; i < rank; i++)
        step->out->extents[i] = added[i]            ? trkx_fixed(1)
                                : next < from->rank ? from->extents[next++]
                                                    : unknown;
    if (rank <= 1)
        carry_values(from, step->out);
    else
        carry(from, step->out);
}

static void infer_tile(struct trkx_inference *step)
{
    const struct trkx_shape *repeats = input(step, 1);
    *step->out = *input(step, 0);
    step->out->values_count = -1;
    for (int i = 0; i < step->out->rank; i++)
        step->out->extents[i] = repeats->values_count == step->out->rank
                                    ? trkx_extent_multiply(step->out->extents[i], repeats->values[i])
                                    : unknown;
}

/* ---- joining and parting ---------------------------------------------------------------------------- */

static void join_values(struct trkx_shape *out, const struct trkx_shape *next, bool first)
{
    int before = first ? 0 : out->values_count;
    bool known = before >= 0 && next->values_count >= 0 && next->rank == 1 &&
                 before + next->values_count <= TRKX_MAX_VALUES;
    for (int i = 0; known && i < next->values_count; i++) out->values[before + i] = next->values[i];
    out->values_count = known ? before + next->values_count : -1;
}

static void infer_concat(struct trkx_inference *step)
{
    const struct trkx_shape *first = input(step, 0);
    int axis = axis_of(trkx_onnx_integer(step->node, "axis", 0), first->rank);
    if (axis < 0) return;
    struct trkx_shape out = *first;
    join_values(&out, first, true);
    for (size_t i = 1; i < step->node->n_input; i++) {
        const struct trkx_shape *next = input(step, i);
        if (next->rank != out.rank) return;
        for (int j = 0; j < out.rank; j++)
            out.extents[j] = j == axis ? trkx_extent_add(out.extents[j], next->extents[j])
                                       : meet(step, out.extents[j], next->extents[j]);
        out.zero = out.zero && next->zero;
        out.index = out.index || next->index;
        join_values(&out, next, false);
    }
    *step->out = out;
}

static void infer_split(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0);
    struct trkx_shape sizes = list_of(step, "split", 1);
    int axis = axis_of(trkx_onnx_integer(step->node, "axis", 0), from->rank);
    size_t parts = step->node->n_output;
    if (axis < 0) return;
    for (size_t i = 0; i < parts && i < TRKX_MAX_OUTPUTS; i++) {
        struct trkx_shape *part = &step->out[i];
        *part = *from;
        part->values_count = -1;
        part->extents[axis] = sizes.values_count == 0
                                  ? trkx_extent_divide(from->extents[axis], trkx_fixed((int64_t)parts))
                              : (int)i < sizes.values_count ? sizes.values[i]
                                                            : unknown;
    }
}

/* start:end:by of one axis. */
static struct trkx_extent sliced(struct trkx_extent extent, struct trkx_extent start, struct trkx_extent end,
                                 struct trkx_extent by)
{
    bool to_the_end = trkx_same(end, extent) || (trkx_is_fixed(end) && end.count >= INT32_MAX);
    if (!trkx_is(by, 1)) return unknown;
    if (trkx_is(start, 0) && to_the_end) return extent;
    if (trkx_same(extent, trkx_extent_add(end, end)) && trkx_is(start, 0)) return end; /* the first half */
    if (to_the_end && trkx_same(extent, trkx_extent_add(start, start))) return start;  /* the second half */
    if (!trkx_is_fixed(extent) || !trkx_is_fixed(start) || !trkx_is_fixed(end)) return unknown;
    if (extent.count < 0 || extent.count > INT32_MAX) return unknown;
    int first = clamp(start.count, (int)extent.count), last = clamp(end.count, (int)extent.count);
    return trkx_fixed(last > first ? last - first : 0);
}

static void slice_values(const struct trkx_shape *from, struct trkx_extent start, struct trkx_shape *out)
{
    struct trkx_extent length = out->extents[0];
    bool known =
        from->values_count >= 0 && trkx_is_fixed(start) && trkx_is_fixed(length) && length.count >= 0;
    int first = known ? clamp(start.count, from->values_count) : 0;
    out->values_count = known && first + length.count <= from->values_count ? (int)length.count : -1;
    for (int i = 0; i < out->values_count; i++) out->values[i] = from->values[first + i];
}

static struct trkx_extent or_default(const struct trkx_shape *list, int i, int64_t otherwise)
{
    return list->values_count == 0  ? trkx_fixed(otherwise)
           : i < list->values_count ? list->values[i]
                                    : unknown;
}

static void infer_slice(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0);
    struct trkx_shape starts = list_of(step, "starts", 1), ends = list_of(step, "ends", 2);
    struct trkx_shape axes = list_of(step, "axes", 3), by = list_of(step, "steps", 4);
    struct trkx_shape out = *from;
    out.values_count = -1;
    if (from->rank < 0 || starts.values_count < 0) return;
    for (int i = 0; i < starts.values_count; i++) {
        struct trkx_extent which = or_default(&axes, i, i);
        int axis = trkx_is_fixed(which) ? axis_of(which.count, from->rank) : -1;
        if (axis < 0) return;
        out.extents[axis] = sliced(from->extents[axis], starts.values[i], or_default(&ends, i, INT64_MAX),
                                   or_default(&by, i, 1));
    }
    if (from->rank == 1 && starts.values_count == 1) slice_values(from, starts.values[0], &out);
    *step->out = out;
}

/* ---- gathering and scattering ----------------------------------------------------------------------- */

static void gather_values(const struct trkx_shape *from, const struct trkx_shape *index,
                          struct trkx_shape *out)
{
    if (from->values_count < 0 || index->values_count < 0) return;
    for (int i = 0; i < index->values_count; i++) {
        int at = trkx_is_fixed(index->values[i]) ? axis_of(index->values[i].count, from->values_count) : -1;
        out->values[i] = at < 0 ? unknown : from->values[at];
    }
    out->values_count = index->values_count;
}

static void infer_gather(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0), *index = input(step, 1);
    int axis = axis_of(trkx_onnx_integer(step->node, "axis", 0), from->rank);
    if (axis < 0 || index->rank < 0) return;
    step->out->rank = 0;
    for (int i = 0; i < axis; i++) append(step->out, from->extents[i]);
    for (int i = 0; i < index->rank; i++) append(step->out, index->extents[i]);
    for (int i = axis + 1; i < from->rank; i++) append(step->out, from->extents[i]);
    carry(from, step->out);
    if (from->rank == 1) gather_values(from, index, step->out);
}

static void infer_gather_elements(struct trkx_inference *step)
{
    *step->out = *input(step, 1);
    step->out->values_count = -1;
    carry(input(step, 0), step->out);
}

static void infer_gather_nd(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0), *index = input(step, 1);
    if (from->rank < 0 || index->rank < 1 || trkx_onnx_integer(step->node, "batch_dims", 0) != 0) return;
    struct trkx_extent depth = index->extents[index->rank - 1];
    if (!trkx_is_fixed(depth) || depth.count < 1 || depth.count > from->rank) return;
    step->out->rank = 0;
    for (int i = 0; i + 1 < index->rank; i++) append(step->out, index->extents[i]);
    for (int i = (int)depth.count; i < from->rank; i++) append(step->out, from->extents[i]);
    carry(from, step->out);
}

/* Rows of edges into as many rows as the model says, whatever the number of nodes: a conflict, and behind it
 * the rows are taken to be nodes, so that what follows from it is not reported as well. */
static void infer_scatter(struct trkx_inference *step)
{
    const struct trkx_shape *data = input(step, 0), *index = input(step, 1);
    const struct trkx_extent nodes = {TRKX_PER_NODE, 1};
    int64_t axis = trkx_onnx_is(step->node, "ScatterND") ? 0 : trkx_onnx_integer(step->node, "axis", 0);
    int rows = axis_of(axis, data->rank);
    *step->out = *data;
    step->out->values_count = -1;
    step->out->zero = step->out->index = false;
    if (rows >= 0 && index->index && index->rank > 0 && index->extents[0].per == TRKX_PER_EDGE &&
        trkx_is_fixed(data->extents[rows])) {
        conflict(step, data->extents[rows], nodes);
        step->out->extents[rows] = nodes;
    }
}

/* ---- reducing --------------------------------------------------------------------------------------- */

static void reduce(struct trkx_inference *step, const bool *gone)
{
    const struct trkx_shape *from = input(step, 0);
    bool keep = trkx_onnx_integer(step->node, "keepdims", 1) != 0;
    step->out->rank = 0;
    step->out->type = from->type;
    for (int i = 0; i < from->rank; i++)
        if (!gone[i])
            append(step->out, from->extents[i]);
        else if (keep)
            append(step->out, trkx_fixed(1));
}

static void infer_reduce(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0);
    struct trkx_shape axes = list_of(step, "axes", 1);
    bool gone[TRKX_MAX_RANK];
    if (from->rank < 0 || !mark_axes(&axes, from->rank, gone)) return;
    bool all = axes.values_count == 0 && trkx_onnx_integer(step->node, "noop_with_empty_axes", 0) == 0;
    for (int i = 0; all && i < from->rank; i++) gone[i] = true;
    reduce(step, gone);
}

static void infer_arg(struct trkx_inference *step)
{
    const struct trkx_shape *from = input(step, 0);
    bool gone[TRKX_MAX_RANK] = {false};
    int axis = axis_of(trkx_onnx_integer(step->node, "axis", 0), from->rank);
    if (axis < 0) return;
    gone[axis] = true;
    reduce(step, gone);
    step->out->type = INT64;
}

/* ---- matrix products -------------------------------------------------------------------------------- */

static void infer_matmul(struct trkx_inference *step)
{
    const struct trkx_shape *a = input(step, 0), *b = input(step, 1);
    struct trkx_shape batch_a, batch_b;
    if (a->rank < 2 || b->rank < 2) return;
    batch_a = *a, batch_b = *b;
    batch_a.rank -= 2, batch_b.rank -= 2;
    broadcast(step, &batch_a, &batch_b, step->out);
    append(step->out, a->extents[a->rank - 2]);
    append(step->out, b->extents[b->rank - 1]);
    step->out->index = false;
}

static void infer_gemm(struct trkx_inference *step)
{
    const struct trkx_shape *a = input(step, 0), *b = input(step, 1);
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
    if (a->rank < 2) return unknown;
    bool turned = trkx_onnx_is(node, "Gemm") && trkx_onnx_integer(node, "transA", 0) != 0;
    return a->extents[turned ? a->rank - 2 : a->rank - 1];
}

/* ---- the table -------------------------------------------------------------------------------------- */

/* By name, for the search. */
static const struct trkx_operator operators[] = {
    {"Abs", infer_same, TRKX_WORK_OUTPUT},
    {"Add", infer_add, TRKX_WORK_OUTPUT},
    {"And", infer_compare, TRKX_WORK_OUTPUT},
    {"ArgMax", infer_arg, TRKX_WORK_INPUT},
    {"ArgMin", infer_arg, TRKX_WORK_INPUT},
    {"Atan", infer_same, TRKX_WORK_OUTPUT},
    {"BatchNormalization", infer_same, TRKX_WORK_OUTPUT},
    {"Cast", infer_cast, TRKX_WORK_NONE},
    {"Ceil", infer_same, TRKX_WORK_OUTPUT},
    {"Celu", infer_same, TRKX_WORK_OUTPUT},
    {"Clip", infer_same, TRKX_WORK_OUTPUT},
    {"Concat", infer_concat, TRKX_WORK_NONE},
    {"ConstantOfShape", infer_constant_of_shape, TRKX_WORK_NONE},
    {"Cos", infer_same, TRKX_WORK_OUTPUT},
    {"CumSum", infer_same, TRKX_WORK_OUTPUT},
    {"Div", infer_divide, TRKX_WORK_OUTPUT},
    {"Dropout", infer_same, TRKX_WORK_NONE},
    {"Elu", infer_same, TRKX_WORK_OUTPUT},
    {"Equal", infer_compare, TRKX_WORK_OUTPUT},
    {"Erf", infer_same, TRKX_WORK_OUTPUT},
    {"Exp", infer_same, TRKX_WORK_OUTPUT},
    {"Expand", infer_expand, TRKX_WORK_NONE},
    {"Flatten", infer_flatten, TRKX_WORK_NONE},
    {"Floor", infer_same, TRKX_WORK_OUTPUT},
    {"Gather", infer_gather, TRKX_WORK_NONE},
    {"GatherElements", infer_gather_elements, TRKX_WORK_NONE},
    {"GatherND", infer_gather_nd, TRKX_WORK_NONE},
    {"Gelu", infer_same, TRKX_WORK_OUTPUT},
    {"Gemm", infer_gemm, TRKX_WORK_PRODUCT},
    {"Greater", infer_compare, TRKX_WORK_OUTPUT},
    {"GreaterOrEqual", infer_compare, TRKX_WORK_OUTPUT},
    {"HardSigmoid", infer_same, TRKX_WORK_OUTPUT},
    {"Identity", infer_copy, TRKX_WORK_NONE},
    {"InstanceNormalization", infer_same, TRKX_WORK_NORM},
    {"IsNaN", infer_truth, TRKX_WORK_OUTPUT},
    {"LayerNormalization", infer_same, TRKX_WORK_NORM},
    {"LeakyRelu", infer_same, TRKX_WORK_OUTPUT},
    {"Less", infer_compare, TRKX_WORK_OUTPUT},
    {"LessOrEqual", infer_compare, TRKX_WORK_OUTPUT},
    {"Log", infer_same, TRKX_WORK_OUTPUT},
    {"LogSoftmax", infer_same, TRKX_WORK_OUTPUT},
    {"MatMul", infer_matmul, TRKX_WORK_PRODUCT},
    {"Max", infer_many, TRKX_WORK_OUTPUT},
    {"Mean", infer_many, TRKX_WORK_OUTPUT},
    {"Min", infer_many, TRKX_WORK_OUTPUT},
    {"Mish", infer_same, TRKX_WORK_OUTPUT},
    {"Mod", infer_two, TRKX_WORK_OUTPUT},
    {"Mul", infer_multiply, TRKX_WORK_OUTPUT},
    {"Neg", infer_same, TRKX_WORK_OUTPUT},
    {"Not", infer_truth, TRKX_WORK_OUTPUT},
    {"Or", infer_compare, TRKX_WORK_OUTPUT},
    {"PRelu", infer_same, TRKX_WORK_OUTPUT},
    {"Pow", infer_two, TRKX_WORK_OUTPUT},
    {"Range", infer_range, TRKX_WORK_NONE},
    {"Reciprocal", infer_same, TRKX_WORK_OUTPUT},
    {"ReduceL1", infer_reduce, TRKX_WORK_INPUT},
    {"ReduceL2", infer_reduce, TRKX_WORK_INPUT},
    {"ReduceLogSum", infer_reduce, TRKX_WORK_INPUT},
    {"ReduceLogSumExp", infer_reduce, TRKX_WORK_INPUT},
    {"ReduceMax", infer_reduce, TRKX_WORK_INPUT},
    {"ReduceMean", infer_reduce, TRKX_WORK_INPUT},
    {"ReduceMin", infer_reduce, TRKX_WORK_INPUT},
    {"ReduceProd", infer_reduce, TRKX_WORK_INPUT},
    {"ReduceSum", infer_reduce, TRKX_WORK_INPUT},
    {"ReduceSumSquare", infer_reduce, TRKX_WORK_INPUT},
    {"Relu", infer_same, TRKX_WORK_OUTPUT},
    {"Reshape", infer_reshape, TRKX_WORK_NONE},
    {"Round", infer_same, TRKX_WORK_OUTPUT},
    {"Scatter", infer_scatter, TRKX_WORK_UPDATES},
    {"ScatterElements", infer_scatter, TRKX_WORK_UPDATES},
    {"ScatterND", infer_scatter, TRKX_WORK_UPDATES},
    {"Selu", infer_same, TRKX_WORK_OUTPUT},
    {"Shape", infer_shape, TRKX_WORK_NONE},
    {"Sigmoid", infer_same, TRKX_WORK_OUTPUT},
    {"Sign", infer_same, TRKX_WORK_OUTPUT},
    {"Sin", infer_same, TRKX_WORK_OUTPUT},
    {"Size", infer_size, TRKX_WORK_NONE},
    {"Slice", infer_slice, TRKX_WORK_NONE},
    {"Softmax", infer_same, TRKX_WORK_OUTPUT},
    {"Softplus", infer_same, TRKX_WORK_OUTPUT},
    {"Softsign", infer_same, TRKX_WORK_OUTPUT},
    {"Split", infer_split, TRKX_WORK_NONE},
    {"Sqrt", infer_same, TRKX_WORK_OUTPUT},
    {"Squeeze", infer_squeeze, TRKX_WORK_NONE},
    {"Sub", infer_subtract, TRKX_WORK_OUTPUT},
    {"Sum", infer_many, TRKX_WORK_OUTPUT},
    {"Tan", infer_same, TRKX_WORK_OUTPUT},
    {"Tanh", infer_same, TRKX_WORK_OUTPUT},
    {"Tile", infer_tile, TRKX_WORK_NONE},
    {"Transpose", infer_transpose, TRKX_WORK_NONE},
    {"Unsqueeze", infer_unsqueeze, TRKX_WORK_NONE},
    {"Where", infer_where, TRKX_WORK_OUTPUT},
    {"Xor", infer_compare, TRKX_WORK_OUTPUT},
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
