/* The modules of a detector, in the terms of TrackML's detectors.csv. */
#ifndef TRKX_DETECTOR_MODULES_H
#define TRKX_DETECTOR_MODULES_H

#include "core/memory.h"
#include "detector/field.h"

struct trkx_module {
    int32_t volume, layer, module;
    double center[3];        /* mm, global */
    double rotation[3][3];   /* global = center + rotation * (u, v, w); [row x y z][column u v w] */
    double thickness;        /* mm, half of the sensor: TrackML's module_t */
    double min_hu, max_hu;   /* mm, half length in u at v = -hv and at v = +hv; min_hu < 0 means max_hu */
    double hv;               /* mm, half length in v */
    double pitch_u, pitch_v; /* mm, size of a cell */
};

/* A global vector's coordinate along the module's u, v or w (axis 0, 1, 2). */
static inline double trkx_module_along(const struct trkx_module *module, int axis, const double vector[3])
{
    return module->rotation[0][axis] * vector[0] + module->rotation[1][axis] * vector[1] +
           module->rotation[2][axis] * vector[2];
}

/* Half length in u at height v, mm. */
double trkx_module_half_u(const struct trkx_module *module, double v);

/* The description of a detector in detector.json, beyond its modules (docs/bundle.md). */
struct trkx_description {
    struct trkx_field field;
    double disk_normal; /* a module with |z| of its normal above this is on a disk, others are on cylinders */
    double spread;      /* mm: distance of a layer's modules from its mean position */
    double overlap;     /* mm: a track may cross a layer this far before its last hit: modules overlap */
    double normal_error; /* mm, of a hit along its module's normal: thickness and position of the sensor */
    double scattering;   /* rad GeV: scattering angle at a layer times momentum */
    double min_radius;   /* mm, of the circles of tracks */
    double reach;        /* mm: largest distance across a track to its hits on the next layer */
    double max_arc;      /* mm: largest distance from a track's hit to that on the next layer */
};

struct trkx_detector {
    size_t count;
    struct trkx_module *modules; /* sorted by (volume, layer, module) */
    bool described;              /* the rest is known */
    char *name;                  /* NULL: unknown */
    struct trkx_description description;
};

/* What is impossible about its position, rotation or sizes, as a text about columns of detectors.csv; NULL:
 * nothing. */
const char *trkx_module_wrong(const struct trkx_module *module);

/* Takes ownership of modules (from trkx_allocate without a counter, in any order) and sorts them; releases
 * them on failure. Errors: MEMORY, ARGUMENT (a module listed twice). */
enum trkx_status trkx_detector_create(struct trkx_module *modules, size_t count,
                                      struct trkx_detector **detector, trkx_error *error);

/* Reads the modules of a detectors.csv[.gz]. Errors: MEMORY, IO, FORMAT (also trkx_module_wrong). */
enum trkx_status trkx_modules_read(const char *path, struct trkx_detector **detector, trkx_error *error);

/* The module, or NULL. Complexity O(log count). */
const struct trkx_module *trkx_detector_find(const struct trkx_detector *detector, int32_t volume,
                                             int32_t layer, int32_t module);

/* The modules of hits with volume, layer and module ids: modules [n], indices of the detector's list.
 * Complexity O(log count) for each hit on a different module than the previous one. Errors: ARGUMENT (a
 * module is not in the detector). */
enum trkx_status trkx_modules_find(const struct trkx_detector *detector, const trkx_hits *hits, int threads,
                                   int32_t *modules, trkx_error *error);

/* Hits in their detector. */
struct trkx_placed_hits {
    const trkx_hits *hits;
    const struct trkx_detector *detector; /* NULL: unknown */
    const int32_t *modules;               /* [n] from trkx_modules_find; NULL: not looked up yet */
};

#endif
