/* Repairs scatters that overwrite instead of summing, and fixed axes. */
#include "onnx/repair.h"

#include "core/error.h"
#include "onnx/axes.h"
#include "onnx/convert.h"
#include "onnx/edit.h"
#include "onnx/scatter.h"
#include "onnx/tensor.h"

enum { NAME = 64 };

/* A repair under way. */
struct repair {
    struct trkx_edit edit;
    const struct trkx_subject *subject; /* the original shapes; its nodes are being changed */
    struct trkx_findings *changes;
    trkx_error *error;
};

/* ---- scatters --------------------------------------------------------------------------------------- */

/* A sum over edges into zeros that overwrites. */
static enum trkx_status mend_scatter(struct repair *repair, Onnx__NodeProto *node)
{
    enum trkx_status status = trkx_edit_set_string(node, "reduction", "add", repair->error);
    if (status == TRKX_OK)
        trkx_findings_add(repair->changes, TRKX_CHANGE, "scatter", trkx_onnx_node_name(node), "",
                          "%s: reduction=\"add\", was overwriting", trkx_onnx_text(node->op_type));
    return status;
}

/* ScatterND of rows becomes ScatterElements, with the index [m,1] repeated along the row. */
static enum trkx_status order_scatter(struct repair *repair, Onnx__NodeProto *node)
{
    enum trkx_status status = TRKX_OK;
    char shape[NAME], index[NAME];
    trkx_edit_name(&repair->edit, "shape", shape, sizeof shape);
    trkx_edit_name(&repair->edit, "index", index, sizeof index);
    TRKX_CHECK(trkx_edit_insert(&repair->edit, node, "Shape", node->input[2], NULL, shape, repair->error));
    TRKX_CHECK(trkx_edit_insert(&repair->edit, node, "Expand", node->input[1], shape, index, repair->error));
    TRKX_CHECK(trkx_edit_set_input(node, 1, index, repair->error));
    TRKX_CHECK(trkx_edit_text(&node->op_type, "ScatterElements", repair->error));
    trkx_findings_add(repair->changes, TRKX_CHANGE, "scatter-order", trkx_onnx_node_name(node), "",
                      "ScatterElements instead of ScatterND, which adds in no fixed order");
cleanup:
    return status;
}

static enum trkx_status mend_scatters(struct repair *repair)
{
    enum trkx_status status = TRKX_OK;
    const Onnx__GraphProto *proto = repair->edit.model->graph;
    for (size_t i = 0; i < proto->n_node;
         i++) { /* insertions come before the current node, which is visited again */
        Onnx__NodeProto *node = proto->node[i];
        if (trkx_scatter_kind(repair->subject, node) == TRKX_SCATTER_OVERWRITES)
            TRKX_CHECK(mend_scatter(repair, node));
        if (trkx_scatter_kind(repair->subject, node) == TRKX_SCATTER_UNORDERED &&
            trkx_scatters_rows(repair->subject, node))
            TRKX_CHECK(order_scatter(repair, node));
    }
cleanup:
    return status;
}

/* ---- axes ------------------------------------------------------------------------------------------- */

static const char *name_of(enum trkx_per per)
{
    return per == TRKX_PER_NODE ? "nodes" : "edges";
}

static enum trkx_status free_axis(struct repair *repair, const Onnx__ValueInfoProto *info, int axis,
                                  enum trkx_per per)
{
    int64_t extent = 0;
    if (!trkx_axis_fixed(trkx_onnx_declared(info), axis, &extent)) return TRKX_OK;
    enum trkx_status status = trkx_edit_free_axis(info->type->tensor_type, axis, name_of(per), repair->error);
    if (status == TRKX_OK)
        trkx_findings_add(repair->changes, TRKX_CHANGE, "fixed-axis", trkx_onnx_text(info->name), "",
                          "axis %d is dynamic, was fixed at %lld", axis, (long long)extent);
    return status;
}

