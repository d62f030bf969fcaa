/* Converts a model to a newer operator set. */
#ifndef TRKX_ONNX_CONVERT_H
#define TRKX_ONNX_CONVERT_H

#include "onnx/edit.h"
#include "onnx/findings.h"
#include "onnx/subject.h"

enum { TRKX_OPSET_OLDEST = 9, TRKX_OPSET_NEWEST = 18 }; /* range of conversion */

/* Converts the model to this operator set and adds the changes. Errors: MEMORY, MODEL (an operator that
 * cannot be converted; the message names it). After an error the model must not be used. */
enum trkx_status trkx_onnx_convert(struct trkx_edit *edit, const struct trkx_subject *subject, int64_t opset,
                                   struct trkx_findings *changes, trkx_error *error);

#endif
