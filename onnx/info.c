/* Describes a model, and counts the arithmetic of its operators. */
#include "onnx/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "onnx/findings.h"
#include "onnx/infer_index.h"
#include "onnx/operators.h"
#include "onnx/origin.h"
#include "onnx/tensor.h"

/* ---- inputs and outputs ----------------------------------------------------------------------------- */

static void write_shape(const Onnx__TypeProto__Tensor *type, char *text, size_t size)
{
    size_t length = 0;
    int rank = trkx_onnx_declared_rank(type);
    text[0] = '\0';
    for (int i = 0; i < rank && length < size; i++) {
        const Onnx__TensorShapeProto__Dimension *dimension = type->shape->dim[i];
        const char *before = i == 0 ? "[" : ", ", *behind = i == rank - 1 ? "]" : "";
        bool named = dimension->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        int64_t extent = 0;
        int written =
            trkx_onnx_declared_extent(type, i, &extent)
                ? snprintf(text + length, size - length, "%s%lld%s", before, (long long)extent, behind)
                : snprintf(text + length, size - length, "%s%s%s", before, named ? dimension->dim_param : "?",
                           behind);
        length += written > 0 ? (size_t)written : 0;
    }
    if (rank == 0) snprintf(text, size, "[]");
}

static enum trkx_status describe_tensor(const Onnx__ValueInfoProto *info, enum trkx_role role,
                                        struct trkx_tensor_info *tensor, trkx_error *error)
{
    char shape[512];
    const Onnx__TypeProto__Tensor *type = trkx_onnx_declared(info);
    write_shape(type, shape, sizeof shape);
    *tensor = (struct trkx_tensor_info){.name = trkx_printable(trkx_onnx_text(info->name)),
                                        .type = trkx_onnx_type_name(type == NULL ? 0 : type->elem_type),
                                        .shape = trkx_printable(shape),
                                        .role = role};
    return tensor->name == NULL || tensor->shape == NULL ? trkx_fail_memory(error, "a tensor", sizeof shape)
                                                         : TRKX_OK;
}

static bool is_initializer(const struct trkx_subject *subject, const Onnx__ValueInfoProto *input)
{
    const struct trkx_onnx_value *value = trkx_onnx_value(&subject->graph, trkx_onnx_text(input->name));
    return value != NULL && value->initializer != NULL;
}

static enum trkx_status describe_tensors(const struct trkx_subject *subject, struct trkx_onnx_info *info,
                                         trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const Onnx__GraphProto *proto = subject->graph.proto;
    TRKX_ALLOCATE(info->inputs, NULL, proto->n_input, "inputs");
    for (size_t i = 0; i < proto->n_input; i++)
        if (!is_initializer(subject, proto->input[i]))
            TRKX_CHECK(describe_tensor(proto->input[i], subject->shapes.roles[i],
                                       &info->inputs[info->inputs_count++], error));
    TRKX_ALLOCATE(info->outputs, NULL, proto->n_output, "outputs");
    for (size_t i = 0; i < proto->n_output; i++)
        TRKX_CHECK(
            describe_tensor(proto->output[i], TRKX_ROLE_OTHER, &info->outputs[info->outputs_count++], error));
cleanup:
    return status;
}

static enum trkx_status describe_producer(const Onnx__ModelProto *model, struct trkx_onnx_info *info,
                                          trkx_error *error)
{
    char text[256];
    const char *version = trkx_onnx_text(model->producer_version);
    snprintf(text, sizeof text, "%s%s%s", trkx_onnx_text(model->producer_name), *version != '\0' ? " " : "",
             version);
    info->producer = trkx_printable(text);
    info->ir_version = model->ir_version;
    info->opset = trkx_onnx_opset(model);
    return info->producer == NULL ? trkx_fail_memory(error, "a name", sizeof text) : TRKX_OK;
}

/* ---- parameters and operators ----------------------------------------------------------------------- */

static bool of_floats(const Onnx__TensorProto *tensor)
{
    switch (tensor->data_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16: return true;
    default: return false;
    }
}

static void count_parameters(const Onnx__GraphProto *proto, struct trkx_onnx_info *info)
{
    for (size_t i = 0; i < proto->n_initializer; i++) {
        const Onnx__TensorProto *tensor = proto->initializer[i];
        if (!of_floats(tensor)) continue;
        info->tensors++;
        info->parameters += trkx_onnx_elements(tensor);
        info->parameter_bytes += trkx_onnx_tensor_bytes(tensor);
    }
}

static enum trkx_status count_operator(const Onnx__NodeProto *node, struct trkx_onnx_info *info,
                                       trkx_error *error)
{
    char text[256];
    bool own = trkx_onnx_own_domain(node->domain);
    snprintf(text, sizeof text, "%s%s%s", own ? "" : node->domain, own ? "" : ".",
             trkx_onnx_text(node->op_type));
    char *name = trkx_printable(text);
    if (name == NULL) return trkx_fail_memory(error, "a name", sizeof text);
    for (size_t i = 0; i < info->operators_count; i++)
        if (strcmp(info->operators[i].name, name) == 0) {
            info->operators[i].count++;
            trkx_release(name);
            return TRKX_OK;
        }
    info->operators[info->operators_count++] = (struct trkx_operator_info){name, 1};
    return TRKX_OK;
}

