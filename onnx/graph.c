/* Finds values by name, and reads the attributes and inputs of nodes. */
#include "onnx/graph.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

/* ---- values ----------------------------------------------------------------------------------------- */

/* Of equal names: initializers first, then inputs, then the earliest node. */
static int rank_of(const struct trkx_onnx_value *value)
{
    return value->initializer != NULL ? 0 : value->input != NULL ? 1 : 2;
}

static int compare(const void *a, const void *b)
{
    const struct trkx_onnx_value *left = a, *right = b;
    int names = strcmp(left->name, right->name);
    if (names != 0) return names;
    if (rank_of(left) != rank_of(right)) return rank_of(left) - rank_of(right);
    return left->index < right->index ? -1 : left->index > right->index;
}

static size_t count_values(const Onnx__GraphProto *proto)
{
    size_t count = proto->n_initializer + proto->n_input;
    for (size_t i = 0; i < proto->n_node; i++) count += proto->node[i]->n_output;
    return count;
}

/* An omitted output has the name "". */
static void add(struct trkx_onnx_graph *graph, struct trkx_onnx_value value)
{
    value.name = trkx_onnx_text(value.name);
    if (*value.name != '\0') graph->values[graph->count++] = value;
}

static void collect(struct trkx_onnx_graph *graph)
{
    const Onnx__GraphProto *proto = graph->proto;
    for (size_t i = 0; i < proto->n_initializer; i++)
        add(graph, (struct trkx_onnx_value){.name = proto->initializer[i]->name,
                                            .index = i,
                                            .initializer = proto->initializer[i]});
    for (size_t i = 0; i < proto->n_input; i++)
        add(graph,
            (struct trkx_onnx_value){.name = proto->input[i]->name, .index = i, .input = proto->input[i]});
    for (size_t i = 0; i < proto->n_node; i++)
        for (size_t j = 0; j < proto->node[i]->n_output; j++)
            add(graph,
                (struct trkx_onnx_value){
                    .name = proto->node[i]->output[j], .node = proto->node[i], .index = i, .output = j});
}

static void drop_equal_names(struct trkx_onnx_graph *graph)
{
    size_t kept = 0;
    for (size_t i = 0; i < graph->count; i++)
        if (kept == 0 || strcmp(graph->values[kept - 1].name, graph->values[i].name) != 0)
            graph->values[kept++] = graph->values[i];
    graph->count = kept;
}

enum trkx_status trkx_onnx_graph_create(const Onnx__ModelProto *model, struct trkx_onnx_graph *graph,
                                        trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *graph = (struct trkx_onnx_graph){.model = model, .proto = model->graph};
    TRKX_ALLOCATE(graph->values, NULL, count_values(model->graph), "the values of a model");
    collect(graph);
    qsort(graph->values, graph->count, sizeof *graph->values, compare);
    drop_equal_names(graph);
cleanup:
    return status;
}

void trkx_onnx_graph_release(struct trkx_onnx_graph *graph)
{
    trkx_release(graph->values);
    *graph = (struct trkx_onnx_graph){0};
}

long trkx_onnx_find(const struct trkx_onnx_graph *graph, const char *name)
{
    size_t low = 0, high = graph->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, graph->values[middle].name);
        if (order == 0) return (long)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return TRKX_ONNX_NONE;
}

const struct trkx_onnx_value *trkx_onnx_value(const struct trkx_onnx_graph *graph, const char *name)
{
    long index = trkx_onnx_find(graph, name);
    return index == TRKX_ONNX_NONE ? NULL : &graph->values[index];
}

const Onnx__TensorProto *trkx_onnx_constant(const struct trkx_onnx_graph *graph, const char *name)
{
    const struct trkx_onnx_value *value = trkx_onnx_value(graph, name);
    if (value == NULL) return NULL;
    if (value->initializer != NULL) return value->initializer;
    if (value->node == NULL || !trkx_onnx_is(value->node, "Constant")) return NULL;
    const Onnx__AttributeProto *attribute = trkx_onnx_attribute(value->node, "value");
    return attribute == NULL ? NULL : attribute->t;
}

/* ---- nodes ------------------------------------------------------------------------------------------ */

bool trkx_onnx_is(const Onnx__NodeProto *node, const char *operator_name)
{
    return trkx_onnx_own_domain(node->domain) && strcmp(trkx_onnx_text(node->op_type), operator_name) == 0;
}

const char *trkx_onnx_input(const Onnx__NodeProto *node, size_t i)
{
    return i < node->n_input ? node->input[i] : "";
}

const char *trkx_onnx_node_name(const Onnx__NodeProto *node)
{
    const char *name = trkx_onnx_text(node->name);
    return *name == '\0' && node->n_output > 0 ? node->output[0] : name;
}

const Onnx__AttributeProto *trkx_onnx_attribute(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (strcmp(trkx_onnx_text(node->attribute[i]->name), name) == 0) return node->attribute[i];
    return NULL;
}

int64_t trkx_onnx_integer(const Onnx__NodeProto *node, const char *name, int64_t otherwise)
{
    const Onnx__AttributeProto *attribute = trkx_onnx_attribute(node, name);
    return attribute == NULL || !attribute->has_i ? otherwise : attribute->i;
}

bool trkx_onnx_string_is(const Onnx__NodeProto *node, const char *name, const char *text)
{
    const Onnx__AttributeProto *attribute = trkx_onnx_attribute(node, name);
    size_t length = attribute == NULL || !attribute->has_s ? 0 : attribute->s.len;
    return length == strlen(text) && (length == 0 || memcmp(attribute->s.data, text, length) == 0);
}
