/* Assigns shapes to a graph's inputs and propagates them from node to node. */
#include "onnx/infer_graph.h"

#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "onnx/operators.h"
#include "onnx/tensor.h"

enum {
    FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
    INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64
};

/* ---- inputs ----------------------------------------------------------------------------------------- */

static bool integral(int type)
{
    return type == INT32 || type == INT64;
}

/* Numeric inputs with two axes: the first of float type has the nodes' features, a second one the edges'; one
 * of integer type has the edges. */
static enum trkx_role guess_role(const Onnx__ValueInfoProto *input, bool nodes_found)
{
    const Onnx__TypeProto__Tensor *type = trkx_onnx_declared(input);
    if (type == NULL || trkx_onnx_declared_rank(type) != 2) return TRKX_ROLE_OTHER;
    if (integral(type->elem_type)) return TRKX_ROLE_EDGES;
    return nodes_found ? TRKX_ROLE_EDGE_FEATURES : TRKX_ROLE_NODES;
}

static enum trkx_role role_of(const struct trkx_onnx_graph *graph, const Onnx__ValueInfoProto *input,
                              const struct trkx_roles *roles, bool nodes_found)
{
    const char *name = trkx_onnx_text(input->name);
    const struct trkx_onnx_value *value = trkx_onnx_value(graph, name);
    if (value == NULL || value->initializer != NULL) return TRKX_ROLE_OTHER;
    if (roles->nodes != NULL && strcmp(name, roles->nodes) == 0) return TRKX_ROLE_NODES;
    if (roles->edges != NULL && strcmp(name, roles->edges) == 0) return TRKX_ROLE_EDGES;
    if (roles->pairs != NULL && strcmp(name, roles->pairs) == 0) return TRKX_ROLE_EDGE_FEATURES;
    enum trkx_role role = guess_role(input, nodes_found);
    bool taken =
        (role == TRKX_ROLE_NODES && roles->nodes != NULL && trkx_onnx_find(graph, roles->nodes) >= 0) ||
        (role == TRKX_ROLE_EDGES && roles->edges != NULL && trkx_onnx_find(graph, roles->edges) >= 0);
    return taken ? TRKX_ROLE_OTHER : role;
}

static void set_roles(const struct trkx_onnx_graph *graph, const struct trkx_roles *roles,
                      struct trkx_shapes *shapes)
{
    bool nodes_found = false;
    for (size_t i = 0; i < graph->proto->n_input; i++) {
        shapes->roles[i] = role_of(graph, graph->proto->input[i], roles, nodes_found);
        nodes_found = nodes_found || shapes->roles[i] == TRKX_ROLE_NODES;
    }
}

static void declared_shape(const Onnx__TypeProto__Tensor *type, struct trkx_shape *shape)
{
    shape->rank = trkx_onnx_declared_rank(type);
    shape->type = type == NULL ? 0 : type->elem_type;
    for (int i = 0; i < shape->rank; i++) {
        int64_t extent = 0;
        if (trkx_onnx_declared_extent(type, i, &extent)) shape->extents[i] = trkx_fixed(extent);
    }
}

/* The axis grows whatever the file says; a contradiction shows up as a conflict. */
static void input_shape(const Onnx__ValueInfoProto *input, enum trkx_role role, bool otherwise_transposed,
                        struct trkx_shape *shape)
{
    static const struct trkx_extent node = {TRKX_PER_NODE, 1}, edge = {TRKX_PER_EDGE, 1};
    declared_shape(trkx_onnx_declared(input), shape);
    shape->index = integral(shape->type);
    if (shape->rank != 2) return;
    if (role == TRKX_ROLE_NODES) shape->extents[0] = node;
    if (role == TRKX_ROLE_EDGE_FEATURES) shape->extents[0] = edge;
    if (role != TRKX_ROLE_EDGES) return;
    bool declared = trkx_is_fixed(shape->extents[0]) || trkx_is_fixed(shape->extents[1]);
    bool transposed =
        declared ? trkx_is(shape->extents[1], 2) && !trkx_is(shape->extents[0], 2) : otherwise_transposed;
    shape->extents[transposed ? 0 : 1] = edge;
    shape->extents[transposed ? 1 : 0] = trkx_fixed(2);
}

/* ---- the graph -------------------------------------------------------------------------------------- */

static void constant_shape(const Onnx__TensorProto *tensor, struct trkx_shape *shape)
{
    int64_t values[TRKX_MAX_VALUES];
    shape->type = tensor->data_type;
    shape->zero = trkx_onnx_tensor_zero(tensor);
    if (tensor->n_dims > TRKX_MAX_RANK) return;
    shape->rank = (int)tensor->n_dims;
    for (int i = 0; i < shape->rank; i++) shape->extents[i] = trkx_fixed(tensor->dims[i]);
    if (shape->rank > 1) return;
    shape->values_count = trkx_onnx_tensor_integers(tensor, values, TRKX_MAX_VALUES);
    for (int i = 0; i < shape->values_count; i++) shape->values[i] = trkx_fixed(values[i]);
}