static enum trkx_status free_inputs(struct repair *repair)
{
    enum trkx_status status = TRKX_OK;
    const Onnx__GraphProto *proto = repair->edit.model->graph;
    for (size_t i = 0; i < proto->n_input; i++) {
        enum trkx_role role = repair->subject->shapes.roles[i];
        int axis = trkx_growing_axis(role, trkx_onnx_declared(proto->input[i]));
        TRKX_CHECK(free_axis(repair, proto->input[i], axis,
                             role == TRKX_ROLE_NODES ? TRKX_PER_NODE : TRKX_PER_EDGE));
    }
cleanup:
    return status;
}

static enum trkx_status free_outputs(struct repair *repair)
{
    enum trkx_status status = TRKX_OK;
    const Onnx__GraphProto *proto = repair->edit.model->graph;
    for (size_t i = 0; i < proto->n_output; i++) {
        const struct trkx_shape *shape = trkx_onnx_shape(&repair->subject->graph, &repair->subject->shapes,
                                                         trkx_onnx_text(proto->output[i]->name));
        TRKX_CHECK(free_axis(repair, proto->output[i], 0, shape->extents[0].per));
    }
cleanup:
    return status;
}

static enum trkx_status free_axes(struct repair *repair)
{
    size_t before = repair->changes->count;
    if (!trkx_axes_can_grow(repair->subject)) return TRKX_OK;
    enum trkx_status status = free_inputs(repair);
    if (status == TRKX_OK) status = free_outputs(repair);
    if (repair->changes->count > before) trkx_edit_drop_hints(repair->edit.model->graph);
    return status;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The operator set that the repaired scatters need. */
static int64_t needed_opset(const struct trkx_subject *subject)
{
    int64_t needed = 0;
    for (size_t i = 0; i < subject->graph.proto->n_node; i++) {
        const Onnx__NodeProto *node = subject->graph.proto->node[i];
        needed = later(needed, trkx_scatter_opset(node));
        if (trkx_scatter_kind(subject, node) == TRKX_SCATTER_OVERWRITES)
            needed = later(needed, TRKX_OPSET_REDUCTION);
    }
    return needed;
}

/* Reports data that moved from files beside the model into it. */
static enum trkx_status note_data(const struct trkx_onnx *file, struct trkx_findings *changes,
                                  trkx_error *error)
{
    if (file->left_outside != NULL)
        return trkx_fail(error, TRKX_ERROR_MODEL, "%s; save the model with its weights inside",
                         file->left_outside);
    for (size_t i = 0; i < file->data.count; i++)
        trkx_findings_add(changes, TRKX_CHANGE, "external", file->data.files[i].name, "",
                          "its tensors are now inside the model");
    return TRKX_OK;
}

static enum trkx_status repair_subject(struct repair *repair, int64_t opset)
{
    enum trkx_status status = TRKX_OK;
    int64_t needed = later(needed_opset(repair->subject), opset);
    if (needed > trkx_onnx_opset(repair->edit.model))
        TRKX_CHECK(trkx_onnx_convert(&repair->edit, repair->subject, needed, repair->changes, repair->error));
    TRKX_CHECK(mend_scatters(repair));
    TRKX_CHECK(free_axes(repair));
    TRKX_CHECK(trkx_findings_status(repair->changes, repair->error));
cleanup:
    return status;
}

enum trkx_status trkx_onnx_repair(struct trkx_onnx *file, const struct trkx_contract *contract, int64_t opset,
                                  struct trkx_findings *changes, trkx_error *error)
{
    struct trkx_subject subject;
    if (opset != 0 && (opset < TRKX_OPSET_OLDEST || opset > TRKX_OPSET_NEWEST))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "operator set %lld is not between %d and %d",
                         (long long)opset, TRKX_OPSET_OLDEST, TRKX_OPSET_NEWEST);
    enum trkx_status status = note_data(file, changes, error);
    if (status == TRKX_OK) status = trkx_subject_create(file, contract, &subject, error);
    if (status != TRKX_OK) return status;
    struct repair repair = {{file->model, &subject.graph, 0}, &subject, changes, error};
    status = repair_subject(&repair, opset);
    trkx_subject_release(&subject);
    return status;
}
