/* The checked truth of an event: the hits of each particle, and its row in the table of particles. */
#ifndef TRKX_METRICS_TRUTH_INDEX_H
#define TRKX_METRICS_TRUTH_INDEX_H

#include "core/groups.h"

enum { TRKX_NOISE = 0 }; /* the particle_id of hits without a particle */

struct trkx_truth_index {
    const trkx_truth *truth;
    const trkx_particles *particles; /* may be NULL */
    struct trkx_groups hits;         /* rows of truth by particle_id */
    struct trkx_groups rows;         /* rows of particles by particle_id; empty if there are none */
};

/* particles may be NULL. Both are borrowed. Errors: MEMORY, ARGUMENT (numbers that are not finite, a particle
 * listed twice or not at all). On failure there is nothing to destroy. */
enum trkx_status trkx_truth_create(struct trkx_memory *memory, const trkx_truth *truth,
                                   const trkx_particles *particles, struct trkx_truth_index *index,
                                   trkx_error *error);
void trkx_truth_destroy(struct trkx_truth_index *index);

/* Checks that there are positions to sort hits by. Errors: ARGUMENT. */
enum trkx_status trkx_truth_check_positions(const trkx_truth *truth, trkx_error *error);

/* The row of a particle, one of index->hits, in the table of particles, which must exist. */
size_t trkx_truth_row(const struct trkx_truth_index *index, size_t particle);

/* A hit on its particle's path. */
struct trkx_truth_hit {
    double distance; /* from the production vertex, as the caller measures it */
    uint32_t hit;
};
/* By distance; ties: by row. */
void trkx_truth_sort(struct trkx_truth_hit *hits, size_t count);

/* mm^2, of two positions [3] in mm. */
static inline double trkx_squared_distance(const float *a, const float *b)
{
    double x = (double)a[0] - b[0], y = (double)a[1] - b[1], z = (double)a[2] - b[2];
    return x * x + y * y + z * z;
}

#endif
