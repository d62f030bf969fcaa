#include "geometry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

/* ---- the built-in description ----------------------------------------------------------------------- */

/* Read off TrackML's detectors.csv, which has exactly these 18,728 modules: modules of one kind are spread
 * evenly in azimuth, and a layer is a stack of rings of them. */

struct kind { /* of sensor; mm */
    double thickness;        /* half, as in struct trkx_module */
    double hv, pitch_u, pitch_v;
};
static const struct kind PIXEL = {0.15, 36, 0.05, 0.05625}, SHORT_BARREL = {0.25, 54, 0.08, 1.2},
                         SHORT_DISK = {0.25, 78, 0.08, 1.2}, LONG_BARREL = {0.35, 54, 0.12, 10.8},
                         LONG_DISK = {0.35, 78, 0.12, 10.4};

/* Rings of `phis` modules at equally spaced z, numbered ring by ring; every other ring is nearer to the beam. */
struct barrel_layer {
    int volume, layer;
    const struct kind *kind;
    int phis, rings;
    double radius, stagger; /* mm: rings lie at radius + stagger, - stagger, + stagger, ... */
    double z_step, hu;      /* mm */
    double tilt;            /* rad: of the normal against the radius, so that neighbours overlap */
};
static const struct barrel_layer BARRELS[] = {
    {8, 2, &PIXEL, 16, 14, 32, 0.25, 70, 8.4, 0.14},
    {8, 4, &PIXEL, 32, 14, 72, 0.25, 70, 8.4, 0.14},
    {8, 6, &PIXEL, 52, 14, 116, 0.25, 70, 8.4, 0.14},
    {8, 8, &PIXEL, 78, 14, 172, 0.25, 70, 8.4, 0.14},
    {13, 2, &SHORT_BARREL, 40, 21, 260, 1.5, 103, 24, -0.15},
    {13, 4, &SHORT_BARREL, 56, 21, 360, 1.5, 103, 24, -0.15},
    {13, 6, &SHORT_BARREL, 78, 21, 500, 1.5, 103, 24, -0.15},
    {13, 8, &SHORT_BARREL, 102, 21, 660, 1.5, 103, 24, -0.15},
    {17, 2, &LONG_BARREL, 120, 21, 820, 1.5, 103, 24, -0.15},
    {17, 4, &LONG_BARREL, 152, 21, 1020, 1.5, 103, 24, -0.15},
};

