/* The kernels in plain C, for every processor. */
#ifndef TRKX_GRAPH_KERNELS_PLAIN_H
#define TRKX_GRAPH_KERNELS_PLAIN_H

#include "graph/kernels.h"

extern const struct trkx_near_kernels trkx_near_plain;

#endif
