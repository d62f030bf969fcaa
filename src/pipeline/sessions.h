/* The networks of a pipeline, loaded and checked against its bundle. */
#ifndef TRKX_PIPELINE_SESSIONS_H
#define TRKX_PIPELINE_SESSIONS_H

#include "pipeline/parts.h"

/* Those of the first pass, [TRKX_NETWORKS] destroyed by the caller, also on failure. device NULL: they run on
 * the CPU. Errors: MEMORY, IO, MODEL, RUNTIME, DEVICE. */
enum trkx_status trkx_sessions_load(const trkx_pipeline *pipeline, const struct trkx_device *device,
                                    struct trkx_session **sessions, trkx_error *error);
/* Those of the second pass, if the bundle has one, on the CPU; sessions [TRKX_ALL_NETWORKS], the same. */
enum trkx_status trkx_sessions_load_second(const trkx_pipeline *pipeline, struct trkx_session **sessions,
                                           trkx_error *error);

#endif