/* One ring of a disk: module k lies at z = disk + sign * offsets[k % 4]. */
struct ring {
    int phis;
    double radius, min_hu, max_hu;
    double offsets[4];
};
/* The disks of one pair of volumes; `order` names the ring of module 1, 2, ... */
struct disks {
    int negative, positive; /* volumes; layers 2, 4, ... go upwards in z in both */
    const struct kind *kind;
    struct ring rings[3];
    int rings_count;
    double z[8]; /* mm, of the positive side, 0 ends */
    const char *order;
};
static const struct disks DISKS[] = {
    {7, 9, &PIXEL,
     {{40, 66, 8.4, 8.4, {2.5, -2, 2, -2.5}}, {68, 140, 8.4, 8.4, {2, -2, 2, -2}}}, 2,
     {600, 700, 820, 960, 1100, 1300, 1500},
     "011010110110101101101101011011010110110110101101101011011010110110101101101101011011010110110110101101101011"},
    {12, 14, &SHORT_DISK,
     {{54, 318, 16.4, 24.2, {-1.5, -4.5, -1.5, -4.5}},
      {56, 470, 24.2, 32.2, {4.5, 1.5, 4.5, 1.5}},
      {60, 622, 32.2, 40, {-1.5, -4.5, -1.5, -4.5}}}, 3,
     {1220, 1500, 1800, 2150, 2550, 2950},
     "0122012012102102102102102102102120120120120120120210210210212012012012012012012012012"
     "0122012012102102102102102102102120120120120120120210210210212012012012012012012012012"},
    {16, 18, &LONG_DISK,
     {{48, 828, 54, 64.2, {-2.5, -5.5, -2.5, -5.5}}, {50, 942, 66, 72, {5.5, 2.5, 5.5, 2.5}}}, 2,
     {1220, 1500, 1800, 2150, 2550, 2950},
     "01101010101010101010101010101010101010101010101010101010101101010101010101010101010101010101010101"},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Material. Thicknesses are what the scattering and the energy loss of true tracks in a TrackML event show
 * between layers; the probabilities of an interaction are what the numbers of secondary vertices at each
 * place show. Most of the material lies beside the sensors: beam pipe, carriers, supports, end plates. */
struct passive {
    bool barrel;
    double position, low, high; /* mm; the extent is that of |z| for cylinders */
    double radiation, interaction;
};
static const struct passive PASSIVE[] = {
    {true, 19, 0, 3000, 0.0007, 0.0035},       {true, 35.51, 0, 500, 0.005, 0.0032},
    {true, 74.96, 0, 500, 0.005, 0.0032},      {true, 118.79, 0, 500, 0.005, 0.0032},
    {true, 174.70, 0, 500, 0.005, 0.0032},     {true, 200, 0, 2950, 0.010, 0.0047},
    {true, 255.39, 0, 1100, 0.010, 0.0110},     {true, 355.08, 0, 1100, 0.012, 0.0075},
    {true, 494.86, 0, 1100, 0.012, 0.0075},     {true, 654.72, 0, 1100, 0.016, 0.0075},
    {true, 814.59, 0, 1100, 0.021, 0.0075},     {true, 1014, 0, 1100, 0.018, 0.0075},
    {false, 570.57, 28, 176, 0.015, 0.0215},    {false, 600, 28, 176, 0.007, 0.0075},
    {false, 700, 28, 176, 0.007, 0.0075},       {false, 820, 28, 176, 0.007, 0.0075},
    {false, 960, 28, 176, 0.007, 0.0075},       {false, 1100, 28, 176, 0.007, 0.0075},
    {false, 1300, 28, 176, 0.007, 0.0075},      {false, 1500, 28, 176, 0.007, 0.0075},
    {false, 1182.3, 235, 1020, 0.02, 0.0260},   {false, 1220, 235, 1020, 0.02, 0.0125},
    {false, 1500, 235, 1020, 0.02, 0.0125},     {false, 1800, 235, 1020, 0.02, 0.0125},
    {false, 2150, 235, 1020, 0.02, 0.0125},     {false, 2550, 235, 1020, 0.02, 0.0125},
    {false, 2950, 235, 1020, 0.02, 0.0125},
};

/* The sensors themselves: pixels, strips. */
static const double SENSOR_RADIATION[2] = {0.0005, 0.001}, SENSOR_INTERACTION[2] = {0.003, 0.006};

/* v is given, w is across it and gives the side that faces away from the beam's middle; u = v x w. */
static void set_rotation(struct trkx_module *module, const double v[3], const double w[3])
{
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        module->rotation[i][0] = v[j] * w[k] - v[k] * w[j];
        module->rotation[i][1] = v[i];
        module->rotation[i][2] = w[i];
    }
}

static struct trkx_module *add(struct trkx_module *module, int volume, int layer, int number,
                               const struct kind *kind)
{
    *module = (struct trkx_module){.volume = volume, .layer = layer, .module = number,
                                   .thickness = kind->thickness, .hv = kind->hv,
                                   .pitch_u = kind->pitch_u, .pitch_v = kind->pitch_v};
    return module;
}

static void place(struct trkx_module *module, double radius, double phi, double z)
{
    module->center[0] = radius * cos(phi);
    module->center[1] = radius * sin(phi);
    module->center[2] = z;
}

/* Azimuth of module k of n. */
static double azimuth(int k, int n)
{
    return -TRKX_PI + (k + 0.5) * 2 * TRKX_PI / n;
}

