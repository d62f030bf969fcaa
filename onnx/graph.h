/* A model's graph by names: where each value comes from. A view: the model must outlive it. */
#ifndef TRKX_ONNX_GRAPH_H
#define TRKX_ONNX_GRAPH_H

#include "onnx/file.h"

enum { TRKX_ONNX_NONE = -1 }; /* no such value */

/* A value of the graph: exactly one of node, initializer, input is set. (An initializer that is also listed
 * as an input, as in files from before 2019, is an initializer.) */
struct trkx_onnx_value {
    const char *name;
    const Onnx__NodeProto *node; /* that produces it */
    size_t index;                /* of that node, of the initializer or of the input */
    size_t output;               /* which of the node's */
    const Onnx__TensorProto *initializer;
    const Onnx__ValueInfoProto *input;
};

struct trkx_onnx_graph {
    const Onnx__ModelProto *model;
    const Onnx__GraphProto *proto;
    struct trkx_onnx_value *values; /* [count] by name; of equal names the first produced */
    size_t count;
};

/* Errors: MEMORY. */
enum trkx_status trkx_onnx_graph_create(const Onnx__ModelProto *model, struct trkx_onnx_graph *graph,
                                        trkx_error *error);
void trkx_onnx_graph_release(struct trkx_onnx_graph *graph);

/* Index of a value, or TRKX_ONNX_NONE. */
long trkx_onnx_find(const struct trkx_onnx_graph *graph, const char *name);
/* The value itself, or NULL. */
const struct trkx_onnx_value *trkx_onnx_value(const struct trkx_onnx_graph *graph, const char *name);
/* Its tensor if it is an initializer or the value of a Constant; otherwise NULL. */
const Onnx__TensorProto *trkx_onnx_constant(const struct trkx_onnx_graph *graph, const char *name);

/* True if the node is an ONNX operator of this name. */
bool trkx_onnx_is(const Onnx__NodeProto *node, const char *operator_name);
/* Name of the node's i-th input, or "". */
const char *trkx_onnx_input(const Onnx__NodeProto *node, size_t i);
/* A node's name for messages: its own, or that of its first output. */
const char *trkx_onnx_node_name(const Onnx__NodeProto *node);
/* An attribute, or NULL. */
const Onnx__AttributeProto *trkx_onnx_attribute(const Onnx__NodeProto *node, const char *name);
int64_t trkx_onnx_integer(const Onnx__NodeProto *node, const char *name, int64_t otherwise);
/* True if the string attribute is this text; a missing one is "". */
bool trkx_onnx_string_is(const Onnx__NodeProto *node, const char *name, const char *text);

#endif
