/* Checks of a model's inputs and outputs. */
#ifndef TRKX_ONNX_CHECK_INTERFACE_H
#define TRKX_ONNX_CHECK_INTERFACE_H

#include "onnx/findings.h"
#include "onnx/subject.h"

/* Adds its findings. */
void trkx_check_interface(const struct trkx_subject *subject, struct trkx_findings *findings);

#endif
