/* Lowers a graph's nodes one by one, each by its operator's function. */
#include "ep/lower.h"

#include <string.h>

#include "ep/lower_elements.h"
#include "ep/lower_numbers.h"
#include "ep/lower_rows.h"
#include "ep/lower_views.h"

/* ---- inputs, constants and outputs of the graph ----------------------------------------------------- */

/* What the operators rely on; extents may be unknown. */
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
    /* the rows of a matrix of unknown width may be any number of elements apart */
    ep_steps(shape, value->rank, lowered.steps);
    return lowered;
}

/* The value that stands for an unknown number must not be one that occurs in the model. */
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
        ep_unsupported(lowering, node, "an impossible extent");
}

void ep_lower_node(struct ep_lowering *lowering, const struct ep_node *node)
{
    int number = find_operator(node);
    if (number < 0) ep_unsupported(lowering, node, "unsupported operator");
    operators[number].lower(lowering, node, operators[number].function);
    for (size_t i = 0; i < node->outputs_count; i++)
        if (node->outputs[i] >= 0) check_result(lowering, node, &lowering->values[node->outputs[i]]);
}

bool ep_is_worthwhile(const struct ep_node *node)
{
    int number = find_operator(node);
    return number >= 0 && operators[number].worthwhile;
}
