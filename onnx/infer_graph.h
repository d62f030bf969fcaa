/* Infers the shapes of a graph from its inputs, operator by operator, including the values of the small
 * integer tensors that exporters compute shapes with. */
#ifndef TRKX_ONNX_INFER_GRAPH_H
#define TRKX_ONNX_INFER_GRAPH_H

#include "onnx/shapes.h"

/* Names of the inputs from a bundle; NULL: by types and ranks. */
struct trkx_roles {
    const char *nodes, *edges, *pairs;
    bool transposed; /* edges without declared axes are [m,2] */
};

/* The shapes of all values, to be released by the caller (onnx/shapes.h). Errors: MEMORY. */
enum trkx_status trkx_infer_graph(const struct trkx_onnx_graph *graph, const struct trkx_roles *roles,
                                  struct trkx_shapes *shapes, trkx_error *error);

#endif
