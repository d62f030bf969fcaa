/* How well a further hit fits a helix through hits of a track: the criterion of track completion
 * (src/tracks/complete.c) and of the search for chains (src/tracks/chains.c). */
#ifndef TRKX_TRACKS_HELIX_H
#define TRKX_TRACKS_HELIX_H

#include "detector/measure.h"

#define TRKX_STRAIGHT 1e-7 /* 1/mm: straighter tracks are treated like this */

/* A score that no hit has. */
#define TRKX_NO_MATCH (-1e9)

/* A helix through hits of a track: the circle p |q|^2 + u x + v y = 0 through three of them, with q = (x, y)
 * from the first (a straight line if p is 0), and the line z(s) through two, s being the arc from the
 * first. */
struct trkx_helix {
    double x, y, p, u, v;
    double curvature;        /* 1/mm, signed */
    double along_x, along_y; /* from the first hit to the last */
    double s1, s2, t0, t1;   /* arcs of the circle's other hits, and of the line's */
    double z0, z1, slope;    /* of the line; dz/ds */
    double var_phi[3], var_z[2];
    double kink, bend; /* of a layer, rad; of the field, 1/mm */
    double change;     /* 1/mm^2: of the curvature along the arc */
};

/* False if the hits define none. */
bool trkx_helix_through(const struct trkx_measurement *const circle[3],
                        const struct trkx_measurement *const line[2], const struct trkx_description *detector,
                        struct trkx_helix *helix);

/* The logarithm of the likelihood ratio of a hit from the track to one by chance: residuals across and along
 * the track against the density of hits. TRKX_NO_MATCH if it is not a number. */
double trkx_helix_match(const struct trkx_helix *helix, const struct trkx_measurement *hit);

/* Three hits in their order: the signed curvature (1/mm), the arcs between them (mm) and the slope dz/ds;
 * false if they turn back. */
struct trkx_arc {
    double curvature, first, second, slope;
};
bool trkx_helix_arc(const struct trkx_measurement *const hits[3], struct trkx_arc *arc);

/* The arc over a chord: 2 asin(c k / 2) / k by its series, up to slightly less than half a turn. */
double trkx_arc_over(double chord, double curvature);

/* The angle by which a layer scatters a track of this curvature and slope. */
double trkx_helix_kink(const struct trkx_description *detector, double curvature, double slope);

/* As trkx_helix_match for the middle one of three hits, by z only, with `reach` (mm) as the width of the
 * search across the track; TRKX_NO_MATCH beyond three standard deviations.
 */
double trkx_helix_middle(const struct trkx_measurement *const hits[3], const struct trkx_arc *arc,
                         double reach, const struct trkx_description *detector);

#endif
