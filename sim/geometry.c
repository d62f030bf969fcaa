/* Sorts the modules into layers with passive material, and finds those near a point. */
#include "sim/geometry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Material. Thicknesses follow from the scattering and energy loss of true tracks between layers in a TrackML
 * event; the probabilities of an interaction from the numbers of secondary vertices at each place. Most of
 * the material is outside the sensors: beam pipe, carriers, supports, end plates. */
struct passive {
    bool barrel;
    double position, low, high; /* mm; the extent is in |z| for cylinders */
    double radiation, interaction;
};
static const struct passive PASSIVE[] = {
    {true, 19, 0, 3000, 0.0030, 0.0035},      {true, 35.51, 0, 500, 0.0105, 0.0032},
    {true, 74.96, 0, 500, 0.0105, 0.0032},    {true, 118.79, 0, 500, 0.0105, 0.0032},
    {true, 174.70, 0, 500, 0.0105, 0.0032},   {true, 200, 0, 2950, 0.010, 0.0047},
    {true, 255.39, 0, 1100, 0.010, 0.0110},   {true, 355.08, 0, 1100, 0.012, 0.0075},
    {true, 494.86, 0, 1100, 0.012, 0.0075},   {true, 654.72, 0, 1100, 0.016, 0.0075},
    {true, 814.59, 0, 1100, 0.021, 0.0075},   {true, 1014, 0, 1100, 0.018, 0.0075},
    {false, 570.57, 28, 176, 0.015, 0.0215},  {false, 600, 28, 176, 0.007, 0.0075},
    {false, 700, 28, 176, 0.007, 0.0075},     {false, 820, 28, 176, 0.007, 0.0075},
    {false, 960, 28, 176, 0.007, 0.0075},     {false, 1100, 28, 176, 0.007, 0.0075},
    {false, 1300, 28, 176, 0.007, 0.0075},    {false, 1500, 28, 176, 0.007, 0.0075},
    {false, 1182.3, 235, 1020, 0.02, 0.0260}, {false, 1220, 235, 1020, 0.02, 0.0125},
    {false, 1500, 235, 1020, 0.02, 0.0125},   {false, 1800, 235, 1020, 0.02, 0.0125},
    {false, 2150, 235, 1020, 0.02, 0.0125},   {false, 2550, 235, 1020, 0.02, 0.0125},
    {false, 2950, 235, 1020, 0.02, 0.0125},
};

/* The sensors themselves: pixels, strips. */
static const double SENSOR_RADIATION[2] = {0.0005, 0.001}, SENSOR_INTERACTION[2] = {0.003, 0.006};

/* ---- modules ---------------------------------------------------------------------------------------- */

void trkx_module_point(const struct trkx_module *module, double u, double v, double point[3])
{
    for (int i = 0; i < 3; i++)
        point[i] = module->center[i] + module->rotation[i][0] * u + module->rotation[i][1] * v;
}

void trkx_module_direction(const struct trkx_module *module, const double global[3], double local[3])
{
    for (int j = 0; j < 3; j++) local[j] = trkx_module_along(module, j, global);
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

/* A point's coordinate along the layer: z in a barrel layer, radius in a disk. */
static double along(const struct trkx_layer *layer, const double point[3])
{
    return layer->barrel ? point[2] : radius_of(point);
}

/* The part of a layer that a module covers, seen from the beam. */
struct patch {
    double phi, half_phi; /* rad */
    double low, high;     /* mm */
};

/* Slope of z against radius, or of radius against z, of a track through the module: 1.5 times that from the
 * centre of the beam. */
static double steepest(bool barrel, const struct trkx_module *module)
{
    double radius = fmax(radius_of(module->center), 1), z = fmax(fabs(module->center[2]), 1);
    return 2 + (barrel ? (z + module->hv) / radius : (radius + module->hv) / z);
}

/* From 3 x 3 points of the module. A track crosses the module up to `depth` from the layer's nominal surface,
 * displaced by up to that times its slope from where it crosses the surface itself; the margins allow for a
 * slope of 2 in azimuth. */
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
    return (int)floor(phi / (2 * TRKX_PI) * (double)TRKX_LAYER_PHI_BINS);
}

static int along_bin(const struct trkx_layer *layer, double value)
{
    return (int)floor((value - layer->low) / (layer->high - layer->low) * (double)TRKX_LAYER_BINS);
}

/* For every bin that the module covers: counts the module (candidates NULL) or writes it before the bin's
 * end. */
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

static void set_extent(struct trkx_layer *layer, const struct patch *patches,
                       const struct trkx_module *modules)
{
    layer->low = INFINITY;
    layer->high = layer->edge = -INFINITY;
    for (size_t i = 0; i < layer->count; i++) {
        layer->low = fmin(layer->low, patches[i].low);
        layer->high = fmax(layer->high, patches[i].high);
        layer->edge = fmax(layer->edge, radius_of(modules[i].center) + modules[i].hv);
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
    set_extent(layer, patches, modules);
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
    int a = phi_bin(atan2(point[1], point[0])) & (TRKX_LAYER_PHI_BINS - 1),
        b = along_bin(layer, along(layer, point));
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
                                     .interaction = SENSOR_INTERACTION[strips],
                                     .first = i};
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

/* Cylinders, then disks, each by position, then by extent, then sensors in their order. */
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

static enum trkx_status check_modules(const struct trkx_detector *detector, trkx_error *error)
{
    for (size_t i = 0; i < detector->count; i++) {
        const struct trkx_module *module = &detector->modules[i];
        const char *wrong = trkx_module_wrong(module);
        if (wrong != NULL)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                             "simulate: volume %d, layer %d, module %d of the detector: %s", module->volume,
                             module->layer, module->module, wrong);
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
