/* The modules of a detector, in the terms of TrackML's detectors.csv. */
#ifndef TRKX_SRC_DETECTOR_H
#define TRKX_SRC_DETECTOR_H

#include "core/memory.h"

struct trkx_module {
    int32_t volume, layer, module;
    double center[3];      /* mm, global */
    double rotation[3][3]; /* global = center + rotation * (u, v, w); [row x y z][column u v w] */
    double thickness;      /* mm, half of the sensor: TrackML's module_t */
    double min_hu, max_hu; /* mm, half length in u at v = -hv and at v = +hv; min_hu < 0 stands for max_hu */
    double hv;             /* mm, half length in v */
    double pitch_u, pitch_v; /* mm, size of a cell */
};

struct trkx_detector {
    size_t count;
    struct trkx_module *modules; /* sorted by (volume, layer, module) */
};

/* Takes over modules (from trkx_allocate with no counter, in any order) and sorts them; releases them on
 * failure. Errors: MEMORY, ARGUMENT (a module listed twice). */
enum trkx_status trkx_detector_create(struct trkx_module *modules, size_t count,
                                      struct trkx_detector **detector, trkx_error *error);

/* The module, or NULL. Complexity O(log count). */
const struct trkx_module *trkx_detector_find(const struct trkx_detector *detector, int32_t volume,
                                             int32_t layer, int32_t module);

#endif