static int more_frequent(const void *a, const void *b)
{
    const struct trkx_operator_info *left = a, *right = b;
    if (left->count != right->count) return left->count > right->count ? -1 : 1;
    return strcmp(left->name, right->name);
}

static enum trkx_status count_operators(const Onnx__GraphProto *proto, struct trkx_onnx_info *info,
                                        trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(info->operators, NULL, proto->n_node, "operators");
    for (size_t i = 0; i < proto->n_node; i++) {
        if (trkx_onnx_is(proto->node[i], "Constant")) continue;
        info->nodes_count++;
        TRKX_CHECK(count_operator(proto->node[i], info, error));
    }
    qsort(info->operators, info->operators_count, sizeof *info->operators, more_frequent);
cleanup:
    return status;
}

/* ---- arithmetic ------------------------------------------------------------------------------------- */

/* A node's operations: elements times operations per element. */
static struct trkx_extent operations(const struct trkx_subject *subject, const Onnx__NodeProto *node,
                                     enum trkx_work work)
{
    const struct trkx_onnx_graph *graph = &subject->graph;
    const struct trkx_shapes *shapes = &subject->shapes;
    const char *out = node->n_output > 0 ? node->output[0] : "";
    struct trkx_extent output = trkx_shape_elements(trkx_onnx_shape(graph, shapes, out));
    switch (work) {
    case TRKX_WORK_INPUT:
        return trkx_shape_elements(trkx_onnx_shape(graph, shapes, trkx_onnx_input(node, 0)));
    case TRKX_WORK_UPDATES:
        return trkx_shape_elements(trkx_onnx_shape(graph, shapes, trkx_onnx_input(node, 2)));
    case TRKX_WORK_NORM: return trkx_extent_multiply(output, trkx_fixed(7));
    case TRKX_WORK_PRODUCT:
        return trkx_extent_multiply(
            output, trkx_extent_multiply(trkx_fixed(2), trkx_onnx_inner(graph, shapes, node)));
    default: return output;
    }
}

static void add_work(struct trkx_arithmetic *sum, struct trkx_extent work)
{
    double count = (double)work.count;
    if (work.per == TRKX_PER_NODE) sum->per_node += count;
    if (work.per == TRKX_PER_EDGE) sum->per_edge += count;
    if (work.per == TRKX_PER_MODEL) sum->fixed += count;
}

/* A Gemm's bias is one more addition per element. */
static void count_node(const struct trkx_subject *subject, const Onnx__NodeProto *node,
                       struct trkx_onnx_info *info)
{
    const struct trkx_operator *known = trkx_onnx_operator(node);
    if (trkx_onnx_is(node, "Constant") || (known != NULL && known->work == TRKX_WORK_NONE)) return;
    struct trkx_extent work = {0};
    if (known != NULL) work = operations(subject, node, known->work);
    if (work.per == TRKX_PER_UNKNOWN) {
        info->unknown_nodes++;
        return;
    }
    bool product = known->work == TRKX_WORK_PRODUCT;
    add_work(product ? &info->products : &info->others, work);
    if (product && trkx_onnx_is(node, "Gemm") && *trkx_onnx_input(node, 2) != '\0')
        add_work(&info->others, operations(subject, node, TRKX_WORK_OUTPUT));
}

/* ---- all of it -------------------------------------------------------------------------------------- */

enum trkx_status trkx_onnx_describe(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                    struct trkx_onnx_info *info, trkx_error *error)
{
    struct trkx_subject subject;
    const Onnx__GraphProto *proto = file->model->graph;
    *info = (struct trkx_onnx_info){0};
    enum trkx_status status = trkx_subject_create(file, contract, &subject, error);
    if (status != TRKX_OK) return status;
    TRKX_CHECK(describe_producer(file->model, info, error));
    TRKX_CHECK(describe_tensors(&subject, info, error));
    TRKX_CHECK(count_operators(proto, info, error));
    count_parameters(proto, info);
    for (size_t i = 0; i < proto->n_node; i++) count_node(&subject, proto->node[i], info);
    info->sigmoid =
        proto->n_output > 0 && trkx_ends_in_sigmoid(&subject.graph, trkx_onnx_text(proto->output[0]->name));
cleanup:
    trkx_subject_release(&subject);
    if (status != TRKX_OK) trkx_onnx_info_release(info);
    return status;
}

static void release_tensors(struct trkx_tensor_info *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        trkx_release(tensors[i].name);
        trkx_release(tensors[i].shape);
    }
    trkx_release(tensors);
}

void trkx_onnx_info_release(struct trkx_onnx_info *info)
{
    release_tensors(info->inputs, info->inputs_count);
    release_tensors(info->outputs, info->outputs_count);
    for (size_t i = 0; i < info->operators_count; i++) trkx_release(info->operators[i].name);
    trkx_release(info->operators);
    trkx_release(info->producer);
    *info = (struct trkx_onnx_info){0};
}
