/* The place of a pipeline's runs: the CPU or GPUs, each with its networks. */
#ifndef TRKX_PIPELINE_WORKPLACE_H
#define TRKX_PIPELINE_WORKPLACE_H

#include "pipeline/backend_cpu.h"
#include "pipeline/parts.h"

/* Opens the place named by the options, and loads the networks there. Errors: ARGUMENT (no such device),
 * MEMORY, IO, MODEL, RUNTIME, DEVICE. Even on failure, trkx_workplace_close has to be called. */
enum trkx_status trkx_workplace_open(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                     trkx_error *error);
void trkx_workplace_close(trkx_pipeline *pipeline);

/* The place of one run. It must not be moved. */
struct trkx_workplace {
    const trkx_backend *backend;
    trkx_backend_context *context;
    struct trkx_session *const *sessions; /* [TRKX_ALL_NETWORKS], on a GPU [TRKX_NETWORKS] */
    struct trkx_cpu cpu;
    struct trkx_gpu *gpu; /* lent; NULL: on the CPU */
};

/* Waits for a device if the pipeline has devices. On the CPU blocks come from `memory`. */
void trkx_workplace_take(struct trkx_workplace *place, const trkx_pipeline *pipeline,
                         struct trkx_memory *memory);
/* The same, but always on the CPU. */
void trkx_workplace_take_cpu(struct trkx_workplace *place, const trkx_pipeline *pipeline,
                             struct trkx_memory *memory);
void trkx_workplace_leave(struct trkx_workplace *place, const trkx_pipeline *pipeline);

#endif
