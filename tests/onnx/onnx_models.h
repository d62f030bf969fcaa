/* For tests of onnx/: ONNX models built message by message, and a small interaction network with a simple
 * evaluation of it. Include after cmocka.h. */
#ifndef TRKX_TESTS_ONNX_MODELS_H
#define TRKX_TESTS_ONNX_MODELS_H

#include <onnx.pb-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "onnx/file.h"

/* ---- messages, which live until the next model is begun --------------------------------------------- */

enum { BUILD_POOL = 1 << 21, BUILD_LIST = 256 };

enum { FLOAT32 = 1, INT32 = 6, INT64 = 7, FLOAT64 = 11 };

static _Alignas(16) char build_pool[BUILD_POOL];
static size_t build_used;

static inline void *build_take(size_t bytes)
{
    void *block = build_pool + build_used;
    build_used += (bytes + 15) / 16 * 16;
    if (build_used > BUILD_POOL) abort();
    return memset(block, 0, bytes);
}

static inline void *build_copy(const void *from, size_t bytes)
{
    void *block = build_take(bytes);
    return bytes > 0 ? memcpy(block, from, bytes) : block;
}

static inline char *build_text(const char *text)
{
    return build_copy(text, strlen(text) + 1);
}

#define BUILD(type, init) ((type *)memcpy(build_take(sizeof(type)), &(type)init, sizeof(type)))
#define BUILD_APPEND(list, count, item) ((list)[(count)++] = (item))

/* Beside the one at hand, whose messages stay. */
static inline Onnx__ModelProto *build_another(int64_t opset)
{
    Onnx__ModelProto *model = BUILD(Onnx__ModelProto, ONNX__MODEL_PROTO__INIT);
    Onnx__GraphProto *graph = BUILD(Onnx__GraphProto, ONNX__GRAPH_PROTO__INIT);
    Onnx__OperatorSetIdProto *set = BUILD(Onnx__OperatorSetIdProto, ONNX__OPERATOR_SET_ID_PROTO__INIT);
    set->has_version = 1, set->version = opset, set->domain = build_text("");
    model->has_ir_version = 1, model->ir_version = 6;
    model->producer_name = build_text("trkx tests");
    model->opset_import = build_take(2 * sizeof(void *));
    BUILD_APPEND(model->opset_import, model->n_opset_import, set);
    model->graph = graph;
    graph->name = build_text("g");
    graph->node = build_take(BUILD_LIST * sizeof(void *));
    graph->initializer = build_take(BUILD_LIST * sizeof(void *));
    graph->input = build_take(BUILD_LIST * sizeof(void *));
    graph->output = build_take(BUILD_LIST * sizeof(void *));
    return model;
}

static inline Onnx__ModelProto *build_model(int64_t opset)
{
    build_used = 0;
    return build_another(opset);
}

/* An axis is a number or a name; NULL ends them. */
static inline Onnx__TensorShapeProto *build_shape(const char *const *axes)
{
    Onnx__TensorShapeProto *shape = BUILD(Onnx__TensorShapeProto, ONNX__TENSOR_SHAPE_PROTO__INIT);
    shape->dim = build_take(8 * sizeof(void *));
    for (; *axes != NULL; axes++) {
        Onnx__TensorShapeProto__Dimension *dimension =
            BUILD(Onnx__TensorShapeProto__Dimension, ONNX__TENSOR_SHAPE_PROTO__DIMENSION__INIT);
        bool number = **axes >= '0' && **axes <= '9';
        dimension->value_case = number ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                                       : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        if (number)
            dimension->dim_value = atoll(*axes);
        else
            dimension->dim_param = build_text(*axes);
        BUILD_APPEND(shape->dim, shape->n_dim, dimension);
    }
    return shape;
}

/* axes NULL: none are declared. */
static inline Onnx__ValueInfoProto *build_info(const char *name, int type, const char *const *axes)
{
    Onnx__ValueInfoProto *info = BUILD(Onnx__ValueInfoProto, ONNX__VALUE_INFO_PROTO__INIT);
    info->name = build_text(name);
    info->type = BUILD(Onnx__TypeProto, ONNX__TYPE_PROTO__INIT);
    info->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    info->type->tensor_type = BUILD(Onnx__TypeProto__Tensor, ONNX__TYPE_PROTO__TENSOR__INIT);
    info->type->tensor_type->has_elem_type = 1;
    info->type->tensor_type->elem_type = type;
    if (axes != NULL) info->type->tensor_type->shape = build_shape(axes);
    return info;
}

