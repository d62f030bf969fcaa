/* Finds the axes that grow, those of them that a file fixes, and whether they could be made dynamic. */
#include "onnx/axes.h"

bool trkx_edges_transposed(const Onnx__TypeProto__Tensor *type)
{
    int64_t first = 0, second = 0;
    bool two_rows = trkx_onnx_declared_extent(type, 0, &first) && first == 2;
    return !two_rows && trkx_onnx_declared_extent(type, 1, &second) && second == 2;
}

int trkx_growing_axis(enum trkx_role role, const Onnx__TypeProto__Tensor *type)
{
    if (role == TRKX_ROLE_OTHER || trkx_onnx_declared_rank(type) != 2) return -1;
    return role == TRKX_ROLE_EDGES && !trkx_edges_transposed(type) ? 1 : 0;
}

bool trkx_axis_fixed(const Onnx__TypeProto__Tensor *type, int axis, int64_t *extent)
{
    return axis >= 0 && trkx_onnx_declared_extent(type, axis, extent);
}

bool trkx_axes_can_grow(const struct trkx_subject *subject)
{
    const Onnx__GraphProto *proto = subject->graph.proto;
    if (subject->shapes.unknown_nodes > 0 || subject->shapes.conflicts_count > 0) return false;
    for (size_t i = 0; i < subject->graph.count; i++) {
        const struct trkx_shape *shape = &subject->shapes.of[i];
        for (int j = 0; j < shape->rank; j++)
            if (shape->extents[j].per == TRKX_PER_UNKNOWN) return false;
    }
    for (size_t i = 0; i < proto->n_output; i++) {
        const struct trkx_shape *shape =
            trkx_onnx_shape(&subject->graph, &subject->shapes, trkx_onnx_text(proto->output[i]->name));
        if (shape->rank < 1 || !trkx_grows(shape->extents[0])) return false;
    }
    return true;
}
