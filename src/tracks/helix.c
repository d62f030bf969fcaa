/* How well a hit fits a helix through hits of a track. */
#include "tracks/helix.h"

#include <math.h>

#define STEEPEST_SLOPE 0.3 /* dz/ds on a disk, so that a crossing stays a point */
#define STEEPEST_CROSSING 0.2

/* ---- arcs ------------------------------------------------------------------------------------------- */

double trkx_arc_over(double chord, double curvature)
{
    double half = fmin(fabs(curvature) * chord / 2, 0.95), square = half * half;
    double series = 1 + square * (9.0 / 20) * (1 + square * (25.0 / 42) * (1 + square * (49.0 / 72)));
    return chord * (1 + square / 6 * series);
}

bool trkx_helix_arc(const struct trkx_measurement *const hits[3], struct trkx_arc *arc)
{
    const struct trkx_measurement *a = hits[0], *b = hits[1], *c = hits[2];
    double x1 = b->x - a->x, y1 = b->y - a->y, x2 = c->x - b->x, y2 = c->y - b->y;
    double chord1 = sqrt(x1 * x1 + y1 * y1), chord2 = sqrt(x2 * x2 + y2 * y2);
    double chord = sqrt((x1 + x2) * (x1 + x2) + (y1 + y2) * (y1 + y2));
    if (!(x1 * x2 + y1 * y2 > 0)) return false;
    arc->curvature = 2 * (x1 * y2 - y1 * x2) / (chord1 * chord2 * chord);
    arc->first = trkx_arc_over(chord1, arc->curvature);
    arc->second = trkx_arc_over(chord2, arc->curvature);
    arc->slope = (c->z - a->z) / (arc->first + arc->second);
    return true;
}

double trkx_helix_kink(const struct trkx_description *detector, double curvature, double slope)
{
    double pt = trkx_field_pt_of_radius(&detector->field) / fmax(fabs(curvature), TRKX_STRAIGHT);
    return detector->scattering / (pt * sqrt(1 + slope * slope));
}

/* The error of z at the hit's arc: errors along the radius move it along the track. */
static double variance_z(const struct trkx_measurement *m, double slope)
{
    return m->var_z + m->var_r * slope * slope;
}

/* Hits per mm^2 across the track and in z, on a layer crossed at an angle. */
static double density_across(const struct trkx_measurement *m, double slope)
{
    return m->disk ? m->density / fmax(fabs(slope), STEEPEST_SLOPE) : m->density;
}

