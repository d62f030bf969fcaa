/* The kernels for AVX-512 F. */
#ifndef TRKX_GRAPH_KERNELS_AVX512_H
#define TRKX_GRAPH_KERNELS_AVX512_H

#include "graph/kernels.h"

extern const struct trkx_near_kernels trkx_near_avx512;

#endif
