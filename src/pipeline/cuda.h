/*
 * libtrkx_cuda: the back end of trkx on a GPU.
 *
 * The library is loaded at run time. It exports one function, trkx_cuda_interface, which returns a table:
 *
 *   library = dlopen("libtrkx_cuda.so", RTLD_NOW | RTLD_LOCAL);
 *   trkx_cuda_interface_fn *get = (trkx_cuda_interface_fn *)dlsym(library, TRKX_CUDA_INTERFACE);
 *   const trkx_cuda_table *cuda = get(TRKX_CUDA_VERSION);    NULL: different version
 *
 * The rules of pipeline/backend.h apply. TRKX_ERROR_DEVICE: no driver, no such device, or it failed; after a
 * failure of a kernel the context can only be closed. TRKX_ERROR_MEMORY: the budget is too small, or the
 * device is full; the message also states how many bytes are held. A context is one device with a stream and
 * a pool of memory, whose blocks are aligned to 256 bytes.
 */
#ifndef TRKX_PIPELINE_CUDA_H
#define TRKX_PIPELINE_CUDA_H

#include "pipeline/backend.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Incremented with every change of the table or of trkx_backend. */
#define TRKX_CUDA_VERSION 2u
#define TRKX_CUDA_INTERFACE "trkx_cuda_interface"

typedef struct trkx_cuda_device {
    char name[256];
    size_t free_memory; /* bytes, now */
} trkx_cuda_device;

typedef struct trkx_cuda_table {
    unsigned version; /* TRKX_CUDA_VERSION */
    size_t size;      /* of this struct */
    bool host; /* the build for tests, which runs the same source on the processor's threads: "device" memory
                  is the host's, and networks run there too */

    /* Errors: DEVICE (no driver, one too old for this library, or no device). */
    enum trkx_status (*count_devices)(int *count, trkx_error *error);
    /* Errors: ARGUMENT (no device of that number), DEVICE. */
    enum trkx_status (*describe)(int device, trkx_cuda_device *description, trkx_error *error);

    /* budget: limit of the pool in bytes. Errors: ARGUMENT, MEMORY, DEVICE. */
    enum trkx_status (*open)(int device, size_t budget, trkx_backend_context **context, trkx_error *error);
    /* Waits for the stream and frees everything, including unreleased blocks. NULL: nothing. */
    void (*close)(trkx_backend_context *context);
    /* The cudaStream_t of the context, for the networks; NULL in the host build. */
    void *(*stream)(const trkx_backend_context *context);

    trkx_backend backend;
} trkx_cuda_table;

/* The table for programs built with this version of the header; NULL if the library has another version. */
typedef const trkx_cuda_table *trkx_cuda_interface_fn(unsigned version);
TRKX_API trkx_cuda_interface_fn trkx_cuda_interface;

#ifdef __cplusplus
}
#endif
#endif
