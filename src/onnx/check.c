#include "check.h"

#include <string.h>

#include "error.h"

enum trkx_status trkx_subject_create(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                     struct trkx_subject *subject, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_roles roles = {0};
    if (contract != NULL)
        roles = (struct trkx_roles){contract->nodes, contract->edges, contract->pairs, contract->transposed};
    *subject = (struct trkx_subject){.file = file, .contract = contract};
    TRKX_CHECK(trkx_onnx_graph_create(file->model, &subject->graph, error));
    TRKX_CHECK(trkx_onnx_shapes(&subject->graph, &roles, &subject->shapes, error));
cleanup:
    if (status != TRKX_OK) trkx_subject_release(subject);
    return status;
}

void trkx_subject_release(struct trkx_subject *subject)
{
    trkx_onnx_shapes_release(&subject->shapes);
    trkx_onnx_graph_release(&subject->graph);
}

static void check_digest(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const struct trkx_contract *contract = subject->contract;
    if (contract != NULL && contract->sha256 != NULL && strcmp(contract->sha256, subject->file->sha256) != 0)
        trkx_findings_add(findings, TRKX_FAULT, "checksum", "",
                          "write the SHA-256 of this file into bundle.json",
                          "SHA-256 is %s, bundle.json says %s", subject->file->sha256, contract->sha256);
}

enum trkx_status trkx_onnx_check(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                 struct trkx_findings *findings, trkx_error *error)
{
    struct trkx_subject subject;
    enum trkx_status status = trkx_subject_create(file, contract, &subject, error);
    if (status != TRKX_OK) return status;
    check_digest(&subject, findings);
    trkx_check_interface(&subject, findings);
    trkx_check_graph(&subject, findings);
    trkx_subject_release(&subject);
    return trkx_findings_status(findings, error);
}
