/* The kernels for AVX2 and FMA. */
#ifndef TRKX_GRAPH_KERNELS_AVX2_H
#define TRKX_GRAPH_KERNELS_AVX2_H

#include "graph/kernels.h"

extern const struct trkx_near_kernels trkx_near_avx2;

#endif
