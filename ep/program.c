/* Adds columns, tensors and operations to a program. */
#include "ep/program.h"

#include <limits.h>
#include <string.h>

struct ep_op *ep_program_op(struct ep_program *program, enum ep_operation kind, int64_t rows, int width,
                            int inputs_count)
{
    if (program->columns_count + (size_t)width > INT_MAX / 2 || program->ops_count > INT_MAX / 2)
        ep_give_up(program->arena, EP_REASON_MEMORY, "%zu columns", program->columns_count);
    int number = (int)program->ops_count;
    struct ep_op *op = EP_PUSH(program->arena, program->ops, program->ops_count);
    *op = (struct ep_op){.kind = kind,
                         .rows = rows,
                         .first = (int)program->columns_count,
                         .width = width,
                         .inputs = ep_alloc(program->arena, (size_t)inputs_count, sizeof(int)),
                         .inputs_count = inputs_count,
                         .view = -1,
                         .targets = -1,
                         .sources = -1,
                         .weight = -1,
                         .output = -1};
    for (int i = 0; i < width; i++)
        *EP_PUSH(program->arena, program->makers, program->columns_count) = number;
    return op;
}

int *ep_op_columns(const struct ep_program *program, const struct ep_op *op)
{
    int *columns = ep_alloc(program->arena, (size_t)op->width, sizeof *columns);
    for (int j = 0; j < op->width; j++) columns[j] = op->first + j;
    return columns;
}

int *ep_program_binary(struct ep_program *program, enum ep_binary function, int64_t rows, int width,
                       const int *a, const int *b)
{
    struct ep_op *op = ep_program_op(program, EP_OP_BINARY, rows, width, 2 * width);
    op->function = (int)function;
    memcpy(op->inputs, a, (size_t)width * sizeof *a);
    memcpy(op->inputs + width, b, (size_t)width * sizeof *b);
    return ep_op_columns(program, op);
}

/* Equal constants are stored once. Each bucket is a chain of ops, numbered from 1, linked by their
 * `function`. */
int ep_program_constant(struct ep_program *program, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    int *bucket = &program->constants[(bits * 2654435769u) >> 24];
    for (int next = *bucket; next > 0; next = program->ops[next - 1].function) {
        const struct ep_op *op = &program->ops[next - 1];
        if (memcmp(&op->alpha, &value, sizeof value) == 0) return op->first;
    }
    struct ep_op *op = ep_program_op(program, EP_OP_CONSTANT, 0, 1, 0);
    op->alpha = value;
    op->function = *bucket;
    *bucket = (int)program->ops_count;
    return op->first;
}

/* The graph's input consisting of exactly these columns in order, or -1. */
static int whole_input(const struct ep_program *program, const int *columns, int width)
{
    const struct ep_op *op = ep_maker(program, columns[0]);
    if (op->kind != EP_OP_INPUT || op->width != width) return -1;
    for (int i = 0; i < width; i++)
        if (columns[i] != op->first + i) return -1;
    return op->function;
}

int ep_program_view(struct ep_program *program, const int *columns, int width, int64_t rows)
{
    size_t bytes = (size_t)width * sizeof *columns;
    for (size_t v = 0; v < program->views_count; v++) {
        const struct ep_view *view = &program->views[v];
        if (view->width == width && view->rows == rows && !view->packed &&
            memcmp(view->columns, columns, bytes) == 0)
            return (int)v;
    }
    struct ep_view *view = EP_PUSH(program->arena, program->views, program->views_count);
    *view = (struct ep_view){.columns = ep_copy(program->arena, columns, (size_t)width, sizeof *columns),
                             .width = width,
                             .rows = rows,
                             .input = whole_input(program, columns, width),
                             .store = -1};
    return (int)program->views_count - 1;
}

int ep_program_packed_view(struct ep_program *program, int column, int64_t rows)
{
    struct ep_view *view = EP_PUSH(program->arena, program->views, program->views_count);
    *view = (struct ep_view){.columns = ep_copy(program->arena, &column, 1, sizeof column),
                             .width = 1,
                             .rows = rows,
                             .input = -1,
                             .packed = true,
                             .store = -1};
    return (int)program->views_count - 1;
}

int ep_program_index(struct ep_program *program, const struct ep_index *index)
{
    for (size_t i = 0; i < program->indices_count; i++) {
        const struct ep_index *other = &program->indices[i];
        if (other->input == index->input && other->offset == index->offset && other->step == index->step &&
            other->count == index->count && other->range == index->range)
            return (int)i;
    }
    *EP_PUSH(program->arena, program->indices, program->indices_count) = *index;
    return (int)program->indices_count - 1;
}
