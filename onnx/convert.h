/* From an older operator set to a newer one. */
#ifndef TRKX_ONNX_CONVERT_H
#define TRKX_ONNX_CONVERT_H

#include "onnx/edit.h"
#include "onnx/findings.h"
#include "onnx/subject.h"

enum { TRKX_OPSET_OLDEST = 9, TRKX_OPSET_NEWEST = 18 }; /* what conversion knows */

/* Changes the model to this operator set, and adds what it changed. Errors: MEMORY, MODEL (an operator whose
 * change between the sets is not known; the message names it). After an error the model is not to be used. */
enum trkx_status trkx_onnx_convert(struct trkx_edit *edit, const struct trkx_subject *subject, int64_t opset,
                                   struct trkx_findings *changes, trkx_error *error);

#endif
