/* trkx model: what info, check and repair share. */
#ifndef TRKX_PROGRAMS_MODEL_H
#define TRKX_PROGRAMS_MODEL_H

#include "onnx/findings.h"
#include "onnx/networks.h"

#include "programs/common.h"

struct model_settings {
    const char *out, *json; /* NULL: not wanted */
    int64_t opset;          /* 0: as old as it may be */
    bool strict;            /* warnings count as errors */
};

/* One model, read; `contract` is NULL outside of a bundle. Adds to `json` what it prints. Returns an exit
 * code. */
int model_info(const struct trkx_onnx *file, const struct trkx_contract *contract, json_t *json);
int model_check(const struct trkx_onnx *file, const struct trkx_contract *contract,
                const struct model_settings *settings, json_t *json);
/* Changes the model, and writes it to settings->out. */
int model_repair(struct trkx_onnx *file, const struct model_settings *settings, json_t *json);

/* One line each on standard output, "<path>: error: <node>: ..."; as a JSON array. */
void print_findings(const char *path, const struct trkx_findings *findings);
json_t *findings_json(const struct trkx_findings *findings);
/* True where there is none that counts. */
bool model_passes(const struct trkx_findings *findings, const struct model_settings *settings);

/* trkx model import; its arguments start with "import". */
int command_model_import(int count, char **arguments);

/* Each kind of change once, with the node or the number of nodes that it was made to. */
void print_changes(const char *path, const struct trkx_findings *changes);
/* The number of errors and warnings, in a line. */
void print_summary(const char *path, const struct trkx_findings *findings);

#endif
