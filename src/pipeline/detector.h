/* The detector of a pipeline, and the modules of an event's hits in it. */
#ifndef TRKX_PIPELINE_DETECTOR_H
#define TRKX_PIPELINE_DETECTOR_H

#include "pipeline/parts.h"

/* Reads pipeline->detector where the bundle needs one: from `path`, or, where that is NULL, from the bundle's
 * own. Errors: MEMORY, IO, FORMAT, BUNDLE (none is named, or not enough is known of it). */
enum trkx_status trkx_pipeline_load_detector(trkx_pipeline *pipeline, const char *path, trkx_error *error);

/* The modules of the hits, looked up once for all that a run asks of them: *modules [n], released by the
 * caller, or NULL where the pipeline has no detector, or the hits have no ids (who needs them says so).
 * Errors: MEMORY, ARGUMENT. */
enum trkx_status trkx_pipeline_find_modules(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                            const trkx_hits *hits, int32_t **modules, trkx_error *error);

#endif
