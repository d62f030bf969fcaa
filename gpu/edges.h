/* Edges and their scores. See pipeline/backend.h; all except the release throw failures. */
#ifndef TRKX_GPU_EDGES_H
#define TRKX_GPU_EDGES_H

#include "gpu/context.h"

void step_upload_edges(trkx_backend_context *context, const int64_t *index, size_t m,
                       trkx_backend_edges *edges);
void step_download_edges(trkx_backend_context *context, const trkx_backend_edges *edges, int64_t *index);
void step_release_edges(trkx_backend_context *context, trkx_backend_edges *edges);
void step_edge_tensor(trkx_backend_context *context, const trkx_backend_edges *edges, size_t first,
                      size_t count, const trkx_edge_form *form, void *to);
void step_sigmoid(trkx_backend_context *context, float *scores, size_t m);
void step_cut(trkx_backend_context *context, trkx_backend_edges *edges, float cut);
void step_over(trkx_backend_context *context, const trkx_backend_edges *edges, float cut,
               trkx_backend_edges *over);

#endif
