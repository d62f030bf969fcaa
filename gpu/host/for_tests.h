/* What the build for the processor lets the tests see and do; libtrkx_cuda has none of it. */
#ifndef TRKX_CUDA_FOR_TESTS_H
#define TRKX_CUDA_FOR_TESTS_H

#include "pipeline/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct trkx_cuda_usage {
    size_t budget;   /* bytes */
    size_t held;     /* by blocks that are not released yet */
    size_t peak;     /* most that was held since the last restart */
    size_t reserved; /* taken from the device: held, and kept for later. Never more than the budget */
    size_t blocks;   /* that are not released yet */
} trkx_cuda_usage;

typedef struct trkx_cuda_tests {
    /* The next `after` calls that a GPU could fail succeed, and every later one fails; negative: none fails.
     * Returns how many were made since the last call. */
    long (*fail_after)(long after);
    /* What is allocated and not freed: blocks of memory and streams. */
    long (*alive)(void);
    /* Of a context's pool. */
    void (*usage)(const trkx_backend_context *context, trkx_cuda_usage *usage);
    void (*trim)(trkx_backend_context *context); /* gives back what is kept for later */
} trkx_cuda_tests;

#define TRKX_CUDA_TESTS "trkx_cuda_for_tests"
typedef const trkx_cuda_tests *trkx_cuda_tests_fn(void);
TRKX_API trkx_cuda_tests_fn trkx_cuda_for_tests;

#ifdef __cplusplus
}
#endif
#endif
