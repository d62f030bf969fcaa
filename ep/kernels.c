/* Which kernels this processor runs, and the packing of a layer's weights, which is the same for all. */
#include "ep/kernels.h"

#include "core/cpu.h"
#include "ep/kernels_sets.h"

const struct ep_kernels *const *ep_kernels_all(void)
{
#if defined(__x86_64__)
    static const struct ep_kernels *const sets[] = {&ep_kernels_avx512, &ep_kernels_avx2, &ep_kernels_plain,
                                                    NULL};
    unsigned features = trkx_cpu_features();
    if ((features & TRKX_CPU_AVX512) != 0) return sets;
    return (features & TRKX_CPU_AVX2) != 0 ? sets + 1 : sets + 2;
#else
    static const struct ep_kernels *const sets[] = {&ep_kernels_plain, NULL};
    return sets;
#endif
}

const struct ep_kernels *ep_kernels_best(void)
{
    return *ep_kernels_all();
}

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
