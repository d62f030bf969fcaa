/* Packs a layer's weights, in the same way for all kernels. */
#include "ep/kernels.h"

size_t ep_weights_packed(size_t inputs, size_t outputs)
{
    return (outputs + EP_TILE - 1) / EP_TILE * EP_TILE * inputs;
}

void ep_weights_pack(const float *weight, size_t row_step, size_t column_step, size_t inputs, size_t outputs,
                     float *packed)
{
    for (size_t first = 0; first < outputs; first += EP_TILE)
        for (size_t k = 0; k < inputs; k++)
            for (size_t j = first; j < first + EP_TILE; j++)
                *packed++ = j < outputs ? weight[k * row_step + j * column_step] : 0;
}
