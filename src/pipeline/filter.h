/* The step filter: features, edges -> scores [m], edges [2,m'] and candidates. */
#ifndef TRKX_PIPELINE_FILTER_H
#define TRKX_PIPELINE_FILTER_H

#include "pipeline/run.h"

enum trkx_status trkx_step_filter(struct trkx_run *run);

#endif
