/* Track labelling by components. See pipeline/backend.h; throws failures. */
#ifndef TRKX_GPU_TRACKS_H
#define TRKX_GPU_TRACKS_H

#include "gpu/context.h"

void step_components(trkx_backend_context *context, size_t n, const trkx_backend_edges *edges,
                     const trkx_labelling_options *options, int32_t *labels, size_t *count);

#endif
