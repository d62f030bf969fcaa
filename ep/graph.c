/* Reads a graph from ONNX Runtime: nodes, attributes, constants. */
#include "ep/graph.h"

#include <string.h>

struct reader {
    struct ep_arena *arena;
    const OrtApi *api;
    struct ep_graph *graph;
    bool copies;
};

/* Gives up with the runtime's message. */
static void check(const struct reader *reader, OrtStatus *failure)
{
    if (failure == NULL) return;
    char message[200];
    strncpy(message, reader->api->GetErrorMessage(failure), sizeof message - 1);
    message[sizeof message - 1] = '\0';
    reader->api->ReleaseStatus(failure);
    ep_give_up(reader->arena, EP_REASON_INPUT, "reading the graph: %s", message);
}

static const char *keep_text(const struct reader *reader, const char *text)
{
    return reader->copies ? ep_copy(reader->arena, text, strlen(text) + 1, 1) : text;
}

size_t ep_element_size(enum ep_element element)
{
    static const size_t sizes[] = {[EP_FLOAT] = sizeof(float),
                                   [EP_INT64] = sizeof(int64_t),
                                   [EP_INT32] = sizeof(int32_t),
                                   [EP_BOOL] = 1};
    return element < EP_ELEMENT_OTHER ? sizes[element] : 0;
}

int64_t ep_elements(const int64_t *shape, int rank)
{
    int64_t room = 1; /* the steps must be in range too, even if an extent is 0 */
    bool none = false;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0 || (shape[i] > 0 && room > EP_MOST_ELEMENTS / shape[i])) return -1;
        room *= shape[i] > 0 ? shape[i] : 1;
        none |= shape[i] == 0;
    }
    return none ? 0 : room;
}

void ep_steps(const int64_t *shape, int rank, int64_t *steps)
{
    int64_t step = 1;
    for (int d = rank; d-- > 0; step *= shape[d]) steps[d] = step;
}

int64_t ep_place(const int64_t *shape, int rank, const int64_t *steps, int64_t i)
{
    int64_t place = 0;
    for (int d = rank; d-- > 0; i /= shape[d]) place += i % shape[d] * steps[d];
    return place;
}

static enum ep_element element_of(ONNXTensorElementDataType type)
{
    switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT: return EP_FLOAT;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64: return EP_INT64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32: return EP_INT32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL: return EP_BOOL;
    default: return EP_ELEMENT_OTHER;
    }
}

/* ---- values ----------------------------------------------------------------------------------------- */

static void read_shape(const struct reader *reader, const OrtTensorTypeAndShapeInfo *info,
                       struct ep_value *value)
{
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    size_t rank = 0;
    check(reader, reader->api->GetTensorElementType(info, &type));
    check(reader, reader->api->GetDimensionsCount(info, &rank));
    value->element = element_of(type);
    if (rank > EP_RANK) return;
    value->rank = (int)rank;
    check(reader, reader->api->GetDimensions(info, value->shape, rank));
    /* shape inference accepts whatever a model declares */
    for (size_t d = 0; d < rank; d++)
        if (value->shape[d] < 0) value->shape[d] = -1;
}

/* A tensor of unknown shape is reported as one of rank 0; only a constant is certain to be a scalar. */
static void read_type(const struct reader *reader, const OrtValueInfo *info, struct ep_value *value)
{
    const OrtTypeInfo *type = NULL;
    const OrtTensorTypeAndShapeInfo *shape = NULL;
    enum ONNXType kind = ONNX_TYPE_UNKNOWN;
    check(reader, reader->api->GetValueInfoTypeInfo(info, &type));
    if (type == NULL) return;
    check(reader, reader->api->GetOnnxTypeFromTypeInfo(type, &kind));
    if (kind != ONNX_TYPE_TENSOR) return;
    check(reader, reader->api->CastTypeInfoToTensorInfo(type, &shape));
    if (shape != NULL) read_shape(reader, shape, value);
}

