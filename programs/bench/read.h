/* The part read: the files of an event. */
#ifndef TRKX_PROGRAMS_BENCH_READ_H
#define TRKX_PROGRAMS_BENCH_READ_H

#include "programs/bench/settings.h"

enum trkx_status bench_read(struct bench *bench);

enum trkx_status bench_read_event(struct bench *bench, const char *prefix, unsigned parts,
                                  trkx_event **event);

#endif