static size_t add_barrel(const struct barrel_layer *layer, struct trkx_module *modules)
{
    static const double along_z[3] = {0, 0, 1};
    for (int i = 0; i < layer->rings * layer->phis; i++) {
        int ring = i / layer->phis;
        double phi = azimuth(i % layer->phis, layer->phis);
        double w[3] = {cos(phi + layer->tilt), sin(phi + layer->tilt), 0};
        struct trkx_module *module = add(&modules[i], layer->volume, layer->layer, i + 1, layer->kind);
        module->min_hu = module->max_hu = layer->hu;
        place(module, layer->radius + (ring % 2 == 0 ? layer->stagger : -layer->stagger), phi,
              (ring - 0.5 * (layer->rings - 1)) * layer->z_step);
        set_rotation(module, along_z, w);
    }
    return (size_t)(layer->rings * layer->phis);
}

static size_t add_disk(const struct disks *disks, int volume, int layer, double z, struct trkx_module *modules)
{
    int placed[COUNT(disks->rings)] = {0};
    double side = z < 0 ? -1 : 1;
    size_t count = strlen(disks->order);
    for (size_t i = 0; i < count; i++) {
        int r = disks->order[i] - '0', k = placed[r]++;
        const struct ring *ring = &disks->rings[r];
        double phi = azimuth(k, ring->phis), v[3] = {cos(phi), sin(phi), 0}, w[3] = {0, 0, side};
        struct trkx_module *module = add(&modules[i], volume, layer, (int)i + 1, disks->kind);
        module->min_hu = ring->min_hu;
        module->max_hu = ring->max_hu;
        place(module, ring->radius, phi, z + side * ring->offsets[k % 4]);
        set_rotation(module, v, w);
    }
    return count;
}

static size_t disks_count(const struct disks *disks)
{
    size_t count = 0;
    while (count < COUNT(disks->z) && disks->z[count] > 0) count++;
    return count;
}

static size_t add_disks(const struct disks *disks, struct trkx_module *modules)
{
    size_t n = disks_count(disks), added = 0;
    for (size_t i = 0; i < n; i++) { /* layers 2, 4, ... from small to large z */
        int layer = 2 * (int)i + 2;
        added += add_disk(disks, disks->negative, layer, -disks->z[n - 1 - i], modules + added);
        added += add_disk(disks, disks->positive, layer, disks->z[i], modules + added);
    }
    return added;
}

static size_t builtin_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT(BARRELS); i++) count += (size_t)(BARRELS[i].phis * BARRELS[i].rings);
    for (size_t i = 0; i < COUNT(DISKS); i++) count += 2 * disks_count(&DISKS[i]) * strlen(DISKS[i].order);
    return count;
}

enum trkx_status trkx_detector_builtin(trkx_detector **detector, trkx_error *error)
{
    size_t count = builtin_count(), added = 0;
    struct trkx_module *modules = trkx_allocate(NULL, count, sizeof *modules);
    *detector = NULL;
    if (modules == NULL) return trkx_fail_memory(error, "the built-in detector", count * sizeof *modules);
    for (size_t i = 0; i < COUNT(BARRELS); i++) added += add_barrel(&BARRELS[i], modules + added);
    for (size_t i = 0; i < COUNT(DISKS); i++) added += add_disks(&DISKS[i], modules + added);
    return trkx_detector_create(modules, count, detector, error);
}

/* ---- modules ---------------------------------------------------------------------------------------- */

void trkx_module_point(const struct trkx_module *module, double u, double v, double point[3])
{
    for (int i = 0; i < 3; i++)
        point[i] = module->center[i] + module->rotation[i][0] * u + module->rotation[i][1] * v;
}

void trkx_module_direction(const struct trkx_module *module, const double global[3], double local[3])
{
    for (int j = 0; j < 3; j++)
        local[j] = module->rotation[0][j] * global[0] + module->rotation[1][j] * global[1] +
                   module->rotation[2][j] * global[2];
}

double trkx_module_half_u(const struct trkx_module *module, double v)
{
    if (module->min_hu < 0) return module->max_hu;
    return module->min_hu + (module->max_hu - module->min_hu) * 0.5 * (v / module->hv + 1);
}

bool trkx_module_contains(const struct trkx_module *module, double u, double v)
{
    return fabs(v) <= module->hv && fabs(u) <= trkx_module_half_u(module, v);
}

