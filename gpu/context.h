/* A device's stream and memory. */
#ifndef TRKX_GPU_CONTEXT_H
#define TRKX_GPU_CONTEXT_H

#include "gpu/pool.h"

struct trkx_backend_context {
    int device;
    void *stream; /* cudaStream_t */
    class pool pool;
    trkx_backend_context(int number, void *queue, size_t budget) : device(number), stream(queue), pool(budget)
    {
    }
};

#endif
