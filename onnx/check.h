/* What breaks pipelines in practice, found in a model's file. */
#ifndef TRKX_ONNX_CHECK_H
#define TRKX_ONNX_CHECK_H

#include "onnx/findings.h"
#include "onnx/shapes.h"

enum {
    TRKX_OPSET_REDUCTION = 16, /* the first in which scatters may add */
    TRKX_OPSET_EXTREMA = 18    /* and take the largest or the least */
};

/* What a bundle says of a network. */
struct trkx_contract {
    const char *nodes, *edges; /* names of the inputs; edges NULL: an embedding */
    const char *pairs;         /* instead of both: a filter's features of each edge's ends, side by side */
    const char *output;
    bool transposed; /* edges are [m,2] */
    size_t features; /* of a hit */
    size_t dim;      /* of the embedding */
    bool sigmoid;    /* the network ends in one */
    const char *sha256;
    const struct trkx_data_list *data; /* files beside the model's that its tensors are in */
};

/* A model that is being checked or repaired. */
struct trkx_subject {
    const struct trkx_onnx *file;
    const struct trkx_contract *contract; /* NULL: there is no bundle */
    struct trkx_onnx_graph graph;
    struct trkx_shapes shapes;
};

/* Errors: MEMORY. */
enum trkx_status trkx_subject_create(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                     struct trkx_subject *subject, trkx_error *error);
void trkx_subject_release(struct trkx_subject *subject);

/* Adds what is wrong with a model. Errors: MEMORY. */
enum trkx_status trkx_onnx_check(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                 struct trkx_findings *findings, trkx_error *error);

/* The two halves: what the model computes; what it is given and gives. */
void trkx_check_graph(const struct trkx_subject *subject, struct trkx_findings *findings);
/* Of the first half what is wrong with any model: that it does not load, or holds no numbers. */
void trkx_check_soundness(const struct trkx_subject *subject, struct trkx_findings *findings);
void trkx_check_interface(const struct trkx_subject *subject, struct trkx_findings *findings);

/* ---- questions that checks, repairs and descriptions share ------------------------------------------- */

enum trkx_scatter {
    TRKX_SCATTER_FINE,       /* it is no scatter, it reduces, or its index does not come from the edges */
    TRKX_SCATTER_OVERWRITES, /* from the edges into zeros, without reduction: a sum that lost its sum */
    TRKX_SCATTER_AMBIGUOUS,  /* the same into something else */
    TRKX_SCATTER_UNORDERED   /* ScatterND that adds: in ONNX Runtime by several threads at once */
};
enum trkx_scatter trkx_scatter_kind(const struct trkx_subject *subject, const Onnx__NodeProto *node);

/* True for a ScatterND of whole rows of a matrix: data [n,w], index [m,1], updates [m,w]. */
bool trkx_scatters_rows(const struct trkx_subject *subject, const Onnx__NodeProto *node);

/* The operator set that the reduction of a scatter needs; 0 where there is none. */
int64_t trkx_scatter_opset(const Onnx__NodeProto *node);

/* The axis of an input that has to grow, by its role, and whether the file fixes it. -1: none. */
int trkx_growing_axis(enum trkx_role role, const Onnx__TypeProto__Tensor *type);
bool trkx_axis_fixed(const Onnx__TypeProto__Tensor *type, int axis, int64_t *extent);
/* True where nothing in the graph depends on the extents that the inputs fix: every shape follows from nodes
 * and edges, and none contradicts. */
bool trkx_axes_can_grow(const struct trkx_subject *subject);

/* Of what kind a model is that does not look like an embedding, a filter or a GNN: a note, and true. */
bool trkx_note_foreign(const struct trkx_subject *subject, struct trkx_findings *findings);

/* The node that makes a value, behind those that hand on what they are given, arranged anew; or NULL. */
const Onnx__NodeProto *trkx_origin(const struct trkx_onnx_graph *graph, const char *name);
/* True where this output is made by a sigmoid. */
bool trkx_ends_in_sigmoid(const struct trkx_onnx_graph *graph, const char *output);

#endif
