/* Finds in a model's file what breaks pipelines in practice. */
#ifndef TRKX_ONNX_CHECK_H
#define TRKX_ONNX_CHECK_H

#include "onnx/findings.h"
#include "onnx/subject.h"

/* Adds findings about a model. Errors: MEMORY. */
enum trkx_status trkx_onnx_check(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                 struct trkx_findings *findings, trkx_error *error);

#endif
