/* The GPU that networks run on, for ONNX Runtime. */
#ifndef TRKX_NETWORKS_DEVICE_H
#define TRKX_NETWORKS_DEVICE_H

#include "core/error.h"

struct trkx_backend_context; /* defined by the back end */

/* A stream and a pool of memory, shared by the networks and the steps between them. One run at a time.
 */
struct trkx_device {
    int number;
    bool tf32;    /* networks may round the factors of products to 10 bits */
    bool host;    /* its memory is the host's, and networks run there */
    void *stream; /* cudaStream_t */
    struct trkx_backend_context *context;
    enum trkx_status (*allocate)(struct trkx_backend_context *context, size_t bytes, const char *what,
                                 void **block, trkx_error *error);
    void (*release)(struct trkx_backend_context *context, void *block);
};

#endif
