/* Lowers operators that compute rows from others: layers, normalisation, and gathers and sums between nodes
 * and edges. */
#include "ep/lower_rows.h"

#include <math.h>
#include <string.h>

#include "ep/lower_elements.h"

static void result_columns(struct ep_lowering *lowering, const struct ep_op *op, int rank,
                           struct ep_lowered *result)
{
    *result = ep_columns(EP_FLOAT, rank, op->rows, op->width, ep_op_columns(lowering->program, op));
}

static const struct ep_lowered *rows_input(struct ep_lowering *lowering, const struct ep_node *node,
                                           size_t number)
{
    const struct ep_lowered *value = ep_input(lowering, node, number);
    if (value->kind != EP_COLUMNS || value->element != EP_FLOAT) ep_unsupported(lowering, node, "not rows");
    return value;
}

static const struct ep_lowered *numbers_input(struct ep_lowering *lowering, const struct ep_node *node,
                                              size_t number)
{
    const struct ep_lowered *value = ep_input(lowering, node, number);
    if (value->kind != EP_NUMBERS || value->element != EP_FLOAT)
        ep_unsupported(lowering, node, "not constant");
    return value;
}

/* `width` numbers, from one or from as many, times a factor. */
static const float *row_of_numbers(struct ep_lowering *lowering, const struct ep_node *node,
                                   const struct ep_lowered *value, int width, float factor)
{
    int64_t count = ep_elements(value->shape, value->rank);
    int64_t last = value->rank == 0 ? 1 : value->shape[value->rank - 1];
    if (count != last || (count != 1 && count != width))
        ep_unsupported(lowering, node, "not a row of numbers");
    float *row = ep_alloc(lowering->arena, (size_t)width, sizeof *row);
    for (int j = 0; j < width; j++) row[j] = factor * ep_number_at(value, count == 1 ? 0 : j);
    return row;
}

/* ---- layers ----------------------------------------------------------------------------------------- */

/* Wider layers would need a kernel that divides them, and weights packed once. */
enum { WIDEST_LAYER = 1024 };

static struct ep_op *layer(struct ep_lowering *lowering, const struct ep_lowered *x, const int *start,
                           int width)
{
    int inputs = ep_width(x);
    struct ep_op *op = ep_program_op(lowering->program, EP_OP_LAYER, x->shape[0], width,
                                     inputs + (start != NULL ? width : 0));
    op->alpha = 1;
    op->places = ep_alloc(lowering->arena, (size_t)inputs, sizeof *op->places);
    for (int k = 0; k < inputs; k++) op->places[k] = k;
    memcpy(op->inputs, x->columns, (size_t)inputs * sizeof *op->inputs);
    if (start != NULL) memcpy(op->inputs + inputs, start, (size_t)width * sizeof *op->inputs);
    op->starts = start != NULL;
    return op;
}

/* The columns that a Gemm adds to its products; a single row is broadcast. */
static const int *added_columns(struct ep_lowering *lowering, const struct ep_node *node,
                                const struct ep_lowered *added, int64_t rows, int width)
{
    if (ep_number(node, "beta", 1) != 1 || added->rank != 2 || ep_width(added) != width)
        ep_unsupported(lowering, node, "a third input of another form");
    bool known = added->shape[0] >= 0 && rows >= 0;
    if (known && added->shape[0] != rows && added->shape[0] != 1)
        ep_give_up(lowering->arena, lowering->kinds == NULL ? EP_REASON_UNSUPPORTED : EP_REASON_INPUT,
                   "Gemm: %lld rows and %lld rows", (long long)rows, (long long)added->shape[0]);
    return ep_spread(lowering, added, rows);
}

void ep_lower_gemm(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *x = rows_input(lowering, node, 0), *weights = numbers_input(lowering, node, 1);
    const struct ep_lowered *added = ep_has_input(node, 2) ? ep_input(lowering, node, 2) : NULL;
    bool turned = ep_flag(lowering, node, "transB", false);
    if (x->rank != 2 || weights->rank != 2 || ep_flag(lowering, node, "transA", false))
        ep_unsupported(lowering, node, "not rows by weights");
    int inputs = (int)weights->shape[turned ? 1 : 0], width = (int)weights->shape[turned ? 0 : 1];
    if (inputs != ep_width(x) || width < 1) ep_unsupported(lowering, node, "widths differ");
    if (inputs > WIDEST_LAYER || width > WIDEST_LAYER) ep_unsupported(lowering, node, "a very wide layer");
    const int *start = NULL;
    const float *bias = NULL;
    if (added != NULL && added->kind == EP_COLUMNS)
        start = added_columns(lowering, node, added, x->shape[0], width);
    else if (added != NULL)
        bias = row_of_numbers(lowering, node, numbers_input(lowering, node, 2), width,
                              ep_number(node, "beta", 1));
    struct ep_op *op = layer(lowering, x, start, width);
    op->alpha = ep_number(node, "alpha", 1);
    op->weights = weights->numbers;
    op->bias = bias;
    op->row_step = turned ? 1 : (size_t)width;
    op->column_step = turned ? (size_t)inputs : 1;
    result_columns(lowering, op, 2, ep_output(lowering, node, 0));
}

