/* The steps, as the table calls them. What they do is in trkx_cuda.h; they throw failures. */
#ifndef TRKX_GPU_STEPS_H
#define TRKX_GPU_STEPS_H

#include "gpu/context.h"

void step_features(trkx_cuda_context *context, const float *xyz, size_t n, const trkx_feature_spec *specs,
                   size_t specs_count, float *features);
void step_scale(trkx_cuda_context *context, float *columns, size_t n, size_t count, const double *scales);
bool step_computes(enum trkx_feature feature);

void step_radius_graph(trkx_cuda_context *context, const float *points, size_t n, size_t dim,
                       const float *xyz, const trkx_edges_options *options, trkx_cuda_edges *edges);

void step_edges_upload(trkx_cuda_context *context, const int64_t *index, const float *scores, size_t m,
                       trkx_cuda_edges *edges);
void step_edges_download(trkx_cuda_context *context, const trkx_cuda_edges *edges, int64_t *index,
                         float *scores);
void step_edges_release(trkx_cuda_context *context, trkx_cuda_edges *edges);
void step_orient(trkx_cuda_context *context, const float *xyz, size_t n, trkx_cuda_edges *edges);
void step_index64(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first, size_t count,
                  int64_t *to);
void step_index32(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first, size_t count,
                  int32_t *to);
void step_rows(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first, size_t count,
               const float *features, size_t width, float *to);
void step_scores_allocate(trkx_cuda_context *context, trkx_cuda_edges *edges);
void step_sigmoid(trkx_cuda_context *context, float *scores, size_t m);
void step_cut(trkx_cuda_context *context, trkx_cuda_edges *edges, float cut);
void step_over(trkx_cuda_context *context, const trkx_cuda_edges *edges, float cut, trkx_cuda_edges *over);

/* norms [n]: of the hits at xyz [n,3]. */
void find_norms(trkx_cuda_context *context, const float *xyz, size_t n, double *norms);

void step_components(trkx_cuda_context *context, size_t n, const trkx_cuda_edges *edges, float cut,
                     uint32_t *labels);
void step_tracks(trkx_cuda_context *context, size_t n, const trkx_cuda_edges *edges,
                 const trkx_labelling_options *options, int32_t *labels, size_t *count);

#endif
