/* The back end of the CPU: the library's own functions, on the host's memory. Nothing is copied. */
#ifndef TRKX_PIPELINE_BACKEND_CPU_H
#define TRKX_PIPELINE_BACKEND_CPU_H

#include "core/memory.h"
#include "pipeline/backend.h"

struct trkx_cpu {
    struct trkx_memory *memory; /* source of blocks; NULL: from the system, not counted */
    int threads;                /* >= 1 */
};

const trkx_backend *trkx_backend_cpu(void);
/* It has to outlive the use of the context. */
trkx_backend_context *trkx_cpu_context(struct trkx_cpu *cpu);

#endif
