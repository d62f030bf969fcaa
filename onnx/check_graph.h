/* What a model computes. */
#ifndef TRKX_ONNX_CHECK_GRAPH_H
#define TRKX_ONNX_CHECK_GRAPH_H

#include "onnx/findings.h"
#include "onnx/subject.h"

/* Adds what is wrong with it. */
void trkx_check_graph(const struct trkx_subject *subject, struct trkx_findings *findings);
/* Of that what is wrong with any model: that it does not load, or holds no numbers. */
void trkx_check_soundness(const struct trkx_subject *subject, struct trkx_findings *findings);

#endif
