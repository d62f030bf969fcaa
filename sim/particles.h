/* The charged particles of an event: kind, vertex and momentum, as in TrackML's events. */
#ifndef TRKX_SIM_PARTICLES_H
#define TRKX_SIM_PARTICLES_H

#include "core/memory.h"

enum trkx_origin { TRKX_PRIMARY, TRKX_DECAY, TRKX_SECONDARY }; /* at the beam, in flight, in material */

struct trkx_generated {
    int64_t id; /* unique, not 0 */
    enum trkx_origin origin;
    int32_t type;       /* PDG code */
    int32_t charge;     /* -1 or +1 */
    double mass;        /* GeV */
    double vertex[3];   /* mm */
    double momentum[3]; /* GeV */
};

/* Fills particles [count]. Primary particles come from `vertices` collisions; every full-density event
 * (TRKX_FULL_PARTICLES) has 200. sigma_z in mm. Errors: MEMORY. */
enum { TRKX_FULL_PARTICLES = 12263, TRKX_FULL_VERTICES = 200 };
enum trkx_status trkx_particles_generate(uint64_t event_seed, size_t count, double sigma_z, int threads,
                                         struct trkx_generated *particles, trkx_error *error);

#endif
