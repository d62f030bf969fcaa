/* The modules of a detector, in the terms of TrackML's detectors.csv. */
#ifndef TRKX_DETECTOR_MODULES_H
#define TRKX_DETECTOR_MODULES_H

#include "core/memory.h"
#include "detector/field.h"

struct trkx_module {
    int32_t volume, layer, module;
    double center[3];      /* mm, global */
    double rotation[3][3]; /* global = center + rotation * (u, v, w); [row x y z][column u v w] */
    double thickness;      /* mm, half of the sensor: TrackML's module_t */
    double min_hu, max_hu; /* mm, half length in u at v = -hv and at v = +hv; min_hu < 0 stands for max_hu */
    double hv;             /* mm, half length in v */
    double pitch_u, pitch_v; /* mm, size of a cell */
};

/* What a detector's modules do not say of it, but detector.json does (docs/bundle.md). */
struct trkx_description {
    struct trkx_field field;
    double disk_normal;  /* a module with |z| of its normal over that is of a disk, others are of cylinders */
    double spread;       /* mm by which the modules of a layer lie before and behind its mean position */
    double overlap;      /* mm by which a track may cross a layer behind its own last hit: modules overlap */
    double normal_error; /* mm: of a hit along its module's normal: the sensor's thickness, and its place */
    double scattering;   /* rad GeV: the angle at a layer, times the momentum */
    double min_radius;   /* mm, of the circles of tracks */
    double reach;        /* mm across a track within which its hits on the next layer lie */
    double max_arc;      /* mm from a track's hit to that on the next layer */
};

struct trkx_detector {
    size_t count;
    struct trkx_module *modules; /* sorted by (volume, layer, module) */
    bool described;              /* what follows is known */
    char *name;                  /* NULL: not known */
    struct trkx_description description;
};

/* Takes over modules (from trkx_allocate with no counter, in any order) and sorts them; releases them on
 * failure. Errors: MEMORY, ARGUMENT (a module listed twice). */
enum trkx_status trkx_detector_create(struct trkx_module *modules, size_t count,
                                      struct trkx_detector **detector, trkx_error *error);

/* The modules of a detectors.csv[.gz] alone. Errors: MEMORY, IO, FORMAT. */
enum trkx_status trkx_modules_read(const char *path, struct trkx_detector **detector, trkx_error *error);

/* The module, or NULL. Complexity O(log count). */
const struct trkx_module *trkx_detector_find(const struct trkx_detector *detector, int32_t volume,
                                             int32_t layer, int32_t module);

/* The modules of hits that have volume, layer and module ids: modules [n], indices of the detector's list.
 * Complexity O(log count) for each hit, but for those of the same module as the one before. Errors: ARGUMENT
 * (a module is not in the detector). */
enum trkx_status trkx_modules_find(const struct trkx_detector *detector, const trkx_hits *hits, int threads,
                                   int32_t *modules, trkx_error *error);

/* Hits in their detector. */
struct trkx_placed_hits {
    const trkx_hits *hits;
    const struct trkx_detector *detector; /* NULL: not known */
    const int32_t *modules;               /* [n] as of trkx_modules_find; NULL: not looked up yet */
};

#endif
