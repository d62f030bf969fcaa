/* Lowers ONNX nodes to a program.
 *
 * Each value of the graph becomes one of three things: numbers that follow from shapes and constants
 * (numbers), a strided view of an integer input of the graph (integers), or columns of rows (columns). An
 * operator is supported if its inputs and its result are of these kinds.
 *
 * The same code decides what to claim, with extents still unknown, and plans a run, with all known. What was
 * claimed must not fail later, except for reasons that fail in any provider.
 *
 * A model may contain any number as an axis, a size, a step or an index. Each is checked where it is read:
 * axes by ep_axis, shapes by ep_shape_input and ep_extent, widths by ep_new_columns, selections of a view by
 * ep_select, and a node's outputs by ep_lower_node. After these, extents are at most INT32_MAX, elements at
 * most EP_MOST_ELEMENTS, and sums and products of places in a tensor do not overflow. */
#ifndef TRKX_EP_LOWERING_H
#define TRKX_EP_LOWERING_H

#include "ep/graph.h"
#include "ep/program.h"

enum ep_kind { EP_NOTHING, EP_NUMBERS, EP_INTEGERS, EP_COLUMNS };

#define EP_UNKNOWN INT64_MIN /* an unknown integer; unknown float32 are NaN */

enum {
    EP_WIDEST = 4096,          /* columns of a value */
    EP_MOST_NUMBERS = 1 << 16, /* most elements of computed numbers */
};

struct ep_lowered {
    enum ep_kind kind;
    enum ep_element element;
    int rank;
    int64_t shape[EP_RANK]; /* -1: unknown; of columns [rows] or [rows, width] */
    const void *numbers;    /* in row-major order; an unknown truth value is 2 */
    int input;              /* integers: input of the graph, with offset and steps by dimension in elements */
    int64_t offset, steps[EP_RANK];
    const int *columns; /* [width] */
};

struct ep_lowering {
    struct ep_arena *arena;
    const struct ep_graph *graph;
    struct ep_program *program;
    struct ep_lowered *values; /* [graph's values] */
    const enum ep_kind *kinds; /* [values] as claimed; NULL while claiming */
};

_Noreturn void ep_unsupported(struct ep_lowering *lowering, const struct ep_node *node, const char *why);

struct ep_lowered *ep_input(struct ep_lowering *lowering, const struct ep_node *node, size_t number);
bool ep_has_input(const struct ep_node *node, size_t number);
struct ep_lowered *ep_output(struct ep_lowering *lowering, const struct ep_node *node, size_t number);

/* An input of known integers, *count of them. */
int64_t *ep_known_integers(struct ep_lowering *lowering, const struct ep_node *node,
                           const struct ep_lowered *value, size_t *count);
/* The list of an attribute, or of input `number` if present; false if neither is. Gives up on an input of
 * rank other than 1, which ONNX Runtime refuses nearly everywhere. */
bool ep_integers(struct ep_lowering *lowering, const struct ep_node *node, const char *attribute,
                 size_t number, int64_t **list, size_t *count);
/* An attribute that is 0 or 1. Gives up on other values: ONNX Runtime's kernels and its shape inference
 * disagree on their meaning. */
bool ep_flag(struct ep_lowering *lowering, const struct ep_node *node, const char *attribute, bool otherwise);
/* A dimension, counted from the end if negative. */
int ep_axis(struct ep_lowering *lowering, const struct ep_node *node, int64_t axis, int rank);
/* Reads the shape in input `number` into shape[EP_RANK]; returns its rank. */
int ep_shape_input(struct ep_lowering *lowering, const struct ep_node *node, size_t number, int64_t *shape);
/* An extent among such integers: -1 if still unknown; gives up if it is impossible. */
int64_t ep_extent(struct ep_lowering *lowering, const struct ep_node *node, int64_t integer);

int64_t ep_integer_at(const struct ep_lowered *value, int64_t place);
float ep_number_at(const struct ep_lowered *value, int64_t place); /* a float32, or a truth value */

/* True for an integer that is still unknown: in a run all are known, and EP_UNKNOWN is an ordinary number. */
static inline bool ep_unknown(const struct ep_lowering *lowering, int64_t integer)
{
    return lowering->kinds == NULL && integer == EP_UNKNOWN;
}

/* Room for a value's columns; gives up if there are none, or too many. */
int *ep_new_columns(struct ep_lowering *lowering, const struct ep_node *node, int64_t width);
/* Columns [rows, width] or, of rank 1, [rows]. */
struct ep_lowered ep_columns(enum ep_element element, int rank, int64_t rows, int width, const int *columns);
static inline int ep_width(const struct ep_lowered *value)
{
    return value->rank == 2 ? (int)value->shape[1] : 1;
}

/* Lowers a node of one operator, or of several distinguished by `function`. */
typedef void ep_lower_function(struct ep_lowering *lowering, const struct ep_node *node, int function);
#endif
