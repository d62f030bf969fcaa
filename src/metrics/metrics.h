/* Metrics: tracks and edges compared with the truth. In: labels or edges, hits, truth, particles. Out:
 * trkx_metrics, true edges. Uses core and graph. */
#ifndef TRKX_SRC_METRICS_H
#define TRKX_SRC_METRICS_H

#include "core/memory.h"

/* As trkx_true_edges, with all memory from `memory`, edges->index included. */
enum trkx_status trkx_true_edges_in(struct trkx_memory *memory, const trkx_truth *truth,
                                    const trkx_particles *particles, size_t min_hits, trkx_edges *edges,
                                    trkx_error *error);

#endif
