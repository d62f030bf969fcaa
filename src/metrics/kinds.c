/* Tells the kind of a particle from its id and its production vertex. */
#include "metrics/kinds.h"

#include <math.h>

/* A TrackML particle_id, from its highest bit: 12 bits of the collision, from 1; 16 of the particle; 12 of
 * the generation; 12 of the secondary; 12 of the process. In real events generation and process are both
 * above 0 for particles from material and both 0 for all others, those from decays included. Simulated ids
 * have only the process right, so it is what counts. */
enum { COLLISION_SHIFT = 52, PROCESS_BITS = 0xfff };

/* mm: particles made further away from the beam are not from a collision. */
static const double BEAM_RADIUS = 1;

bool trkx_kinds_are_known(const struct trkx_truth_index *index)
{
    if (index->particles == NULL) return false;
    for (size_t p = 0; p < index->particles->count; p++) {
        uint64_t id = (uint64_t)index->particles->particle_id[p];
        if (id != TRKX_NOISE && id >> COLLISION_SHIFT == 0) return false;
    }
    return true;
}

enum trkx_kind trkx_kind_of(const struct trkx_truth_index *index, size_t particle)
{
    const float *vertex = index->particles->vxyz + 3 * trkx_truth_row(index, particle);
    if ((index->hits.values[particle] & PROCESS_BITS) != 0) return TRKX_FROM_MATERIAL;
    return hypot(vertex[0], vertex[1]) > BEAM_RADIUS ? TRKX_FROM_DECAYS : TRKX_FROM_BEAM;
}
