/* Takes a graph's nodes one by one, each by the function of its operator. */
#include "ep/lower.h"

#include <string.h>

/* ---- what the operators need ------------------------------------------------------------------------ */

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
    if (value->kind == EP_NOTHING) ep_unsupported(lowering, node, "an input is not ours");
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
    if (value->kind != EP_NUMBERS || value->rank > 1) ep_unsupported(lowering, node, "a list is not known");
    *count = (size_t)ep_elements(value->shape, value->rank);
    int64_t *list = ep_alloc(lowering->arena, *count, sizeof *list);
    for (size_t i = 0; i < *count; i++) {
        list[i] = ep_integer_at(value, (int64_t)i);
        if (ep_unknown(lowering, list[i])) ep_unsupported(lowering, node, "a list is not known");
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
        ep_unsupported(lowering, node, "a shape that is not known");
    for (int d = 0; d < wanted->shape[0]; d++) shape[d] = ep_integer_at(wanted, d);
    return (int)wanted->shape[0];
}

int64_t ep_extent(struct ep_lowering *lowering, const struct ep_node *node, int64_t integer)
{
    if (ep_unknown(lowering, integer)) return -1;
    if (integer < 0 || integer > INT32_MAX) ep_unsupported(lowering, node, "an extent that cannot be");
    return integer;
}

int *ep_new_columns(struct ep_lowering *lowering, const struct ep_node *node, int64_t width)
{
    if (width < 1 || width > EP_WIDEST) ep_unsupported(lowering, node, "of no width, unknown or too large");
    return ep_alloc(lowering->arena, (size_t)width, sizeof(int));
}

struct ep_lowered ep_columns(enum ep_element element, int rank, int64_t rows, int width, const int *columns)
{
    return (struct ep_lowered){
        .kind = EP_COLUMNS, .element = element, .rank = rank, .shape = {rows, width}, .columns = columns};
}

/* ---- inputs, constants and outputs of the graph ----------------------------------------------------- */

/* What the operators rely on; extents may not be known. */
static bool possible(const int64_t *shape, int rank)
{
    int64_t least[EP_RANK];
    for (int d = 0; d < rank; d++) {
        if (shape[d] > INT32_MAX) return false;
        least[d] = shape[d] < 0 ? 1 : shape[d];
    }
    return ep_elements(least, rank) >= 0;
}

static struct ep_lowered lower_columns_input(struct ep_lowering *lowering, const struct ep_value *value,
                                             int64_t rows)
{
    int64_t width = value->rank == 2 ? value->shape[1] : 1;
    if (width < 1 || width > EP_WIDEST) return (struct ep_lowered){.kind = EP_NOTHING};
    struct ep_op *op = ep_program_op(lowering->program, EP_OP_INPUT, rows, (int)width, 0);
    op->function = value->input;
    return ep_columns(EP_FLOAT, value->rank, rows, (int)width, ep_op_columns(lowering->program, op));
}

struct ep_lowered ep_lower_input(struct ep_lowering *lowering, int number, const int64_t *shape)
{
    const struct ep_value *value = &lowering->graph->values[number];
    struct ep_lowered lowered = {.kind = EP_NOTHING};
    if (value->rank < 1 || value->rank > 2 || !possible(shape, value->rank)) return lowered;
    if (value->element == EP_FLOAT) return lower_columns_input(lowering, value, shape[0]);
    if (value->element != EP_INT64 && value->element != EP_INT32) return lowered;
    lowered = (struct ep_lowered){
        .kind = EP_INTEGERS, .element = value->element, .rank = value->rank, .input = value->input};
    memcpy(lowered.shape, shape, (size_t)value->rank * sizeof *shape);
    /* rows of a matrix whose length is not known yet may lie any number of elements apart */
    ep_steps(shape, value->rank, lowered.steps);
    return lowered;
}

/* What stands for a number that is not known must be none that the model gives. */
static bool holds_unknown(const struct ep_value *value)
{
    int64_t count = ep_elements(value->shape, value->rank);
    bool found = false;
    for (int64_t i = 0; i < count && value->element == EP_INT64; i++)
        found |= ((const int64_t *)value->data)[i] == EP_UNKNOWN;
    for (int64_t i = 0; i < count && value->element == EP_BOOL; i++)
        found |= ((const uint8_t *)value->data)[i] > 1;
    return found;
}

void ep_lower_constants(struct ep_lowering *lowering)
{
    for (size_t i = 0; i < lowering->graph->values_count; i++) {
        const struct ep_value *value = &lowering->graph->values[i];
        struct ep_lowered *lowered = &lowering->values[i];
        if (value->data == NULL || holds_unknown(value)) continue;
        *lowered = (struct ep_lowered){
            .kind = EP_NUMBERS, .element = value->element, .rank = value->rank, .numbers = value->data};
        memcpy(lowered->shape, value->shape, sizeof value->shape);
    }
}

void ep_lower_output(struct ep_lowering *lowering, int value)
{
    const struct ep_lowered *lowered = &lowering->values[value];
    if (lowered->kind != EP_COLUMNS) return;
    int width = ep_width(lowered);
    struct ep_op *op = ep_program_op(lowering->program, EP_OP_STORE, lowered->shape[0], 0, width);
    memcpy(op->inputs, lowered->columns, (size_t)width * sizeof *lowered->columns);
    op->output = lowering->graph->values[value].output;
    op->function = lowered->element == EP_BOOL;
}

/* ---- the operators ---------------------------------------------------------------------------------- */

static const struct {
    const char *type;
    ep_lower_function *lower;
    int function;
    bool worthwhile;
} operators[] = {
#define DESCRIBED(name, infer, work)
#define CLAIMED(name, infer, work, lower, function, worthwhile) \
    {name, ep_lower_##lower, function, worthwhile},
#include "onnx/operator_list.h"
};

static int find_operator(const struct ep_node *node)
{
    if (!node->whole || !node->standard) return -1;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strcmp(operators[i].type, node->type) == 0) return (int)i;
    return -1;
}

static void check_result(struct ep_lowering *lowering, const struct ep_node *node,
                         const struct ep_lowered *value)
{
    bool known = true;
    for (int d = 0; d < value->rank; d++) known &= value->shape[d] >= 0;
    if (!possible(value->shape, value->rank) || (!known && lowering->kinds != NULL))
        ep_unsupported(lowering, node, "an extent that cannot be");
}

void ep_lower_node(struct ep_lowering *lowering, const struct ep_node *node)
{
    int number = find_operator(node);
    if (number < 0) ep_unsupported(lowering, node, "not an operator of ours");
    operators[number].lower(lowering, node, operators[number].function);
    for (size_t i = 0; i < node->outputs_count; i++)
        if (node->outputs[i] >= 0) check_result(lowering, node, &lowering->values[node->outputs[i]]);
}

bool ep_is_worthwhile(const struct ep_node *node)
{
    int number = find_operator(node);
    return number >= 0 && operators[number].worthwhile;
}
