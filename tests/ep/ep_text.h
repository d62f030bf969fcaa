/* clang-format off */
/* For tests of ep/: ONNX models written as text. Statements end with a semicolon or a line:
 *
 *     x: f[n,4]; e: i[2,m]          inputs of the graph: f float32, d float64, i int64, j int32, b bool
 *     w = f[4,8]                    a constant of random elements; f[] has rank 0
 *     s = i{2,3}; c = f{0.5}        a constant list
 *     z = i(1)                      a scalar
 *     y, _ = Split(x, -, s) axis=1  a node; "-" and "_" are left out
 *     z = Op(y) axes=[0,1] a=0.5 mode="add"
 *                                   attributes are integers, numbers with a point, lists and texts; value=0.0
 *                                   becomes a tensor of one element
 *     -> y, z                       outputs of the graph
 *
 * Include after cmocka.h. */
/* clang-format on */
#ifndef TRKX_TESTS_EP_TEXT_H
#define TRKX_TESTS_EP_TEXT_H

#include <ctype.h>
#include <stdio.h>

#include "tests/onnx/onnx_models.h"

enum { BOOL8 = 9, TEXT_LENGTH = 512, TEXT_ITEMS = 32 };

static uint32_t text_state = 1;

static inline uint32_t text_random(void)
{
    text_state = text_state * 1664525u + 1013904223u; /* Numerical Recipes, chapter 7 */
    return text_state >> 8;
}

static inline float text_random_float(void)
{
    return (float)text_random() / (float)(1 << 23) - 1; /* -1 to 1 */
}

static inline int text_type(char letter)
{
    switch (letter) {
    case 'f': return FLOAT32;
    case 'd': return FLOAT64;
    case 'i': return INT64;
    case 'j': return INT32;
    case 'b': return BOOL8;
    default: fail_msg("no type %c", letter); return 0;
    }
}

static inline size_t text_size(int type)
{
    return type == FLOAT32 || type == INT32 ? 4 : type == BOOL8 ? 1 : 8;
}

/* Cuts `text` at commas outside of brackets, and trims; at most TEXT_ITEMS. */
static inline size_t text_split(char *text, char **items)
{
    size_t count = 0;
    int depth = 0;
    char *begin = text;
    for (char *at = text;; at++) {
        bool end = *at == '\0';
        if (*at == '[' || *at == '(' || *at == '{') depth++;
        if (*at == ']' || *at == ')' || *at == '}') depth--;
        if (!end && (*at != ',' || depth > 0)) continue;
        *at = '\0';
        while (isspace((unsigned char)*begin)) begin++;
        for (char *last = at; last > begin && isspace((unsigned char)last[-1]);) *--last = '\0';
        if (*begin != '\0') items[count++] = begin;
        if (count == TEXT_ITEMS) fail_msg("too long a list");
        if (end) return count;
        begin = at + 1;
    }
}

/* A number is `value` of the types with a point, else `integer`. */
static inline void text_put(void *elements, size_t place, int type, double value, int64_t integer)
{
    switch (type) {
    case FLOAT32: ((float *)elements)[place] = (float)value; break;
    case FLOAT64: ((double *)elements)[place] = value; break;
    case INT64: ((int64_t *)elements)[place] = integer; break;
    case INT32: ((int32_t *)elements)[place] = (int32_t)integer; break;
    default: ((uint8_t *)elements)[place] = integer != 0;
    }
}

/* f[4,8]: random; f{1,2}: listed; f(1): of rank 0. */
static inline Onnx__TensorProto *text_tensor(const char *name, char *text)
{
    char *items[TEXT_ITEMS], open = text[1];
    int type = text_type(text[0]);
    text[strlen(text) - 1] = '\0';
    size_t count = text_split(text + 2, items), elements = open == '(' ? 1 : count;
    int64_t dims[TEXT_ITEMS] = {(int64_t)count};
    for (size_t i = 0; i < count && open == '['; i++) {
        dims[i] = atoll(items[i]);
        elements = (i == 0 ? 1 : elements) * (size_t)dims[i];
    }
    if (open == '[' && count == 0) elements = 1;
    void *values = build_take(elements * 8 + 8);
    for (size_t i = 0; i < elements; i++) {
        bool random = open == '[';
        text_put(values, i, type, random ? (double)text_random_float() : atof(items[i]),
                 random ? text_random() % 2 : atoll(items[i]));
    }
    return build_tensor(name, type, dims,
                        open == '['   ? count
                        : open == '(' ? 0
                                      : 1,
                        values, elements * text_size(type));
}

static inline void text_constant(Onnx__ModelProto *model, const char *name, char *text)
{
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer, text_tensor(name, text));
}

