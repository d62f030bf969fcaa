/* The kernels for this processor. */
#ifndef TRKX_GRAPH_KERNELS_BEST_H
#define TRKX_GRAPH_KERNELS_BEST_H

#include "graph/kernels.h"

const struct trkx_near_kernels *trkx_near_best(void);

#endif
