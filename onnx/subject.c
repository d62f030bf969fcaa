/* Prepares a model for checks: its graph, and the shapes of its values. */
#include "onnx/subject.h"

#include "core/error.h"
#include "onnx/infer_graph.h"

enum trkx_status trkx_subject_create(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                     struct trkx_subject *subject, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_roles roles = {0};
    if (contract != NULL)
        roles = (struct trkx_roles){contract->nodes, contract->edges, contract->pairs, contract->transposed};
    *subject = (struct trkx_subject){.file = file, .contract = contract};
    TRKX_CHECK(trkx_onnx_graph_create(file->model, &subject->graph, error));
    TRKX_CHECK(trkx_infer_graph(&subject->graph, &roles, &subject->shapes, error));
cleanup:
    if (status != TRKX_OK) trkx_subject_release(subject);
    return status;
}

void trkx_subject_release(struct trkx_subject *subject)
{
    trkx_onnx_shapes_release(&subject->shapes);
    trkx_onnx_graph_release(&subject->graph);
}
