/* A graph of ONNX nodes as the provider reads it from ONNX Runtime: plain arrays, in topological order. */
#ifndef TRKX_EP_GRAPH_H
#define TRKX_EP_GRAPH_H

#include <onnxruntime_c_api.h>
#include <stdint.h>

#include "ep/arena.h"

enum { EP_RANK = 3 }; /* of tensors that the provider looks at */

enum ep_element { EP_FLOAT, EP_INT64, EP_INT32, EP_BOOL, EP_ELEMENT_OTHER };

/* A value of the graph. Extents that are not known are -1. */
struct ep_value {
    const char *name;
    enum ep_element element;
    int rank; /* -1: not known, or beyond EP_RANK */
    int64_t shape[EP_RANK];
    const void *data; /* of a constant, else NULL */
    int producer;     /* node, or -1 */
    int input;        /* number among the graph's inputs, or -1 */
    int output;       /* number among its outputs, or -1 */
};

struct ep_attribute {
    const char *name;
    int64_t integer; /* each by its type, others 0 or NULL */
    float number;
    const char *text;
    const int64_t *integers;
    size_t count;            /* of integers */
    enum ep_element element; /* of a tensor with one element, which is in integer or number */
};

struct ep_node {
    const char *type;      /* "Gemm" */
    bool standard;         /* of the ONNX domain */
    int version;           /* since which operator set it is as it is */
    int *inputs, *outputs; /* values; -1: left out */
    size_t inputs_count, outputs_count;
    struct ep_attribute *attributes;
    size_t attributes_count;
    bool whole; /* all that it is made of was read */
};

struct ep_graph {
    struct ep_value *values;
    struct ep_node *nodes;
    int *inputs, *outputs; /* values; constants are not among the inputs */
    size_t values_count, nodes_count, inputs_count, outputs_count;
};

/* Reads a graph into the arena; gives up where the runtime does. Data of constants and names stay the
 * runtime's, and are copied where `copies`. */
struct ep_graph *ep_graph_read(struct ep_arena *arena, const OrtApi *api, const OrtGraph *graph, bool copies);

/* Numbers inputs and outputs as the node has them that stands for the graph. */
void ep_graph_bind(struct ep_arena *arena, const OrtApi *api, const OrtNode *fused, struct ep_graph *graph);

/* NULL where the node has none of this name. */
const struct ep_attribute *ep_attribute(const struct ep_node *node, const char *name);
int64_t ep_integer(const struct ep_node *node, const char *name, int64_t otherwise);
float ep_number(const struct ep_node *node, const char *name, float otherwise);

/* Elements of a shape, -1 where an extent is not known, or where no memory holds so many. */
#define EP_MOST_ELEMENTS (INT64_MAX / 16)
int64_t ep_elements(const int64_t *shape, int rank);
/* Steps between the elements of a tensor in row-major order, by dimension. */
void ep_steps(const int64_t *shape, int rank, int64_t *steps);
/* How far element i in row-major order is from the first, with other steps. */
int64_t ep_place(const int64_t *shape, int rank, const int64_t *steps, int64_t i);
size_t ep_element_size(enum ep_element element);

#endif