static inline Onnx__TensorProto *build_tensor(const char *name, int type, const int64_t *dims, size_t n_dims,
                                              const void *elements, size_t bytes)
{
    Onnx__TensorProto *tensor = BUILD(Onnx__TensorProto, ONNX__TENSOR_PROTO__INIT);
    tensor->name = build_text(name);
    tensor->has_data_type = 1, tensor->data_type = type;
    tensor->n_dims = n_dims;
    tensor->dims = build_copy(dims, n_dims * sizeof *dims);
    tensor->has_raw_data = 1;
    tensor->raw_data.len = bytes;
    tensor->raw_data.data = build_copy(elements, bytes);
    return tensor;
}

static inline Onnx__TensorProto *build_weights(Onnx__ModelProto *model, const char *name, int64_t rows,
                                               int64_t columns, const float *values)
{
    int64_t dims[] = {rows, columns};
    size_t count = (size_t)(rows * (columns > 0 ? columns : 1));
    Onnx__TensorProto *tensor =
        build_tensor(name, FLOAT32, dims, columns > 0 ? 2 : 1, values, count * sizeof *values);
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer, tensor);
    return tensor;
}

static inline void build_names(char ***list, size_t *count, const char *names)
{
    char *text = build_text(names);
    *list = build_take(16 * sizeof(char *));
    for (char *name = text; name != NULL;) {
        char *end = strchr(name, ' ');
        if (end != NULL) *end = '\0';
        BUILD_APPEND(*list, *count, strcmp(name, "-") == 0 ? build_text("") : name);
        name = end == NULL ? NULL : end + 1;
    }
}

/* Names are separated by spaces; "-" is one that is left out. The node is called as its first output. */
static inline Onnx__NodeProto *build_node(Onnx__ModelProto *model, const char *op, const char *inputs,
                                          const char *outputs)
{
    Onnx__NodeProto *node = BUILD(Onnx__NodeProto, ONNX__NODE_PROTO__INIT);
    node->op_type = build_text(op);
    node->attribute = build_take(8 * sizeof(void *));
    if (*inputs != '\0') build_names(&node->input, &node->n_input, inputs);
    build_names(&node->output, &node->n_output, outputs);
    node->name = node->output[0];
    BUILD_APPEND(model->graph->node, model->graph->n_node, node);
    return node;
}

static inline Onnx__AttributeProto *build_attribute(Onnx__NodeProto *node, const char *name, int type)
{
    Onnx__AttributeProto *attribute = BUILD(Onnx__AttributeProto, ONNX__ATTRIBUTE_PROTO__INIT);
    attribute->name = build_text(name);
    attribute->has_type = 1;
    attribute->type = (Onnx__AttributeProto__AttributeType)type;
    BUILD_APPEND(node->attribute, node->n_attribute, attribute);
    return attribute;
}

static inline void build_integer(Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *attribute = build_attribute(node, name, 2);
    attribute->has_i = 1, attribute->i = value;
}

static inline void build_float(Onnx__NodeProto *node, const char *name, float value)
{
    Onnx__AttributeProto *attribute = build_attribute(node, name, 1);
    attribute->has_f = 1, attribute->f = value;
}

static inline void build_string(Onnx__NodeProto *node, const char *name, const char *value)
{
    Onnx__AttributeProto *attribute = build_attribute(node, name, 3);
    attribute->has_s = 1, attribute->s.data = (uint8_t *)build_text(value), attribute->s.len = strlen(value);
}

static inline void build_integers(Onnx__NodeProto *node, const char *name, const int64_t *values,
                                  size_t count)
{
    Onnx__AttributeProto *attribute = build_attribute(node, name, 7);
    attribute->n_ints = count;
    attribute->ints = build_copy(values, count * sizeof *values);
}

static inline void build_value(Onnx__NodeProto *node, Onnx__TensorProto *tensor)
{
    build_attribute(node, "value", 4)->t = tensor;
}

/* The integers as an attribute in operator sets before `since`, else as a constant input. */
static inline void build_list(Onnx__ModelProto *model, Onnx__NodeProto *node, const char *name, int64_t since,
                              const int64_t *values, size_t count)
{
    char constant[64];
    if (model->opset_import[0]->version < since) {
        build_integers(node, name, values, count);
        return;
    }
    snprintf(constant, sizeof constant, "%s_%s", node->name, name);
    int64_t dims[] = {(int64_t)count};
    Onnx__TensorProto *tensor = build_tensor(constant, INT64, dims, 1, values, count * sizeof *values);
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer, tensor);
    node->input = memcpy(build_take(16 * sizeof(char *)), node->input, node->n_input * sizeof(char *));
    BUILD_APPEND(node->input, node->n_input, tensor->name);
}

/* The file's bytes, for free(). */
static inline uint8_t *build_pack(const Onnx__ModelProto *model, size_t *length)
{
    *length = onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = malloc(*length);
    if (bytes == NULL) abort();
    onnx__model_proto__pack(model, bytes);
    return bytes;
}

