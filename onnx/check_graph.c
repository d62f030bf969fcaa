/* Checks of what a model computes. */
#include "onnx/check_graph.h"

#include <string.h>

#include "onnx/origin.h"
#include "onnx/scatter.h"
#include "onnx/tensor.h"

/* ---- scatters --------------------------------------------------------------------------------------- */

static void check_scatter(const struct trkx_subject *subject, const Onnx__NodeProto *node,
                          struct trkx_findings *findings)
{
    const char *name = trkx_onnx_node_name(node), *op = trkx_onnx_text(node->op_type);
    switch (trkx_scatter_kind(subject, node)) {
    case TRKX_SCATTER_FINE: return;
    case TRKX_SCATTER_OVERWRITES:
        trkx_findings_add(findings, TRKX_FAULT, "scatter", name, trkx_repair_fixes_it,
                          "%s of edges into zeros without reduction: if a node has several edges, one "
                          "overwrites the others instead of adding to them",
                          op);
        return;
    case TRKX_SCATTER_AMBIGUOUS:
        trkx_findings_add(
            findings, TRKX_WARNING, "scatter", name, "",
            "%s of edges without reduction: if a node has several edges, an arbitrary one remains", op);
        return;
    case TRKX_SCATTER_UNORDERED:
        trkx_findings_add(
            findings, TRKX_WARNING, "scatter-order", name,
            trkx_scatters_rows(subject, node) ? trkx_repair_fixes_it : "use ScatterElements",
            "ONNX Runtime (1.32) adds in ScatterND from several threads without synchronisation: "
            "results differ from run to run if a node has several edges");
        return;
    }
}

/* Operators whose results are never below 0. */
static bool never_negative(const Onnx__NodeProto *node)
{
    static const char *const names[] = {"Relu", "Sigmoid", "HardSigmoid", "Softplus", "Softmax",
                                        "Exp",  "Abs",     "Sqrt",        "ReduceL1", "ReduceL2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (node != NULL && trkx_onnx_is(node, names[i])) return true;
    return false;
}

/* The initial zeros take part: they win against messages that are all negative, in a minimum against positive
 * ones. */
static void check_extremum(const struct trkx_subject *subject, const Onnx__NodeProto *node,
                           struct trkx_findings *findings)
{
    const struct trkx_onnx_graph *graph = &subject->graph;
    bool largest = trkx_onnx_string_is(node, "reduction", "max");
    if (!trkx_scatters(node) || (!largest && !trkx_onnx_string_is(node, "reduction", "min"))) return;
    if (!trkx_onnx_shape(graph, &subject->shapes, trkx_onnx_input(node, 1))->index) return;
    if (!trkx_onnx_shape(graph, &subject->shapes, trkx_onnx_input(node, 0))->zero) return;
    if (largest && never_negative(trkx_origin(graph, trkx_onnx_input(node, 2)))) return;
    trkx_findings_add(findings, TRKX_FAULT, "scatter-start", trkx_onnx_node_name(node),
                      largest ? "start from the lowest number, or from the messages themselves"
                              : "start from the largest number, or from the messages themselves",
                      "%s takes the %s of edges and of the zeros it starts from: if all messages of a node "
                      "are %s, the result is 0",
                      trkx_onnx_text(node->op_type), largest ? "largest" : "least",
                      largest ? "negative" : "positive");
}

/* One finding per model, at the first scatter that needs a newer set. */
static void check_opset(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    int64_t opset = trkx_onnx_opset(subject->file->model);
    if (opset == 0) trkx_findings_add(findings, TRKX_FAULT, "opset", "", "", "states no operator set");
    for (size_t i = 0; i < subject->graph.proto->n_node && opset != 0; i++) {
        const Onnx__NodeProto *node = subject->graph.proto->node[i];
        bool lost = trkx_scatter_kind(subject, node) == TRKX_SCATTER_OVERWRITES;
        int64_t needed = lost ? TRKX_OPSET_REDUCTION : trkx_scatter_opset(node);
        if (needed <= opset) continue;
        trkx_findings_add(findings, TRKX_FAULT, "opset", trkx_onnx_node_name(node), trkx_repair_fixes_it,
                          "operator set %lld is too old for a reduction in %s, which needs %lld",
                          (long long)opset, trkx_onnx_text(node->op_type), (long long)needed);
        return;
    }
}

/* ---- nodes ------------------------------------------------------------------------------------------ */

static bool known_domain(const char *domain)
{
    return trkx_onnx_own_domain(domain) || strcmp(domain, "ai.onnx.ml") == 0 ||
           strcmp(domain, "com.microsoft") == 0;
}

static void check_domain(const Onnx__NodeProto *node, struct trkx_findings *findings)
{
    if (!known_domain(node->domain))
        trkx_findings_add(findings, TRKX_FAULT, "operator", trkx_onnx_node_name(node),
                          "export it again with ONNX's own operators",
                          "%s is an operator of %s, which ONNX Runtime lacks", trkx_onnx_text(node->op_type),
                          node->domain);
}

/* Every input has to exist before the node. */
static void check_inputs(const struct trkx_subject *subject, size_t index, struct trkx_findings *findings)
{
    const Onnx__NodeProto *node = subject->graph.proto->node[index];
    for (size_t i = 0; i < node->n_input; i++) {
        if (*node->input[i] == '\0') continue;
        const struct trkx_onnx_value *value = trkx_onnx_value(&subject->graph, node->input[i]);
        if (value == NULL || (value->node != NULL && value->index >= index))
            trkx_findings_add(findings, TRKX_FAULT, "graph", trkx_onnx_node_name(node), "",
                              "no earlier node produces input %s", node->input[i]);
    }
}

static void check_subgraphs(const Onnx__NodeProto *node, struct trkx_findings *findings)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->g != NULL || node->attribute[i]->n_graphs > 0)
            trkx_findings_add(findings, TRKX_WARNING, "subgraph", trkx_onnx_node_name(node), "",
                              "%s has its own graph, which is not examined", trkx_onnx_text(node->op_type));
}

