/* The kernels for AVX2 and FMA. */
#ifndef TRKX_EP_KERNELS_AVX2_H
#define TRKX_EP_KERNELS_AVX2_H

#include "ep/kernels.h"

extern const struct ep_kernels ep_kernels_avx2;

#endif