static inline void text_input(Onnx__ModelProto *model, const char *name, char *text)
{
    char *items[TEXT_ITEMS];
    const char *axes[TEXT_ITEMS + 1] = {NULL};
    text[strlen(text) - 1] = '\0';
    size_t count = text_split(text + 2, items);
    for (size_t i = 0; i < count; i++) axes[i] = items[i];
    BUILD_APPEND(model->graph->input, model->graph->n_input, build_info(name, text_type(text[0]), axes));
}

static inline void text_attribute(Onnx__NodeProto *node, const char *name, char *value)
{
    char *items[TEXT_ITEMS];
    int64_t integers[TEXT_ITEMS];
    bool number = strpbrk(value, ".") != NULL;
    size_t length = strlen(value);
    if (strcmp(name, "value") == 0) {
        char one[64];
        snprintf(one, sizeof one, "%c{%s}", number ? 'f' : 'i', value);
        build_value(node, text_tensor("", one));
    } else if (*value == '[') {
        value[length - 1] = '\0';
        size_t count = text_split(value + 1, items);
        for (size_t i = 0; i < count; i++) integers[i] = atoll(items[i]);
        build_integers(node, name, integers, count);
    } else if (*value == '"') {
        value[length - 1] = '\0';
        build_string(node, name, value + 1);
    } else if (number) {
        build_float(node, name, (float)atof(value));
    } else {
        build_integer(node, name, atoll(value));
    }
}

/* Operands as build_node() wants them: "x - w". */
static inline void text_names(char *text, char *names)
{
    char *items[TEXT_ITEMS];
    size_t count = text_split(text, items);
    *names = '\0';
    for (size_t i = 0; i < count; i++) {
        if (i > 0) strcat(names, " ");
        strcat(names, strcmp(items[i], "_") == 0 ? "-" : items[i]);
    }
}

static inline void text_node(Onnx__ModelProto *model, char *outputs, char *text)
{
    char inputs[TEXT_LENGTH], results[TEXT_LENGTH], *open = strchr(text, '('), *close = strchr(text, ')');
    if (open == NULL || close == NULL) fail_msg("no operator: %s", text);
    *open = *close = '\0';
    text_names(open + 1, inputs);
    text_names(outputs, results);
    Onnx__NodeProto *node = build_node(model, text, inputs, results);
    for (char *name = strtok(close + 1, " "); name != NULL; name = strtok(NULL, " ")) {
        char *equals = strchr(name, '=');
        if (equals == NULL) fail_msg("no attribute: %s", name);
        *equals = '\0';
        text_attribute(node, name, equals + 1);
    }
}

static inline void text_outputs(Onnx__ModelProto *model, char *text)
{
    char *items[TEXT_ITEMS];
    size_t count = text_split(text, items);
    for (size_t i = 0; i < count; i++) {
        Onnx__ValueInfoProto *info = BUILD(Onnx__ValueInfoProto, ONNX__VALUE_INFO_PROTO__INIT);
        info->name = build_text(items[i]); /* the runtime infers the type */
        BUILD_APPEND(model->graph->output, model->graph->n_output, info);
    }
}

static inline void text_statement(Onnx__ModelProto *model, char *text)
{
    while (isspace((unsigned char)*text)) text++;
    for (size_t length = strlen(text); length > 0 && isspace((unsigned char)text[length - 1]);)
        text[--length] = '\0';
    char *equals = strstr(text, " = "), *colon = strstr(text, ": ");
    if (*text == '\0') return;
    if (strncmp(text, "->", 2) == 0) {
        text_outputs(model, text + 2);
    } else if (equals != NULL) {
        *equals = '\0';
        bool constant = strchr("fdijb", equals[3]) != NULL && strchr("[{(", equals[4]) != NULL;
        if (constant)
            text_constant(model, text, equals + 3);
        else
            text_node(model, text, equals + 3);
    } else if (colon != NULL) {
        *colon = '\0';
        text_input(model, text, colon + 2);
    } else {
        fail_msg("no statement: %s", text);
    }
}

/* More statements for a model, which is returned. */
static inline Onnx__ModelProto *text_add(Onnx__ModelProto *model, const char *text)
{
    char statement[TEXT_LENGTH];
    while (*text != '\0') {
        size_t length = strcspn(text, ";\n");
        if (length >= sizeof statement) fail_msg("too long a statement: %s", text);
        memcpy(statement, text, length);
        statement[length] = '\0';
        text_statement(model, statement);
        text += length + (text[length] != '\0');
    }
    return model;
}

static inline Onnx__ModelProto *text_model(int64_t opset, const char *text)
{
    Onnx__ModelProto *model = build_model(opset);
    model->ir_version = 8;
    return text_add(model, text);
}

#endif
