/* Compares a run's edges with the truth. */
#ifndef TRKX_PIPELINE_TRUTH_H
#define TRKX_PIPELINE_TRUTH_H

#include "pipeline/parts.h"

/* The true edges: between consecutive hits of particles with at least 3, outwards. Memory from `memory`.
 * Errors: ARGUMENT (the truth is of other hits), MEMORY. */
enum trkx_status trkx_truth_edges(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                  const trkx_truth *truth, const trkx_particles *particles,
                                  struct trkx_memory *memory, trkx_edges *edges, trkx_error *error);

/* Leaves those between hits with label 0. */
void trkx_truth_keep_free(trkx_edges *true_edges, const int32_t *labels);

/* Fills the record's efficiency and purity. true_edges: of trkx_truth_edges. */
void trkx_truth_compare(const trkx_truth *truth, const trkx_edges *true_edges, const trkx_edges *edges,
                        trkx_step_record *record);

#endif
