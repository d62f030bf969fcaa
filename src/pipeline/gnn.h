/* The step gnn: features, edges -> scores [m'], edges [2,m'']. */
#ifndef TRKX_PIPELINE_GNN_H
#define TRKX_PIPELINE_GNN_H

#include "pipeline/run.h"

enum trkx_status trkx_step_gnn(struct trkx_run *run);

#endif
