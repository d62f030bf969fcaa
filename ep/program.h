/* What a graph becomes before it is run: operations on columns of rows.
 *
 * A float tensor [rows, width] is a list of columns; joining, splitting, slicing tensors along their width
 * only makes other lists. Each operation makes some columns from others of the same rows, and works on any
 * block of rows by itself. Three cross between rows, and need a tensor that is stored whole in row-major
 * memory (a view): a gather takes rows of it by an index, a sum over segments adds rows of it by target, and
 * what leaves the graph is stored. */
#ifndef TRKX_EP_PROGRAM_H
#define TRKX_EP_PROGRAM_H

#include "ep/arena.h"
#include "ep/graph.h"
#include "ep/kernels.h"

enum ep_operation {
    EP_OP_NONE, /* removed */
    EP_OP_INPUT,
    EP_OP_CONSTANT,
    EP_OP_UNARY,
    EP_OP_BINARY, /* inputs: a columns, b columns */
    EP_OP_WHERE,  /* inputs: condition, a, b */
    EP_OP_CLIP,
    EP_OP_LAYER, /* inputs: width of the layer before; then, where `starts`, what is added to the outputs */
    EP_OP_NORMALISE,
    EP_OP_SUM,
    EP_OP_GATHER,
    EP_OP_SEGMENTS,
    EP_OP_STORE, /* to a view, or to an output of the graph */
};

/* Integers of a graph's input, as they lie there: element (i, j) at offset + i * steps[0] + j * steps[1]. */
struct ep_index {
    int input; /* of the graph; -1: all zeros */
    int64_t offset, step, count;
    int64_t range; /* values are in [-range, range) */
};

struct ep_term {
    int view, index;
};

struct ep_op {
    enum ep_operation kind;
    int function;      /* enum ep_unary, enum ep_binary; EP_OP_INPUT: the graph's input; EP_OP_CONSTANT: see
                          program.c */
    bool relu, starts; /* EP_OP_LAYER, the first EP_OP_NORMALISE as well */
    float alpha, beta; /* of the function; bounds, epsilon, factor of a sum, value of a constant */
    int64_t rows;      /* 0 constants */
    int first;         /* column; the op makes columns first ... first + width - 1 */
    int width;
    int *inputs; /* columns */
    int inputs_count;
    /* EP_OP_LAYER: weight [k,j] = alpha * weights[places[k] * row_step + j * column_step]; EP_OP_NORMALISE:
     * scale */
    const float *weights, *bias;
    int *places; /* [inputs of the layer] */
    size_t row_step, column_step;
    struct ep_term terms[EP_SOURCES]; /* EP_OP_GATHER */
    int terms_count;
    int view; /* EP_OP_SEGMENTS: summed; EP_OP_STORE: written, -1 where it is an output */
    int targets, sources,
        weight; /* EP_OP_SEGMENTS: index of targets; of the view's rows, view of weights, or -1 */
    int output; /* EP_OP_STORE */
    int level;  /* see schedule.c */
};

/* Row-major storage of some columns. */
struct ep_view {
    int *columns;
    int width;
    int64_t rows;
    int input;   /* of the graph that it is, whole, or -1 */
    bool packed; /* rows lie next to each other; else EP_STRIDE applies */
    int store;   /* op that writes it; -1: none yet, or the input as it lies */
};

struct ep_packings; /* packings.h */

struct ep_program {
    struct ep_arena *arena;
    struct ep_packings *packings; /* where packed weights are kept; NULL: nowhere */
    struct ep_op *ops;
    int *makers; /* [columns] op of each column */
    struct ep_view *views;
    struct ep_index *indices;
    size_t ops_count, columns_count, views_count, indices_count;
    int constants[256]; /* see program.c */
};

/* Appends an operation with so many columns of output and room for inputs. The pointer holds until the next
 * one. */
struct ep_op *ep_program_op(struct ep_program *program, enum ep_operation kind, int64_t rows, int width,
                            int inputs_count);
int ep_program_constant(struct ep_program *program, float value); /* its column */
int ep_program_view(struct ep_program *program, const int *columns, int width, int64_t rows);
int ep_program_packed_view(struct ep_program *program, int column, int64_t rows);
int ep_program_index(struct ep_program *program, const struct ep_index *index);

/* The op that makes a column. */
static inline struct ep_op *ep_maker(const struct ep_program *program, int column)
{
    return &program->ops[program->makers[column]];
}

/* [width] the columns that an op makes, in their order. */
int *ep_op_columns(const struct ep_program *program, const struct ep_op *op);

/* Appends function(a, b), column by column; the columns that it makes. */
int *ep_program_binary(struct ep_program *program, enum ep_binary function, int64_t rows, int width,
                       const int *a, const int *b);

/* Inputs of a layer before the columns that it starts from. */
static inline int ep_layer_inputs(const struct ep_op *op)
{
    return op->inputs_count - (op->starts ? op->width : 0);
}

#endif
