/* The node that computes a value, and whether it is a sigmoid. */
#ifndef TRKX_ONNX_ORIGIN_H
#define TRKX_ONNX_ORIGIN_H

#include "onnx/graph.h"

/* The node that computes a value, skipping those that only rearrange it; or NULL. */
const Onnx__NodeProto *trkx_origin(const struct trkx_onnx_graph *graph, const char *name);
/* True if this output comes from a sigmoid. */
bool trkx_ends_in_sigmoid(const struct trkx_onnx_graph *graph, const char *output);

#endif
