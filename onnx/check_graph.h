/* Checks of a model's graph. */
#ifndef TRKX_ONNX_CHECK_GRAPH_H
#define TRKX_ONNX_CHECK_GRAPH_H

#include "onnx/findings.h"
#include "onnx/subject.h"

/* Adds its findings. */
void trkx_check_graph(const struct trkx_subject *subject, struct trkx_findings *findings);
/* Only the errors that any model can have: it does not load, or its weights are not numbers. */
void trkx_check_soundness(const struct trkx_subject *subject, struct trkx_findings *findings);

#endif
