/* A lowered graph: operations on columns of rows.
 *
 * A float tensor [rows, width] is a list of columns; joining, splitting and slicing tensors along their width
 * only creates other lists. Each operation computes columns from others of the same rows, on any block of
 * rows independently. Three operations cross between rows, and need a whole tensor in row-major memory (a
 * view): a gather reads rows of it by an index, a sum over segments adds rows of it by target, and a store
 * writes an output of the graph. */
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
    EP_OP_LAYER, /* inputs: the columns multiplied; then, if `starts`, those added to the outputs */
    EP_OP_NORMALISE,
    EP_OP_SUM,
    EP_OP_GATHER,
    EP_OP_SEGMENTS,
    EP_OP_STORE, /* to a view, or to an output of the graph */
};

/* Integers of a graph's input, in place: element (i, j) at offset + i * steps[0] + j * steps[1]. */
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
    bool relu, starts; /* EP_OP_LAYER; relu also of EP_OP_NORMALISE */
    float alpha, beta; /* of the function; bounds, epsilon, factor of a sum, value of a constant */
    int64_t rows;      /* 0 constants */
    int first;         /* column; the op computes columns first ... first + width - 1 */
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
    int view; /* EP_OP_SEGMENTS: summed; EP_OP_STORE: written, -1 for an output */
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
    int input;   /* input of the graph that it is identical to, or -1 */
    bool packed; /* rows are contiguous; otherwise EP_STRIDE applies */
    int store;   /* op that writes it; -1: none yet, or the input in place */
};

struct ep_packings; /* packings.h */

struct ep_program {
    struct ep_arena *arena;
    struct ep_packings *packings; /* keeps packed weights; NULL: not kept */
    struct ep_op *ops;
    int *makers; /* [columns] op of each column */
    struct ep_view *views;
    struct ep_index *indices;
    size_t ops_count, columns_count, views_count, indices_count;
    int constants[256]; /* see program.c */
};

/* Appends an operation with this many output columns and room for inputs. The pointer is valid until the next
 * one. */
struct ep_op *ep_program_op(struct ep_program *program, enum ep_operation kind, int64_t rows, int width,
                            int inputs_count);
int ep_program_constant(struct ep_program *program, float value); /* its column */
int ep_program_view(struct ep_program *program, const int *columns, int width, int64_t rows);
int ep_program_packed_view(struct ep_program *program, int column, int64_t rows);
int ep_program_index(struct ep_program *program, const struct ep_index *index);

/* The op that computes a column. */
static inline struct ep_op *ep_maker(const struct ep_program *program, int column)
{
    return &program->ops[program->makers[column]];
}

/* [width] the columns that an op computes, in order. */
int *ep_op_columns(const struct ep_program *program, const struct ep_op *op);

/* Appends function(a, b), column by column; returns its columns. */
int *ep_program_binary(struct ep_program *program, enum ep_binary function, int64_t rows, int width,
                       const int *a, const int *b);

/* Number of a layer's inputs, without the columns it starts from. */
static inline int ep_layer_inputs(const struct ep_op *op)
{
    return op->inputs_count - (op->starts ? op->width : 0);
}

#endif
