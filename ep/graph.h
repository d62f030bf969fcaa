/* A graph of ONNX nodes, read from ONNX Runtime: plain arrays, in topological order. */
#ifndef TRKX_EP_GRAPH_H
#define TRKX_EP_GRAPH_H

#include <onnxruntime_c_api.h>
#include <stdint.h>

#include "ep/arena.h"

enum { EP_RANK = 3 }; /* highest rank of supported tensors */

enum ep_element { EP_FLOAT, EP_INT64, EP_INT32, EP_BOOL, EP_ELEMENT_OTHER };

/* A value of the graph. Unknown extents are -1. */
struct ep_value {
    const char *name;
    enum ep_element element;
    int rank; /* -1: unknown, or above EP_RANK */
    int64_t shape[EP_RANK];
    const void *data; /* of a constant, otherwise NULL */
    int producer;     /* node, or -1 */
    int input;        /* number among the graph's inputs, or -1 */
    int output;       /* number among its outputs, or -1 */
};

struct ep_attribute {
    const char *name;
    int64_t integer; /* the one of its type is set, others are 0 or NULL */
    float number;
    const char *text;
    const int64_t *integers;
    size_t count;            /* of integers */
    enum ep_element element; /* of a tensor with one element, stored in integer or number */
};

struct ep_node {
    const char *type;      /* "Gemm" */
    bool standard;         /* in the ONNX domain */
    int version;           /* operator set that introduced its current form */
    int *inputs, *outputs; /* values; -1: omitted */
    size_t inputs_count, outputs_count;
    struct ep_attribute *attributes;
    size_t attributes_count;
    bool whole; /* everything in it was read */
};

struct ep_graph {
    struct ep_value *values;
    struct ep_node *nodes;
    int *inputs, *outputs; /* values; constants are not among the inputs */
    size_t values_count, nodes_count, inputs_count, outputs_count;
};

/* Reads a graph into the arena; gives up if the runtime fails. Constants' data and names belong to the
 * runtime, and are copied if `copies`. */
struct ep_graph *ep_graph_read(struct ep_arena *arena, const OrtApi *api, const OrtGraph *graph, bool copies);

/* Numbers inputs and outputs as in the node that represents the graph. */
void ep_graph_bind(struct ep_arena *arena, const OrtApi *api, const OrtNode *fused, struct ep_graph *graph);

/* NULL if the node has none of this name. */
const struct ep_attribute *ep_attribute(const struct ep_node *node, const char *name);
int64_t ep_integer(const struct ep_node *node, const char *name, int64_t otherwise);
float ep_number(const struct ep_node *node, const char *name, float otherwise);

/* Number of elements of a shape, -1 if an extent is unknown or they exceed any memory. */
#define EP_MOST_ELEMENTS (INT64_MAX / 16)
int64_t ep_elements(const int64_t *shape, int rank);
/* Steps between the elements of a tensor in row-major order, by dimension. */
void ep_steps(const int64_t *shape, int rank, int64_t *steps);
/* Offset of element i in row-major order, with the given steps. */
int64_t ep_place(const int64_t *shape, int rank, const int64_t *steps, int64_t i);
size_t ep_element_size(enum ep_element element);

#endif