enum trkx_sensor trkx_module_sensor(const struct trkx_module *module)
{
    static const double longest[2] = {0.1, 5}; /* mm: cells of pixels, of short strips */
    if (module->pitch_v < longest[0]) return TRKX_PIXELS;
    return module->pitch_v < longest[1] ? TRKX_SHORT_STRIPS : TRKX_LONG_STRIPS;
}

bool trkx_module_in_barrel(const struct trkx_module *module)
{
    return fabs(module->rotation[2][2]) < 0.7;
}

/* ---- layers ----------------------------------------------------------------------------------------- */

static double radius_of(const double point[3])
{
    return hypot(point[0], point[1]);
}

/* Where a point lies along the layer: z of a barrel layer, radius of a disk. */
static double along(const struct trkx_layer *layer, const double point[3])
{
    return layer->barrel ? point[2] : radius_of(point);
}

/* The part of a layer that a module covers, seen from the beam. */
struct patch {
    double phi, half_phi; /* rad */
    double low, high;     /* mm */
};

/* How fast z changes with the radius, or the radius with z, along a track through the module: as from the
 * middle of the beam, and half as much again. */
static double steepest(bool barrel, const struct trkx_module *module)
{
    double radius = fmax(radius_of(module->center), 1), z = fmax(fabs(module->center[2]), 1);
    return 2 + (barrel ? (z + module->hv) / radius : (radius + module->hv) / z);
}

/* From 3 x 3 points of the module. A track meets the module up to `depth` before or behind the layer's
 * nominal surface and is up to that much, times its slope, away from where it meets the surface itself; the
 * margins allow for a slope of 2 in azimuth. */
static struct patch patch_of(const struct trkx_layer *layer, const struct trkx_module *module)
{
    struct patch patch = {atan2(module->center[1], module->center[0]), 0, INFINITY, -INFINITY};
    double depth = 0;
    for (int i = 0; i < 9; i++) {
        double v = (i / 3 - 1) * module->hv, point[3];
        trkx_module_point(module, (i % 3 - 1) * trkx_module_half_u(module, v), v, point);
        double turn = remainder(atan2(point[1], point[0]) - patch.phi, 2 * TRKX_PI);
        double off = (layer->barrel ? radius_of(point) : point[2]) - layer->position;
        patch.half_phi = fmax(patch.half_phi, fabs(turn));
        patch.low = fmin(patch.low, along(layer, point));
        patch.high = fmax(patch.high, along(layer, point));
        depth = fmax(depth, fabs(off));
    }
    double margin = 1 + steepest(layer->barrel, module) * depth;
    patch.half_phi = fmin(patch.half_phi + (1 + 2 * depth) / fmax(radius_of(module->center), 1), TRKX_PI);
    patch.low -= margin;
    patch.high += margin;
    return patch;
}

static int phi_bin(double phi)
{
    return (int)floor(phi / (2 * TRKX_PI) * TRKX_LAYER_PHI_BINS);
}

static int along_bin(const struct trkx_layer *layer, double value)
{
    return (int)floor((value - layer->low) / (layer->high - layer->low) * TRKX_LAYER_BINS);
}

/* For every bin that the module covers: counts it (candidates NULL) or writes it before the bin's end. */
static void enter(struct trkx_layer *layer, const struct patch *patch, uint32_t index, uint32_t *candidates)
{
    int first = phi_bin(patch->phi - patch->half_phi), last = phi_bin(patch->phi + patch->half_phi);
    int low = along_bin(layer, patch->low), high = along_bin(layer, patch->high);
    if (low < 0) low = 0;
    if (high >= TRKX_LAYER_BINS) high = TRKX_LAYER_BINS - 1;
    if (last - first >= TRKX_LAYER_PHI_BINS) last = first + TRKX_LAYER_PHI_BINS - 1;
    for (int a = first; a <= last; a++)
        for (int b = low; b <= high; b++) {
            int bin = (a & (TRKX_LAYER_PHI_BINS - 1)) * TRKX_LAYER_BINS + b;
            if (candidates == NULL)
                layer->bins[bin]++;
            else
                candidates[--layer->bins[bin]] = index;
        }
}

