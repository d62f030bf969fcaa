/* The detector of a pipeline, and the modules of an event's hits. */
#ifndef TRKX_PIPELINE_DETECTOR_H
#define TRKX_PIPELINE_DETECTOR_H

#include "pipeline/parts.h"

/* Reads pipeline->detector if the bundle needs one, or may find modules of hits with it: from `path`, or if
 * that is NULL, from the bundle. Errors: MEMORY, IO, FORMAT, BUNDLE (one is needed, but none is named, or its
 * description is incomplete). */
enum trkx_status trkx_pipeline_load_detector(trkx_pipeline *pipeline, const char *path, trkx_error *error);

/* Hits with their modules. */
struct trkx_located_hits {
    trkx_hits hits;   /* those of the caller, with the ids below if they had to be found */
    int32_t *modules; /* [n] in the detector; NULL: not needed, or unknown */
    int32_t *ids;     /* [3,n] volume_id, layer_id, module_id, found from the positions; NULL: as given */
};

/* Finds the modules of hits if `needs` (TRKX_NEEDS_*) says so: by their ids, and if these are missing and the
 * pipeline has a detector, from their positions. *located: released by the caller, also on failure. Errors:
 * MEMORY, ARGUMENT (a module is not in the detector; a hit is on no module). */
enum trkx_status trkx_pipeline_locate(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                      const trkx_hits *hits, unsigned needs,
                                      struct trkx_located_hits *located, trkx_error *error);
void trkx_located_release(struct trkx_located_hits *located);

#endif
