/* The back end of the CPU: the library's own functions, on the host's memory. Nothing is copied. */
#ifndef TRKX_SRC_BACKEND_CPU_H
#define TRKX_SRC_BACKEND_CPU_H

#include "core/memory.h"
#include "pipeline/backend.h"

struct trkx_cpu {
    struct trkx_memory *memory; /* where blocks come from; NULL: from the system, not counted */
    int threads;                /* >= 1 */
};

const trkx_backend *trkx_backend_cpu(void);
/* It lives as long as the context is used. */
trkx_backend_context *trkx_cpu_context(struct trkx_cpu *cpu);

#endif
