/* The shape of each value of a graph, in terms of nodes and edges. */
#ifndef TRKX_ONNX_SHAPES_H
#define TRKX_ONNX_SHAPES_H

#include "onnx/extent.h"
#include "onnx/graph.h"

enum { TRKX_MAX_RANK = 8, TRKX_MAX_VALUES = 8 };

struct trkx_shape {
    int rank; /* -1: unknown */
    struct trkx_extent extents[TRKX_MAX_RANK];
    int type;         /* of the elements, ONNX's code; 0: unknown */
    int values_count; /* -1: unknown; else the number of values of a small integer tensor, often a shape */
    struct trkx_extent values[TRKX_MAX_VALUES];
    bool zero;  /* every element is 0 */
    bool index; /* derived from the edge input: indices may repeat */
};

extern const struct trkx_shape trkx_unknown_shape;

/* Roles of a graph's inputs. */
enum trkx_role { TRKX_ROLE_OTHER, TRKX_ROLE_NODES, TRKX_ROLE_EDGES, TRKX_ROLE_EDGE_FEATURES };

/* A number of rows written into the model although it has to grow. */
struct trkx_conflict {
    const Onnx__NodeProto *node; /* the first that has it */
    size_t nodes;                /* how many do */
    int64_t extent;
    enum trkx_per per; /* what it should grow with */
};

struct trkx_shapes {
    struct trkx_shape *of; /* [graph->count] */
    enum trkx_role *roles; /* [graph->proto->n_input] */
    struct trkx_conflict *conflicts;
    size_t conflicts_count;
    size_t unknown_nodes; /* with outputs of unknown shape */
};

void trkx_onnx_shapes_release(struct trkx_shapes *shapes);

/* Shape of a value by its name; of unknown rank if nothing produces it. */
const struct trkx_shape *trkx_onnx_shape(const struct trkx_onnx_graph *graph,
                                         const struct trkx_shapes *shapes, const char *name);
/* Number of its elements. */
struct trkx_extent trkx_shape_elements(const struct trkx_shape *shape);

/* The declared type of a graph's input or output; NULL if it is not a tensor. */
const Onnx__TypeProto__Tensor *trkx_onnx_declared(const Onnx__ValueInfoProto *info);
/* Its rank, -1 if undeclared, and whether extent i is fixed and how large. */
int trkx_onnx_declared_rank(const Onnx__TypeProto__Tensor *type);
bool trkx_onnx_declared_extent(const Onnx__TypeProto__Tensor *type, int i, int64_t *extent);

#endif
