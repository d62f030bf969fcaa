/* The steps features and second_features: hits -> features [n,F] of each network. */
#ifndef TRKX_PIPELINE_FEATURES_H
#define TRKX_PIPELINE_FEATURES_H

#include "pipeline/run.h"

enum trkx_status trkx_step_features(struct trkx_run *run);
/* Also finds the free hits. */
enum trkx_status trkx_step_second_features(struct trkx_run *run);

#endif
