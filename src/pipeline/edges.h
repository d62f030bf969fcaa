/* The step edges, of both passes: embedding -> edges [2,m]. */
#ifndef TRKX_PIPELINE_EDGES_H
#define TRKX_PIPELINE_EDGES_H

#include "pipeline/run.h"

enum trkx_status trkx_step_edges(struct trkx_run *run);

#endif