/* The model as it comes out of a file. */
static inline void build_file(const Onnx__ModelProto *model, struct trkx_onnx *file)
{
    trkx_error error;
    size_t length = 0;
    uint8_t *bytes = build_pack(model, &length);
    if (trkx_onnx_parse(bytes, length, "built.onnx", file, &error) != TRKX_OK) fail_msg("%s", error.message);
    free(bytes);
}

/* ---- a small interaction network -------------------------------------------------------------------- */

enum { SMALL_IN = 3, SMALL_WIDTH = 4 };

/* What to build; all zero is the network as an exporter before reductions wrote it. */
struct small {
    int64_t opset;              /* 0: 12 */
    const char *scatter;        /* NULL: ScatterElements */
    const char *reduction;      /* NULL: none */
    const char *nodes, *edges;  /* the growing axes; NULL: "n", "m" */
    int nodes_type, edges_type; /* 0: float32, int64 */
    bool sigmoid;
    bool into_nodes; /* the scatter starts from the nodes instead of from zeros */
    int64_t rows;    /* > 0: the scatter goes into so many rows, whatever the graph */
};

static inline float small_weight(int tensor, int i)
{
    return 0.01f * (float)((tensor * 37 + i * 11) % 41 - 20);
}

static inline void small_weights(Onnx__ModelProto *model, const char *name, int tensor, int rows, int columns)
{
    float values[64];
    for (int i = 0; i < rows * (columns > 0 ? columns : 1); i++) values[i] = small_weight(tensor, i);
    build_weights(model, name, rows, columns, values);
}

static inline void small_ends(Onnx__ModelProto *model)
{
    Onnx__NodeProto *split = build_node(model, "Split", "g_edges", "src_row dst_row");
    build_integer(split, "axis", 0);
    build_list(model, split, "split", 13, (int64_t[]){1, 1}, 2);
    build_list(model, build_node(model, "Squeeze", "src_row", "src"), "axes", 13, (int64_t[]){0}, 1);
    build_list(model, build_node(model, "Squeeze", "dst_row", "dst"), "axes", 13, (int64_t[]){0}, 1);
}

static inline void small_pair(Onnx__ModelProto *model, const char *of, const char *source, const char *target)
{
    char inputs[64];
    snprintf(inputs, sizeof inputs, "%s src", of);
    build_integer(build_node(model, "Gather", inputs, source), "axis", 0);
    snprintf(inputs, sizeof inputs, "%s dst", of);
    build_integer(build_node(model, "Gather", inputs, target), "axis", 0);
}

static inline void small_zeros(Onnx__ModelProto *model, const struct small *choice)
{
    float zero = 0;
    int64_t one = 1, shape[] = {choice->rows, SMALL_WIDTH};
    int64_t two = 2;
    if (choice->rows > 0) {
        Onnx__NodeProto *constant = build_node(model, "Constant", "", "zeros_shape");
        build_value(constant, build_tensor("", INT64, &two, 1, shape, sizeof shape));
    } else {
        build_node(model, "Shape", "h", "zeros_shape");
    }
    build_value(build_node(model, "ConstantOfShape", "zeros_shape", "zeros"),
                build_tensor("", FLOAT32, &one, 1, &zero, sizeof zero));
}

static inline void small_scatter(Onnx__ModelProto *model, const struct small *choice)
{
    const char *scatter = choice->scatter != NULL ? choice->scatter : "ScatterElements";
    const char *into = choice->into_nodes ? "h" : "zeros";
    char inputs[64];
    bool rows = strcmp(scatter, "ScatterND") == 0;
    build_list(model, build_node(model, "Unsqueeze", "dst", "column"), "axes", 13, (int64_t[]){1}, 1);
    if (!rows) {
        build_node(model, "Shape", "e", "e_shape");
        build_node(model, "Expand", "column e_shape", "index");
    }
    snprintf(inputs, sizeof inputs, "%s %s e", into, rows ? "column" : "index");
    Onnx__NodeProto *node = build_node(model, scatter, inputs, "scattered");
    if (!rows) build_integer(node, "axis", 0);
    if (choice->reduction != NULL) build_string(node, "reduction", choice->reduction);
    snprintf(inputs, sizeof inputs, "%s scattered", into);
    build_node(model, "Add", inputs, "sums");
}

/* Nodes: h = relu(x W0 + b0); edges: e = relu([h_src, h_dst] W1); sums of e at dst; nodes: h' = relu([sums,
 * h] W2'), less its mean; edges: the product of both ends, summed over the features. */
