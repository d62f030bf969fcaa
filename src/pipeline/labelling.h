/* A bundle's track labelling in the first pass, on the host. */
#ifndef TRKX_PIPELINE_LABELLING_H
#define TRKX_PIPELINE_LABELLING_H

#include "pipeline/run.h"

/* The options common to all methods. */
trkx_labelling_options trkx_pipeline_labelling(const trkx_pipeline *pipeline);

/* Fills the run's labels and counts from an input on the host. If the bundle has a second pass, the run's
 * completion is ready for its chains. Errors: as for trkx_pipeline_tracks. */
enum trkx_status trkx_run_label(struct trkx_run *run, const trkx_tracks_input *input);

#endif
