/* Works out the shapes of a graph from its inputs, operator by operator, including the small integer tensors
 * that exporters compute shapes with. */
#ifndef TRKX_ONNX_INFER_GRAPH_H
#define TRKX_ONNX_INFER_GRAPH_H

#include "onnx/shapes.h"

/* Names of the inputs, where a bundle tells; NULL: by their types and ranks. */
struct trkx_roles {
    const char *nodes, *edges, *pairs;
    bool transposed; /* edges of which no axis is declared are [m,2] */
};

/* The shapes of all values, to be released (onnx/shapes.h). Errors: MEMORY. */
enum trkx_status trkx_infer_graph(const struct trkx_onnx_graph *graph, const struct trkx_roles *roles,
                                  struct trkx_shapes *shapes, trkx_error *error);

#endif
