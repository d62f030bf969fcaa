/* The options of the bundle's graph. */
#ifndef TRKX_PIPELINE_GRAPH_H
#define TRKX_PIPELINE_GRAPH_H

#include "pipeline/parts.h"

/* Sets *options for the bundle's graph of these hits. *ks, initially NULL, is the array of options->ks if k
 * depends on the volume; released by the caller, also on failure. Errors: ARGUMENT, MEMORY. */
enum trkx_status trkx_pipeline_graph(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                     struct trkx_memory *memory, trkx_edges_options *options, uint32_t **ks,
                                     trkx_error *error);

#endif
