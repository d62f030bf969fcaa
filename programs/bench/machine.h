/* The machine's peak rates. */
#ifndef TRKX_PROGRAMS_BENCH_MACHINE_H
#define TRKX_PROGRAMS_BENCH_MACHINE_H

#include "programs/bench/settings.h"

/* Measured before anything else. */
void bench_measure_machine(struct bench_machine *machine, int threads);

#endif
