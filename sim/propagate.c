/* Steps particles through the field, from module to module. */
#include "sim/propagate.h"

#include <math.h>
#include <string.h>

#include "sim/field_table.h"
#include "sim/random.h"

/* ---- detector and physics constants ----------------------------------------------------------------- */

/* mm: centre of TrackML's field map; see bench/make_field_table.py. */
static const double FIELD_MIDDLE[3] = {-150, -150, -150};
static const double CURVATURE = 0.299792458e-3; /* rad per mm at 1 T and 1 GeV */

static const double INEFFICIENCY = 0.01; /* share of crossings that leave no hit */
static const double LOSS = 0.06;         /* GeV per radiation length of a fast particle */
static const double PION_MASS = 0.13957; /* GeV: in material TrackML treats every particle as a pion */
static const double MIN_PT = 0.15;       /* GeV: particles below end in the next material, as in TrackML */
static const double MIN_MOMENTUM = 0.03; /* GeV: below, a particle stops */
static const double MAX_TURN = 3.8;      /* rad: TrackML keeps little more than half a turn */
static const double MAX_RADIUS = 1060, MAX_Z = 2980; /* mm: no modules beyond */
/* In TrackML's simulation particles above this pseudorapidity have no hits in the innermost barrel (mm). */
static const double BARREL_ETA = 3, INNER_BARREL[2] = {20, 190};
/* In TrackML's simulation many particles from material that start in a barrel towards the beam leave no hit
 * before they have left it outwards. */
static const struct barrel {
    double from, to, length; /* mm: radius and |z| where they start */
    double leaves;           /* mm: radius where they have left */
    double unseen;           /* share of such particles */
} UNSEEN[] = {{28, 190, 550, 190, 0.7},
              {210, 300, 1100, 740, 0.35},
              {300, 740, 1100, 740, 0.75},
              {740, 1060, 1100, 1060, 0.75}};
enum { MAX_STEPS = 4000 };

/* ---- field ------------------------------------------------------------------------------------------ */

/* The grid point below x, in steps, and the fraction of the way to the next. */
static int grid_cell(double x, int count, double *part)
{
    int cell = x < count - 1 ? (int)x : count - 2;
    *part = fmin(x - cell, 1);
    return cell;
}

/* T, at a global point. */
static void field_at(const double point[3], double field[3])
{
    double x = point[0] - FIELD_MIDDLE[0], y = point[1] - FIELD_MIDDLE[1], z = point[2] - FIELD_MIDDLE[2];
    double radius = hypot(x, y), a, b, value[2];
    int i = grid_cell(radius / FIELD_STEP, FIELD_RADII, &a);
    int j = grid_cell(fabs(z) / FIELD_STEP, FIELD_LENGTHS, &b);
    for (int k = 0; k < 2; k++)
        value[k] = (1 - a) * ((1 - b) * FIELD[i][j][k] + b * FIELD[i][j + 1][k]) +
                   a * ((1 - b) * FIELD[i + 1][j][k] + b * FIELD[i + 1][j + 1][k]);
    double across = (z < 0 ? -value[1] : value[1]) / fmax(radius, 1e-3);
    field[0] = across * x;
    field[1] = across * y;
    field[2] = value[0];
}

/* ---- helix ------------------------------------------------------------------------------------------ */

/* A piece of a track in a constant field. The momentum is split into parts along and across the field; the
 * latter rotates. */
struct helix {
    double position[3];                   /* mm, at path 0 */
    double momentum[3];                   /* GeV, at path 0 */
    double along[3], across[3], aside[3]; /* GeV: momentum = along + across; aside = field's axis x across */
    double magnitude;                     /* GeV */
    double turn;                          /* rad per mm about the field's axis */
};

