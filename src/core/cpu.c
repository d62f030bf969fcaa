/* Detects the processor's instruction sets, once. */
#include "core/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static unsigned detect(void)
{
    unsigned features = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) features |= TRKX_CPU_AVX2;
    if (features != 0 && __builtin_cpu_supports("avx512f")) features |= TRKX_CPU_AVX512;
#endif
    const char *disabled = getenv("TRKX_DISABLE_CPU_FEATURES");
    if (disabled != NULL && strstr(disabled, "avx512") != NULL) features &= ~(unsigned)TRKX_CPU_AVX512;
    if (disabled != NULL && strstr(disabled, "avx2") != NULL) features = 0;
    return features;
}

unsigned trkx_cpu_features(void)
{
    enum { UNKNOWN = 1u << 31 };
    static atomic_uint known = UNKNOWN;
    unsigned features = atomic_load_explicit(&known, memory_order_relaxed);
    if (features == UNKNOWN) {
        features = detect();
        atomic_store_explicit(&known, features, memory_order_relaxed);
    }
    return features;
}
