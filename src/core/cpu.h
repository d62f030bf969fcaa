/* Instruction sets of the processor beyond the baseline. */
#ifndef TRKX_CORE_CPU_H
#define TRKX_CORE_CPU_H

enum trkx_cpu_feature {
    TRKX_CPU_AVX2 = 1,   /* AVX2 and FMA */
    TRKX_CPU_AVX512 = 2, /* AVX-512 F, and the above */
};

/* The available features, except those named in the environment variable TRKX_DISABLE_CPU_FEATURES (a list
 * like "avx512,avx2", for tests). Any thread. */
unsigned trkx_cpu_features(void);

#endif
