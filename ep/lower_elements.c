/* Lowers operators that work element by element. */
#include "ep/lower_elements.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "ep/lower_numbers.h"

/* Operands of an operator, some of them columns, broadcast to one shape: in width, and in rows if one has a
 * single row and another more. Numbers become constants. */
struct operands {
    int count, rank, width;
    int64_t rows;
    const struct ep_lowered *values[3];
    const int *columns[3];
    int steps[3]; /* between columns: 0 if broadcast over the width */
};

static bool all_numbers(struct ep_lowering *lowering, const struct ep_node *node)
{
    for (size_t i = 0; i < node->inputs_count; i++)
        if (ep_has_input(node, i) && ep_input(lowering, node, i)->kind != EP_NUMBERS) return false;
    return true;
}

/* The common number of rows; -1 if unknown: an unknown number may be 1, which broadcasts. Other differences
 * fail in any runtime. */
static int64_t common_rows(struct ep_lowering *lowering, const struct ep_node *node, int64_t a, int64_t b)
{
    if (a == b || b == 1) return a;
    if (a == 1 || a < 0) return b;
    if (b < 0) return a;
    ep_give_up(lowering->arena, EP_REASON_INPUT, "%s: %lld rows and %lld rows", node->type, (long long)a,
               (long long)b);
}

static void measure_columns(struct ep_lowering *lowering, const struct ep_node *node, struct operands *all)
{
    bool found = false;
    for (int i = 0; i < all->count; i++) {
        const struct ep_lowered *value = all->values[i];
        if (value->kind != EP_COLUMNS) continue;
        if (found && value->rank != all->rank) ep_unsupported(lowering, node, "ranks differ");
        all->rows = found ? common_rows(lowering, node, all->rows, value->shape[0]) : value->shape[0];
        all->width = ep_width(value) > all->width ? ep_width(value) : all->width;
        all->rank = value->rank;
        found = true;
    }
}

/* Numbers have to be a single one, or a row as wide as the columns. */
static void measure_numbers(struct ep_lowering *lowering, const struct ep_node *node, struct operands *all)
{
    for (int i = 0; i < all->count; i++) {
        const struct ep_lowered *value = all->values[i];
        if (value->kind != EP_NUMBERS) continue;
        int64_t count = ep_elements(value->shape, value->rank);
        int64_t last = value->rank == 0 ? 1 : value->shape[value->rank - 1];
        if (value->rank > all->rank || count != last || count < 1 || (all->rank == 1 && count != 1))
            ep_unsupported(lowering, node, "numbers that are not a row");
        if (value->element != EP_FLOAT && value->element != EP_BOOL)
            ep_unsupported(lowering, node, "types differ");
        if (count > EP_WIDEST) ep_unsupported(lowering, node, "numbers too wide");
        all->width = (int)count > all->width ? (int)count : all->width;
    }
}

const int *ep_spread(struct ep_lowering *lowering, const struct ep_lowered *value, int64_t rows)
{
    struct ep_program *program = lowering->program;
    int width = ep_width(value);
    if (value->shape[0] == rows || value->shape[0] != 1 || rows < 0) return value->columns;
    int view = ep_program_view(program, value->columns, width, 1);
    struct ep_index zeros = {.input = -1, .count = rows, .range = 1};
    struct ep_op *op = ep_program_op(program, EP_OP_GATHER, rows, width, 0);
    op->terms[0] = (struct ep_term){view, ep_program_index(program, &zeros)};
    op->terms_count = 1;
    return ep_op_columns(program, op);
}

static void take_columns(struct ep_lowering *lowering, const struct ep_node *node, struct operands *all)
{
    for (int i = 0; i < all->count; i++) {
        const struct ep_lowered *value = all->values[i];
        int width = value->kind == EP_COLUMNS ? ep_width(value) : (int)ep_elements(value->shape, value->rank);
        if (width != 1 && width != all->width) ep_unsupported(lowering, node, "widths differ");
        all->steps[i] = width == 1 ? 0 : 1;
        if (value->kind == EP_COLUMNS) {
            all->columns[i] = ep_spread(lowering, value, all->rows);
            continue;
        }
        int *columns = ep_alloc(lowering->arena, (size_t)width, sizeof *columns);
        for (int j = 0; j < width; j++)
            columns[j] = ep_program_constant(lowering->program, ep_number_at(value, j));
        all->columns[i] = columns;
    }
}

