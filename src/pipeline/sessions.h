/* The three networks of a pipeline, loaded and checked against its bundle. */
#ifndef TRKX_PIPELINE_SESSIONS_H
#define TRKX_PIPELINE_SESSIONS_H

#include "pipeline/parts.h"

/* device NULL: they run on the CPU. sessions [TRKX_NETWORKS]: destroyed by the caller, also on failure.
 * Errors: MEMORY, IO, MODEL, RUNTIME, DEVICE. */
enum trkx_status trkx_sessions_load(const trkx_pipeline *pipeline, const struct trkx_device *device,
                                    struct trkx_session **sessions, trkx_error *error);

#endif
