/* Chooses the kernels for this processor. */
#include "ep/kernels_best.h"

#include "core/cpu.h"
#include "ep/kernels_plain.h"
#if defined(__x86_64__)
#include "ep/x86/kernels_avx2.h"
#include "ep/x86/kernels_avx512.h"
#endif

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
