/* What a model is given and gives. */
#ifndef TRKX_ONNX_CHECK_INTERFACE_H
#define TRKX_ONNX_CHECK_INTERFACE_H

#include "onnx/findings.h"
#include "onnx/subject.h"

/* Adds what is wrong with it. */
void trkx_check_interface(const struct trkx_subject *subject, struct trkx_findings *findings);

#endif
