/* Whether a model looks like a tracking network. */
#ifndef TRKX_ONNX_CHECK_KIND_H
#define TRKX_ONNX_CHECK_KIND_H

#include "onnx/findings.h"
#include "onnx/subject.h"

/* If the model does not look like an embedding, a filter or a GNN: adds a note on what it is, and returns
 * true. */
bool trkx_note_foreign(const struct trkx_subject *subject, struct trkx_findings *findings);

#endif
