/* The features that follow from the position of a hit, for src/features/features.c and for GPUs. */
#ifndef TRKX_FEATURES_POSITION_H
#define TRKX_FEATURES_POSITION_H

#include <math.h>

#include "core/everywhere.h"
#include "features/table.h"
#include "trkx.h"

/* A vector, prepared for the features. The lower limits keep the features of a point on the beam line finite:
 * it is treated as if at the smallest distance that float coordinates can express (so that eta stays below
 * 200), and the origin's direction is 0. */
struct trkx_vector {
    double x, y, z;
    double transverse; /* distance from the z axis, at least SMALLEST */
    double length;     /* distance from the origin, with the same limit */
};

#define TRKX_SMALLEST 0x1p-149

static inline TRKX_EVERYWHERE struct trkx_vector trkx_vector_of(double x, double y, double z)
{
    struct trkx_vector v = {x, y, z, sqrt(x * x + y * y), sqrt(x * x + y * y + z * z)};
    if (v.transverse < TRKX_SMALLEST) v.transverse = TRKX_SMALLEST;
    if (v.length < TRKX_SMALLEST) v.length = TRKX_SMALLEST;
    return v;
}

static inline TRKX_EVERYWHERE double trkx_radius(const struct trkx_vector *v)
{
    return sqrt(v->x * v->x + v->y * v->y);
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

/* clang-format off */
#define TRKX_IS_EVERYWHERE(id, name, value) case TRKX_FEATURE_##id: return true;
#define TRKX_VALUE_EVERYWHERE(id, name, value) case TRKX_FEATURE_##id: return value;
#define TRKX_NOT_HERE(id, name, needs, value)
/* clang-format on */

/* Whether the feature follows from the position only. */
static inline TRKX_EVERYWHERE bool trkx_is_position_feature(enum trkx_feature feature)
{
    switch ((int)feature) {
        TRKX_FEATURE_TABLE(TRKX_IS_EVERYWHERE, TRKX_NOT_HERE)
    default: return false;
    }
}

/* Such a feature. */
static inline TRKX_EVERYWHERE double trkx_position_feature(enum trkx_feature feature,
                                                           const struct trkx_vector *at)
{
    switch ((int)feature) {
        TRKX_FEATURE_TABLE(TRKX_VALUE_EVERYWHERE, TRKX_NOT_HERE)
    default: return 0;
    }
}

#undef TRKX_IS_EVERYWHERE
#undef TRKX_VALUE_EVERYWHERE
#undef TRKX_NOT_HERE

#endif