static void read_constant(const struct reader *reader, const OrtValueInfo *info, struct ep_value *value)
{
    bool constant = false;
    const OrtValue *tensor = NULL;
    const void *data = NULL;
    check(reader, reader->api->ValueInfo_IsConstantInitializer(info, &constant));
    int64_t count = value->rank < 0 ? -1 : ep_elements(value->shape, value->rank);
    if (!constant || count < 0 || value->element == EP_ELEMENT_OTHER) return;
    check(reader, reader->api->ValueInfo_GetInitializerValue(info, &tensor));
    if (tensor == NULL) return;
    check(reader, reader->api->GetTensorData(tensor, &data));
    static const int64_t nothing; /* for tensors without elements */
    if (count == 0) data = &nothing;
    value->data =
        reader->copies ? ep_copy(reader->arena, data, (size_t)count, ep_element_size(value->element)) : data;
}

static int find_value(const struct ep_graph *graph, const char *name)
{
    for (size_t i = graph->values_count; i-- > 0;)
        if (strcmp(graph->values[i].name, name) == 0) return (int)i;
    return -1;
}

/* The number of a value, which is read when first used; -1 if it is omitted. */
static int read_value(const struct reader *reader, const OrtValueInfo *info)
{
    const char *name = NULL;
    if (info == NULL) return -1;
    check(reader, reader->api->GetValueInfoName(info, &name));
    if (name == NULL || *name == '\0') return -1;
    int known = find_value(reader->graph, name);
    if (known >= 0) return known;
    struct ep_value value = {.name = keep_text(reader, name),
                             .element = EP_ELEMENT_OTHER,
                             .rank = -1,
                             .producer = -1,
                             .input = -1,
                             .output = -1};
    read_type(reader, info, &value);
    read_constant(reader, info, &value);
    struct ep_graph *graph = reader->graph;
    *EP_PUSH(reader->arena, graph->values, graph->values_count) = value;
    return (int)graph->values_count - 1;
}

