/* Mends in a model what can be mended. */
#ifndef TRKX_ONNX_REPAIR_H
#define TRKX_ONNX_REPAIR_H

#include "onnx/findings.h"
#include "onnx/subject.h"

/* Changes the model in memory and adds what it changed. opset: convert at least to this one; 0: only as far
 * as the repair needs it. Errors: ARGUMENT (an operator set that is not known), MEMORY, MODEL (it cannot be
 * converted, or has its weights in another file). After an error the model is not to be used. */
enum trkx_status trkx_onnx_repair(struct trkx_onnx *file, const struct trkx_contract *contract, int64_t opset,
                                  struct trkx_findings *changes, trkx_error *error);

#endif
