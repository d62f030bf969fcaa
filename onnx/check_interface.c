/* Checks a model's interface: names, types, ranks, widths, axes that grow, the final sigmoid.
 */
#include "onnx/check_interface.h"

#include <stdio.h>
#include <string.h>

#include "onnx/axes.h"
#include "onnx/origin.h"
#include "onnx/tensor.h"

enum {
    FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
    INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64
};

static const char export_again[] = "export it again with dynamic axes";

static bool is_embedding(const struct trkx_contract *contract)
{
    return contract->edges == NULL && contract->pairs == NULL;
}

/* ---- the last sigmoid ------------------------------------------------------------------------------- */

static void check_sigmoid(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const struct trkx_contract *contract = subject->contract;
    bool ends = trkx_ends_in_sigmoid(&subject->graph, contract->output);
    if (ends == contract->sigmoid) return;
    bool embedding = is_embedding(contract);
    trkx_findings_add(findings, TRKX_FAULT, "sigmoid", contract->output,
                      embedding ? ""
                      : ends    ? "set sigmoid_in_model to true"
                                : "set sigmoid_in_model to false",
                      ends ? "ends in a sigmoid%s" : "does not end in a sigmoid%s",
                      embedding ? ", which an embedding must not" : ", but bundle.json says otherwise");
}

/* ---- axes that grow --------------------------------------------------------------------------------- */

static void check_axis(const struct trkx_subject *subject, const Onnx__ValueInfoProto *info, int axis,
                       struct trkx_findings *findings)
{
    int64_t extent = 0;
    if (!trkx_axis_fixed(trkx_onnx_declared(info), axis, &extent)) return;
    trkx_findings_add(findings, TRKX_FAULT, "fixed-axis", trkx_onnx_text(info->name),
                      trkx_axes_can_grow(subject) ? trkx_repair_fixes_it : export_again,
                      "axis %d is fixed at %lld and should be dynamic", axis, (long long)extent);
}

/* ---- tensors ---------------------------------------------------------------------------------------- */

static void check_type(const Onnx__ValueInfoProto *info, int expected, struct trkx_findings *findings)
{
    const Onnx__TypeProto__Tensor *type = trkx_onnx_declared(info);
    int found = type == NULL ? 0 : type->elem_type;
    if (found != expected && !(found == INT32 && expected == INT64))
        trkx_findings_add(findings, TRKX_FAULT, "type", trkx_onnx_text(info->name), "",
                          "is of type %s, trkx uses %s here", trkx_onnx_type_name(found),
                          trkx_onnx_type_name(expected));
}

/* An extent of -1 is arbitrary. */
static void check_rank(const Onnx__ValueInfoProto *info, int rank, const int64_t *extents,
                       struct trkx_findings *findings)
{
    const Onnx__TypeProto__Tensor *type = trkx_onnx_declared(info);
    const char *name = trkx_onnx_text(info->name);
    int found = trkx_onnx_declared_rank(type);
    if (found < 0)
        trkx_findings_add(findings, TRKX_FAULT, "rank", name, export_again,
                          "declares no shape; expected rank %d", rank);
    else if (found != rank)
        trkx_findings_add(findings, TRKX_FAULT, "rank", name, "", "has rank %d, expected %d", found, rank);
    if (found != rank) return;
    for (int i = 0; i < rank; i++) {
        int64_t extent = 0;
        if (extents[i] >= 0 && trkx_onnx_declared_extent(type, i, &extent) && extent != extents[i])
            trkx_findings_add(findings, TRKX_FAULT, "width", name, "",
                              "axis %d has extent %lld, expected %lld", i, (long long)extent,
                              (long long)extents[i]);
    }
}

/* Sources followed by targets, [2,m], or pairs, [m,2], as the bundle says. */
static void check_edges(const struct trkx_contract *contract, const Onnx__ValueInfoProto *input,
                        struct trkx_findings *findings)
{
    const Onnx__TypeProto__Tensor *type = trkx_onnx_declared(input);
    int64_t extent = 0;
    bool declared =
        trkx_onnx_declared_extent(type, 0, &extent) || trkx_onnx_declared_extent(type, 1, &extent);
    bool transposed = trkx_edges_transposed(type);
    if (contract == NULL || !declared || trkx_onnx_declared_rank(type) != 2 ||
        contract->transposed == transposed)
        check_rank(input, 2, transposed ? (int64_t[]){-1, 2} : (int64_t[]){declared ? 2 : -1, -1}, findings);
    else
        trkx_findings_add(findings, TRKX_FAULT, "shape", trkx_onnx_text(input->name),
                          transposed ? "set edges to \"[m,2]\"" : "set edges to \"[2,m]\"",
                          "is %s, but bundle.json says otherwise", transposed ? "[m,2]" : "[2,m]");
}

