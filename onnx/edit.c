/* Changes attributes, inputs and nodes of a model in memory. */
#include "onnx/edit.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

/* ---- memory ----------------------------------------------------------------------------------------- */

static void release_block(void *unused, void *block)
{
    (void)unused;
    trkx_release(block);
}

static void release_message(void *message)
{
    ProtobufCAllocator allocator = {NULL, release_block, NULL};
    if (message != NULL) protobuf_c_message_free_unpacked(message, &allocator);
}

static void *allocate_message(const ProtobufCMessageDescriptor *kind)
{
    void *message = trkx_allocate(NULL, kind->sizeof_message, 1);
    if (message != NULL) protobuf_c_message_init(kind, message);
    return message;
}

/* Makes room for one more at `index` of a list of pointers; false if out of memory. */
static bool open_place(void ***list, size_t *count, size_t index)
{
    size_t bytes = (*count + 1) * sizeof(void *);
    void **grown = *list == NULL ? trkx_allocate(NULL, bytes, 1) : trkx_reallocate(*list, bytes, 1);
    if (grown == NULL) return false;
    memmove(grown + index + 1, grown + index, (*count - index) * sizeof(void *));
    grown[index] = NULL;
    *list = grown;
    ++*count;
    return true;
}

void trkx_edit_name(struct trkx_edit *edit, const char *what, char *name, size_t size)
{
    do snprintf(name, size, "trkx_%s_%zu", what, edit->made_up++);
    while (trkx_onnx_find(edit->names, name) != TRKX_ONNX_NONE);
}

enum trkx_status trkx_edit_text(char **text, const char *value, trkx_error *error)
{
    char *copy = trkx_duplicate(value);
    if (copy == NULL) return trkx_fail_memory(error, "a text", strlen(value));
    trkx_release(*text);
    *text = copy;
    return TRKX_OK;
}

/* ---- attributes ------------------------------------------------------------------------------------- */

void trkx_edit_drop_attribute(Onnx__NodeProto *node, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < node->n_attribute; i++)
        if (strcmp(trkx_onnx_text(node->attribute[i]->name), name) == 0)
            release_message(node->attribute[i]);
        else
            node->attribute[kept++] = node->attribute[i];
    node->n_attribute = kept;
}

/* Adds an attribute, which the node then owns, replacing one of the same name. */
static enum trkx_status put_attribute(Onnx__NodeProto *node, Onnx__AttributeProto *attribute,
                                      trkx_error *error)
{
    if (attribute != NULL && attribute->name != NULL &&
        open_place((void ***)&node->attribute, &node->n_attribute, node->n_attribute)) {
        node->n_attribute--; /* the place is not filled yet */
        trkx_edit_drop_attribute(node, attribute->name);
        node->attribute[node->n_attribute++] = attribute;
        return TRKX_OK;
    }
    release_message(attribute);
    return trkx_fail_memory(error, "an attribute", sizeof *attribute);
}

static Onnx__AttributeProto *make_attribute(const char *name, Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *attribute = allocate_message(&onnx__attribute_proto__descriptor);
    if (attribute == NULL) return NULL;
    attribute->name = trkx_duplicate(name);
    attribute->has_type = 1;
    attribute->type = type;
    return attribute;
}

