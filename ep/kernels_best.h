/* The kernels for this processor. */
#ifndef TRKX_EP_KERNELS_BEST_H
#define TRKX_EP_KERNELS_BEST_H

#include "ep/kernels.h"

/* All kernels that this machine can run, best first, for tests; NULL at the end. */
const struct ep_kernels *const *ep_kernels_all(void);
/* The first of them. */
const struct ep_kernels *ep_kernels_best(void);

#endif
