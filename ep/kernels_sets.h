/* The kernels of each instruction set; ep_kernels_best() chooses. */
#ifndef TRKX_EP_KERNELS_SETS_H
#define TRKX_EP_KERNELS_SETS_H

#include "ep/kernels.h"

extern const struct ep_kernels ep_kernels_plain;
#if defined(__x86_64__)
extern const struct ep_kernels ep_kernels_avx2, ep_kernels_avx512;
#endif

#endif
