/* Whether a model looks like one of the networks of tracking. */
#ifndef TRKX_ONNX_CHECK_KIND_H
#define TRKX_ONNX_CHECK_KIND_H

#include "onnx/findings.h"
#include "onnx/subject.h"

/* Of what kind a model is that does not look like an embedding, a filter or a GNN: a note, and true. */
bool trkx_note_foreign(const struct trkx_subject *subject, struct trkx_findings *findings);

#endif
