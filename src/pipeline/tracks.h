/* The steps tracks and second_tracks: edges, scores -> labels [n]. */
#ifndef TRKX_PIPELINE_TRACKS_H
#define TRKX_PIPELINE_TRACKS_H

#include "pipeline/run.h"

enum trkx_status trkx_step_tracks(struct trkx_run *run);
/* Further tracks from the edges of a second pass; counts are the first run's. */
enum trkx_status trkx_step_second_tracks(struct trkx_run *run);

#endif
