/* Infers shapes of operators that work element by element. */
#include "onnx/infer_elements.h"

enum {
    INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
    INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
    BOOL = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL
};

void trkx_infer_same(struct trkx_inference *step)
{
    *step->out = *trkx_in(step, 0);
    step->out->values_count = -1;
    step->out->zero = step->out->index = false;
}

void trkx_infer_copy(struct trkx_inference *step)
{
    *step->out = *trkx_in(step, 0);
}

/* Only integer values are followed. */
void trkx_infer_cast(struct trkx_inference *step)
{
    int type = (int)trkx_onnx_integer(step->node, "to", 0);
    *step->out = *trkx_in(step, 0);
    step->out->type = type;
    if (type != INT32 && type != INT64 && type != BOOL) step->out->values_count = -1;
}

void trkx_infer_truth(struct trkx_inference *step)
{
    trkx_infer_same(step);
    step->out->type = BOOL;
}

static struct trkx_extent equal(struct trkx_extent a, struct trkx_extent b)
{
    if (trkx_same(a, b)) return trkx_fixed(1);
    bool differ = (trkx_is_fixed(a) && trkx_is_fixed(b)) || /* no number of nodes or edges is negative */
                  (trkx_is_fixed(a) && a.count < 0 && trkx_grows(b)) ||
                  (trkx_is_fixed(b) && b.count < 0 && trkx_grows(a));
    return differ ? trkx_fixed(0) : trkx_unknown;
}

static struct trkx_extent value_at(const struct trkx_shape *shape, int i)
{
    return shape->values[shape->values_count == 1 ? 0 : i];
}

/* Small integer tensors: element by element; a single element is broadcast. */
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

void trkx_infer_two(struct trkx_inference *step)
{
    trkx_broadcast(step, trkx_in(step, 0), trkx_in(step, 1), step->out);
}

void trkx_infer_add(struct trkx_inference *step)
{
    trkx_infer_two(step);
    compute(trkx_in(step, 0), trkx_in(step, 1), trkx_extent_add, step->out);
    step->out->zero = trkx_in(step, 0)->zero && trkx_in(step, 1)->zero;
}

void trkx_infer_subtract(struct trkx_inference *step)
{
    trkx_infer_two(step);
    compute(trkx_in(step, 0), trkx_in(step, 1), trkx_extent_subtract, step->out);
    step->out->zero = trkx_in(step, 0)->zero && trkx_in(step, 1)->zero;
}

void trkx_infer_multiply(struct trkx_inference *step)
{
    trkx_infer_two(step);
    compute(trkx_in(step, 0), trkx_in(step, 1), trkx_extent_multiply, step->out);
    step->out->zero = trkx_in(step, 0)->zero || trkx_in(step, 1)->zero;
}

void trkx_infer_divide(struct trkx_inference *step)
{
    trkx_infer_two(step);
    compute(trkx_in(step, 0), trkx_in(step, 1), trkx_extent_divide, step->out);
}

void trkx_infer_compare(struct trkx_inference *step)
{
    trkx_infer_two(step);
    step->out->type = BOOL;
    step->out->index = false;
    if (trkx_onnx_is(step->node, "Equal")) compute(trkx_in(step, 0), trkx_in(step, 1), equal, step->out);
}

/* Sum, Max and the like: any number of inputs. */
void trkx_infer_many(struct trkx_inference *step)
{
    *step->out = *trkx_in(step, 0);
    step->out->values_count = -1;
    step->out->zero = false;
    for (size_t i = 1; i < step->node->n_input; i++)
        trkx_broadcast(step, step->out, trkx_in(step, i), step->out);
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
        out->values[i] = !trkx_is_fixed(which) ? trkx_unknown : value_at(which.count != 0 ? yes : no, i);
    }
}

void trkx_infer_where(struct trkx_inference *step)
{
    const struct trkx_shape *yes = trkx_in(step, 1), *no = trkx_in(step, 2);
    struct trkx_shape both;
    trkx_broadcast(step, yes, no, &both);
    trkx_broadcast(step, &both, trkx_in(step, 0), step->out);
    step->out->zero = yes->zero && no->zero;
    choose(trkx_in(step, 0), yes, no, step->out);
}
