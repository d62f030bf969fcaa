/* Propagates particles through field and material: the modules they cross, with positions and momenta. */
#ifndef TRKX_SIM_PROPAGATE_H
#define TRKX_SIM_PROPAGATE_H

#include "sim/geometry.h"
#include "sim/particles.h"

/* A crossing of a particle with a module, within its bounds. */
struct trkx_crossing {
    uint32_t particle;  /* index; UINT32_MAX: noise */
    uint32_t module;    /* index into detector->modules */
    uint32_t order;     /* 0, 1, ... along the particle */
    double u, v;        /* mm, in the module's frame */
    double momentum[3]; /* GeV, global */
    double path;        /* mm from the particle's vertex */
};
#define TRKX_NOISE UINT32_MAX

/* More than a particle has in TrackML's detector, where tracks end after slightly more than half a turn. */
enum { TRKX_CROSSINGS_MAX = 96 };

/* Follows one particle; crossings are in the order of the path. Returns their number. */
size_t trkx_propagate(const struct trkx_geometry *geometry, const struct trkx_generated *particle,
                      uint64_t event_seed, uint32_t index,
                      struct trkx_crossing crossings[TRKX_CROSSINGS_MAX]);

#endif
