/* Which node a value is made by, and whether that is a sigmoid. */
#ifndef TRKX_ONNX_ORIGIN_H
#define TRKX_ONNX_ORIGIN_H

#include "onnx/graph.h"

/* The node that makes a value, behind those that hand on what they are given, arranged anew; or NULL. */
const Onnx__NodeProto *trkx_origin(const struct trkx_onnx_graph *graph, const char *name);
/* True where this output is made by a sigmoid. */
bool trkx_ends_in_sigmoid(const struct trkx_onnx_graph *graph, const char *output);

#endif