static void set_position(struct trkx_layer *layer, const struct trkx_module *modules)
{
    double sum = 0;
    for (size_t i = 0; i < layer->count; i++)
        sum += layer->barrel ? radius_of(modules[i].center) : modules[i].center[2];
    layer->position = sum / (double)layer->count;
}

static void set_extent(struct trkx_layer *layer, const struct patch *patches)
{
    layer->low = INFINITY;
    layer->high = -INFINITY;
    for (size_t i = 0; i < layer->count; i++) {
        layer->low = fmin(layer->low, patches[i].low);
        layer->high = fmax(layer->high, patches[i].high);
    }
}

/* The grid: counts, adds up, fills from the back, so that every bin lists its modules and starts where its
 * counter ends. */
static enum trkx_status fill_grid(struct trkx_layer *layer, const struct patch *patches, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const size_t bins = (size_t)TRKX_LAYER_PHI_BINS * TRKX_LAYER_BINS;
    TRKX_ALLOCATE(layer->bins, NULL, bins + 1, "the grid of a layer");
    memset(layer->bins, 0, (bins + 1) * sizeof *layer->bins);
    for (size_t i = 0; i < layer->count; i++) enter(layer, &patches[i], 0, NULL);
    for (size_t b = 1; b <= bins; b++) layer->bins[b] += layer->bins[b - 1];
    TRKX_ALLOCATE(layer->candidates, NULL, layer->bins[bins], "the grid of a layer");
    for (size_t i = layer->count; i-- > 0;)
        enter(layer, &patches[i], (uint32_t)(layer->first + i), layer->candidates);
cleanup:
    return status;
}

static enum trkx_status fill_layer(struct trkx_layer *layer, const struct trkx_module *modules,
                                   trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct patch *patches = NULL;
    TRKX_ALLOCATE(patches, NULL, layer->count, "the grid of a layer");
    set_position(layer, modules);
    for (size_t i = 0; i < layer->count; i++) patches[i] = patch_of(layer, &modules[i]);
    set_extent(layer, patches);
    TRKX_CHECK(fill_grid(layer, patches, error));
cleanup:
    trkx_release(patches);
    return status;
}

bool trkx_layer_covers(const struct trkx_layer *layer, const double point[3])
{
    double value = along(layer, point);
    return value >= layer->low && value < layer->high;
}

size_t trkx_layer_candidates(const struct trkx_layer *layer, const double point[3],
                             const uint32_t **candidates)
{
    if (layer->count == 0 || !trkx_layer_covers(layer, point)) return 0;
    int a = phi_bin(atan2(point[1], point[0])) & (TRKX_LAYER_PHI_BINS - 1), b = along_bin(layer, along(layer, point));
    int bin = a * TRKX_LAYER_BINS + (b < TRKX_LAYER_BINS ? b : TRKX_LAYER_BINS - 1);
    *candidates = layer->candidates + layer->bins[bin];
    return layer->bins[bin + 1] - layer->bins[bin];
}

static bool same_layer(const struct trkx_module *a, const struct trkx_module *b)
{
    return a->volume == b->volume && a->layer == b->layer;
}

/* Modules are sorted by volume and layer: each run of equal ones is a layer. */
static enum trkx_status make_module_layers(struct trkx_geometry *geometry, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_detector *detector = geometry->detector;
    const struct trkx_module *modules = detector->modules;
    for (size_t i = 0; i < detector->count;) {
        struct trkx_layer *layer = &geometry->layers[geometry->count++];
        bool strips = trkx_module_sensor(&modules[i]) != TRKX_PIXELS;
        *layer = (struct trkx_layer){.barrel = trkx_module_in_barrel(&modules[i]),
                                     .radiation = SENSOR_RADIATION[strips],
                                     .interaction = SENSOR_INTERACTION[strips], .first = i};
        while (i < detector->count && same_layer(&modules[i], &modules[layer->first])) i++;
        layer->count = i - layer->first;
        TRKX_CHECK(fill_layer(layer, modules + layer->first, error));
    }
cleanup:
    return status;
}

