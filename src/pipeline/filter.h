/* The step filter, of both passes: features, edges -> scores [m], edges [2,m'] and, in the first, candidates.
 */
#ifndef TRKX_PIPELINE_FILTER_H
#define TRKX_PIPELINE_FILTER_H

#include "pipeline/run.h"

enum trkx_status trkx_step_filter(struct trkx_run *run);

#endif
