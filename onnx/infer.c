/* Shared by the operators' shape inference. */
#include "onnx/infer.h"

#include <string.h>

const struct trkx_extent trkx_unknown;

/* ---- reading a node ------------------------------------------------------------------------------------ */

const struct trkx_shape *trkx_in(const struct trkx_inference *step, size_t i)
{
    return trkx_onnx_shape(step->graph, step->shapes, trkx_onnx_input(step->node, i));
}

static bool has_in(const struct trkx_inference *step, size_t i)
{
    return *trkx_onnx_input(step->node, i) != '\0';
}

int trkx_axis(int64_t axis, int rank)
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

struct trkx_shape trkx_in_list(const struct trkx_inference *step, const char *attribute_name, size_t i)
{
    const Onnx__AttributeProto *attribute = trkx_onnx_attribute(step->node, attribute_name);
    struct trkx_shape list = trkx_unknown_shape;
    if (attribute != NULL)
        copy_integers(attribute, &list);
    else if (has_in(step, i))
        list = *trkx_in(step, i);
    else
        list.values_count = 0;
    return list;
}

bool trkx_mark_axes(const struct trkx_shape *list, int rank, bool *set)
{
    memset(set, 0, TRKX_MAX_RANK * sizeof *set);
    if (list->values_count < 0) return false;
    for (int i = 0; i < list->values_count; i++) {
        int axis = trkx_is_fixed(list->values[i]) ? trkx_axis(list->values[i].count, rank) : -1;
        if (axis < 0) return false;
        set[axis] = true;
    }
    return true;
}

void trkx_append(struct trkx_shape *shape, struct trkx_extent extent)
{
    if (shape->rank >= 0 && shape->rank < TRKX_MAX_RANK)
        shape->extents[shape->rank++] = extent;
    else
        shape->rank = -1;
}

void trkx_meets_fixed(struct trkx_inference *step, struct trkx_extent fixed, struct trkx_extent grows)
{
    if (step->conflict.extent == 0)
        step->conflict = (struct trkx_conflict){.extent = fixed.count, .per = grows.per};
}

void trkx_carry(const struct trkx_shape *from, struct trkx_shape *to)
{
    to->type = from->type;
    to->zero = from->zero;
    to->index = from->index;
}

void trkx_carry_values(const struct trkx_shape *from, struct trkx_shape *to)
{
    trkx_carry(from, to);
    to->values_count = from->values_count;
    memcpy(to->values, from->values, sizeof to->values);
}

int trkx_clamp(int64_t position, int rank)
{
    if (position < 0) position += rank;
    return position < 0 ? 0 : position > rank ? rank : (int)position;
}

/* ---- broadcasting -------------------------------------------------------------------------------------- */

struct trkx_extent trkx_meet(struct trkx_inference *step, struct trkx_extent a, struct trkx_extent b)
{
    if (trkx_is(a, 1) || trkx_same(a, b)) return b;
    if (trkx_is(b, 1) || b.per == TRKX_PER_UNKNOWN) return a;
    if (a.per == TRKX_PER_UNKNOWN) return b;
    if (trkx_grows(a) && trkx_is_fixed(b)) trkx_meets_fixed(step, b, a);
    if (trkx_grows(b) && trkx_is_fixed(a)) trkx_meets_fixed(step, a, b);
    return trkx_grows(a) && trkx_grows(b) ? trkx_unknown : trkx_grows(a) ? a : b;
}

static struct trkx_extent from_behind(const struct trkx_shape *shape, int i)
{
    return i < shape->rank ? shape->extents[shape->rank - 1 - i] : trkx_fixed(1);
}

void trkx_broadcast(struct trkx_inference *step, const struct trkx_shape *a, const struct trkx_shape *b,
                    struct trkx_shape *out)
{
    struct trkx_shape result = trkx_unknown_shape;
    if (a->rank >= 0 && b->rank >= 0) {
        result.rank = a->rank > b->rank ? a->rank : b->rank;
        for (int i = 0; i < result.rank; i++)
            result.extents[result.rank - 1 - i] = trkx_meet(step, from_behind(a, i), from_behind(b, i));
    }
    result.type = a->type != 0 ? a->type : b->type;
    result.index = a->index || b->index;
    *out = result;
}
