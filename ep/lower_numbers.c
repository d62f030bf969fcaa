/* Evaluates operators on numbers that follow from shapes and constants, while planning. */
#include "ep/lower_numbers.h"

#include <string.h>

#include "ep/kernels_best.h"

/* A dimension from 0 to rank, counted from the end if negative. */
static int64_t bounded(int64_t dimension, int rank)
{
    if (dimension < 0) dimension += rank;
    return dimension < 0 ? 0 : dimension > rank ? rank : dimension;
}

void ep_lower_shape(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *source = ep_input(lowering, node, 0);
    int64_t begin = bounded(ep_integer(node, "start", 0), source->rank);
    int64_t end = bounded(ep_integer(node, "end", source->rank), source->rank);
    if (end < begin) end = begin;
    int64_t *extents = ep_alloc(lowering->arena, (size_t)(end - begin), sizeof *extents);
    for (int64_t d = begin; d < end; d++)
        extents[d - begin] = source->shape[d] < 0 ? EP_UNKNOWN : source->shape[d];
    *ep_output(lowering, node, 0) = (struct ep_lowered){
        .kind = EP_NUMBERS, .element = EP_INT64, .rank = 1, .shape = {end - begin}, .numbers = extents};
}

void ep_lower_size(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *source = ep_input(lowering, node, 0);
    int64_t count = ep_elements(source->shape, source->rank);
    int64_t *number = ep_alloc(lowering->arena, 1, sizeof *number);
    *number = count < 0 ? EP_UNKNOWN : count;
    *ep_output(lowering, node, 0) =
        (struct ep_lowered){.kind = EP_NUMBERS, .element = EP_INT64, .rank = 0, .numbers = number};
}

static void fill_numbers(struct ep_lowering *lowering, const struct ep_node *node,
                         const struct ep_attribute *value, int64_t count, struct ep_lowered *result)
{
    bool whole = value != NULL && value->element == EP_INT64;
    if (count > EP_MOST_NUMBERS ||
        (value != NULL && value->element != EP_INT64 && value->element != EP_FLOAT))
        ep_unsupported(lowering, node, "numbers of a large extent or another type");
    result->kind = EP_NUMBERS;
    result->element = whole ? EP_INT64 : EP_FLOAT;
    void *numbers = ep_alloc(lowering->arena, (size_t)count, sizeof(int64_t));
    for (int64_t i = 0; i < count && value != NULL; i++)
        if (whole)
            ((int64_t *)numbers)[i] = value->integer;
        else
            ((float *)numbers)[i] = value->number;
    result->numbers = numbers;
}

void ep_lower_constant_of_shape(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_attribute *value = ep_attribute(node, "value");
    struct ep_lowered result = {.kind = EP_NOTHING};
    result.rank = ep_shape_input(lowering, node, 0, result.shape);
    for (int d = 0; d < result.rank; d++) result.shape[d] = ep_extent(lowering, node, result.shape[d]);
    int64_t count = ep_elements(result.shape, result.rank);
    if (value != NULL && value->count != 1) ep_unsupported(lowering, node, "a value that is not one number");
    bool rows = lowering->kinds != NULL ? lowering->kinds[node->outputs[0]] == EP_COLUMNS
                                        : count < 0 && (result.rank == 1 || result.rank == 2);
    if (!rows) {
        if (count < 0) ep_unsupported(lowering, node, "numbers of unknown extent");
        fill_numbers(lowering, node, value, count, &result);
    } else {
        int64_t width = result.rank == 2 ? result.shape[1] : 1;
        if (value != NULL && value->element != EP_FLOAT)
            ep_unsupported(lowering, node, "rows of another type");
        int *columns = ep_new_columns(lowering, node, width);
        for (int64_t j = 0; j < width; j++)
            columns[j] = ep_program_constant(lowering->program, value == NULL ? 0 : value->number);
        result = ep_columns(EP_FLOAT, result.rank, result.shape[0], (int)width, columns);
    }
    *ep_output(lowering, node, 0) = result;
}

/* ---- element by element ----------------------------------------------------------------------------- */

/* The functions used for columns, so that a number has the same bits however it is computed. */
static float number_unary(const struct ep_lowering *lowering, int function, float alpha, float beta, float x)
{
    _Alignas(64) float in[EP_ROWS], out[EP_ROWS];
    if (lowering->kinds == NULL && x != x) return x; /* unknown */
    for (int i = 0; i < EP_ROWS; i++) in[i] = x;
    ep_kernels_best()->unary((enum ep_unary)function, alpha, beta, in, out);
    return out[0];
}

