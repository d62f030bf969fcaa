/* Tells whether a model looks like a tracking network, before it is checked as one. */
#include "onnx/check_kind.h"

#include "onnx/origin.h"

enum { MOST_FEATURES = 256 }; /* of a hit */

static bool given(const struct trkx_subject *subject, size_t input)
{
    const struct trkx_onnx_value *value =
        trkx_onnx_value(&subject->graph, trkx_onnx_text(subject->graph.proto->input[input]->name));
    return value != NULL && value->initializer == NULL;
}

/* True if all inputs are hits, edges and their features. */
static bool inputs_fit(const struct trkx_subject *subject)
{
    const Onnx__GraphProto *proto = subject->graph.proto;
    bool nodes = false;
    for (size_t i = 0; i < proto->n_input; i++) {
        int64_t width = 0;
        if (!given(subject, i)) continue;
        enum trkx_role role = subject->shapes.roles[i];
        if (role == TRKX_ROLE_OTHER) return false;
        bool wide = trkx_onnx_declared_extent(trkx_onnx_declared(proto->input[i]), 1, &width) &&
                    width > MOST_FEATURES;
        if (role == TRKX_ROLE_NODES && wide) return false;
        nodes = nodes || role == TRKX_ROLE_NODES;
    }
    return nodes;
}

/* An operator for images or sequences, or NULL. */
static const char *foreign_operator(const struct trkx_subject *subject)
{
    static const char *const names[] = {
        "Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool",
        "LSTM", "GRU",           "RNN",     "Resize",      "Attention"};
    const Onnx__GraphProto *proto = subject->graph.proto;
    for (size_t i = 0; i < proto->n_node; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (trkx_onnx_is(proto->node[i], names[k])) return names[k];
    return NULL;
}

/* The final operator if it selects among classes, or NULL. */
static const char *choice(const struct trkx_subject *subject)
{
    static const char *const names[] = {"Softmax", "LogSoftmax", "ArgMax", "TopK"};
    const Onnx__GraphProto *proto = subject->graph.proto;
    for (size_t i = 0; i < proto->n_output; i++) {
        const Onnx__NodeProto *node = trkx_origin(&subject->graph, trkx_onnx_text(proto->output[i]->name));
        for (size_t k = 0; node != NULL && k < sizeof names / sizeof *names; k++)
            if (trkx_onnx_is(node, names[k])) return names[k];
    }
    return NULL;
}

bool trkx_note_foreign(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const Onnx__GraphProto *proto = subject->graph.proto;
    const char *operator_name = foreign_operator(subject), *ends = choice(subject);
    size_t inputs = 0;
    for (size_t i = 0; i < proto->n_input; i++) inputs += given(subject, i);
    if (operator_name == NULL && ends == NULL && inputs_fit(subject)) return false;
    trkx_findings_add(findings, TRKX_NOTE, "kind", "", "trkx model info describes it",
                      "not a network that trkx runs (an embedding, a filter or a GNN, of hits [n,F] and "
                      "edges [2,m]), and not checked as one: %zu input%s, %zu output%s%s%s%s%s",
                      inputs, inputs == 1 ? "" : "s", proto->n_output, proto->n_output == 1 ? "" : "s",
                      operator_name != NULL ? ", with " : "", operator_name != NULL ? operator_name : "",
                      ends != NULL ? ", ends in " : "", ends != NULL ? ends : "");
    return true;
}
