/* The kernels for every processor. */
#ifndef TRKX_EP_KERNELS_PLAIN_H
#define TRKX_EP_KERNELS_PLAIN_H

#include "ep/kernels.h"

extern const struct ep_kernels ep_kernels_plain;

#endif
