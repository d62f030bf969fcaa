/* trkx model info. */
#ifndef TRKX_PROGRAMS_MODEL_INFO_H
#define TRKX_PROGRAMS_MODEL_INFO_H

#include <jansson.h>

#include "onnx/subject.h"

/* Describes one model that has been read; `contract` is NULL outside a bundle. Adds to `json` what it prints.
 * Returns an exit code. */
int model_info(const struct trkx_onnx *file, const struct trkx_contract *contract, json_t *json);

#endif
