/* The TrackML detector: its modules, made from a table, and its description. */
#include <math.h>
#include <string.h>

#include "detector/modules.h"
#include "sim/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Derived from TrackML's detectors.csv, which has exactly these 18,728 modules: the modules of a ring are
 * equally spaced in azimuth, and a layer is a stack of rings. */

struct kind {         /* of sensor, in mm */
    double thickness; /* half thickness, as in struct trkx_module */
    double hv, pitch_u, pitch_v;
};
static const struct kind PIXEL = {0.15, 36, 0.05, 0.05625}, SHORT_BARREL = {0.25, 54, 0.08, 1.2},
                         SHORT_DISK = {0.25, 78, 0.08, 1.2}, LONG_BARREL = {0.35, 54, 0.12, 10.8},
                         LONG_DISK = {0.35, 78, 0.12, 10.4};

/* Rings of `phis` modules at equally spaced z, numbered ring by ring; every other ring is nearer to the beam.
 */
struct barrel_layer {
    int volume, layer;
    const struct kind *kind;
    int phis, rings;
    double radius, stagger; /* mm: rings lie at radius + stagger, - stagger, + stagger, ... */
    double z_step, hu;      /* mm */
    double tilt;            /* rad: between normal and radius, so that neighbours overlap */
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

/* One ring of a disk: module k is at z = disk + sign * offsets[k % 4]. */
struct ring {
    int phis;
    double radius, min_hu, max_hu;
    double offsets[4];
};
/* The disks of one pair of volumes; `order` names the ring of module 1, 2, ... */
struct disks {
    int negative, positive; /* volumes; layers 2, 4, ... are in ascending z in both */
    const struct kind *kind;
    struct ring rings[3];
    int rings_count;
    double z[8]; /* mm, of the positive side, 0 ends */
    const char *order;
};
static const struct disks DISKS[] = {
    {7,
     9,
     &PIXEL,
     {{40, 66, 8.4, 8.4, {2.5, -2, 2, -2.5}}, {68, 140, 8.4, 8.4, {2, -2, 2, -2}}},
     2,
     {600, 700, 820, 960, 1100, 1300, 1500},
     "0110101101101011011011010110110101101101101011011010110110101101101011011011010110110101101101101011011"
     "01011"},
    {12,
     14,
     &SHORT_DISK,
     {{54, 318, 16.4, 24.2, {-1.5, -4.5, -1.5, -4.5}},
      {56, 470, 24.2, 32.2, {4.5, 1.5, 4.5, 1.5}},
      {60, 622, 32.2, 40, {-1.5, -4.5, -1.5, -4.5}}},
     3,
     {1220, 1500, 1800, 2150, 2550, 2950},
     "0122012012102102102102102102102120120120120120120210210210212012012012012012012012012"
     "0122012012102102102102102102102120120120120120120210210210212012012012012012012012012"},
    {16,
     18,
     &LONG_DISK,
     {{48, 828, 54, 64.2, {-2.5, -5.5, -2.5, -5.5}}, {50, 942, 66, 72, {5.5, 2.5, 5.5, 2.5}}},
     2,
     {1220, 1500, 1800, 2150, 2550, 2950},
     "01101010101010101010101010101010101010101010101010101010101101010101010101010101010101010101010101"},
};

/* v is given; w is orthogonal to it, on the side facing away from the centre of the beam; u = v x w. */
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
    *module = (struct trkx_module){.volume = volume,
                                   .layer = layer,
                                   .module = number,
                                   .thickness = kind->thickness,
                                   .hv = kind->hv,
                                   .pitch_u = kind->pitch_u,
                                   .pitch_v = kind->pitch_v};
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

static size_t add_disk(const struct disks *disks, int volume, int layer, double z,
                       struct trkx_module *modules)
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

static enum trkx_status make_modules(struct trkx_detector **detector, trkx_error *error)
{
    size_t count = builtin_count(), added = 0;
    struct trkx_module *modules = trkx_allocate(NULL, count, sizeof *modules);
    *detector = NULL;
    if (modules == NULL) return trkx_fail_memory(error, "the built-in detector", count * sizeof *modules);
    for (size_t i = 0; i < COUNT(BARRELS); i++) added += add_barrel(&BARRELS[i], modules + added);
    for (size_t i = 0; i < COUNT(DISKS); i++) added += add_disks(&DISKS[i], modules + added);
    return trkx_detector_create(modules, count, detector, error);
}

/* The solenoid is that of sim/field_table.h, but around the origin. Circles of 150 mm are tracks of 90 MeV.
 */
static const struct trkx_description DESCRIPTION = {
    .field = {.strength = 2, .coil_radius = 1230, .coil_half_length = 2600, .nonuniformity = 0.05},
    .disk_normal = 0.5,
    .spread = 8,
    .overlap = 10,
    .normal_error = 0.02,
    .scattering = 0.002,
    .min_radius = 150,
    .reach = 10,
    .max_arc = 600};

enum trkx_status trkx_detector_builtin(trkx_detector **detector, trkx_error *error)
{
    static const char name[] = "trackml";
    enum trkx_status status = make_modules(detector, error);
    if (status != TRKX_OK) return status;
    (*detector)->described = true;
    (*detector)->description = DESCRIPTION;
    (*detector)->name = trkx_duplicate(name);
    if ((*detector)->name != NULL) return TRKX_OK;
    trkx_detector_destroy(*detector);
    *detector = NULL;
    return trkx_fail_memory(error, "the built-in detector", sizeof name);
}