static float number_binary(int function, float a, float b)
{
    _Alignas(64) float left[EP_ROWS], right[EP_ROWS], out[EP_ROWS];
    for (int i = 0; i < EP_ROWS; i++) {
        left[i] = a;
        right[i] = b;
    }
    ep_kernels_best()->binary((enum ep_binary)function, left, right, out);
    return out[0];
}

/* Wraps around as the processor does; gives up if there is no such function of integers. */
static int64_t integer_binary(struct ep_lowering *lowering, const struct ep_node *node, int function,
                              int64_t a, int64_t b)
{
    int64_t result = 0;
    bool unknown = ep_unknown(lowering, a) || ep_unknown(lowering, b);
    switch (function) {
    case EP_ADD: __builtin_add_overflow(a, b, &result); break;
    case EP_SUB: __builtin_sub_overflow(a, b, &result); break;
    case EP_MUL: __builtin_mul_overflow(a, b, &result); break;
    case EP_DIV:
        if (b == 0) ep_unsupported(lowering, node, "division by 0");
        if (b == -1)
            __builtin_sub_overflow(0, a, &result);
        else
            result = a / b;
        break;
    case EP_MIN: result = a < b ? a : b; break;
    case EP_MAX: result = a > b ? a : b; break;
    case EP_LESS: result = a < b; break;
    case EP_LESS_OR_EQUAL: result = a <= b; break;
    case EP_GREATER: result = a > b; break;
    case EP_GREATER_OR_EQUAL: result = a >= b; break;
    case EP_EQUAL: result = a == b; break;
    case EP_AND: result = a && b; break;
    case EP_OR: result = a || b; break;
    case EP_XOR: result = !a != !b; break;
    default: ep_unsupported(lowering, node, "integers");
    }
    return unknown ? EP_UNKNOWN : result;
}

static void *new_numbers(struct ep_lowering *lowering, const struct ep_node *node, struct ep_lowered *result)
{
    int64_t count = ep_elements(result->shape, result->rank);
    if (count < 0 || count > EP_MOST_NUMBERS) ep_unsupported(lowering, node, "numbers of a large extent");
    void *numbers = ep_alloc(lowering->arena, (size_t)count, sizeof(int64_t));
    result->kind = EP_NUMBERS;
    result->numbers = numbers;
    return numbers;
}

static void put_integer(struct ep_lowering *lowering, const struct ep_node *node, enum ep_element element,
                        void *numbers, int64_t place, int64_t integer)
{
    bool unknown = ep_unknown(lowering, integer);
    if (unknown && element == EP_INT32) ep_unsupported(lowering, node, "unknown integers");
    if (element == EP_INT64) ((int64_t *)numbers)[place] = integer;
    if (element == EP_INT32) ((int32_t *)numbers)[place] = (int32_t)integer;
    if (element == EP_BOOL) ((uint8_t *)numbers)[place] = unknown ? 2 : integer != 0;
}

static int64_t integer_unary(struct ep_lowering *lowering, const struct ep_node *node, int function,
                             enum ep_element element, int64_t x)
{
    bool negates = function == EP_NEG || (function == EP_ABS && x < 0), whole = element == EP_INT64;
    if ((function != EP_NOT || element != EP_BOOL) && (!whole || (function != EP_NEG && function != EP_ABS)))
        ep_unsupported(lowering, node, "integers");
    if (ep_unknown(lowering, x)) return x;
    if (!whole) return !x;
    if (negates) __builtin_sub_overflow(0, x, &x);
    return x;
}

void ep_numbers_unary(struct ep_lowering *lowering, const struct ep_node *node, int function, float alpha,
                      float beta, const struct ep_lowered *x, struct ep_lowered *result)
{
    struct ep_lowered made = *x;
    int64_t count = ep_elements(x->shape, x->rank);
    void *numbers = new_numbers(lowering, node, &made);
    for (int64_t i = 0; i < count; i++) {
        if (x->element == EP_FLOAT)
            ((float *)numbers)[i] = number_unary(lowering, function, alpha, beta, ep_number_at(x, i));
        else
            put_integer(lowering, node, x->element, numbers, i,
                        integer_unary(lowering, node, function, x->element, ep_integer_at(x, i)));
    }
    *result = made;
}

/* The shape that both are broadcast to. */
static void broadcast(struct ep_lowering *lowering, const struct ep_node *node, const struct ep_lowered *a,
                      struct ep_lowered *result)
{
    int rank = a->rank > result->rank ? a->rank : result->rank;
    int64_t shape[EP_RANK] = {0};
    for (int d = 0; d < rank; d++) {
        int mine = d - (rank - a->rank), theirs = d - (rank - result->rank);
        int64_t own = mine < 0 ? 1 : a->shape[mine], other = theirs < 0 ? 1 : result->shape[theirs];
        if (own != other && own != 1 && other != 1) ep_unsupported(lowering, node, "extents do not agree");
        shape[d] = own == 1 ? other : own;
    }
    result->rank = rank;
    memcpy(result->shape, shape, sizeof shape);
}

