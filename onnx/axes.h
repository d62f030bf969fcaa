/* Axes that grow with the nodes or the edges. */
#ifndef TRKX_ONNX_AXES_H
#define TRKX_ONNX_AXES_H

#include "onnx/subject.h"

/* True for edges declared as pairs, [m,2]. */
bool trkx_edges_transposed(const Onnx__TypeProto__Tensor *type);
/* The axis of an input that has to grow, by its role, and whether the file fixes it. -1: none. */
int trkx_growing_axis(enum trkx_role role, const Onnx__TypeProto__Tensor *type);
bool trkx_axis_fixed(const Onnx__TypeProto__Tensor *type, int axis, int64_t *extent);
/* True if nothing in the graph depends on the fixed extents of the inputs: every shape follows from nodes and
 * edges, without contradiction. */
bool trkx_axes_can_grow(const struct trkx_subject *subject);

#endif
