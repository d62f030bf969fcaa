/* Derives a network's bundle entry from its file. */
#include "onnx/adopt.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "onnx/axes.h"
#include "onnx/origin.h"

/* Inputs of each kind of network, for messages. */
static const char *const wanted[TRKX_NETWORKS] = {
    "features of hits [n,F]", "features of hits [n,F] and edges [2,m] or [m,2], or pairs of features [m,2F]",
    "features of hits [n,F] and edges [2,m] or [m,2]"};

/* The inputs by role; an initializer listed as an input does not count. */
struct roles {
    const Onnx__ValueInfoProto *nodes, *edges;
    size_t count; /* of all inputs */
};

static struct roles find_roles(const struct trkx_subject *subject)
{
    struct roles found = {0};
    const Onnx__GraphProto *proto = subject->graph.proto;
    for (size_t i = 0; i < proto->n_input; i++) {
        const struct trkx_onnx_value *value =
            trkx_onnx_value(&subject->graph, trkx_onnx_text(proto->input[i]->name));
        if (value == NULL || value->initializer != NULL) continue;
        found.count++;
        if (subject->shapes.roles[i] == TRKX_ROLE_NODES) found.nodes = proto->input[i];
        if (subject->shapes.roles[i] == TRKX_ROLE_EDGES) found.edges = proto->input[i];
    }
    return found;
}

static size_t width_of(const Onnx__ValueInfoProto *input)
{
    int64_t extent = 0;
    return trkx_onnx_declared_extent(trkx_onnx_declared(input), 1, &extent) && extent > 0 ? (size_t)extent
                                                                                          : 0;
}

static enum trkx_status adopt_inputs(const struct trkx_subject *subject, enum trkx_network network,
                                     struct trkx_adoption *adoption, trkx_error *error)
{
    struct roles found = find_roles(subject);
    bool alone = found.count == 1 && found.nodes != NULL;
    bool both = found.count == 2 && found.nodes != NULL && found.edges != NULL;
    if (network == TRKX_NETWORK_EMBEDDING ? !alone : !both && !(alone && network == TRKX_NETWORK_FILTER))
        return trkx_fail(error, TRKX_ERROR_MODEL,
                         "%s: its %zu input%s not those of %s: %s; trkx model info lists them",
                         subject->file->path, found.count, found.count == 1 ? " is" : "s are",
                         network == TRKX_NETWORK_EMBEDDING ? "an embedding"
                         : network == TRKX_NETWORK_FILTER  ? "a filter"
                                                           : "a GNN",
                         wanted[network]);
    adoption->inputs_count = found.count;
    adoption->inputs[0] = found.nodes->name;
    adoption->features = width_of(found.nodes);
    adoption->pairs = alone && network == TRKX_NETWORK_FILTER;
    if (adoption->pairs && adoption->features % 2 != 0)
        return trkx_fail(error, TRKX_ERROR_MODEL,
                         "%s: input %s is %zu wide; pairs of hits' features have an even width",
                         subject->file->path, found.nodes->name, adoption->features);
    if (adoption->pairs) adoption->features /= 2;
    if (!both) return TRKX_OK;
    adoption->inputs[1] = found.edges->name;
    adoption->transposed = trkx_growing_axis(TRKX_ROLE_EDGES, trkx_onnx_declared(found.edges)) == 0;
    return TRKX_OK;
}

/* As declared, otherwise as computed in the graph. */
static size_t width_of_output(const struct trkx_subject *subject, const Onnx__ValueInfoProto *output)
{
    size_t width = width_of(output);
    const struct trkx_shape *shape = trkx_onnx_shape(&subject->graph, &subject->shapes, output->name);
    if (width == 0 && shape->rank == 2 && trkx_is_fixed(shape->extents[1]))
        width = (size_t)shape->extents[1].count;
    return width;
}

static enum trkx_status adopt_output(const struct trkx_subject *subject, enum trkx_network network,
                                     struct trkx_adoption *adoption, trkx_error *error)
{
    const Onnx__GraphProto *proto = subject->graph.proto;
    if (proto->n_output != 1 || *trkx_onnx_text(proto->output[0]->name) == '\0')
        return trkx_fail(error, TRKX_ERROR_MODEL, "%s: has %zu outputs; a network of a bundle has one",
                         subject->file->path, proto->n_output);
    adoption->output = proto->output[0]->name;
    adoption->sigmoid = trkx_ends_in_sigmoid(&subject->graph, adoption->output);
    if (network == TRKX_NETWORK_EMBEDDING) adoption->dim = width_of_output(subject, proto->output[0]);
    return TRKX_OK;
}

enum trkx_status trkx_onnx_adopt(const struct trkx_onnx *file, enum trkx_network network,
                                 struct trkx_adoption *adoption, trkx_error *error)
{
    struct trkx_subject subject;
    *adoption = (struct trkx_adoption){0};
    enum trkx_status status = trkx_subject_create(file, NULL, &subject, error);
    if (status != TRKX_OK) return status;
    status = adopt_inputs(&subject, network, adoption, error);
    if (status == TRKX_OK) status = adopt_output(&subject, network, adoption, error);
    trkx_subject_release(&subject);
    return status;
}

struct trkx_contract trkx_adoption_contract(const struct trkx_adoption *adoption, enum trkx_network network,
                                            size_t features, size_t dim)
{
    return (struct trkx_contract){.nodes = adoption->pairs ? NULL : adoption->inputs[0],
                                  .edges = adoption->inputs[1],
                                  .pairs = adoption->pairs ? adoption->inputs[0] : NULL,
                                  .output = adoption->output,
                                  .transposed = adoption->transposed,
                                  .features = features,
                                  .dim = dim,
                                  .sigmoid = network != TRKX_NETWORK_EMBEDDING && adoption->sigmoid};
}
