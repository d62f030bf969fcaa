/* A neighbour search, checked and timed. */
#ifndef TRKX_PROGRAMS_BENCH_NEIGHBOURS_H
#define TRKX_PROGRAMS_BENCH_NEIGHBOURS_H

#include "programs/bench/settings.h"

struct search {
    const char *name;
    const float *points; /* [n,dim] */
    size_t n, dim;
    trkx_edges_options options;
    trkx_edges expected, found; /* the checked ones; those of the last run */
};

/* Checks search->expected by the definition in trkx.h, on some of the points. */
enum trkx_status search_check(struct bench *bench, const struct search *search);

#endif
