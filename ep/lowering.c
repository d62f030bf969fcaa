/* Access to operators' inputs, attributes and lists, and room for their results. */
#include "ep/lowering.h"

_Noreturn void ep_unsupported(struct ep_lowering *lowering, const struct ep_node *node, const char *why)
{
    ep_give_up(lowering->arena, EP_REASON_UNSUPPORTED, "%s: %s", node->type, why);
}

bool ep_has_input(const struct ep_node *node, size_t number)
{
    return number < node->inputs_count && node->inputs[number] >= 0;
}

struct ep_lowered *ep_input(struct ep_lowering *lowering, const struct ep_node *node, size_t number)
{
    if (!ep_has_input(node, number)) ep_unsupported(lowering, node, "an input is missing");
    struct ep_lowered *value = &lowering->values[node->inputs[number]];
    if (value->kind == EP_NOTHING) ep_unsupported(lowering, node, "an input is computed elsewhere");
    return value;
}

struct ep_lowered *ep_output(struct ep_lowering *lowering, const struct ep_node *node, size_t number)
{
    if (number >= node->outputs_count || node->outputs[number] < 0)
        ep_unsupported(lowering, node, "an output is missing");
    return &lowering->values[node->outputs[number]];
}

int64_t ep_integer_at(const struct ep_lowered *value, int64_t place)
{
    switch (value->element) {
    case EP_INT64: return ((const int64_t *)value->numbers)[place];
    case EP_INT32: return ((const int32_t *)value->numbers)[place];
    case EP_BOOL: {
        uint8_t truth = ((const uint8_t *)value->numbers)[place];
        return truth > 1 ? EP_UNKNOWN : truth;
    }
    default: {
        float number = ((const float *)value->numbers)[place];
        return number >= -0x1p63f && number < 0x1p63f ? (int64_t)number : EP_UNKNOWN;
    }
    }
}

float ep_number_at(const struct ep_lowered *value, int64_t place)
{
    if (value->element == EP_FLOAT) return ((const float *)value->numbers)[place];
    uint8_t truth = ((const uint8_t *)value->numbers)[place];
    return truth > 1 ? __builtin_nanf("") : truth;
}

int64_t *ep_known_integers(struct ep_lowering *lowering, const struct ep_node *node,
                           const struct ep_lowered *value, size_t *count)
{
    if (value->kind != EP_NUMBERS || value->rank > 1) ep_unsupported(lowering, node, "an unknown list");
    *count = (size_t)ep_elements(value->shape, value->rank);
    int64_t *list = ep_alloc(lowering->arena, *count, sizeof *list);
    for (size_t i = 0; i < *count; i++) {
        list[i] = ep_integer_at(value, (int64_t)i);
        if (ep_unknown(lowering, list[i])) ep_unsupported(lowering, node, "an unknown list");
    }
    return list;
}

bool ep_integers(struct ep_lowering *lowering, const struct ep_node *node, const char *attribute,
                 size_t number, int64_t **list, size_t *count)
{
    const struct ep_attribute *found = ep_attribute(node, attribute);
    if (found != NULL) {
        *list = ep_copy(lowering->arena, found->integers, found->count, sizeof **list);
        *count = found->count;
        return true;
    }
    if (!ep_has_input(node, number)) return false;
    const struct ep_lowered *value = ep_input(lowering, node, number);
    if (value->rank != 1) ep_unsupported(lowering, node, "a list of another rank");
    *list = ep_known_integers(lowering, node, value, count);
    return true;
}

bool ep_flag(struct ep_lowering *lowering, const struct ep_node *node, const char *attribute, bool otherwise)
{
    int64_t flag = ep_integer(node, attribute, otherwise);
    if (flag != 0 && flag != 1) ep_unsupported(lowering, node, "a flag that is neither 0 nor 1");
    return flag == 1;
}

int ep_axis(struct ep_lowering *lowering, const struct ep_node *node, int64_t axis, int rank)
{
    if (axis < -rank || axis >= rank) ep_unsupported(lowering, node, "no such axis");
    return (int)(axis < 0 ? axis + rank : axis);
}

int ep_shape_input(struct ep_lowering *lowering, const struct ep_node *node, size_t number, int64_t *shape)
{
    const struct ep_lowered *wanted = ep_input(lowering, node, number);
    if (wanted->kind != EP_NUMBERS || wanted->element != EP_INT64 || wanted->rank != 1 ||
        wanted->shape[0] > EP_RANK)
        ep_unsupported(lowering, node, "an unknown shape");
    for (int d = 0; d < wanted->shape[0]; d++) shape[d] = ep_integer_at(wanted, d);
    return (int)wanted->shape[0];
}

int64_t ep_extent(struct ep_lowering *lowering, const struct ep_node *node, int64_t integer)
{
    if (ep_unknown(lowering, integer)) return -1;
    if (integer < 0 || integer > INT32_MAX) ep_unsupported(lowering, node, "an impossible extent");
    return integer;
}

int *ep_new_columns(struct ep_lowering *lowering, const struct ep_node *node, int64_t width)
{
    if (width < 1 || width > EP_WIDEST) ep_unsupported(lowering, node, "width zero, unknown or too large");
    return ep_alloc(lowering->arena, (size_t)width, sizeof(int));
}

struct ep_lowered ep_columns(enum ep_element element, int rank, int64_t rows, int width, const int *columns)
{
    return (struct ep_lowered){
        .kind = EP_COLUMNS, .element = element, .rank = rank, .shape = {rows, width}, .columns = columns};
}
