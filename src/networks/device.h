/* The GPU that networks run on, as ONNX Runtime has to know it. */
#ifndef TRKX_SRC_DEVICE_H
#define TRKX_SRC_DEVICE_H

#include "core/error.h"

struct trkx_backend_context; /* the device's own */

/* One stream and one pool of memory, which the networks share with the steps between them. One run at a time.
 */
struct trkx_device {
    int number;
    bool tf32;    /* networks may round the factors of products to 10 bits */
    bool host;    /* its memory is the host's, and the networks run there */
    void *stream; /* cudaStream_t */
    struct trkx_backend_context *context;
    enum trkx_status (*allocate)(struct trkx_backend_context *context, size_t bytes, const char *what,
                                 void **block, trkx_error *error);
    void (*release)(struct trkx_backend_context *context, void *block);
};

#endif
