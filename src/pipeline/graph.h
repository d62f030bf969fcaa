/* The options of a pass's graph. */
#ifndef TRKX_PIPELINE_GRAPH_H
#define TRKX_PIPELINE_GRAPH_H

#include "pipeline/run.h"

/* Sets *options for the graph of the run's pass. *ks, initially NULL, is the array of options->ks if k
 * depends on the volume; released by the caller, also on failure. Errors: ARGUMENT, MEMORY. */
enum trkx_status trkx_run_graph(const struct trkx_run *run, trkx_edges_options *options, uint32_t **ks);

#endif
