/* Chooses the kernels for this processor. */
#include "graph/kernels_best.h"

#include "core/cpu.h"
#include "graph/kernels_plain.h"
#if defined(__x86_64__)
#include "graph/x86/kernels_avx2.h"
#include "graph/x86/kernels_avx512.h"
#endif

const struct trkx_near_kernels *trkx_near_best(void)
{
#if defined(__x86_64__)
    unsigned features = trkx_cpu_features();
    if ((features & TRKX_CPU_AVX512) != 0) return &trkx_near_avx512;
    if ((features & TRKX_CPU_AVX2) != 0) return &trkx_near_avx2;
#endif
    return &trkx_near_plain;
}
