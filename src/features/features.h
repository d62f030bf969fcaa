/* The networks' inputs for each hit, computed from hits and the detector. */
#ifndef TRKX_FEATURES_FEATURES_H
#define TRKX_FEATURES_FEATURES_H

#include "core/memory.h"
#include "detector/modules.h"
#include "features/table.h"

/* What features take from the event as a whole. Zero-initialise. */
struct trkx_estimates {
    double beam_sigma_z; /* mm (features/beam.h); 0: not estimated yet */
    double *depth;       /* [modules] of clusters (features/cluster.h); NULL: not estimated yet */
};
void trkx_estimates_release(struct trkx_estimates *estimates);

/* As trkx_features, with all memory from `memory`. Estimates that the specs need are made unless the caller's
 * have them already, from another list of the same event, and kept there. */
enum trkx_status trkx_features_in(struct trkx_memory *memory, const struct trkx_placed_hits *placed,
                                  struct trkx_estimates *estimates, const trkx_feature_spec *specs,
                                  size_t specs_count, int threads, float *features, trkx_error *error);

/* All that the features of a list need besides positions and their columns: a set of TRKX_NEEDS_*. */
unsigned trkx_features_needs(const trkx_feature_spec *specs, size_t count);

/* Whether two lists are the same. */
bool trkx_features_are_same(const trkx_feature_spec *a, size_t a_count, const trkx_feature_spec *b,
                            size_t b_count);

/* Errors: ARGUMENT (a coordinate is not finite; the message names the hit). */
enum trkx_status trkx_hits_check_positions(const trkx_hits *hits, trkx_error *error);

#endif
