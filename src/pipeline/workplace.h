/* Where the runs of a pipeline take place: on the CPU or on GPUs, each with the networks that run there. */
#ifndef TRKX_SRC_WORKPLACE_H
#define TRKX_SRC_WORKPLACE_H

#include "pipeline/backend_cpu.h"
#include "pipeline/parts.h"

/* Opens the place that the options name, and loads the networks there. Errors: ARGUMENT (no such device),
 * MEMORY, IO, MODEL, RUNTIME, DEVICE. What was opened stays in the pipeline, also on failure, until
 * trkx_workplace_close. */
enum trkx_status trkx_workplace_open(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                     trkx_error *error);
void trkx_workplace_close(trkx_pipeline *pipeline);

/* Where one run takes place. It must not be moved. */
struct trkx_workplace {
    const trkx_backend *backend;
    trkx_backend_context *context;
    struct trkx_session *const *sessions; /* [TRKX_NETWORKS] */
    struct trkx_cpu cpu;
    struct trkx_gpu *gpu; /* lent; NULL: the run is on the CPU */
};

/* Waits for a device where the pipeline has some. On the CPU blocks come from `memory`. */
void trkx_workplace_take(struct trkx_workplace *place, const trkx_pipeline *pipeline,
                         struct trkx_memory *memory);
void trkx_workplace_leave(struct trkx_workplace *place, const trkx_pipeline *pipeline);

#endif
