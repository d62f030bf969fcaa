/* The part edges: searches for neighbours. */
#ifndef TRKX_PROGRAMS_BENCH_EDGES_H
#define TRKX_PROGRAMS_BENCH_EDGES_H

#include "programs/bench/settings.h"

enum trkx_status bench_edges(struct bench *bench);

#endif
