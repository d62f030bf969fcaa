/* The declared types of a graph's inputs and outputs, and the inferred shapes of its values.
 */
#include "onnx/shapes.h"

#include "core/memory.h"

const struct trkx_shape trkx_unknown_shape = {.rank = -1, .values_count = -1};

const Onnx__TypeProto__Tensor *trkx_onnx_declared(const Onnx__ValueInfoProto *info)
{
    const Onnx__TypeProto *type = info->type;
    return type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? type->tensor_type : NULL;
}

int trkx_onnx_declared_rank(const Onnx__TypeProto__Tensor *type)
{
    return type == NULL || type->shape == NULL || type->shape->n_dim > TRKX_MAX_RANK
               ? -1
               : (int)type->shape->n_dim;
}

bool trkx_onnx_declared_extent(const Onnx__TypeProto__Tensor *type, int i, int64_t *extent)
{
    if (i >= trkx_onnx_declared_rank(type)) return false;
    const Onnx__TensorShapeProto__Dimension *dimension = type->shape->dim[i];
    if (dimension->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE) return false;
    *extent = dimension->dim_value;
    return true;
}

void trkx_onnx_shapes_release(struct trkx_shapes *shapes)
{
    trkx_release(shapes->of);
    trkx_release(shapes->roles);
    trkx_release(shapes->conflicts);
    *shapes = (struct trkx_shapes){0};
}

const struct trkx_shape *trkx_onnx_shape(const struct trkx_onnx_graph *graph,
                                         const struct trkx_shapes *shapes, const char *name)
{
    long index = trkx_onnx_find(graph, name);
    return index == TRKX_ONNX_NONE ? &trkx_unknown_shape : &shapes->of[index];
}

struct trkx_extent trkx_shape_elements(const struct trkx_shape *shape)
{
    static const struct trkx_extent none;
    return shape->rank < 0 ? none : trkx_extent_product(shape->extents, shape->rank);
}
