/* The step tracks: edges, scores -> labels [n]. */
#ifndef TRKX_PIPELINE_TRACKS_H
#define TRKX_PIPELINE_TRACKS_H

#include "pipeline/run.h"

enum trkx_status trkx_step_tracks(struct trkx_run *run);

#endif
