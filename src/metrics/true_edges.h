/* The true edges: pairs of consecutive hits of one particle. */
#ifndef TRKX_METRICS_TRUE_EDGES_H
#define TRKX_METRICS_TRUE_EDGES_H

#include "core/memory.h"

/* As trkx_true_edges, with all memory from `memory`, edges->index included. */
enum trkx_status trkx_true_edges_in(struct trkx_memory *memory, const trkx_truth *truth,
                                    const trkx_particles *particles, size_t min_hits, trkx_edges *edges,
                                    trkx_error *error);

#endif