static void check_input(const struct trkx_subject *subject, size_t index, struct trkx_findings *findings)
{
    const Onnx__ValueInfoProto *input = subject->graph.proto->input[index];
    enum trkx_role role = subject->shapes.roles[index];
    const struct trkx_contract *contract = subject->contract;
    if (role == TRKX_ROLE_NODES)
        check_rank(input, 2, (int64_t[]){-1, contract != NULL ? (int64_t)contract->features : -1}, findings);
    if (role == TRKX_ROLE_OTHER) return;
    check_type(input, role == TRKX_ROLE_EDGES ? INT64 : FLOAT, findings);
    if (role == TRKX_ROLE_EDGES) check_edges(contract, input, findings);
    if (role == TRKX_ROLE_EDGE_FEATURES && contract != NULL && contract->pairs != NULL)
        check_rank(input, 2, (int64_t[]){-1, 2 * (int64_t)contract->features}, findings);
    check_axis(subject, input, trkx_growing_axis(role, trkx_onnx_declared(input)), findings);
}

static void check_inputs(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    for (size_t i = 0; i < subject->graph.proto->n_input; i++) check_input(subject, i, findings);
}

/* Edge scores are [m] or [m,1], an embedding is [n,dim]; without a bundle only fixed extents matter. ONNX
 * Runtime derives the shape of an output that declares none. */
static void check_output(const struct trkx_subject *subject, const Onnx__ValueInfoProto *output,
                         struct trkx_findings *findings)
{
    const struct trkx_contract *contract = subject->contract;
    int rank = trkx_onnx_declared_rank(trkx_onnx_declared(output));
    check_type(output, FLOAT, findings);
    if (rank < 0) return;
    if (contract != NULL && is_embedding(contract))
        check_rank(output, 2, (int64_t[]){-1, (int64_t)contract->dim}, findings);
    else if (contract != NULL)
        check_rank(output, rank == 2 ? 2 : 1, (int64_t[]){-1, 1}, findings);
    if (rank >= 1) check_axis(subject, output, 0, findings);
}

/* The output has a row per node, or per edge. */
static void check_rows(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const struct trkx_contract *contract = subject->contract;
    const struct trkx_shape *shape = trkx_onnx_shape(&subject->graph, &subject->shapes, contract->output);
    enum trkx_per expected = is_embedding(contract) ? TRKX_PER_NODE : TRKX_PER_EDGE;
    if (shape->rank < 1 || !trkx_grows(shape->extents[0])) return;
    if (shape->extents[0].per != expected || shape->extents[0].count != 1)
        trkx_findings_add(findings, TRKX_FAULT, "rows", contract->output, "", "does not have one row per %s",
                          expected == TRKX_PER_NODE ? "node" : "edge");
}

/* ---- names ------------------------------------------------------------------------------------------ */

static void list_names(Onnx__ValueInfoProto *const *infos, size_t count, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && length < size; i++) {
        int written = snprintf(text + length, size - length, " %s", trkx_onnx_text(infos[i]->name));
        if (written < 0) return;
        length += (size_t)written;
    }
}

static bool has(Onnx__ValueInfoProto *const *infos, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(trkx_onnx_text(infos[i]->name), name) == 0) return true;
    return false;
}

static void check_name(Onnx__ValueInfoProto *const *infos, size_t count, const char *name, const char *what,
                       struct trkx_findings *findings)
{
    char known[512];
    if (name == NULL || has(infos, count, name)) return;
    list_names(infos, count, known, sizeof known);
    trkx_findings_add(findings, TRKX_FAULT, "name", name, "write the model's own name into bundle.json",
                      "the model has no such %s; it has%s", what, known);
}

static bool is_named(const char *expected, const char *name)
{
    return expected != NULL && strcmp(expected, name) == 0;
}

static void check_extra_inputs(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const struct trkx_contract *contract = subject->contract;
    for (size_t i = 0; i < subject->graph.proto->n_input; i++) {
        const char *name = trkx_onnx_text(subject->graph.proto->input[i]->name);
        const struct trkx_onnx_value *value = trkx_onnx_value(&subject->graph, name);
        if (value == NULL || value->initializer != NULL) continue;
        if (!is_named(contract->nodes, name) && !is_named(contract->edges, name) &&
            !is_named(contract->pairs, name))
            trkx_findings_add(findings, TRKX_FAULT, "name", name, "",
                              "this input is not named in bundle.json");
    }
}

static void check_names(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const Onnx__GraphProto *proto = subject->graph.proto;
    check_name(proto->input, proto->n_input, subject->contract->nodes, "input", findings);
    check_name(proto->input, proto->n_input, subject->contract->edges, "input", findings);
    check_name(proto->input, proto->n_input, subject->contract->pairs, "input", findings);
    check_name(proto->output, proto->n_output, subject->contract->output, "output", findings);
    check_extra_inputs(subject, findings);
}

void trkx_check_interface(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const Onnx__GraphProto *proto = subject->graph.proto;
    const struct trkx_contract *contract = subject->contract;
    if (contract != NULL) check_names(subject, findings);
    check_inputs(subject, findings);
    for (size_t i = 0; i < proto->n_output; i++)
        if (contract == NULL || strcmp(trkx_onnx_text(proto->output[i]->name), contract->output) == 0)
            check_output(subject, proto->output[i], findings);
    if (contract == NULL || !has(proto->output, proto->n_output, contract->output)) return;
    check_rows(subject, findings);
    check_sigmoid(subject, findings);
}
