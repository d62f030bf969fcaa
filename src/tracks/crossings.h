/* Where a track, extrapolated from one of its ends, crosses further layers. */
#ifndef TRKX_TRACKS_CROSSINGS_H
#define TRKX_TRACKS_CROSSINGS_H

#include "detector/layers.h"
#include "tracks/helix.h"

/* Where a track is expected on a layer, with tolerances. */
struct trkx_crossing {
    size_t layer;
    double arc;        /* mm, from the track's end */
    double phi, along; /* rad; z in mm, on a disk r */
    double width_phi, width_along;
};

enum { TRKX_LAYERS_AHEAD = 3 };

/* The next layers that a track crosses beyond one of its ends: ends[0] is its last hit there, ends[1] and
 * ends[2] are further ones; the circle goes through all three, and the line z(s) through line[0] and line[1].
 * Returns their number. */
size_t trkx_crossings(const struct trkx_layers *layers, const struct trkx_measurement *const ends[3],
                      const struct trkx_measurement *const line[2], const struct trkx_description *detector,
                      struct trkx_crossing crossings[TRKX_LAYERS_AHEAD]);

/* The smaller angle between two azimuths. */
static inline double trkx_azimuth_between(double a, double b)
{
    double angle = fabs(a - b);
    return angle > TRKX_PI ? 2 * TRKX_PI - angle : angle;
}

/* Whether a hit of the layer, given its place in order[], is within the tolerances. */
static inline bool trkx_crossing_near(const struct trkx_crossing *crossing, const struct trkx_layers *layers,
                                      size_t place)
{
    return fabs((double)layers->along[place] - crossing->along) <= crossing->width_along &&
           trkx_azimuth_between((double)layers->phi[place], crossing->phi) <= crossing->width_phi;
}

#endif
