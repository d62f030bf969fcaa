/* Checks a model: its files here; its interface and its graph in files of their own. */
#include "onnx/check.h"

#include <string.h>

#include "onnx/check_graph.h"
#include "onnx/check_interface.h"
#include "onnx/check_kind.h"

static void check_digest(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const struct trkx_contract *contract = subject->contract;
    if (contract != NULL && contract->sha256 != NULL && strcmp(contract->sha256, subject->file->sha256) != 0)
        trkx_findings_add(findings, TRKX_FAULT, "checksum", "",
                          "write the SHA-256 of this file into bundle.json",
                          "SHA-256 is %s, bundle.json says %s", subject->file->sha256, contract->sha256);
}

static const char *listed_digest(const struct trkx_data_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->files[i].name, name) == 0) return list->files[i].sha256;
    return NULL;
}

static bool in_use(const struct trkx_external *data, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < data->count; i++) found |= strcmp(data->files[i].name, name) == 0;
    return found;
}

/* The files beside the model have to be those that the bundle lists. */
static void check_data(const struct trkx_external *data, const struct trkx_data_list *list,
                       struct trkx_findings *findings)
{
    for (size_t i = 0; i < data->count; i++) {
        const struct trkx_external_file *file = &data->files[i];
        const char *digest = listed_digest(list, file->name);
        if (digest == NULL)
            trkx_findings_add(findings, TRKX_FAULT, "external", file->name, "list it under \"data\" there",
                              "holds tensors of the model, and has no checksum in bundle.json");
        else if (strcmp(digest, file->sha256) != 0)
            trkx_findings_add(findings, TRKX_FAULT, "checksum", file->name,
                              "write the SHA-256 of this file into bundle.json",
                              "SHA-256 is %s, bundle.json says %s", file->sha256, digest);
    }
    for (size_t i = 0; i < list->count; i++)
        if (!in_use(data, list->files[i].name))
            trkx_findings_add(findings, TRKX_FAULT, "external", list->files[i].name, "",
                              "bundle.json lists it, but the model has no data in it");
}

static void check_outside(const struct trkx_subject *subject, struct trkx_findings *findings)
{
    const struct trkx_onnx *file = subject->file;
    const struct trkx_contract *contract = subject->contract;
    if (file->left_outside != NULL)
        trkx_findings_add(findings, TRKX_FAULT, "external", "", "save it with its weights inside", "%s",
                          file->left_outside);
    else if (contract != NULL && contract->data != NULL)
        check_data(&file->data, contract->data, findings);
}

enum trkx_status trkx_onnx_check(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                 struct trkx_findings *findings, trkx_error *error)
{
    struct trkx_subject subject;
    enum trkx_status status = trkx_subject_create(file, contract, &subject, error);
    if (status != TRKX_OK) return status;
    check_digest(&subject, findings);
    check_outside(&subject, findings);
    if (contract == NULL && trkx_note_foreign(&subject, findings)) {
        trkx_check_soundness(&subject, findings);
    } else {
        trkx_check_interface(&subject, findings);
        trkx_check_graph(&subject, findings);
    }
    trkx_subject_release(&subject);
    return trkx_findings_status(findings, error);
}
