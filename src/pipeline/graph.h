/* How the bundle makes the graph of an event's hits. */
#ifndef TRKX_SRC_PIPELINE_GRAPH_H
#define TRKX_SRC_PIPELINE_GRAPH_H

#include "pipeline/parts.h"

/* What the bundle's graph of these hits is made with: *options. *ks, NULL at first, is what options->ks
 * points to where the bundle goes by volumes; released by the caller, also on failure. Errors: ARGUMENT,
 * MEMORY. */
enum trkx_status trkx_pipeline_graph(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                     struct trkx_memory *memory, trkx_edges_options *options, uint32_t **ks,
                                     trkx_error *error);

#endif
