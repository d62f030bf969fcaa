/* A tensor of the caller. */
#ifndef TRKX_EP_TENSOR_H
#define TRKX_EP_TENSOR_H

#include "ep/graph.h"

/* Inputs and outputs are row-major. */
struct ep_tensor {
    void *data;
    enum ep_element element;
};

/* Reads int64 or int32. */
static inline int64_t ep_tensor_integer(const struct ep_tensor *tensor, int64_t place)
{
    return tensor->element == EP_INT64 ? ((const int64_t *)tensor->data)[place]
                                       : ((const int32_t *)tensor->data)[place];
}

#endif
