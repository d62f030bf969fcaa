/* A bundle's track labelling, on the host. */
#ifndef TRKX_PIPELINE_LABELLING_H
#define TRKX_PIPELINE_LABELLING_H

#include "pipeline/parts.h"

/* Numbers of tracks and of hits on them. */
struct trkx_labelling {
    size_t method_tracks, method_hits; /* by the method, before completion */
    size_t tracks, hits;               /* after completion, if any */
};

/* The options common to all methods. */
trkx_labelling_options trkx_pipeline_labelling(const trkx_pipeline *pipeline);

/* As trkx_pipeline_tracks, with all memory from `memory`. modules [n]: those of the hits in the pipeline's
 * detector, or NULL. */
enum trkx_status trkx_pipeline_tracks_in(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                         const trkx_tracks_input *input, const int32_t *modules,
                                         int32_t *labels, struct trkx_labelling *outcome, trkx_error *error);

#endif
