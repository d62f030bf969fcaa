/* The width of the luminous region along the beam, estimated from the hits of an event. */
#ifndef TRKX_FEATURES_BEAM_H
#define TRKX_FEATURES_BEAM_H

#include "core/memory.h"
#include "detector/modules.h"

/* mm: the least and the largest estimate, and the value if an event has too few triplets, or its detector
 * too few layers. That is a long beam, because it excludes least: networks told of a short beam drop what
 * does not come from near the origin, those told of a long one only lose some purity, which a sparse event
 * has in plenty. */
#define TRKX_BEAM_SIGMA_Z_MIN 1.0
#define TRKX_BEAM_SIGMA_Z_MAX 200.0
#define TRKX_BEAM_SIGMA_Z_UNKNOWN 50.0

/* *sigma_z in mm: half the range about the origin that holds 68.3 % of the vertices of triplets. Hits whose
 * coordinates are not finite are ignored. The same for any number of threads. O(n) with bounded work per hit,
 * however many hits are at one azimuth. Errors: MEMORY. */
enum trkx_status trkx_beam_sigma_z(struct trkx_memory *memory, const trkx_hits *hits,
                                   const struct trkx_detector *detector, int threads, double *sigma_z,
                                   trkx_error *error);

#endif