static void set_field(struct helix *helix, int charge, const double field[3])
{
    double strength = sqrt(field[0] * field[0] + field[1] * field[1] + field[2] * field[2]), axis[3], dot = 0;
    for (int i = 0; i < 3; i++) {
        axis[i] = field[i] / fmax(strength, 1e-9);
        dot += axis[i] * helix->momentum[i];
    }
    for (int i = 0; i < 3; i++) {
        helix->along[i] = dot * axis[i];
        helix->across[i] = helix->momentum[i] - helix->along[i];
    }
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        helix->aside[i] = axis[j] * helix->across[k] - axis[k] * helix->across[j];
    }
    helix->turn = -CURVATURE * charge * strength / helix->magnitude;
}

/* The chord of a helix is parallel to the momentum at its middle and shorter than the arc by sin(h)/h in the
 * plane across the field. */
static void helix_at(const struct helix *helix, double path, double position[3], double momentum[3])
{
    double h = 0.5 * helix->turn * path, length = path / helix->magnitude;
    double shrink = 1 - h * h / 6 * (1 - h * h / 20), c = cos(h), s = sin(h);
    for (int i = 0; i < 3; i++) {
        double chord = (helix->across[i] * c + helix->aside[i] * s) * shrink;
        position[i] = helix->position[i] + (helix->along[i] + chord) * length;
        momentum[i] = helix->along[i] + helix->across[i] * (c * c - s * s) + helix->aside[i] * 2 * c * s;
    }
}

/* ---- crossings -------------------------------------------------------------------------------------- */

/* Largest distance (mm) along the track from a layer's nominal surface to its modules, except for grazing
 * tracks. */
static const double REACH = 60;
/* Tracks within about a tenth of a degree of a module's plane do not cross it. */
static const double GRAZING = 1e-3;

static double offset_along(const struct trkx_module *module, int axis, const double point[3])
{
    const double offset[3] = {point[0] - module->center[0], point[1] - module->center[1],
                              point[2] - module->center[2]};
    return trkx_module_along(module, axis, offset);
}

static double cosine(const struct trkx_module *module, int axis, const double momentum[3], double magnitude)
{
    return trkx_module_along(module, axis, momentum) / magnitude;
}

/* The intersection of the helix with the module's plane, by Newton's method from `near`; two steps suffice,
 * as modules are within a few mm of `near`. */
static bool meet(const struct helix *helix, const struct trkx_module *module, double near,
                 struct trkx_crossing *crossing)
{
    double path = near, position[3];
    for (int i = 0; i < 3; i++) {
        helix_at(helix, path, position, crossing->momentum);
        double slope = cosine(module, 2, crossing->momentum, helix->magnitude);
        if (fabs(slope) < GRAZING) return false;
        if (i == 2) break;
        path -= offset_along(module, 2, position) / slope;
        if (!(fabs(path - near) < REACH)) return false;
    }
    crossing->path = path;
    crossing->u = offset_along(module, 0, position);
    crossing->v = offset_along(module, 1, position);
    return trkx_module_contains(module, crossing->u, crossing->v);
}

/* Finds crossings with all modules of the layer near the point where the helix crosses its surface. */
static size_t meet_layer(const struct trkx_geometry *geometry, const struct trkx_layer *layer,
                         const struct helix *helix, double near, size_t room, struct trkx_crossing *crossings)
{
    const uint32_t *candidates = NULL;
    double position[3], momentum[3];
    size_t found = 0;
    helix_at(helix, near, position, momentum);
    size_t count = trkx_layer_candidates(layer, position, &candidates);
    for (size_t i = 0; i < count && found < room; i++) {
        crossings[found].module = candidates[i];
        found += meet(helix, &geometry->detector->modules[candidates[i]], near, &crossings[found]);
    }
    return found;
}

/* ---- material --------------------------------------------------------------------------------------- */

/* About the beam. */
static void rotate(const double vector[3], double angle, double rotated[3])
{
    double c = cos(angle), s = sin(angle);
    rotated[0] = vector[0] * c - vector[1] * s;
    rotated[1] = vector[0] * s + vector[1] * c;
    rotated[2] = vector[2];
}

