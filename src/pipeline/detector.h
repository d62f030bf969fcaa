/* The detector of a pipeline, and the modules of an event's hits. */
#ifndef TRKX_PIPELINE_DETECTOR_H
#define TRKX_PIPELINE_DETECTOR_H

#include "pipeline/parts.h"

/* Reads pipeline->detector if the bundle needs one: from `path`, or if that is NULL, from the bundle. Errors:
 * MEMORY, IO, FORMAT, BUNDLE (none is named, or its description is incomplete). */
enum trkx_status trkx_pipeline_load_detector(trkx_pipeline *pipeline, const char *path, trkx_error *error);

/* Looks up the modules of the hits, once per run: *modules [n], released by the caller, or NULL if the
 * bundle does not need them or the hits have no ids (functions that need them report it). Errors: MEMORY,
 * ARGUMENT. */
enum trkx_status trkx_pipeline_find_modules(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                            const trkx_hits *hits, int32_t **modules, trkx_error *error);

#endif
