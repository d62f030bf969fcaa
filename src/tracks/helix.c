#include "tracks/helix.h"

#include <math.h>

#define STEEPEST_SLOPE 0.3 /* dz/ds on a disk, so that a crossing stays a point */
#define STEEPEST_CROSSING 0.2

/* ---- measurements ----------------------------------------------------------------------------------- */

/* A uniform distribution over a cell. */
static double variance(double pitch)
{
    return pitch * pitch / 12;
}

/* Of a sensor in its thickness, and for how well it is placed. */
static const double VARIANCE_NORMAL = 0.02 * 0.02;

static void measure(const float *xyz, const struct trkx_detector *detector, const struct trkx_module *module,
                    struct trkx_measurement *m)
{
    double x = (double)xyz[0], y = (double)xyz[1], z = (double)xyz[2];
    bool disk = fabs(module->rotation[2][2]) > 0.5;
    double along = variance(module->pitch_v);
    *m = (struct trkx_measurement){.x = x,
                                   .y = y,
                                   .z = z,
                                   .distance2 = x * x + y * y + z * z,
                                   .r = sqrt(x * x + y * y),
                                   .phi = (double)(float)atan2(y, x),
                                   .var_phi = variance(module->pitch_u),
                                   .var_r = disk ? along : VARIANCE_NORMAL,
                                   .var_z = disk ? VARIANCE_NORMAL : along,
                                   .module = (int32_t)(module - detector->modules),
                                   .disk = disk};
}

/* The number of each module's layer, from 0 on; modules are sorted by volume and layer. */
static enum trkx_status number_layers(struct trkx_memory *memory, const struct trkx_detector *detector,
                                      int32_t **numbers, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_module *modules = detector->modules;
    TRKX_ALLOCATE(*numbers, memory, detector->count, "layers");
    for (size_t m = 0; m < detector->count; m++) {
        bool first = m == 0, next = !first && (modules[m].volume != modules[m - 1].volume ||
                                               modules[m].layer != modules[m - 1].layer);
        (*numbers)[m] = first ? 0 : (*numbers)[m - 1] + next;
    }
cleanup:
    return status;
}

enum trkx_status trkx_measure(struct trkx_memory *memory, const trkx_hits *hits,
                              const trkx_detector *detector, struct trkx_measurement *measurements,
                              trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_module *module = NULL; /* hits of one module mostly follow each other */
    int32_t *layers = NULL;
    TRKX_CHECK(number_layers(memory, detector, &layers, error));
    for (size_t i = 0; i < hits->count; i++) {
        int32_t volume = hits->volume_id[i], layer = hits->layer_id[i], id = hits->module_id[i];
        bool same =
            module != NULL && module->volume == volume && module->layer == layer && module->module == id;
        if (!same) module = trkx_detector_find(detector, volume, layer, id);
        if (module == NULL) {
            status =
                trkx_fail(error, TRKX_ERROR_ARGUMENT,
                          "tracks: module (volume %d, layer %d, module %d) of hit %zu is not in the detector",
                          volume, layer, id, i);
            goto cleanup;
        }
        measure(hits->xyz + 3 * i, detector, module, &measurements[i]);
        measurements[i].layer = layers[module - detector->modules];
    }
cleanup:
    trkx_release(layers);
    return status;
}

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

double trkx_helix_kink(const struct trkx_helix_model *model, double curvature, double slope)
{
    double pt = model->pt_of_radius / fmax(fabs(curvature), TRKX_STRAIGHT);
    return model->scattering / (pt * sqrt(1 + slope * slope));
}

/* Of z at the arc where the hit is: errors along the radius move it along the track. */
static double variance_z(const struct trkx_measurement *m, double slope)
{
    return m->var_z + m->var_r * slope * slope;
}

/* Hits per mm^2 across the track and in z, of a layer that is crossed at a slant. */
static double density_across(const struct trkx_measurement *m, double slope)
{
    return m->disk ? m->density / fmax(fabs(slope), STEEPEST_SLOPE) : m->density;
}

double trkx_helix_middle(const struct trkx_measurement *const hits[3], const struct trkx_arc *arc,
                         double reach, const struct trkx_helix_model *model)
{
    static const double CHI2_MAX = 9;
    double slope = arc->slope, whole = arc->first + arc->second;
    double wa = arc->second / whole, wc = arc->first / whole;
    double residual = hits[1]->z - (wa * hits[0]->z + wc * hits[2]->z);
    double lever = fmin(arc->first, arc->second);
    double kink = trkx_helix_kink(model, arc->curvature, slope) * lever * (1 + slope * slope);
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

/* ---- the field -------------------------------------------------------------------------------------- */

/* B, B' and B" on the axis of a coil, but for a factor. Near it the field across is -r B'/2, for there is no
 * other way for field lines to go; on a track from the beam, where r is z over the slope, it takes from the
 * bending what makes B + z B'/2 of B. Where next to nothing is left of that, a curvature tells nothing of the
 * next. */
double trkx_helix_change(const struct trkx_helix_model *model, double z)
{
    const double least = 0.25; /* of B */
    double square = model->coil_radius * model->coil_radius;
    double up = z + model->coil_half_length, down = z - model->coil_half_length;
    if (isinf(model->coil_half_length)) return 0;
    double a = 1 / sqrt(up * up + square), b = 1 / sqrt(down * down + square);
    double field = up * a - down * b, first = square * (a * a * a - b * b * b);
    double second = -3 * square * (up * a * a * a * a * a - down * b * b * b * b * b);
    return (1.5 * first + z / 2 * second) / larger(field + z / 2 * first, least * field);
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
                        const struct trkx_measurement *const line[2], const struct trkx_helix_model *model,
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
    helix->kink = trkx_helix_kink(model, helix->curvature, helix->slope);
    helix->bend = model->bending * helix->curvature;
    double middle = (hits[0]->z + hits[1]->z + hits[2]->z) / 3;
    helix->change = helix->curvature * helix->slope * trkx_helix_change(model, middle);
    return isfinite(helix->slope);
}

double trkx_helix_match(const struct trkx_helix *h, const struct trkx_measurement *hit)
{
    double x = hit->x - h->x, y = hit->y - h->y, slope = h->slope, steep = 1 + slope * slope;
    double grad_x = 2 * h->p * x + h->u, grad_y = 2 * h->p * y + h->v;
    double gradient = sqrt(grad_x * grad_x + grad_y * grad_y);
    double across = (h->p * (x * x + y * y) + h->u * x + h->v * y) / gradient;

    double s = arc_to(h, x, y), s1 = h->s1, s2 = h->s2;
    across += h->change / 6 * s * (s - s1) * (s - s2); /* no circle: its curvature changes along the arc */
    double w0 = (s - s1) * (s - s2) / (s1 * s2), w1 = s * (s - s2) / (s1 * (s1 - s2));
    double w2 = s * (s - s1) / (s2 * (s2 - s1));
    double v1 = (s - h->t0) / (h->t1 - h->t0), v0 = 1 - v1;
    double along = hit->z - (h->z0 * v0 + h->z1 * v1);

    /* How much of the azimuth is across the track, and of the radius. */
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