static struct operands read_operands(struct ep_lowering *lowering, const struct ep_node *node,
                                     const struct ep_lowered *const *values, int count)
{
    struct operands all = {.count = count, .width = 1, .rows = -1};
    for (int i = 0; i < count; i++) {
        if (values[i]->kind == EP_INTEGERS) ep_unsupported(lowering, node, "integers of an input");
        all.values[i] = values[i];
    }
    measure_columns(lowering, node, &all);
    measure_numbers(lowering, node, &all);
    take_columns(lowering, node, &all);
    return all;
}

static struct ep_op *emit(struct ep_lowering *lowering, const struct operands *all, enum ep_operation kind,
                          int function, enum ep_element element, struct ep_lowered *result)
{
    struct ep_op *op = ep_program_op(lowering->program, kind, all->rows, all->width, all->count * all->width);
    op->function = function;
    for (int i = 0; i < all->count; i++)
        for (int j = 0; j < all->width; j++)
            op->inputs[i * all->width + j] = all->columns[i][j * all->steps[i]];
    *result = ep_columns(element, all->rank, all->rows, all->width, ep_op_columns(lowering->program, op));
    return op;
}

/* ---- one operand ------------------------------------------------------------------------------------ */

static void apply_unary(struct ep_lowering *lowering, const struct ep_node *node, int function, float alpha,
                        float beta)
{
    const struct ep_lowered *x = ep_input(lowering, node, 0);
    struct ep_lowered *result = ep_output(lowering, node, 0);
    bool truth = function == EP_NOT;
    if (x->kind == EP_NUMBERS) {
        ep_numbers_unary(lowering, node, function, alpha, beta, x, result);
        return;
    }
    if (x->element != (truth ? EP_BOOL : EP_FLOAT)) ep_unsupported(lowering, node, "another type");
    struct operands all = read_operands(lowering, node, &x, 1);
    struct ep_op *op = emit(lowering, &all, EP_OP_UNARY, function, truth ? EP_BOOL : EP_FLOAT, result);
    op->alpha = alpha;
    op->beta = beta;
}

/* Stock ONNX Runtime computes scale (exp(x) - 1) literally: near x = 0 the difference cancels and is off by
 * scale / 2^24, ours is not. Up to this scale both agree to 1.2e-7; at 1e20 stock returns 0. */
static const float most_scale = 2;

void ep_lower_unary(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    float alpha = 1, beta = 0; /* defaults as in ONNX */
    if (function == EP_LEAKY_RELU) alpha = 0.01f;
    if (function == EP_HARD_SIGMOID) alpha = 0.2f, beta = 0.5f;
    if (function == EP_SELU) alpha = 1.67326319217681884765625f, beta = 1.05070102214813232421875f;
    alpha = ep_number(node, "alpha", alpha);
    beta = ep_number(node, function == EP_SELU ? "gamma" : "beta", beta);
    bool scales = function == EP_CELU || function == EP_ELU || function == EP_SELU;
    float scale = function == EP_SELU ? alpha * beta : alpha;
    if (scales && !(fabsf(scale) <= most_scale)) ep_unsupported(lowering, node, "a large alpha");
    if (function == EP_SILU && alpha != 1) ep_unsupported(lowering, node, "its alpha");
    if (function == EP_CELU && !(alpha > 0)) ep_unsupported(lowering, node, "its alpha");
    apply_unary(lowering, node, function, alpha, beta);
}

void ep_lower_gelu(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_attribute *approximate = ep_attribute(node, "approximate");
    bool tanh = approximate != NULL && approximate->text != NULL && strcmp(approximate->text, "tanh") == 0;
    apply_unary(lowering, node, tanh ? EP_GELU_TANH : EP_GELU, 0, 0);
}

static float bound(struct ep_lowering *lowering, const struct ep_node *node, const char *attribute,
                   size_t number, float otherwise)
{
    if (!ep_has_input(node, number)) return ep_number(node, attribute, otherwise);
    const struct ep_lowered *value = ep_input(lowering, node, number);
    if (value->kind != EP_NUMBERS || value->element != EP_FLOAT || value->rank > 1 ||
        ep_elements(value->shape, value->rank) != 1)
        ep_unsupported(lowering, node, "an unknown bound");
    return ep_number_at(value, 0);
}

