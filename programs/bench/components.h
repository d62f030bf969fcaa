/* The part components: tracks from edges. */
#ifndef TRKX_PROGRAMS_BENCH_COMPONENTS_H
#define TRKX_PROGRAMS_BENCH_COMPONENTS_H

#include "programs/bench/settings.h"

enum trkx_status bench_components(struct bench *bench);

#endif