static inline Onnx__ModelProto *build_small(const struct small *choice)
{
    Onnx__ModelProto *model = build_model(choice->opset != 0 ? choice->opset : 12);
    Onnx__GraphProto *graph = model->graph;
    const char *n = choice->nodes != NULL ? choice->nodes : "n",
               *m = choice->edges != NULL ? choice->edges : "m";
    BUILD_APPEND(graph->input, graph->n_input,
                 build_info("g_nodes", choice->nodes_type != 0 ? choice->nodes_type : FLOAT32,
                            (const char *[]){n, "3", NULL}));
    BUILD_APPEND(graph->input, graph->n_input,
                 build_info("g_edges", choice->edges_type != 0 ? choice->edges_type : INT64,
                            (const char *[]){"2", m, NULL}));
    BUILD_APPEND(graph->output, graph->n_output, build_info("score", FLOAT32, (const char *[]){m, NULL}));
    small_weights(model, "w0", 0, SMALL_IN, SMALL_WIDTH);
    small_weights(model, "b0", 1, SMALL_WIDTH, 0);
    small_weights(model, "w1", 2, 2 * SMALL_WIDTH, SMALL_WIDTH);
    small_weights(model, "w2", 3, SMALL_WIDTH, 2 * SMALL_WIDTH);
    small_ends(model);
    build_node(model, "Gemm", "g_nodes w0 b0", "h_linear");
    build_node(model, "Relu", "h_linear", "h");
    small_pair(model, "h", "h_src", "h_dst");
    build_integer(build_node(model, "Concat", "h_src h_dst", "pair"), "axis", 1);
    build_node(model, "MatMul", "pair w1", "e_linear");
    build_node(model, "Relu", "e_linear", "e");
    small_zeros(model, choice);
    small_scatter(model, choice);
    build_integer(build_node(model, "Concat", "sums h", "node"), "axis", -1);
    build_integer(build_node(model, "Gemm", "node w2", "h2_linear"), "transB", 1);
    build_node(model, "Relu", "h2_linear", "h2");
    build_list(model, build_node(model, "ReduceMean", "h2", "mean"), "axes", 18, (int64_t[]){-1}, 1);
    build_node(model, "Sub", "h2 mean", "h3");
    small_pair(model, "h3", "h3_src", "h3_dst");
    build_node(model, "Mul", "h3_src h3_dst", "product");
    Onnx__NodeProto *sum = build_node(model, "ReduceSum", "product", choice->sigmoid ? "logit" : "score");
    build_integer(sum, "keepdims", 0);
    build_list(model, sum, "axes", 13, (int64_t[]){1}, 1);
    if (choice->sigmoid) build_node(model, "Sigmoid", "logit", "score");
    return model;
}

static inline float small_relu(float x)
{
    return x > 0 ? x : 0;
}

/* The same by loops: scores [m] before a sigmoid. */
static inline void small_plain(const float *nodes, size_t n, const int64_t *edges, size_t m, float *scores)
{
    float(*h)[SMALL_WIDTH] = calloc(n, sizeof *h), (*sums)[SMALL_WIDTH] = calloc(n, sizeof *sums);
    float(*h3)[SMALL_WIDTH] = calloc(n, sizeof *h3);
    if (h == NULL || sums == NULL || h3 == NULL) abort();
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < SMALL_WIDTH; k++) {
            float x = small_weight(1, k);
            for (int j = 0; j < SMALL_IN; j++)
                x += nodes[i * SMALL_IN + (size_t)j] * small_weight(0, j * SMALL_WIDTH + k);
            h[i][k] = small_relu(x);
        }
    for (size_t e = 0; e < m; e++)
        for (int k = 0; k < SMALL_WIDTH; k++) {
            float x = 0;
            for (int j = 0; j < SMALL_WIDTH; j++)
                x += h[edges[e]][j] * small_weight(2, j * SMALL_WIDTH + k) +
                     h[edges[m + e]][j] * small_weight(2, (SMALL_WIDTH + j) * SMALL_WIDTH + k);
            sums[edges[m + e]][k] += small_relu(x);
        }
    for (size_t i = 0; i < n; i++) {
        float mean = 0;
        for (int k = 0; k < SMALL_WIDTH; k++) {
            float x = 0;
            for (int j = 0; j < SMALL_WIDTH; j++)
                x += sums[i][j] * small_weight(3, k * 2 * SMALL_WIDTH + j) +
                     h[i][j] * small_weight(3, k * 2 * SMALL_WIDTH + SMALL_WIDTH + j);
            h3[i][k] = small_relu(x);
            mean += h3[i][k] / (float)SMALL_WIDTH;
        }
        for (int k = 0; k < SMALL_WIDTH; k++) h3[i][k] -= mean;
    }
    for (size_t e = 0; e < m; e++) {
        scores[e] = 0;
        for (int k = 0; k < SMALL_WIDTH; k++) scores[e] += h3[edges[e]][k] * h3[edges[m + e]][k];
    }
    free(h);
    free(sums);
    free(h3);
}

#endif
