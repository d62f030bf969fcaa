/* What tests can see and do in the build for the processor; libtrkx_cuda has none of it. */
#ifndef TRKX_GPU_HOST_FOR_TESTS_H
#define TRKX_GPU_HOST_FOR_TESTS_H

#include "pipeline/cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct trkx_cuda_usage {
    size_t budget;   /* bytes */
    size_t held;     /* by blocks not yet released */
    size_t peak;     /* peak of held since the last restart */
    size_t reserved; /* taken from the device: held or kept for reuse. Never more than the budget */
    size_t blocks;   /* not yet released */
} trkx_cuda_usage;

typedef struct trkx_cuda_tests {
    /* Of the calls that can fail on a GPU, the next `after` succeed and every later one fails; negative: none
     * fails. Returns the number of such calls since the last time. */
    long (*fail_after)(long after);
    /* Number of blocks of memory and streams not yet freed. */
    long (*alive)(void);
    /* Of a context's pool. */
    void (*usage)(const trkx_backend_context *context, trkx_cuda_usage *usage);
    void (*trim)(trkx_backend_context *context); /* frees what is kept for reuse */
} trkx_cuda_tests;

#define TRKX_CUDA_TESTS "trkx_cuda_for_tests"
typedef const trkx_cuda_tests *trkx_cuda_tests_fn(void);
TRKX_API trkx_cuda_tests_fn trkx_cuda_for_tests;

#ifdef __cplusplus
}
#endif
#endif
