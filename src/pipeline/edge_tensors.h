/* The edges' ends in the form of a network's input: their indices, with its layout and integer type, beside
 * the features of all hits; or the features of both ends side by side. */
#ifndef TRKX_PIPELINE_EDGE_TENSORS_H
#define TRKX_PIPELINE_EDGE_TENSORS_H

#include "networks/session.h"
#include "pipeline/backend.h"
#include "pipeline/bundle.h"

/* The network's form of edges; features [n,F] is a block. Errors: ARGUMENT (more hits than its integers can
 * count). */
enum trkx_status trkx_edge_form_of(const struct trkx_model *model, const struct trkx_session *session,
                                   const float *features, size_t n, trkx_edge_form *form, trkx_error *error);

/* True if it takes edges as in trkx_edges, int64 [2,m]. */
bool trkx_edge_form_is_plain(const trkx_edge_form *form);
/* Bytes per edge. */
size_t trkx_edge_form_bytes(const trkx_edge_form *form);

/* Writes the edges from source [count] to target [count] into `to`, host memory with room for them and
 * aligned for int64. */
void trkx_edge_tensor_put(const trkx_edge_form *form, const int64_t *source, const int64_t *target,
                          size_t count, void *to);
/* The network's inputs: views of the `count` written edges, and of the features [n,F]. */
void trkx_edge_tensors_view(const trkx_edge_form *form, size_t n, size_t count, void *put,
                            struct trkx_tensor in[2]);

#endif
