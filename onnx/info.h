/* Describes a model: inputs, outputs, parameters, operators, arithmetic per node and per edge. */
#ifndef TRKX_ONNX_INFO_H
#define TRKX_ONNX_INFO_H

#include "onnx/subject.h"

/* An input or output. */
struct trkx_tensor_info {
    char *name;
    const char *type;    /* "float32"; static */
    char *shape;         /* "[n, 13]"; "" if none is declared */
    enum trkx_role role; /* of an input */
};

struct trkx_operator_info {
    char *name; /* "Gemm", with another domain "com.microsoft.Gelu" */
    size_t count;
};

/* Operations; a multiply-add is two. */
struct trkx_arithmetic {
    double per_node, per_edge;
    double fixed; /* independent of the graph */
};

struct trkx_onnx_info {
    char *producer; /* "pytorch 1.9" */
    int64_t ir_version, opset;
    struct trkx_tensor_info *inputs, *outputs;
    size_t inputs_count, outputs_count;
    struct trkx_operator_info *operators; /* [operators_count] the most frequent first; without constants */
    size_t operators_count, nodes_count;
    size_t tensors, parameters, parameter_bytes; /* initializers of float types */
    struct trkx_arithmetic products;             /* matrix products */
    struct trkx_arithmetic others;               /* element by element, reductions, sums over edges */
    size_t unknown_nodes;                        /* not counted above: of unknown shape */
    bool sigmoid;                                /* the first output comes from one */
};

/* Errors: MEMORY. */
enum trkx_status trkx_onnx_describe(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                    struct trkx_onnx_info *info, trkx_error *error);
void trkx_onnx_info_release(struct trkx_onnx_info *info);

#endif
