/* trkx model check, and how findings are printed. */
#ifndef TRKX_PROGRAMS_MODEL_CHECK_H
#define TRKX_PROGRAMS_MODEL_CHECK_H

#include <jansson.h>

#include "onnx/findings.h"
#include "onnx/subject.h"
#include "programs/model/settings.h"

/* As model_info. */
int model_check(const struct trkx_onnx *file, const struct trkx_contract *contract,
                const struct model_settings *settings, json_t *json);

/* One line per finding on standard output, "<path>: error: <node>: ..."; the same as a JSON array. */
void print_findings(const char *path, const struct trkx_findings *findings);
json_t *findings_json(const struct trkx_findings *findings);
/* True if none counts as an error. */
bool model_passes(const struct trkx_findings *findings, const struct model_settings *settings);

/* The number of errors and warnings, in a line. */
void print_summary(const char *path, const struct trkx_findings *findings);

#endif