/* A file may declare any numbers, and operators compute with them: negative extents are unknown, and values
 * are kept only for a list of exactly their number. The rest relies on it. */
static void settle(struct trkx_shape *shape)
{
    for (int i = 0; i < shape->rank; i++)
        if (shape->extents[i].count < 0) shape->extents[i] = (struct trkx_extent){0};
    struct trkx_extent elements = trkx_shape_elements(shape);
    if (shape->rank > 1 || !trkx_is(elements, shape->values_count)) shape->values_count = -1;
}

static void given_shapes(const struct trkx_onnx_graph *graph, const struct trkx_roles *roles,
                         struct trkx_shapes *shapes)
{
    for (size_t i = 0; i < graph->count; i++) {
        const struct trkx_onnx_value *value = &graph->values[i];
        shapes->of[i] = trkx_unknown_shape;
        if (value->initializer != NULL) constant_shape(value->initializer, &shapes->of[i]);
        if (value->input != NULL)
            input_shape(value->input, shapes->roles[value->index], roles->transposed, &shapes->of[i]);
        settle(&shapes->of[i]);
    }
}

static void store(const struct trkx_onnx_graph *graph, const char *name, const Onnx__NodeProto *node,
                  const struct trkx_shape *shape, struct trkx_shapes *shapes)
{
    long index = trkx_onnx_find(graph, name);
    if (index != TRKX_ONNX_NONE && graph->values[index].node == node) shapes->of[index] = *shape;
}

static bool constant(const Onnx__NodeProto *node, struct trkx_shape *out)
{
    const Onnx__AttributeProto *value = trkx_onnx_attribute(node, "value");
    bool tensor = trkx_onnx_is(node, "Constant") && value != NULL && value->t != NULL;
    if (tensor) constant_shape(value->t, out);
    return tensor;
}

/* Further nodes with the same number, mostly a consequence, count as one conflict. */
static void note_conflict(struct trkx_shapes *shapes, const Onnx__NodeProto *node,
                          const struct trkx_conflict *conflict)
{
    for (size_t i = 0; i < shapes->conflicts_count; i++)
        if (shapes->conflicts[i].extent == conflict->extent && shapes->conflicts[i].per == conflict->per) {
            shapes->conflicts[i].nodes++;
            return;
        }
    shapes->conflicts[shapes->conflicts_count++] =
        (struct trkx_conflict){node, 1, conflict->extent, conflict->per};
}

static void work_through(const struct trkx_onnx_graph *graph, const Onnx__NodeProto *node,
                         struct trkx_shape *out, struct trkx_shapes *shapes)
{
    size_t outputs = node->n_output < TRKX_MAX_OUTPUTS ? node->n_output : TRKX_MAX_OUTPUTS;
    struct trkx_inference step = {graph, shapes, node, out, {0}};
    for (size_t i = 0; i < TRKX_MAX_OUTPUTS; i++) out[i] = trkx_unknown_shape;
    if (outputs == 0) return;
    if (!constant(node, out)) trkx_onnx_infer(&step, out);
    for (size_t i = 0; i < outputs; i++) settle(&out[i]);
    for (size_t i = 0; i < outputs; i++) store(graph, node->output[i], node, &out[i], shapes);
    if (out[0].rank < 0) shapes->unknown_nodes++;
    if (step.conflict.extent != 0) note_conflict(shapes, node, &step.conflict);
}

enum trkx_status trkx_infer_graph(const struct trkx_onnx_graph *graph, const struct trkx_roles *roles,
                                  struct trkx_shapes *shapes, trkx_error *error)
{
    static const struct trkx_roles none;
    enum trkx_status status = TRKX_OK;
    struct trkx_shape *out = NULL;
    *shapes = (struct trkx_shapes){0};
    TRKX_ALLOCATE(out, NULL, TRKX_MAX_OUTPUTS, "shapes");
    TRKX_ALLOCATE(shapes->of, NULL, graph->count, "shapes");
    TRKX_ALLOCATE(shapes->roles, NULL, graph->proto->n_input, "roles of inputs");
    TRKX_ALLOCATE(shapes->conflicts, NULL, graph->proto->n_node, "conflicts of shapes"); /* one per node */
    if (roles == NULL) roles = &none;
    set_roles(graph, roles, shapes);
    given_shapes(graph, roles, shapes);
    for (size_t i = 0; i < graph->proto->n_node; i++) work_through(graph, graph->proto->node[i], out, shapes);
cleanup:
    trkx_release(out);
    if (status != TRKX_OK) trkx_onnx_shapes_release(shapes);
    return status;
}
