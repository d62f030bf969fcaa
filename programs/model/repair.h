/* trkx model repair. */
#ifndef TRKX_PROGRAMS_MODEL_REPAIR_H
#define TRKX_PROGRAMS_MODEL_REPAIR_H

#include <jansson.h>

#include "onnx/file.h"
#include "onnx/findings.h"
#include "programs/model/settings.h"

/* Repairs the model and writes it to settings->out. Adds to `json` what it prints. Returns an exit code. */
int model_repair(struct trkx_onnx *file, const struct model_settings *settings, json_t *json);

/* Each kind of change once, with its node or the number of nodes. */
void print_changes(const char *path, const struct trkx_findings *changes);

#endif