void ep_lower_matmul(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *x = rows_input(lowering, node, 0), *weights = numbers_input(lowering, node, 1);
    if (x->rank != 2 || weights->rank < 1 || weights->rank > 2 || weights->shape[0] != ep_width(x))
        ep_unsupported(lowering, node, "not rows by weights");
    int width = weights->rank == 2 ? (int)weights->shape[1] : 1;
    if (width < 1) ep_unsupported(lowering, node, "widths differ");
    if (ep_width(x) > WIDEST_LAYER || width > WIDEST_LAYER)
        ep_unsupported(lowering, node, "a very wide layer");
    struct ep_op *op = layer(lowering, x, NULL, width);
    op->weights = weights->numbers;
    op->row_step = (size_t)width;
    op->column_step = 1;
    result_columns(lowering, op, weights->rank, ep_output(lowering, node, 0));
}

/* ---- over the width of rows ------------------------------------------------------------------------- */

static void no_more_outputs(struct ep_lowering *lowering, const struct ep_node *node)
{
    for (size_t i = 1; i < node->outputs_count; i++)
        if (node->outputs[i] >= 0) ep_unsupported(lowering, node, "more than one output is used");
}

void ep_lower_normalisation(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *x = rows_input(lowering, node, 0);
    int width = ep_width(x);
    no_more_outputs(lowering, node);
    if (x->rank != 2 || ep_axis(lowering, node, ep_integer(node, "axis", -1), 2) != 1)
        ep_unsupported(lowering, node, "not over the width of rows");
    const float *scale = row_of_numbers(lowering, node, numbers_input(lowering, node, 1), width, 1),
                *bias = NULL;
    if (ep_has_input(node, 2))
        bias = row_of_numbers(lowering, node, numbers_input(lowering, node, 2), width, 1);
    struct ep_op *op = ep_program_op(lowering->program, EP_OP_NORMALISE, x->shape[0], width, width);
    memcpy(op->inputs, x->columns, (size_t)width * sizeof *op->inputs);
    op->alpha = ep_number(node, "epsilon", 1e-5f);
    op->weights = scale;
    op->bias = bias;
    result_columns(lowering, op, 2, ep_output(lowering, node, 0));
}

/* With known mean and variance it is x a + b, column by column: cheaper than layers of one input each.
 */
void ep_lower_batch_normalisation(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *x = rows_input(lowering, node, 0);
    int width = ep_width(x);
    const float *given[4];
    float epsilon = ep_number(node, "epsilon", 1e-5f);
    no_more_outputs(lowering, node);
    if (x->rank != 2 || ep_flag(lowering, node, "training_mode", false))
        ep_unsupported(lowering, node, "training");
    for (size_t i = 0; i < 4; i++) {
        const struct ep_lowered *numbers = numbers_input(lowering, node, i + 1);
        if (numbers->rank != 1 || numbers->shape[0] != width) ep_unsupported(lowering, node, "widths differ");
        given[i] = row_of_numbers(lowering, node, numbers, width, 1);
    }
    struct ep_program *program = lowering->program;
    int *factors = ep_alloc(lowering->arena, (size_t)width, sizeof *factors);
    int *shifts = ep_alloc(lowering->arena, (size_t)width, sizeof *shifts);
    for (int j = 0; j < width; j++) {
        float factor = given[0][j] / sqrtf(given[3][j] + epsilon);
        factors[j] = ep_program_constant(program, factor);
        shifts[j] = ep_program_constant(program, given[1][j] - given[2][j] * factor);
    }
    const int *scaled = ep_program_binary(program, EP_MUL, x->shape[0], width, x->columns, factors);
    const int *shifted = ep_program_binary(program, EP_ADD, x->shape[0], width, scaled, shifts);
    *ep_output(lowering, node, 0) = ep_columns(EP_FLOAT, 2, x->shape[0], width, shifted);
}

void ep_lower_reduce(struct ep_lowering *lowering, const struct ep_node *node, int mean)
{
    const struct ep_lowered *x = rows_input(lowering, node, 0);
    int64_t *axes = NULL;
    size_t count = 0;
    int width = ep_width(x);
    bool given = ep_integers(lowering, node, "axes", 1, &axes, &count);
    if (x->rank != 2 || !given || count != 1 || ep_axis(lowering, node, axes[0], 2) != 1)
        ep_unsupported(lowering, node, "not over the width of rows");
    struct ep_op *op = ep_program_op(lowering->program, EP_OP_SUM, x->shape[0], 1, width);
    memcpy(op->inputs, x->columns, (size_t)width * sizeof *op->inputs);
    op->alpha = mean ? 1 / (float)width : 1;
    result_columns(lowering, op, ep_flag(lowering, node, "keepdims", true) ? 2 : 1,
                   ep_output(lowering, node, 0));
}

