/* Features of hits from their positions. See pipeline/backend.h; throws failures, as all steps do. */
#ifndef TRKX_GPU_FEATURES_H
#define TRKX_GPU_FEATURES_H

#include "gpu/context.h"

bool step_computes(enum trkx_feature feature);
void step_features(trkx_backend_context *context, const float *xyz, size_t n, const trkx_feature_spec *specs,
                   size_t specs_count, float *features);

#endif
