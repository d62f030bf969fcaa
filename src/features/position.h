/* What features follow from the position of a hit: src/features/features.c computes them, and so does a GPU.
 */
#ifndef TRKX_SRC_POSITION_H
#define TRKX_SRC_POSITION_H

#include <math.h>

#include "core/everywhere.h"
#include "trkx.h"

/* A vector in the terms of the features. The floors keep the features of a point on the beam line finite:
 * it counts as one at the smallest distance from the line that float coordinates can express (so that eta
 * stays below 200), and the origin's direction is 0. */
struct trkx_vector {
    double x, y, z;
    double transverse; /* distance from the z axis, at least SMALLEST */
    double length;     /* likewise, from the origin */
};

#define TRKX_SMALLEST 0x1p-149

static inline TRKX_EVERYWHERE struct trkx_vector trkx_vector_of(double x, double y, double z)
{
    struct trkx_vector v = {x, y, z, sqrt(x * x + y * y), sqrt(x * x + y * y + z * z)};
    if (v.transverse < TRKX_SMALLEST) v.transverse = TRKX_SMALLEST;
    if (v.length < TRKX_SMALLEST) v.length = TRKX_SMALLEST;
    return v;
}

static inline TRKX_EVERYWHERE double trkx_azimuth(const struct trkx_vector *v)
{
    return atan2(v->y, v->x);
}

/* -ln tan(theta / 2), without the loss of digits near the axis. */
static inline TRKX_EVERYWHERE double trkx_pseudorapidity(const struct trkx_vector *v)
{
    return asinh(v->z / v->transverse);
}

/* The features R to DIR_Z. */
static inline TRKX_EVERYWHERE double trkx_position_feature(enum trkx_feature feature,
                                                           const struct trkx_vector *hit)
{
    switch ((int)feature) {
    case TRKX_FEATURE_R: return sqrt(hit->x * hit->x + hit->y * hit->y);
    case TRKX_FEATURE_PHI: return trkx_azimuth(hit);
    case TRKX_FEATURE_Z: return hit->z;
    case TRKX_FEATURE_X: return hit->x;
    case TRKX_FEATURE_Y: return hit->y;
    case TRKX_FEATURE_COS_PHI: return hit->x == 0 && hit->y == 0 ? 1 : hit->x / hit->transverse;
    case TRKX_FEATURE_SIN_PHI: return hit->y / hit->transverse;
    case TRKX_FEATURE_ETA: return trkx_pseudorapidity(hit);
    case TRKX_FEATURE_THETA: return atan2(hit->transverse, hit->z);
    case TRKX_FEATURE_DIR_X: return hit->x / hit->length;
    case TRKX_FEATURE_DIR_Y: return hit->y / hit->length;
    default: return hit->z / hit->length;
    }
}

#endif