static void add_passive(struct trkx_geometry *geometry, const struct passive *passive, double side)
{
    geometry->layers[geometry->count++] = (struct trkx_layer){
        .barrel = passive->barrel,
        .position = side * passive->position,
        .low = passive->barrel ? -passive->high : passive->low,
        .high = passive->high,
        .radiation = passive->radiation,
        .interaction = passive->interaction,
    };
}

/* Cylinders, then disks, each by position; at the same place by extent, then sensors in their order. */
static int compare_layers(const void *left, const void *right)
{
    const struct trkx_layer *a = left, *b = right;
    if (a->barrel != b->barrel) return a->barrel ? -1 : 1;
    if (a->position != b->position) return a->position < b->position ? -1 : 1;
    if (a->low != b->low) return a->low < b->low ? -1 : 1;
    return (a->first > b->first) - (a->first < b->first);
}

static enum trkx_status make_layers(struct trkx_geometry *geometry, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_detector *detector = geometry->detector;
    size_t count = 2 * COUNT(PASSIVE);
    for (size_t i = 0; i < detector->count; i++)
        count += i == 0 || !same_layer(&detector->modules[i], &detector->modules[i - 1]);
    TRKX_ALLOCATE(geometry->layers, NULL, count, "the layers");
    TRKX_CHECK(make_module_layers(geometry, error));
    for (size_t i = 0; i < COUNT(PASSIVE); i++) {
        add_passive(geometry, &PASSIVE[i], 1);
        if (!PASSIVE[i].barrel) add_passive(geometry, &PASSIVE[i], -1);
    }
    qsort(geometry->layers, geometry->count, sizeof *geometry->layers, compare_layers);
    while (geometry->cylinders < geometry->count && geometry->layers[geometry->cylinders].barrel)
        geometry->cylinders++;
cleanup:
    return status;
}

/* Sizes of a module that cannot be simulated: they come from a file. */
static bool is_sound(const struct trkx_module *module)
{
    const double sizes[] = {module->thickness, module->max_hu, module->hv, module->pitch_u, module->pitch_v};
    for (size_t i = 0; i < COUNT(sizes); i++)
        if (!(sizes[i] >= 1e-3 && sizes[i] <= 1e4)) return false;
    for (int i = 0; i < 3; i++) {
        double square = 0;
        for (int j = 0; j < 3; j++) square += module->rotation[j][i] * module->rotation[j][i];
        if (!(fabs(square - 1) < 0.01 && fabs(module->center[i]) < 1e5)) return false;
    }
    return true;
}

static enum trkx_status check_modules(const struct trkx_detector *detector, trkx_error *error)
{
    for (size_t i = 0; i < detector->count; i++) {
        const struct trkx_module *module = &detector->modules[i];
        if (!is_sound(module))
            return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                             "simulate: volume %d, layer %d, module %d of the detector has a size or a "
                             "rotation that no sensor has",
                             module->volume, module->layer, module->module);
    }
    return TRKX_OK;
}

enum trkx_status trkx_geometry_create(const struct trkx_detector *detector, struct trkx_geometry **result,
                                      trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_geometry *geometry = trkx_allocate_zero(NULL, 1, sizeof *geometry);
    *result = NULL;
    if (geometry == NULL) return trkx_fail_memory(error, "the geometry", sizeof *geometry);
    geometry->detector = detector;
    if (detector == NULL) {
        TRKX_CHECK(trkx_detector_builtin(&geometry->own, error));
        geometry->detector = geometry->own;
    }
    TRKX_CHECK(check_modules(geometry->detector, error));
    TRKX_CHECK(make_layers(geometry, error));
    *result = geometry;
    return TRKX_OK;
cleanup:
    trkx_geometry_destroy(geometry);
    return status;
}

void trkx_geometry_destroy(struct trkx_geometry *geometry)
{
    if (geometry == NULL) return;
    for (size_t i = 0; i < geometry->count; i++) {
        trkx_release(geometry->layers[i].bins);
        trkx_release(geometry->layers[i].candidates);
    }
    trkx_release(geometry->layers);
    trkx_detector_destroy(geometry->own);
    trkx_release(geometry);
}
