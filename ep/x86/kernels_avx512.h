/* The kernels for AVX-512 F. */
#ifndef TRKX_EP_KERNELS_AVX512_H
#define TRKX_EP_KERNELS_AVX512_H

#include "ep/kernels.h"

extern const struct ep_kernels ep_kernels_avx512;

#endif