/* Multiple scattering, with the angle projected on two planes: Highland's formula without its logarithm, as
 * when the thicknesses were measured. And ionisation loss of momentum, proportional to 1/beta^2. */
static void scatter(struct trkx_random *random, double lengths, double momentum[3])
{
    double pt = hypot(momentum[0], momentum[1]), p = hypot(pt, momentum[2]);
    double beta = p / hypot(p, PION_MASS);
    double angle = 0.0136 / (p * beta) * sqrt(lengths);
    double theta = atan2(pt, momentum[2]) + angle * trkx_random_normal(random);
    double phi = angle * p / fmax(pt, 1e-3) * trkx_random_normal(random);
    double left = fmax(p - LOSS * lengths / (beta * beta), 0), turned[3];
    rotate(momentum, phi, turned);
    double across = sin(theta) * left / fmax(pt, 1e-4);
    momentum[0] = turned[0] * across;
    momentum[1] = turned[1] * across;
    momentum[2] = cos(theta) * left;
}

/* Cosine between the layer's normal and the track: 1 at normal incidence. */
static double incidence(const struct trkx_layer *layer, const double position[3], const double momentum[3],
                        double magnitude)
{
    double along = layer->barrel ? (momentum[0] * position[0] + momentum[1] * position[1]) /
                                       fmax(hypot(position[0], position[1]), 1e-3)
                                 : momentum[2];
    return fmax(fabs(along) / magnitude, 0.02);
}

/* ---- the walk --------------------------------------------------------------------------------------- */

/* The last disk of strips that a track has crossed. */
struct disk {
    int32_t volume;                  /* 0: none */
    double position[3], momentum[3]; /* mm, GeV */
    bool lost;                       /* on the way to the next */
};

struct walk {
    const struct trkx_geometry *geometry;
    const struct trkx_generated *particle;
    struct trkx_random random;
    struct trkx_crossing *crossings;
    size_t count;
    double path, turned;
    bool stopped; /* in material */
    bool forward; /* too forward for the innermost barrel */
    double seen;  /* mm: radius from which it leaves hits, 0: has been reached */
    struct disk disk;
};

/* Short near the beam, where layers are dense. */
static double longest_step(const double position[3])
{
    double length = 4 + 0.02 * hypot(position[0], position[1]);
    return fabs(position[2]) > 1000 ? fmax(length, 12) : length;
}

/* Keeps those of the crossings [found] after walk->count that leave a hit, in the order of the path. */
static void record(struct walk *walk, size_t found)
{
    struct trkx_crossing *all = walk->crossings;
    size_t kept = walk->count;
    for (size_t i = walk->count, end = walk->count + found; i < end; i++) {
        if (trkx_random_uniform(&walk->random) < INEFFICIENCY) continue;
        struct trkx_crossing crossing = all[i];
        crossing.path += walk->path;
        size_t at = kept++;
        for (; at > walk->count && all[at - 1].path > crossing.path; at--) all[at] = all[at - 1];
        all[at] = crossing;
    }
    walk->count = kept;
}

/* Nuclear interactions end a track: their products are separate particles. */
static void pass_material(struct walk *walk, const struct trkx_layer *layer, const struct helix *helix,
                          const double position[3], double momentum[3])
{
    double slant = 1 / incidence(layer, position, momentum, helix->magnitude);
    scatter(&walk->random, layer->radiation * slant, momentum);
    if (trkx_random_uniform(&walk->random) < layer->interaction * slant) walk->stopped = true;
    if (hypot(momentum[0], momentum[1]) < MIN_PT) walk->stopped = true;
}

/* TrackML's simulation loses a particle between two disks of strips, but not after the first, if it bends so
 * much that the tangent points past the edge of the second. As measured: past it less 2.5 times the distance
 * between the tangent and the particle. Such particles have no more hits in the volume. */
