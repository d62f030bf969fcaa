/* trkx model info. */
#include "programs/model/info.h"

#include <stdio.h>
#include <string.h>

#include "onnx/info.h"
#include "programs/common.h"

/* ---- for people ------------------------------------------------------------------------------------- */

static void label(const char *text)
{
    printf("  %-12s ", text);
}

static void print_producer(const struct trkx_onnx *file, const struct trkx_onnx_info *info)
{
    (void)file;
    label("made by");
    printf("%s, operator set %lld, format %lld\n", *info->producer != '\0' ? info->producer : "unknown",
           (long long)info->opset, (long long)info->ir_version);
}

static const char *role_name(enum trkx_role role)
{
    switch (role) {
    case TRKX_ROLE_NODES: return "nodes";
    case TRKX_ROLE_EDGES: return "edges";
    case TRKX_ROLE_EDGE_FEATURES: return "edge features";
    default: return "";
    }
}

static void print_tensors(const char *what, const struct trkx_tensor_info *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *role = role_name(tensors[i].role);
        label(i == 0 ? what : "");
        printf("%s  %s%s%s%s%s\n", tensors[i].name, tensors[i].type, *tensors[i].shape != '\0' ? " " : "",
               tensors[i].shape, *role != '\0' ? ": " : "", role);
    }
}

static void print_interface(const struct trkx_onnx *file, const struct trkx_onnx_info *info)
{
    (void)file;
    print_tensors("inputs", info->inputs, info->inputs_count);
    print_tensors("outputs", info->outputs, info->outputs_count);
    label("");
    printf("%s\n", info->sigmoid ? "ends in a sigmoid" : "does not end in a sigmoid");
}

static void print_parameters(const struct trkx_onnx *file, const struct trkx_onnx_info *info)
{
    label("parameters");
    printf("%zu in %zu tensors, %zu bytes; file: %zu bytes, SHA-256 %s\n", info->parameters, info->tensors,
           info->parameter_bytes, file->bytes, file->sha256);
}

static void print_arithmetic_of(const char *what, const struct trkx_arithmetic *arithmetic)
{
    printf("%s %.1f a node, %.1f an edge\n", what, 1e-3 * arithmetic->per_node, 1e-3 * arithmetic->per_edge);
}

static void print_arithmetic(const struct trkx_onnx *file, const struct trkx_onnx_info *info)
{
    (void)file;
    label("kFLOP");
    print_arithmetic_of("matrix products", &info->products);
    label("");
    print_arithmetic_of("the rest       ", &info->others);
    if (info->unknown_nodes == 0) return;
    label("");
    printf("without %zu nodes of unknown shape\n", info->unknown_nodes);
}

static void print_operators(const struct trkx_onnx *file, const struct trkx_onnx_info *info)
{
    (void)file;
    enum { PER_LINE = 8 };
    label("operators");
    printf("%zu:", info->nodes_count);
    for (size_t i = 0; i < info->operators_count; i++) {
        if (i > 0 && i % PER_LINE == 0) {
            putchar('\n');
            label("");
        }
        bool last = i + 1 == info->operators_count;
        printf(" %zu %s%s", info->operators[i].count, info->operators[i].name, last ? "" : ",");
    }
    putchar('\n');
}

/* What trkx's execution provider takes, and why not the rest; claims NULL: ONNX Runtime cannot load the
 * model. */
static void print_claims(const trkx_claims *claims, const trkx_error *error)
{
    label("provider");
    if (claims == NULL) {
        printf("%s\n", error->message);
        return;
    }
    printf("takes %zu of %zu operators (as ONNX Runtime has simplified them), in %zu part%s\n",
           claims->claimed, claims->nodes, claims->parts, claims->parts == 1 ? "" : "s");
    for (const char *line = claims->left; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t count = strcspn(line, "\t"), length = strcspn(line, "\n");
        label("");
        printf("leaves %.*s: %.*s\n", (int)count, line, (int)(length - count - 1), line + count + 1);
    }
}

/* What is printed about a model, in this order. */
static void (*const sections[])(const struct trkx_onnx *file, const struct trkx_onnx_info *info) = {
    print_producer, print_interface, print_parameters, print_arithmetic, print_operators};

/* ---- for programs ----------------------------------------------------------------------------------- */

static json_t *tensors_json(const struct trkx_tensor_info *tensors, size_t count)
{
    json_t *list = checked(json_array());
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list, checked(json_pack("{s:s, s:s, s:s, s:s}", "name", tensors[i].name, "type", tensors[i].type,
                                    "shape", tensors[i].shape, "role", role_name(tensors[i].role))));
    return list;
}

static json_t *operators_json(const struct trkx_onnx_info *info)
{
    json_t *list = checked(json_object());
    for (size_t i = 0; i < info->operators_count; i++)
        json_object_set_new(list, info->operators[i].name,
                            checked(json_integer((json_int_t)info->operators[i].count)));
    return list;
}

static json_t *arithmetic_json(const struct trkx_arithmetic *arithmetic)
{
    return checked(json_pack("{s:f, s:f, s:f}", "per_node", arithmetic->per_node, "per_edge",
                             arithmetic->per_edge, "fixed", arithmetic->fixed));
}

static json_t *claims_json(const trkx_claims *claims)
{
    if (claims == NULL) return checked(json_null());
    return checked(json_pack("{s:I, s:I, s:I}", "nodes", (json_int_t)claims->nodes, "claimed",
                             (json_int_t)claims->claimed, "parts", (json_int_t)claims->parts));
}

static void describe_json(const struct trkx_onnx *file, const struct trkx_onnx_info *info,
                          const trkx_claims *claims, json_t *json)
{
    json_t *description = checked(json_pack(
        "{s:s, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "producer",
        info->producer, "ir_version", (json_int_t)info->ir_version, "opset", (json_int_t)info->opset, "bytes",
        (json_int_t)file->bytes, "sha256", file->sha256, "parameters", (json_int_t)info->parameters,
        "parameter_tensors", (json_int_t)info->tensors, "parameter_bytes", (json_int_t)info->parameter_bytes,
        "nodes", (json_int_t)info->nodes_count, "unknown_nodes", (json_int_t)info->unknown_nodes, "sigmoid",
        (int)info->sigmoid, "inputs", tensors_json(info->inputs, info->inputs_count), "outputs",
        tensors_json(info->outputs, info->outputs_count), "operators", operators_json(info),
        "flop_matrix_products", arithmetic_json(&info->products), "flop_others",
        arithmetic_json(&info->others), "provider", claims_json(claims)));
    json_object_update(json, description);
    json_decref(description);
}

int model_info(const struct trkx_onnx *file, const struct trkx_contract *contract, json_t *json)
{
    struct trkx_onnx_info info;
    trkx_error error;
    if (trkx_onnx_describe(file, contract, &info, &error) != TRKX_OK) return failed(&error);
    trkx_claims *claims = NULL;
    trkx_claims_read(file->path, &claims, &error); /* if it fails, claims stays NULL, and error says why */
    printf("%s\n", file->path);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) sections[i](file, &info);
    print_claims(claims, &error);
    describe_json(file, &info, claims, json);
    trkx_claims_destroy(claims);
    trkx_onnx_info_release(&info);
    return EXIT_OK;
}
