/* Where a track, extrapolated from one of its ends, crosses further layers. */
#include "tracks/crossings.h"

#define SIGMAS 4.0

/* An extrapolated track: the position at arc s is p + t sin(k s)/k + n (1 - cos(k s))/k, with n to the left
 * of t.
 */
struct path {
    double x, y, z, tx, ty, curvature, slope;
    double lever;                  /* mm: arc from which the circle is determined */
    double error_phi, error_along; /* mm at the end */
    double kink;                   /* rad */
    const struct trkx_description *detector;
    double square;               /* mm^2: x^2 + y^2 */
    double c, amplitude, middle; /* of the distance from the beam, see arc_to_cylinder */
};

static void describe_distance(struct path *path)
{
    double k = path->curvature, along = path->x * path->tx + path->y * path->ty;
    double left = path->y * path->tx - path->x * path->ty, b = 2 * along / k;
    path->square = path->x * path->x + path->y * path->y;
    path->c = 2 * (left + 1 / k) / k;
    path->amplitude = sqrt(b * b + path->c * path->c);
    path->middle = atan2(b, path->c);
}

static bool make_path(const struct trkx_measurement *const ends[3],
                      const struct trkx_measurement *const line[2], const struct trkx_description *detector,
                      struct path *path)
{
    struct trkx_arc arc;
    const struct trkx_measurement *const order[3] = {ends[2], ends[1], ends[0]};
    if (!trkx_helix_arc(order, &arc)) return false;
    double k = fabs(arc.curvature) < TRKX_STRAIGHT ? TRKX_STRAIGHT : arc.curvature;
    double dx = ends[0]->x - ends[1]->x, dy = ends[0]->y - ends[1]->y, chord = sqrt(dx * dx + dy * dy);
    /* the tangent at the end is turned by half the angle of the arc */
    double half = k * arc.second / 2, cosine = cos(half), sine = sin(half);
    double length = trkx_arc_over(hypot(line[1]->x - line[0]->x, line[1]->y - line[0]->y), k);
    path->x = ends[0]->x;
    path->y = ends[0]->y;
    path->tx = (dx * cosine - dy * sine) / chord;
    path->ty = (dx * sine + dy * cosine) / chord;
    path->curvature = k;
    path->slope = (line[1]->z - line[0]->z) / length;
    path->z = ends[0]->z;
    path->lever = arc.first + arc.second;
    path->error_phi = sqrt(ends[0]->var_phi + ends[1]->var_phi + ends[2]->var_phi);
    path->error_along =
        sqrt(line[0]->var_z + line[1]->var_z + (line[0]->var_r + line[1]->var_r) * path->slope * path->slope);
    path->kink = trkx_helix_kink(detector, k, path->slope);
    path->detector = detector;
    describe_distance(path);
    return isfinite(path->slope) && isfinite(path->tx) && length > 0;
}

/* The smallest arc to a cylinder, starting slightly before the end; NaN if the path does not reach it. The
 * squared distance from the beam is a + b sin(k s) + c (1 - cos(k s)) = a + c - amplitude cos(k s + middle).
 */
static double arc_to_cylinder(const struct path *path, double radius)
{
    double k = path->curvature, overlap = path->detector->overlap;
    double ratio = (path->c - (radius * radius - path->square)) / path->amplitude;
    if (!(fabs(ratio) <= 1)) return NAN;
    double width = acos(ratio), best = NAN;
    for (int sign = -1; sign <= 1; sign += 2) {
        double angle = remainder(sign * width - path->middle, 2 * TRKX_PI), arc = angle / k;
        if (arc < -overlap) arc += 2 * TRKX_PI / fabs(k);
        if (arc >= -overlap && !(arc >= best)) best = arc;
    }
    return best;
}

static bool cross(const struct path *path, const struct trkx_layer *layer, struct trkx_crossing *crossing)
{
    double overlap = path->detector->overlap, max_arc = path->detector->max_arc;
    double spread = path->detector->spread;
    double s =
        layer->disk ? (layer->position - path->z) / path->slope : arc_to_cylinder(path, layer->position);
    if (!(s >= -overlap && s <= max_arc) || fabs(path->curvature) * s > TRKX_PI / 2) return false;
    double turn = path->curvature * s, forward = sin(turn) / path->curvature;
    double left = (1 - cos(turn)) / path->curvature;
    double x = path->x + path->tx * forward - path->ty * left,
           y = path->y + path->ty * forward + path->tx * left;
    double r = sqrt(x * x + y * y), z = path->z + path->slope * s;
    /* the direction there, along the radius and across it */
    double tx = path->tx * cos(turn) - path->ty * sin(turn), ty = path->ty * cos(turn) + path->tx * sin(turn);
    double outwards = (tx * x + ty * y) / r, sideways = fabs(ty * x - tx * y) / r;
    double steep = 1 + path->slope * path->slope, behind = fabs(s) / path->lever;
    double scatter = 1.5 * path->kink * s * sqrt(steep),
           bend = path->detector->field.nonuniformity * path->curvature * s * s;
    double across =
        SIGMAS * (sqrt(scatter * scatter + bend * bend) + path->error_phi * (1 + behind * behind));
    double along = SIGMAS * (1.5 * path->kink * fabs(s) * steep + path->error_along * (1 + behind));
    double slant = layer->disk ? 1 / fmax(fabs(path->slope), 0.1) : 1 / fmax(fabs(outwards), 0.1);
    *crossing = (struct trkx_crossing){.arc = s, .phi = atan2(y, x)};
    if (layer->disk) {
        crossing->along = r;
        crossing->width_along = (along + spread) * slant;
        crossing->width_phi = (across + (along + spread) * slant * sideways) / r;
    } else {
        crossing->along = z;
        crossing->width_along = along + spread * slant * fabs(path->slope);
        crossing->width_phi = (across * slant + spread * slant * sideways) / r;
    }
    return crossing->along > layer->low - crossing->width_along &&
           crossing->along < layer->high + crossing->width_along;
}

size_t trkx_crossings(const struct trkx_layers *layers, const struct trkx_measurement *const ends[3],
                      const struct trkx_measurement *const line[2], const struct trkx_description *detector,
                      struct trkx_crossing crossings[TRKX_LAYERS_AHEAD])
{
    struct path path;
    size_t count = 0;
    if (!make_path(ends, line, detector, &path)) return 0;
    for (size_t l = 0; l < layers->count; l++) {
        struct trkx_crossing crossing;
        if (layers->layers[l].begin == layers->layers[l].end) continue;
        if (!cross(&path, &layers->layers[l], &crossing)) continue;
        crossing.layer = l;
        size_t place = count < TRKX_LAYERS_AHEAD ? count++ : TRKX_LAYERS_AHEAD;
        for (; place > 0 && crossings[place - 1].arc > crossing.arc; place--)
            if (place < TRKX_LAYERS_AHEAD) crossings[place] = crossings[place - 1];
        if (place < TRKX_LAYERS_AHEAD) crossings[place] = crossing;
    }
    return count;
}