static int *read_values(const struct reader *reader, const OrtValueInfo *const *infos, size_t count)
{
    int *values = ep_alloc(reader->arena, count, sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = read_value(reader, infos[i]);
    return values;
}

/* ---- attributes ------------------------------------------------------------------------------------- */

static void read_one_element(const struct reader *reader, const OrtOpAttr *from, struct ep_attribute *to)
{
    OrtValue *tensor = NULL;
    OrtTensorTypeAndShapeInfo *info = NULL;
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    size_t count = 0;
    const void *data = NULL;
    check(reader, reader->api->OpAttr_GetTensorAttributeAsOrtValue(from, &tensor));
    if (tensor == NULL) return;
    OrtStatus *failure = reader->api->GetTensorTypeAndShape(tensor, &info);
    if (failure == NULL) failure = reader->api->GetTensorElementType(info, &type);
    if (failure == NULL) failure = reader->api->GetTensorShapeElementCount(info, &count);
    if (failure == NULL) failure = reader->api->GetTensorData(tensor, &data);
    to->element = element_of(type);
    if (failure == NULL && count == 1 && to->element == EP_FLOAT)
        memcpy(&to->number, data, sizeof to->number);
    if (failure == NULL && count == 1 && to->element == EP_INT64)
        memcpy(&to->integer, data, sizeof to->integer);
    to->count = count;
    if (info != NULL) reader->api->ReleaseTensorTypeAndShapeInfo(info);
    reader->api->ReleaseValue(tensor);
    check(reader, failure);
}

static void read_list(const struct reader *reader, const OrtOpAttr *from, OrtOpAttrType type, size_t size,
                      void **data, size_t *count)
{
    size_t bytes = 0;
    OrtStatus *measured =
        reader->api->ReadOpAttr(from, type, NULL, 0, &bytes); /* fails, and returns the length */
    if (measured != NULL) reader->api->ReleaseStatus(measured);
    *data = ep_alloc(reader->arena, bytes + 1, 1);
    if (bytes > 0) check(reader, reader->api->ReadOpAttr(from, type, *data, bytes, &bytes));
    *count = bytes / size;
}

/* False if its type is used by no supported operator. */
static bool read_attribute(const struct reader *reader, const OrtOpAttr *from, struct ep_attribute *to)
{
    OrtOpAttrType type = ORT_OP_ATTR_UNDEFINED;
    const char *name = NULL;
    size_t size = 0;
    void *data = NULL;
    *to = (struct ep_attribute){.element = EP_ELEMENT_OTHER};
    check(reader, reader->api->OpAttr_GetName(from, &name));
    check(reader, reader->api->OpAttr_GetType(from, &type));
    to->name = keep_text(reader, name);
    switch (type) {
    case ORT_OP_ATTR_INT:
        check(reader, reader->api->ReadOpAttr(from, type, &to->integer, sizeof to->integer, &size));
        return true;
    case ORT_OP_ATTR_FLOAT:
        check(reader, reader->api->ReadOpAttr(from, type, &to->number, sizeof to->number, &size));
        return true;
    case ORT_OP_ATTR_STRING:
        read_list(reader, from, type, 1, &data, &size);
        to->text = data;
        return true;
    case ORT_OP_ATTR_INTS:
        read_list(reader, from, type, sizeof(int64_t), &data, &to->count);
        to->integers = data;
        return true;
    case ORT_OP_ATTR_TENSOR: read_one_element(reader, from, to); return true;
    default: return false;
    }
}

static void read_attributes(const struct reader *reader, const OrtNode *from, struct ep_node *to)
{
    size_t count = 0;
    check(reader, reader->api->Node_GetNumAttributes(from, &count));
    const OrtOpAttr **attributes = ep_alloc(reader->arena, count, sizeof *attributes);
    to->attributes = ep_alloc(reader->arena, count, sizeof *to->attributes);
    check(reader, count == 0 ? NULL : reader->api->Node_GetAttributes(from, attributes, count));
    for (size_t i = 0; i < count; i++) {
        if (attributes[i] == NULL) continue;
        if (!read_attribute(reader, attributes[i], &to->attributes[to->attributes_count])) to->whole = false;
        to->attributes_count++;
    }
}

const struct ep_attribute *ep_attribute(const struct ep_node *node, const char *name)
{
    for (size_t i = 0; i < node->attributes_count; i++)
        if (strcmp(node->attributes[i].name, name) == 0) return &node->attributes[i];
    return NULL;
}

int64_t ep_integer(const struct ep_node *node, const char *name, int64_t otherwise)
{
    const struct ep_attribute *attribute = ep_attribute(node, name);
    return attribute == NULL ? otherwise : attribute->integer;
}

float ep_number(const struct ep_node *node, const char *name, float otherwise)
{
    const struct ep_attribute *attribute = ep_attribute(node, name);
    return attribute == NULL ? otherwise : attribute->number;
}

/* ---- nodes ------------------------------------------------------------------------------------------ */

/* Values of this graph that a node's subgraphs read count as its inputs: they have to exist before it. */
static void read_node_inputs(const struct reader *reader, const OrtNode *from, struct ep_node *to)
{
    const OrtApi *api = reader->api;
    size_t own = 0, inner = 0;
    check(reader, api->Node_GetNumInputs(from, &own));
    check(reader, api->Node_GetNumImplicitInputs(from, &inner));
    to->inputs_count = own + inner;
    const OrtValueInfo **infos = ep_alloc(reader->arena, to->inputs_count, sizeof *infos);
    check(reader, own == 0 ? NULL : api->Node_GetInputs(from, infos, own));
    check(reader, inner == 0 ? NULL : api->Node_GetImplicitInputs(from, infos + own, inner));
    to->inputs = read_values(reader, infos, to->inputs_count);
}

static int *read_node_ends(const struct reader *reader, const OrtNode *from, bool outputs, size_t *count)
{
    const OrtApi *api = reader->api;
    check(reader, outputs ? api->Node_GetNumOutputs(from, count) : api->Node_GetNumInputs(from, count));
    const OrtValueInfo **infos = ep_alloc(reader->arena, *count, sizeof *infos);
    if (*count > 0)
        check(reader,
              outputs ? api->Node_GetOutputs(from, infos, *count) : api->Node_GetInputs(from, infos, *count));
    return read_values(reader, infos, *count);
}

static void read_node(const struct reader *reader, const OrtNode *from, int number, struct ep_node *to)
{
    const OrtApi *api = reader->api;
    const char *type = NULL, *domain = NULL;
    size_t inner = 0;
    to->whole = true;
    check(reader, api->Node_GetOperatorType(from, &type));
    check(reader, api->Node_GetDomain(from, &domain));
    check(reader, api->Node_GetSinceVersion(from, &to->version));
    check(reader, api->Node_GetNumSubgraphs(from, &inner));
    if (inner > 0) to->whole = false;
    to->type = keep_text(reader, type);
    to->standard = domain == NULL || *domain == '\0' || strcmp(domain, "ai.onnx") == 0;
    read_node_inputs(reader, from, to);
    to->outputs = read_node_ends(reader, from, true, &to->outputs_count);
    for (size_t i = 0; i < to->outputs_count; i++)
        if (to->outputs[i] >= 0) reader->graph->values[to->outputs[i]].producer = number;
    read_attributes(reader, from, to);
}

static void read_nodes(const struct reader *reader, const OrtGraph *from)
{
    struct ep_graph *graph = reader->graph;
    check(reader, reader->api->Graph_GetNumNodes(from, &graph->nodes_count));
    const OrtNode **nodes = ep_alloc(reader->arena, graph->nodes_count, sizeof *nodes);
    check(reader,
          graph->nodes_count == 0 ? NULL : reader->api->Graph_GetNodes(from, nodes, graph->nodes_count));
    graph->nodes = ep_alloc(reader->arena, graph->nodes_count, sizeof *graph->nodes);
    for (size_t i = 0; i < graph->nodes_count; i++) read_node(reader, nodes[i], (int)i, &graph->nodes[i]);
}

static int *read_ends(const struct reader *reader, const OrtGraph *from, bool outputs, size_t *count)
{
    const OrtApi *api = reader->api;
    check(reader, outputs ? api->Graph_GetNumOutputs(from, count) : api->Graph_GetNumInputs(from, count));
    const OrtValueInfo **infos = ep_alloc(reader->arena, *count, sizeof *infos);
    if (*count > 0)
        check(reader, outputs ? api->Graph_GetOutputs(from, infos, *count)
                              : api->Graph_GetInputs(from, infos, *count));
    return read_values(reader, infos, *count);
}

/* Old models list constants among the inputs; these do not count and have no number. */
static void number_inputs(struct ep_graph *graph)
{
    size_t kept = 0;
    for (size_t i = 0; i < graph->inputs_count; i++) {
        int value = graph->inputs[i];
        if (value < 0 || graph->values[value].data != NULL) continue;
        graph->values[value].input = (int)kept;
        graph->inputs[kept++] = value;
    }
    graph->inputs_count = kept;
}

static void number_outputs(struct ep_graph *graph)
{
    for (size_t i = 0; i < graph->outputs_count; i++)
        if (graph->outputs[i] >= 0) graph->values[graph->outputs[i]].output = (int)i;
}

void ep_graph_bind(struct ep_arena *arena, const OrtApi *api, const OrtNode *fused, struct ep_graph *graph)
{
    struct reader reader = {arena, api, graph, true};
    for (size_t v = 0; v < graph->values_count; v++) graph->values[v].input = graph->values[v].output = -1;
    graph->inputs = read_node_ends(&reader, fused, false, &graph->inputs_count);
    number_inputs(graph);
    graph->outputs = read_node_ends(&reader, fused, true, &graph->outputs_count);
    number_outputs(graph);
}

struct ep_graph *ep_graph_read(struct ep_arena *arena, const OrtApi *api, const OrtGraph *graph, bool copies)
{
    struct ep_graph *result = ep_alloc(arena, 1, sizeof *result);
    struct reader reader = {arena, api, result, copies};
    result->inputs = read_ends(&reader, graph, false, &result->inputs_count);
    number_inputs(result);
    read_nodes(&reader, graph);
    result->outputs = read_ends(&reader, graph, true, &result->outputs_count);
    number_outputs(result);
    return result;
}