static const double FIRST_DISK = 1400, BEND = 2.5; /* mm: |z| up to which a disk is a first one */

static bool lost_before(const struct disk *disk, const struct trkx_layer *layer, const double position[3])
{
    if (fabs(disk->position[2]) < FIRST_DISK) return false;
    double steps = (position[2] - disk->position[2]) / disk->momentum[2];
    double x = disk->position[0] + steps * disk->momentum[0],
           y = disk->position[1] + steps * disk->momentum[1];
    return hypot(x, y) > layer->edge - BEND * hypot(x - position[0], y - position[1]);
}

/* mm: a particle made this close to a disk of strips, or to a barrel layer of strips beyond the radius,
 * leaves no hit in it. */
static const double MADE_IN = 6, MADE_BEYOND = 600;

static bool made_in(const struct trkx_generated *particle, const struct trkx_layer *layer)
{
    const double *x = particle->vertex;
    if (!layer->barrel) return fabs(x[2] - layer->position) < MADE_IN;
    return layer->position > MADE_BEYOND && fabs(hypot(x[0], x[1]) - layer->position) < MADE_IN;
}

static bool lost(struct walk *walk, const struct trkx_layer *layer, const double position[3],
                 const double momentum[3])
{
    const struct trkx_module *module = &walk->geometry->detector->modules[layer->first];
    struct disk *disk = &walk->disk;
    if (trkx_module_sensor(module) == TRKX_PIXELS) return false;
    if (made_in(walk->particle, layer)) return true;
    if (layer->barrel) return false;
    disk->lost = disk->volume == module->volume && (disk->lost || lost_before(disk, layer, position));
    disk->volume = module->volume;
    memcpy(disk->position, position, sizeof disk->position);
    memcpy(disk->momentum, momentum, sizeof disk->momentum);
    return disk->lost;
}

static void cross_layer(struct walk *walk, const struct trkx_layer *layer, const struct helix *helix,
                        double near, double momentum[3])
{
    double position[3], there[3];
    helix_at(helix, near, position, there);
    if (layer->count == 0) {
        if (trkx_layer_covers(layer, position)) pass_material(walk, layer, helix, position, momentum);
        return;
    }
    if (hypot(position[0], position[1]) > walk->seen) walk->seen = 0;
    size_t found = meet_layer(walk->geometry, layer, helix, near, TRKX_CROSSINGS_MAX - walk->count,
                              walk->crossings + walk->count);
    if (found == 0) return;
    if (hypot(there[0], there[1]) < MIN_PT) found = 1;
    if (walk->seen == 0 && !lost(walk, layer, position, there)) record(walk, found);
    pass_material(walk, layer, helix, position, momentum);
}

static bool misses(const struct walk *walk, const struct trkx_layer *layer)
{
    return walk->forward && layer->barrel && layer->position > INNER_BARREL[0] &&
           layer->position < INNER_BARREL[1];
}

/* mm: a particle produced this close to a surface comes from it and does not cross it immediately. */
static const double BORN_ON = 0.1;

