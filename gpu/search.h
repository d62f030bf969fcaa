/* The search by radius. See pipeline/backend.h; throws failures. */
#ifndef TRKX_GPU_SEARCH_H
#define TRKX_GPU_SEARCH_H

#include "gpu/context.h"

void step_radius_graph(trkx_backend_context *context, const trkx_backend_points &points,
                       const trkx_edges_options *options, trkx_backend_edges *edges);

#endif
