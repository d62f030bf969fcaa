/* A tensor of the caller's. */
#ifndef TRKX_EP_TENSOR_H
#define TRKX_EP_TENSOR_H

#include "ep/graph.h"

/* Inputs as they lie, outputs as they are wanted, both in row-major order. */
struct ep_tensor {
    void *data;
    enum ep_element element;
};

/* Of int64 or int32. */
static inline int64_t ep_tensor_integer(const struct ep_tensor *tensor, int64_t place)
{
    return tensor->element == EP_INT64 ? ((const int64_t *)tensor->data)[place]
                                       : ((const int32_t *)tensor->data)[place];
}

#endif
