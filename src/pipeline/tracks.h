/* The step tracks: edges, scores -> labels [n]. */
#ifndef TRKX_SRC_PIPELINE_TRACKS_H
#define TRKX_SRC_PIPELINE_TRACKS_H

#include "pipeline/run.h"

enum trkx_status trkx_step_tracks(struct trkx_run *run);

#endif
