/* Which kernels this processor runs. */
#include "graph/kernels.h"

#include "core/cpu.h"

const struct trkx_near_kernels *trkx_near_kernels(void)
{
#if defined(__x86_64__)
    unsigned features = trkx_cpu_features();
    if ((features & TRKX_CPU_AVX512) != 0) return &trkx_near_avx512;
    if ((features & TRKX_CPU_AVX2) != 0) return &trkx_near_avx2;
#endif
    return &trkx_near_plain;
}
