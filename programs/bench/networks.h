/* The parts of the networks. */
#ifndef TRKX_PROGRAMS_BENCH_NETWORKS_H
#define TRKX_PROGRAMS_BENCH_NETWORKS_H

#include "programs/bench/settings.h"

enum trkx_status bench_embed(struct bench *bench);
enum trkx_status bench_filter(struct bench *bench);
enum trkx_status bench_gnn(struct bench *bench);

/* The event's embedding [n,D]. Caller frees. */
enum trkx_status bench_embedding(struct bench *bench, float **embedding);

#endif