enum trkx_status trkx_edit_set_string(Onnx__NodeProto *node, const char *name, const char *value,
                                      trkx_error *error)
{
    Onnx__AttributeProto *attribute = make_attribute(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    if (attribute != NULL) {
        attribute->s.data = (uint8_t *)trkx_duplicate(value);
        attribute->s.len = strlen(value);
        attribute->has_s = 1;
        if (attribute->s.data == NULL) {
            release_message(attribute);
            attribute = NULL;
        }
    }
    return put_attribute(node, attribute, error);
}

enum trkx_status trkx_edit_set_integer(Onnx__NodeProto *node, const char *name, int64_t value,
                                       trkx_error *error)
{
    Onnx__AttributeProto *attribute = make_attribute(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (attribute != NULL) {
        attribute->has_i = 1;
        attribute->i = value;
    }
    return put_attribute(node, attribute, error);
}

/* ---- inputs and constants --------------------------------------------------------------------------- */

static enum trkx_status add_input(Onnx__NodeProto *node, const char *name, trkx_error *error)
{
    char *copy = trkx_duplicate(name);
    if (copy != NULL && open_place((void ***)&node->input, &node->n_input, node->n_input)) {
        node->input[node->n_input - 1] = copy;
        return TRKX_OK;
    }
    trkx_release(copy);
    return trkx_fail_memory(error, "an input", strlen(name));
}

enum trkx_status trkx_edit_set_input(Onnx__NodeProto *node, size_t i, const char *name, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    while (node->n_input <= i) TRKX_CHECK(add_input(node, "", error));
    TRKX_CHECK(trkx_edit_text(&node->input[i], name, error));
cleanup:
    return status;
}

/* A tensor [count], or a scalar; NULL if out of memory. */
static Onnx__TensorProto *make_tensor(const char *name, int type, const void *elements, size_t count,
                                      size_t size, bool scalar)
{
    Onnx__TensorProto *tensor = allocate_message(&onnx__tensor_proto__descriptor);
    if (tensor == NULL) return NULL;
    tensor->name = trkx_duplicate(name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->raw_data.data = trkx_allocate(NULL, count, size);
    tensor->dims = trkx_allocate(NULL, 1, sizeof *tensor->dims);
    if (tensor->name == NULL || tensor->raw_data.data == NULL || tensor->dims == NULL) {
        release_message(tensor);
        return NULL;
    }
    if (count > 0) memcpy(tensor->raw_data.data, elements, count * size); /* an empty list is NULL */
    tensor->raw_data.len = count * size;
    tensor->has_raw_data = 1;
    tensor->dims[0] = (int64_t)count;
    tensor->n_dims = scalar ? 0 : 1;
    return tensor;
}

static enum trkx_status add_tensor(struct trkx_edit *edit, Onnx__TensorProto *tensor, trkx_error *error)
{
    Onnx__GraphProto *proto = edit->model->graph;
    if (tensor != NULL &&
        open_place((void ***)&proto->initializer, &proto->n_initializer, proto->n_initializer)) {
        proto->initializer[proto->n_initializer - 1] = tensor;
        return TRKX_OK;
    }
    release_message(tensor);
    return trkx_fail_memory(error, "a tensor", sizeof *tensor);
}

enum trkx_status trkx_edit_add_integers(struct trkx_edit *edit, const char *what, const int64_t *values,
                                        size_t count, char *name, size_t size, trkx_error *error)
{
    trkx_edit_name(edit, what, name, size);
    return add_tensor(
        edit, make_tensor(name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, values, count, sizeof *values, false),
        error);
}

enum trkx_status trkx_edit_add_float(struct trkx_edit *edit, const char *what, float value, char *name,
                                     size_t size, trkx_error *error)
{
    trkx_edit_name(edit, what, name, size);
    return add_tensor(
        edit, make_tensor(name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, &value, 1, sizeof value, true), error);
}

/* ---- nodes ------------------------------------------------------------------------------------------ */

static enum trkx_status fill_node(Onnx__NodeProto *node, const char *operator_name, const char *first,
                                  const char *second, const char *output, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_edit_text(&node->op_type, operator_name, error));
    TRKX_CHECK(trkx_edit_text(&node->name, output, error));
    TRKX_CHECK(add_input(node, first, error));
    if (second != NULL) TRKX_CHECK(add_input(node, second, error));
    node->output = trkx_allocate(NULL, 1, sizeof *node->output);
    if (node->output == NULL) return trkx_fail_memory(error, "a node", sizeof *node->output);
    node->output[0] = NULL;
    TRKX_CHECK(trkx_edit_text(&node->output[0], output, error));
    node->n_output = 1;
cleanup:
    return status;
}

static size_t place_of(const Onnx__GraphProto *proto, const Onnx__NodeProto *node)
{
    size_t i = 0;
    while (i < proto->n_node && proto->node[i] != node) i++;
    return i;
}

enum trkx_status trkx_edit_insert(struct trkx_edit *edit, const Onnx__NodeProto *before,
                                  const char *operator_name, const char *first, const char *second,
                                  const char *output, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    Onnx__GraphProto *proto = edit->model->graph;
    size_t place = place_of(proto, before);
    Onnx__NodeProto *node = allocate_message(&onnx__node_proto__descriptor);
    if (node == NULL) return trkx_fail_memory(error, "a node", sizeof *node);
    TRKX_CHECK(fill_node(node, operator_name, first, second, output, error));
    if (!open_place((void ***)&proto->node, &proto->n_node, place)) {
        status = trkx_fail_memory(error, "a node", sizeof *node);
        goto cleanup;
    }
    proto->node[place] = node;
    node = NULL;
cleanup:
    release_message(node);
    return status;
}

/* ---- declared shapes -------------------------------------------------------------------------------- */

enum trkx_status trkx_edit_free_axis(Onnx__TypeProto__Tensor *type, int axis, const char *name,
                                     trkx_error *error)
{
    Onnx__TensorShapeProto__Dimension *dimension = type->shape->dim[axis];
    char *copy = trkx_duplicate(name);
    if (copy == NULL) return trkx_fail_memory(error, "a name", strlen(name));
    dimension->dim_param = copy; /* replaces a number */
    dimension->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    return TRKX_OK;
}

void trkx_edit_drop_hints(Onnx__GraphProto *proto)
{
    for (size_t i = 0; i < proto->n_value_info; i++) release_message(proto->value_info[i]);
    proto->n_value_info = 0; /* the list itself stays, for release */
}