/* ---- from nodes to edges and back ------------------------------------------------------------------- */

int ep_row_index(struct ep_lowering *lowering, const struct ep_node *node, const struct ep_lowered *value,
                 int64_t range)
{
    bool list = value->rank == 1, same = value->rank == 2 && (value->shape[1] == 1 || value->steps[1] == 0);
    if (value->kind != EP_INTEGERS || (!list && !same))
        ep_unsupported(lowering, node, "not an index of rows");
    struct ep_index index = {.input = value->input,
                             .offset = value->offset,
                             .step = value->steps[0],
                             .count = value->shape[0],
                             .range = range};
    return ep_program_index(lowering->program, &index);
}

void ep_gather_rows(struct ep_lowering *lowering, const struct ep_node *node, const struct ep_lowered *source,
                    const struct ep_lowered *index, struct ep_lowered *result)
{
    struct ep_program *program = lowering->program;
    int width = ep_width(source);
    if (source->element != EP_FLOAT) ep_unsupported(lowering, node, "another type");
    int number = ep_row_index(lowering, node, index, source->shape[0]);
    int view = ep_program_view(program, source->columns, width, source->shape[0]);
    struct ep_op *op = ep_program_op(program, EP_OP_GATHER, index->shape[0], width, 0);
    op->terms[0] = (struct ep_term){view, number};
    op->terms_count = 1;
    result_columns(lowering, op, source->rank, result);
}

void ep_lower_gather_nd(struct ep_lowering *lowering, const struct ep_node *node, int whole_rows)
{
    const struct ep_lowered *source = rows_input(lowering, node, 0), *index = ep_input(lowering, node, 1);
    if (index->kind != EP_INTEGERS || index->rank > 2) ep_unsupported(lowering, node, "not an index of rows");
    int64_t last = index->rank == 2 ? index->shape[1] : 1;
    if (whole_rows
            ? index->rank != 2 || last != 1 || ep_integer(node, "batch_dims", 0) != 0
            : index->rank != source->rank || last != ep_width(source) || ep_integer(node, "axis", 0) != 0)
        ep_unsupported(lowering, node, "not rows by an index");
    ep_gather_rows(lowering, node, source, index, ep_output(lowering, node, 0));
}

static bool adds(const struct ep_node *node)
{
    const struct ep_attribute *reduction = ep_attribute(node, "reduction");
    return reduction != NULL && reduction->text != NULL && strcmp(reduction->text, "add") == 0;
}

static bool all_zero(const struct ep_lowering *lowering, const struct ep_lowered *value)
{
    for (int j = 0; j < ep_width(value); j++) {
        const struct ep_op *maker = ep_maker(lowering->program, value->columns[j]);
        if (maker->kind != EP_OP_CONSTANT || maker->alpha != 0) return false;
    }
    return true;
}

void ep_lower_scatter(struct ep_lowering *lowering, const struct ep_node *node, int whole_rows)
{
    struct ep_program *program = lowering->program;
    const struct ep_lowered *data = rows_input(lowering, node, 0), *index = ep_input(lowering, node, 1);
    const struct ep_lowered *updates = rows_input(lowering, node, 2);
    int width = ep_width(data);
    int64_t last = index->rank == 2 ? index->shape[1] : 1;
    bool shaped = whole_rows ? index->rank == 2 && last == 1 : index->rank == data->rank && last == width;
    if (!adds(node) || !shaped || ep_width(updates) != width || updates->rank != data->rank ||
        ep_integer(node, "axis", 0) != 0)
        ep_unsupported(lowering, node, "not a sum of rows by an index");
    int targets = ep_row_index(lowering, node, index, data->shape[0]);
    if (index->shape[0] >= 0 && updates->shape[0] >= 0 && index->shape[0] != updates->shape[0])
        ep_give_up(lowering->arena, lowering->kinds == NULL ? EP_REASON_UNSUPPORTED : EP_REASON_INPUT,
                   "%s: %lld rows by %lld places", node->type, (long long)updates->shape[0],
                   (long long)index->shape[0]);
    int view = ep_program_view(program, updates->columns, width, updates->shape[0]);
    struct ep_op *op = ep_program_op(program, EP_OP_SEGMENTS, data->shape[0], width, 0);
    op->view = view;
    op->targets = targets;
    const int *columns = ep_op_columns(program, op);
    if (!all_zero(lowering, data))
        columns = ep_program_binary(program, EP_ADD, data->shape[0], width, data->columns, columns);
    *ep_output(lowering, node, 0) = ep_columns(EP_FLOAT, data->rank, data->shape[0], width, columns);
}
