/* trkx bench: times the parts of trkx on this machine. */
#ifndef TRKX_PROGRAMS_BENCH_BENCH_H
#define TRKX_PROGRAMS_BENCH_BENCH_H

/* Its arguments start with its own name; returns an exit code. */
int command_bench(int count, char **arguments);

#endif