/* The first of layers [count], sorted by position, that is not below. */
static size_t lower_bound(const struct trkx_layer *layers, size_t count, double position)
{
    size_t low = 0;
    while (count > 0) {
        size_t half = count / 2;
        if (layers[low + half].position < position) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

/* A step along a helix. */
struct stride {
    const struct helix *helix;
    double length;
    double *momentum; /* [3] at its end */
};

/* All cylinders, or all disks, between the radii, or z, at the ends of a step. */
static void cross_layers(struct walk *walk, const struct trkx_layer *layers, size_t count, double from,
                         double to, const struct stride *stride)
{
    double low = fmin(from, to), high = fmax(from, to);
    for (size_t l = lower_bound(layers, count, low); l < count && !walk->stopped; l++) {
        double off = layers[l].position - from;
        if (layers[l].position > high) break;
        if (off == 0 || (walk->path == 0 && fabs(off) < BORN_ON)) continue;
        if (misses(walk, &layers[l])) continue;
        cross_layer(walk, &layers[l], stride->helix, off / (to - from) * stride->length, stride->momentum);
    }
}

/* One step, with scattering at its end. Returns whether the particle continues. */
static bool step(struct walk *walk, struct helix *helix, double length)
{
    const struct trkx_geometry *geometry = walk->geometry;
    const struct trkx_layer *disks = geometry->layers + geometry->cylinders;
    double position[3], momentum[3];
    helix_at(helix, length, position, momentum);
    double before = hypot(helix->position[0], helix->position[1]), after = hypot(position[0], position[1]);
    const struct stride stride = {helix, length, momentum};
    cross_layers(walk, geometry->layers, geometry->cylinders, before, after, &stride);
    cross_layers(walk, disks, geometry->count - geometry->cylinders, helix->position[2], position[2],
                 &stride);
    walk->path += length;
    walk->turned += fabs(helix->turn) * length;
    memcpy(helix->position, position, sizeof position);
    memcpy(helix->momentum, momentum, sizeof momentum);
    return !walk->stopped && walk->turned < MAX_TURN && after < MAX_RADIUS && fabs(position[2]) < MAX_Z;
}

/* Sets up the helix for the next step, in the field at its middle; returns its length, at most a tenth of a
 * radian. 0: the particle has stopped. */
static double start_step(const struct trkx_generated *particle, struct helix *helix)
{
    const double *p = helix->momentum;
    double length = longest_step(helix->position), middle[3], field[3];
    helix->magnitude = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    if (helix->magnitude < MIN_MOMENTUM) return 0;
    for (int i = 0; i < 3; i++) middle[i] = helix->position[i] + 0.5 * length * p[i] / helix->magnitude;
    field_at(middle, field);
    set_field(helix, particle->charge, field);
    return fabs(helix->turn) * length > 0.1 ? 0.1 / fabs(helix->turn) : length;
}

/* See UNSEEN. */
static double seen_from(struct trkx_random *random, const struct trkx_generated *particle)
{
    const double *x = particle->vertex, *p = particle->momentum, radius = hypot(x[0], x[1]);
    if (particle->origin != TRKX_SECONDARY || x[0] * p[0] + x[1] * p[1] >= 0) return 0;
    for (size_t i = 0; i < sizeof UNSEEN / sizeof UNSEEN[0]; i++)
        if (radius >= UNSEEN[i].from && radius < UNSEEN[i].to && fabs(x[2]) < UNSEEN[i].length)
            return trkx_random_uniform(random) < UNSEEN[i].unseen ? UNSEEN[i].leaves : 0;
    return 0;
}

size_t trkx_propagate(const struct trkx_geometry *geometry, const struct trkx_generated *particle,
                      uint64_t event_seed, uint32_t index, struct trkx_crossing crossings[TRKX_CROSSINGS_MAX])
{
    const double *p = particle->momentum;
    struct walk walk = {.geometry = geometry, .particle = particle, .crossings = crossings};
    struct helix helix;
    walk.forward = fabs(p[2]) > sinh(BARREL_ETA) * hypot(p[0], p[1]);
    walk.random = trkx_random_stream(event_seed, TRKX_RANDOM_TRACK, index);
    walk.seen = seen_from(&walk.random, particle);
    memcpy(helix.position, particle->vertex, sizeof helix.position);
    memcpy(helix.momentum, particle->momentum, sizeof helix.momentum);
    for (int i = 0; i < MAX_STEPS; i++) {
        double length = start_step(particle, &helix);
        if (length == 0 || !step(&walk, &helix, length)) break;
    }
    for (size_t i = 0; i < walk.count; i++) {
        crossings[i].particle = index;
        crossings[i].order = (uint32_t)i;
    }
    return walk.count;
}