static void check_precision(const Onnx__NodeProto *node, struct trkx_findings *findings)
{
    if (trkx_onnx_is(node, "Cast") &&
        trkx_onnx_integer(node, "to", 0) == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
        trkx_findings_add(findings, TRKX_WARNING, "type", trkx_onnx_node_name(node),
                          "export it again in float32",
                          "computes in float64 from here on: slow, and unsupported on some devices");
}

static void check_nodes(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    for (size_t i = 0; i < subject->graph.proto->n_node; i++) {
        const Onnx__NodeProto *node = subject->graph.proto->node[i];
        check_domain(node, findings);
        check_inputs(subject, i, findings);
        check_subgraphs(node, findings);
        check_precision(node, findings);
        check_scatter(subject, node, findings);
        check_extremum(subject, node, findings);
    }
}

static void check_conflicts(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    for (size_t i = 0; i < subject->shapes.conflicts_count; i++) {
        const struct trkx_conflict *conflict = &subject->shapes.conflicts[i];
        trkx_findings_add(
            findings, TRKX_FAULT, "fixed-axis", trkx_onnx_node_name(conflict->node),
            "export it again with dynamic axes",
            "%s has %lld rows written into the model instead of the number of %s (in %zu node%s)",
            trkx_onnx_text(conflict->node->op_type), (long long)conflict->extent,
            conflict->per == TRKX_PER_EDGE ? "edges" : "nodes", conflict->nodes,
            conflict->nodes == 1 ? "" : "s");
    }
}

/* ---- tensors ---------------------------------------------------------------------------------------- */

/* Single infinite numbers are allowed: they are bounds of half-open intervals. */
static void check_numbers(const Onnx__TensorProto *tensor, const char *name, struct trkx_findings *findings)
{
    size_t nans = 0, infinities = 0, elements = trkx_onnx_elements(tensor);
    trkx_onnx_tensor_spoilt(tensor, &nans, &infinities);
    if (nans > 0)
        trkx_findings_add(findings, TRKX_FAULT, "nan", name, "train or export it again",
                          "%zu of %zu weights are NaN", nans, elements);
    if (infinities > 0 && elements > 1)
        trkx_findings_add(findings, TRKX_FAULT, "nan", name, "train or export it again",
                          "%zu of %zu weights are infinite", infinities, elements);
}

static void check_content(const Onnx__TensorProto *tensor, const char *name, struct trkx_findings *findings)
{
    if (!trkx_onnx_tensor_complete(tensor))
        trkx_findings_add(findings, TRKX_FAULT, "tensor", name, "",
                          "has a number of elements that does not match its shape");
    check_numbers(tensor, name, findings);
}

static void check_tensor(const Onnx__TensorProto *tensor, const char *name, struct trkx_findings *findings)
{
    if (tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE && trkx_onnx_elements(tensor) > 1)
        trkx_findings_add(findings, TRKX_WARNING, "type", name, "export it again in float32",
                          "%zu weights are float64", trkx_onnx_elements(tensor));
    check_content(tensor, name, findings);
}

static void check_tensors(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const Onnx__GraphProto *proto = subject->graph.proto;
    for (size_t i = 0; i < proto->n_initializer; i++)
        check_tensor(proto->initializer[i], trkx_onnx_text(proto->initializer[i]->name), findings);
    for (size_t i = 0; i < proto->n_node; i++) {
        const Onnx__NodeProto *node = proto->node[i];
        const Onnx__AttributeProto *value = trkx_onnx_attribute(node, "value");
        if (trkx_onnx_is(node, "Constant") && value != NULL && value->t != NULL)
            check_tensor(value->t, trkx_onnx_node_name(node), findings);
    }
}

void trkx_check_graph(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    check_opset(subject, findings);
    check_nodes(subject, findings);
    check_conflicts(subject, findings);
    check_tensors(subject, findings);
}

void trkx_check_soundness(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const Onnx__GraphProto *proto = subject->graph.proto;
    if (trkx_onnx_opset(subject->file->model) == 0)
        trkx_findings_add(findings, TRKX_FAULT, "opset", "", "", "states no operator set");
    for (size_t i = 0; i < proto->n_node; i++) {
        check_domain(proto->node[i], findings);
        check_inputs(subject, i, findings);
    }
    for (size_t i = 0; i < proto->n_initializer; i++)
        if (!trkx_onnx_tensor_external(proto->initializer[i]))
            check_content(proto->initializer[i], trkx_onnx_text(proto->initializer[i]->name), findings);
}
