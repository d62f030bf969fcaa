/* From ONNX nodes to a program.
 *
 * Each value of the graph becomes one of three things: numbers that follow from shapes and constants alone
 * (numbers), integers of an input of the graph seen through a strided view (integers), or columns of rows
 * (columns). An operator is the provider's where its inputs and its result are such; else it is left to
 * others.
 *
 * The same code decides what to claim, with extents that are not known yet, and plans a run, with all known.
 * What a claim allowed must not fail later but for reasons that fail everywhere.
 *
 * A model may hold any number as an axis, a size, a step or an index. Each is checked where it is read: axes
 * by ep_axis, shapes by ep_shape_input and ep_extent, widths by ep_new_columns, what a view takes of its
 * source by ep_select, and what a node makes by ep_lower_node. Behind these, extents are at most INT32_MAX,
 * elements at most EP_MOST_ELEMENTS, and sums and products of places in a tensor stay in range. */
#ifndef TRKX_EP_LOWERING_H
#define TRKX_EP_LOWERING_H

#include "ep/graph.h"
#include "ep/program.h"

enum ep_kind { EP_NOTHING, EP_NUMBERS, EP_INTEGERS, EP_COLUMNS };

#define EP_UNKNOWN INT64_MIN /* an integer among numbers; unknown float32 are NaN */

enum {
    EP_WIDEST = 4096,          /* columns of a value */
    EP_MOST_NUMBERS = 1 << 16, /* elements of numbers that are computed */
};

struct ep_lowered {
    enum ep_kind kind;
    enum ep_element element;
    int rank;
    int64_t shape[EP_RANK]; /* -1: not known; of columns [rows] or [rows, width] */
    const void *numbers;    /* in row-major order; a truth value that is not known is 2 */
    int input;              /* integers: of the graph, offset and steps by dimension in elements */
    int64_t offset, steps[EP_RANK];
    const int *columns; /* [width] */
};

struct ep_lowering {
    struct ep_arena *arena;
    const struct ep_graph *graph;
    struct ep_program *program;
    struct ep_lowered *values; /* [graph's values] */
    const enum ep_kind *kinds; /* [values] as they were claimed; NULL while claiming */
};

_Noreturn void ep_unsupported(struct ep_lowering *lowering, const struct ep_node *node, const char *why);

struct ep_lowered *ep_input(struct ep_lowering *lowering, const struct ep_node *node, size_t number);
bool ep_has_input(const struct ep_node *node, size_t number);
struct ep_lowered *ep_output(struct ep_lowering *lowering, const struct ep_node *node, size_t number);

/* Values that are numbers; *count of them, all known, as integers. */
int64_t *ep_known_integers(struct ep_lowering *lowering, const struct ep_node *node,
                           const struct ep_lowered *value, size_t *count);
/* The list of an attribute, or of input `number` where it is there; false where neither is. Gives up at an
 * input of rank other than 1, which ONNX Runtime refuses nearly everywhere. */
bool ep_integers(struct ep_lowering *lowering, const struct ep_node *node, const char *attribute,
                 size_t number, int64_t **list, size_t *count);
/* An attribute that is 0 or 1. Gives up at others: ONNX Runtime's kernels and its shape inference do not
 * agree on what they mean. */
bool ep_flag(struct ep_lowering *lowering, const struct ep_node *node, const char *attribute, bool otherwise);
/* A dimension counted from the end where negative. */
int ep_axis(struct ep_lowering *lowering, const struct ep_node *node, int64_t axis, int rank);
/* The integers of input `number`, which stand for a shape, into shape[EP_RANK]: their count. */
int ep_shape_input(struct ep_lowering *lowering, const struct ep_node *node, size_t number, int64_t *shape);
/* An extent among such integers: -1 where it is not known yet; gives up where it cannot be one. */
int64_t ep_extent(struct ep_lowering *lowering, const struct ep_node *node, int64_t integer);

int64_t ep_integer_at(const struct ep_lowered *value, int64_t place);
float ep_number_at(const struct ep_lowered *value, int64_t place); /* of float32, or a truth value */

/* True for an integer that is not known yet: in a run all are known, and EP_UNKNOWN is a number like any. */
static inline bool ep_unknown(const struct ep_lowering *lowering, int64_t integer)
{
    return lowering->kinds == NULL && integer == EP_UNKNOWN;
}

/* Room for the columns of so wide a value; gives up where it has none, or too many. */
int *ep_new_columns(struct ep_lowering *lowering, const struct ep_node *node, int64_t width);
/* Columns [rows, width] or, of rank 1, [rows]. */
struct ep_lowered ep_columns(enum ep_element element, int rank, int64_t rows, int width, const int *columns);
static inline int ep_width(const struct ep_lowered *value)
{
    return value->rank == 2 ? (int)value->shape[1] : 1;
}

/* Lowers a node of one operator, or of several told apart by `function`. */
typedef void ep_lower_function(struct ep_lowering *lowering, const struct ep_node *node, int function);
#endif