void ep_lower_clip(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *x = ep_input(lowering, node, 0);
    struct ep_lowered *result = ep_output(lowering, node, 0);
    /* without a bound, infinities become the largest numbers, as in ONNX Runtime */
    float low = bound(lowering, node, "min", 1, -FLT_MAX), high = bound(lowering, node, "max", 2, FLT_MAX);
    if (x->element != EP_FLOAT) ep_unsupported(lowering, node, "another type");
    if (x->kind == EP_NUMBERS) {
        struct ep_lowered made = *x;
        int64_t count = ep_elements(x->shape, x->rank);
        float *numbers = ep_alloc(lowering->arena, (size_t)count, sizeof *numbers);
        for (int64_t i = 0; i < count; i++) {
            float value = ep_number_at(x, i);
            numbers[i] = value < low ? low : value > high ? high : value;
        }
        made.numbers = numbers;
        *result = made;
        return;
    }
    struct operands all = read_operands(lowering, node, &x, 1);
    struct ep_op *op = emit(lowering, &all, EP_OP_CLIP, 0, EP_FLOAT, result);
    op->alpha = low;
    op->beta = high;
}

/* ---- two and more ----------------------------------------------------------------------------------- */

static void binary(struct ep_lowering *lowering, const struct ep_node *node, int function,
                   const struct ep_lowered *a, const struct ep_lowered *b, struct ep_lowered *result)
{
    bool logical = function == EP_AND || function == EP_OR || function == EP_XOR;
    enum ep_element needed = logical ? EP_BOOL : EP_FLOAT;
    if (a->kind == EP_NUMBERS && b->kind == EP_NUMBERS) {
        ep_numbers_binary(lowering, node, function, a, b, result);
        return;
    }
    if (a->element != needed || b->element != needed) ep_unsupported(lowering, node, "another type");
    const struct ep_lowered *values[2] = {a, b};
    struct operands all = read_operands(lowering, node, values, 2);
    emit(lowering, &all, EP_OP_BINARY, function, function >= EP_LESS ? EP_BOOL : EP_FLOAT, result);
}

void ep_lower_binary(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    if (node->version < 7) ep_unsupported(lowering, node, "broadcasting as before operator set 7");
    binary(lowering, node, function, ep_input(lowering, node, 0), ep_input(lowering, node, 1),
           ep_output(lowering, node, 0));
}

/* Known numbers, none of them 0. */
static bool never_zero(const struct ep_lowering *lowering, const struct ep_lowered *value)
{
    if (value->kind != EP_NUMBERS) return false;
    int64_t count = ep_elements(value->shape, value->rank);
    for (int64_t i = 0; i < count; i++) {
        float number = ep_number_at(value, i);
        bool unknown = lowering->kinds == NULL && number != number;
        if (unknown || number == 0) return false;
    }
    return true;
}

/* For 0 and -0 stock ONNX Runtime returns either, depending on whether a vector instruction handles the pair
 * or it is in the remainder of a row, so our kernels cannot do the same. */
static void check_zeros(struct ep_lowering *lowering, const struct ep_node *node, const struct ep_lowered *a,
                        const struct ep_lowered *b)
{
    if (a->element == EP_FLOAT && b->element == EP_FLOAT && !never_zero(lowering, a) &&
        !never_zero(lowering, b))
        ep_unsupported(lowering, node, "zeros of undetermined sign");
}

void ep_lower_many(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    struct ep_lowered result = *ep_input(lowering, node, 0);
    if (node->version < 8) ep_unsupported(lowering, node, "no broadcasting before operator set 8");
    for (size_t i = 1; i < node->inputs_count; i++) {
        struct ep_lowered sum = {.kind = EP_NOTHING};
        if (function != EP_ADD) check_zeros(lowering, node, &result, ep_input(lowering, node, i));
        binary(lowering, node, function, &result, ep_input(lowering, node, i), &sum);
        result = sum;
    }
    *ep_output(lowering, node, 0) = result;
}

void ep_lower_where(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *values[3];
    for (size_t i = 0; i < 3; i++) values[i] = ep_input(lowering, node, i);
    struct ep_lowered *result = ep_output(lowering, node, 0);
    if (all_numbers(lowering, node)) {
        ep_numbers_where(lowering, node, values[0], values[1], values[2], result);
        return;
    }
    if (values[0]->element != EP_BOOL || values[1]->element != EP_FLOAT || values[2]->element != EP_FLOAT)
        ep_unsupported(lowering, node, "another type");
    struct operands all = read_operands(lowering, node, values, 3);
    struct ep_op *op = emit(lowering, &all, EP_OP_WHERE, 0, EP_FLOAT, result);
    bool second = ep_where_drops_sign(values[0], values[1], values[2]);
    op->alpha = second ? -0.0f : 0.0f;
    op->beta = second ? 0.0f : -0.0f;
}

void ep_lower_prelu(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    const struct ep_lowered *x = ep_input(lowering, node, 0), *slope = ep_input(lowering, node, 1);
    if (x->kind != EP_COLUMNS) ep_unsupported(lowering, node, "of numbers");
    binary(lowering, node, function, x, slope, ep_output(lowering, node, 0));
}