double trkx_helix_middle(const struct trkx_measurement *const hits[3], const struct trkx_arc *arc,
                         double reach, const struct trkx_description *detector)
{
    static const double CHI2_MAX = 9;
    double slope = arc->slope, whole = arc->first + arc->second;
    double wa = arc->second / whole, wc = arc->first / whole;
    double residual = hits[1]->z - (wa * hits[0]->z + wc * hits[2]->z);
    double lever = fmin(arc->first, arc->second);
    double kink = trkx_helix_kink(detector, arc->curvature, slope) * lever * (1 + slope * slope);
    double var = variance_z(hits[1], slope) + wa * wa * variance_z(hits[0], slope) +
                 wc * wc * variance_z(hits[2], slope) + kink * kink;
    double chi2 = residual * residual / var;
    if (!(chi2 <= CHI2_MAX)) return TRKX_NO_MATCH;
    return -chi2 / 2 - log(sqrt(2 * TRKX_PI * var) * reach * density_across(hits[1], slope));
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* ---- the match -------------------------------------------------------------------------------------- */

/* The arc from the first hit of the circle, negative backwards. */
static double arc_to(const struct trkx_helix *helix, double x, double y)
{
    double arc = trkx_arc_over(sqrt(x * x + y * y), helix->curvature);
    return x * helix->along_x + y * helix->along_y < 0 ? -arc : arc;
}

static double arc_to_hit(const struct trkx_helix *helix, const struct trkx_measurement *m)
{
    return arc_to(helix, m->x - helix->x, m->y - helix->y);
}

static bool circle_through(const struct trkx_measurement *const hits[3], struct trkx_helix *helix)
{
    double x1 = hits[1]->x - hits[0]->x, y1 = hits[1]->y - hits[0]->y;
    double x2 = hits[2]->x - hits[0]->x, y2 = hits[2]->y - hits[0]->y;
    double square1 = x1 * x1 + y1 * y1, square2 = x2 * x2 + y2 * y2, chord = sqrt(square2);
    helix->x = hits[0]->x;
    helix->y = hits[0]->y;
    helix->p = x1 * y2 - y1 * x2;
    helix->u = y1 * square2 - y2 * square1;
    helix->v = x2 * square1 - x1 * square2;
    double gradient = sqrt(helix->u * helix->u + helix->v * helix->v);
    helix->curvature = 2 * helix->p / gradient;
    helix->along_x = x2 / chord;
    helix->along_y = y2 / chord;
    return gradient > 0 && chord > 0;
}

bool trkx_helix_through(const struct trkx_measurement *const hits[3],
                        const struct trkx_measurement *const line[2], const struct trkx_description *detector,
                        struct trkx_helix *helix)
{
    if (!circle_through(hits, helix)) return false;
    for (int i = 0; i < 3; i++) helix->var_phi[i] = hits[i]->var_phi;
    helix->s1 = arc_to_hit(helix, hits[1]);
    helix->s2 = arc_to_hit(helix, hits[2]);
    helix->t0 = arc_to_hit(helix, line[0]);
    helix->t1 = arc_to_hit(helix, line[1]);
    helix->z0 = line[0]->z;
    helix->z1 = line[1]->z;
    helix->slope = (helix->z1 - helix->z0) / (helix->t1 - helix->t0);
    for (int i = 0; i < 2; i++) helix->var_z[i] = variance_z(line[i], helix->slope);
    helix->kink = trkx_helix_kink(detector, helix->curvature, helix->slope);
    helix->bend = detector->field.nonuniformity * helix->curvature;
    double middle = (hits[0]->z + hits[1]->z + hits[2]->z) / 3;
    helix->change = helix->curvature * helix->slope * trkx_field_change(&detector->field, middle);
    return isfinite(helix->slope);
}

double trkx_helix_match(const struct trkx_helix *h, const struct trkx_measurement *hit)
{
    double x = hit->x - h->x, y = hit->y - h->y, slope = h->slope, steep = 1 + slope * slope;
    double grad_x = 2 * h->p * x + h->u, grad_y = 2 * h->p * y + h->v;
    double gradient = sqrt(grad_x * grad_x + grad_y * grad_y);
    double across = (h->p * (x * x + y * y) + h->u * x + h->v * y) / gradient;

    double s = arc_to(h, x, y), s1 = h->s1, s2 = h->s2;
    across += h->change / 6 * s * (s - s1) * (s - s2); /* not a circle: the curvature changes along the arc */
    double w0 = (s - s1) * (s - s2) / (s1 * s2), w1 = s * (s - s2) / (s1 * (s1 - s2));
    double w2 = s * (s - s1) / (s2 * (s2 - s1));
    double v1 = (s - h->t0) / (h->t1 - h->t0), v0 = 1 - v1;
    double along = hit->z - (h->z0 * v0 + h->z1 * v1);

    /* Components of azimuth and radius across the track. */
    double cosine = fabs(grad_y * hit->x - grad_x * hit->y) / (gradient * hit->r), square = cosine * cosine;
    bool between = s > smaller(0, s2) && s < larger(0, s2);
    double kink = h->kink * (between ? 0.5 : 1.5);
    double near = smaller(fabs(s), smaller(fabs(s - s1), fabs(s - s2))), bend = h->bend * near * near;
    double near_line = smaller(fabs(s - h->t0), fabs(s - h->t1));
    double var_across = hit->var_phi * square + hit->var_r * larger(1 - square, 0) + w0 * w0 * h->var_phi[0] +
                        w1 * w1 * h->var_phi[1] + w2 * w2 * h->var_phi[2] +
                        kink * kink * near * near * steep + bend * bend;
    double var_along = variance_z(hit, slope) + v0 * v0 * h->var_z[0] + v1 * v1 * h->var_z[1] +
                       kink * kink * near_line * near_line * steep * steep;
    double chi2 = across * across / var_across + along * along / var_along;
    double by_chance = 2 * TRKX_PI * density_across(hit, slope) / larger(cosine, STEEPEST_CROSSING);
    double score = -(chi2 + log(var_across * var_along * by_chance * by_chance)) / 2;
    return isfinite(score) ? score : TRKX_NO_MATCH;
}