/* The place of a result's element i in an operand broadcast to it. */
static int64_t stretched_place(const struct ep_lowered *operand, const struct ep_lowered *result, int64_t i)
{
    int64_t place = 0, step = 1;
    for (int d = result->rank; d-- > 0; i /= result->shape[d]) {
        int own = d - (result->rank - operand->rank);
        if (own < 0) break;
        if (operand->shape[own] != 1) place += i % result->shape[d] * step;
        step *= operand->shape[own];
    }
    return place;
}

static bool is_comparison(int function)
{
    return function >= EP_LESS && function <= EP_XOR;
}

void ep_numbers_binary(struct ep_lowering *lowering, const struct ep_node *node, int function,
                       const struct ep_lowered *a, const struct ep_lowered *b, struct ep_lowered *result)
{
    struct ep_lowered made = *a;
    if (a->element != b->element) ep_unsupported(lowering, node, "types differ");
    broadcast(lowering, node, b, &made);
    if (is_comparison(function)) made.element = EP_BOOL;
    void *numbers = new_numbers(lowering, node, &made);
    int64_t count = ep_elements(made.shape, made.rank);
    for (int64_t i = 0; i < count; i++) {
        int64_t left = stretched_place(a, &made, i), right = stretched_place(b, &made, i);
        if (a->element == EP_FLOAT) {
            float x = ep_number_at(a, left), y = ep_number_at(b, right),
                  value = number_binary(function, x, y);
            bool unknown = lowering->kinds == NULL && (x != x || y != y); /* in a run, NaN is NaN */
            if (made.element == EP_FLOAT)
                ((float *)numbers)[i] = unknown ? __builtin_nanf("") : value;
            else
                put_integer(lowering, node, EP_BOOL, numbers, i, unknown ? EP_UNKNOWN : value != 0);
        } else {
            put_integer(
                lowering, node, made.element, numbers, i,
                integer_binary(lowering, node, function, ep_integer_at(a, left), ep_integer_at(b, right)));
        }
    }
    *result = made;
}

/* The d-th extent from behind of two values that are stretched to each other. */
static int64_t common_extent(const struct ep_lowered *a, const struct ep_lowered *b, int d)
{
    int64_t own = d < a->rank ? a->shape[a->rank - 1 - d] : 1;
    int64_t other = d < b->rank ? b->shape[b->rank - 1 - d] : 1;
    return own > other ? own : other;
}

/* It looks at the dimensions that both tensors have, and at the last one at least. */
bool ep_where_drops_sign(const struct ep_lowered *condition, const struct ep_lowered *a,
                         const struct ep_lowered *b)
{
    int least = a->rank < b->rank ? a->rank : b->rank;
    if (least < condition->rank) least = condition->rank;
    for (int d = 0; d == 0 || d < least; d++) {
        int64_t first = common_extent(condition, a, d), second = common_extent(condition, b, d);
        if (first > 1 || second > 1) return second == 1;
    }
    return false;
}

void ep_numbers_where(struct ep_lowering *lowering, const struct ep_node *node,
                      const struct ep_lowered *condition, const struct ep_lowered *a,
                      const struct ep_lowered *b, struct ep_lowered *result)
{
    struct ep_lowered made = *a;
    if (a->element != b->element) ep_unsupported(lowering, node, "types differ");
    broadcast(lowering, node, b, &made);
    broadcast(lowering, node, condition, &made);
    void *numbers = new_numbers(lowering, node, &made);
    int64_t count = ep_elements(made.shape, made.rank);
    bool second = ep_where_drops_sign(condition, a, b);
    for (int64_t i = 0; i < count; i++) {
        int64_t truth = ep_integer_at(condition, stretched_place(condition, &made, i));
        const struct ep_lowered *chosen = truth != 0 ? a : b;
        int64_t place = stretched_place(chosen, &made, i);
        bool unknown = ep_unknown(lowering, truth);
        if (made.element == EP_FLOAT)
            ((float *)numbers)[i] =
                unknown ? __builtin_nanf("")
                        : ep_number_at(chosen, place) + ((truth == 0) == second ? 0.0f : -0.0f);
        else
            put_integer(lowering, node, made.element, numbers, i,
                        unknown ? EP_UNKNOWN : ep_integer_at(chosen, place));
    }
    *result = made;
}
