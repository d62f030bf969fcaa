/* Repairs a model as far as possible. */
#ifndef TRKX_ONNX_REPAIR_H
#define TRKX_ONNX_REPAIR_H

#include "onnx/findings.h"
#include "onnx/subject.h"

/* Repairs the model in memory and adds the changes. opset: convert at least to this one; 0: only as far as
 * the repair needs. Errors: ARGUMENT (an unknown operator set), MEMORY, MODEL (it cannot be converted, or has
 * its weights in another file). After an error the model must not be used. */
enum trkx_status trkx_onnx_repair(struct trkx_onnx *file, const struct trkx_contract *contract, int64_t opset,
                                  struct trkx_findings *changes, trkx_error *error);

#endif
