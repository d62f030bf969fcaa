/* The simulator's view of the detector: layers of modules, and a grid of the modules that may be hit at each
 * place of a layer. */
#ifndef TRKX_SIM_GEOMETRY_H
#define TRKX_SIM_GEOMETRY_H

#include "detector/modules.h"

/* Kinds of sensors, distinguished by the length of their cells along v. */
enum trkx_sensor { TRKX_PIXELS, TRKX_SHORT_STRIPS, TRKX_LONG_STRIPS };
enum trkx_sensor trkx_module_sensor(const struct trkx_module *module);

enum { TRKX_LAYER_PHI_BINS = 256, TRKX_LAYER_BINS = 64 };

/* A cylinder about the beam, or a disk across it: all modules with one (volume, layer), or passive material.
 */
struct trkx_layer {
    bool barrel;          /* a cylinder */
    double position;      /* mm: mean radius of a cylinder, mean z of a disk */
    double low, high;     /* mm: extent in z of a cylinder, in radius of a disk */
    double edge;          /* mm: radius of the outer edge of its modules */
    double radiation;     /* thickness in radiation lengths, at normal incidence */
    double interaction;   /* probability of a nuclear interaction, at normal incidence */
    size_t first, count;  /* its modules in detector->modules; count 0: passive */
    uint32_t *bins;       /* [PHI_BINS * BINS + 1]: candidates of bin b: bins[b] <= c < bins[b + 1] */
    uint32_t *candidates; /* index into detector->modules */
};

struct trkx_geometry {
    const struct trkx_detector *detector;
    struct trkx_detector *own; /* the detector if it is the built-in one, otherwise NULL */
    struct trkx_layer *layers; /* cylinders, then disks, each by position */
    size_t cylinders, count;   /* of all layers, cylinders come first */
};

/* detector NULL: the built-in one; otherwise borrowed, and must outlive the geometry. Errors: MEMORY,
 * ARGUMENT (trkx_module_wrong). */
enum trkx_status trkx_geometry_create(const struct trkx_detector *detector, struct trkx_geometry **geometry,
                                      trkx_error *error);
void trkx_geometry_destroy(struct trkx_geometry *geometry);

/* Whether a point near the layer's cylinder or plane is within the layer's extent. */
bool trkx_layer_covers(const struct trkx_layer *layer, const double point[3]);

/* Modules that a track crossing the layer's cylinder or plane at `point` (mm, global) may hit: a superset,
 * including neighbours. Returns their number. */
size_t trkx_layer_candidates(const struct trkx_layer *layer, const double point[3],
                             const uint32_t **candidates);

/* Global coordinates (mm) of a point of the module's plane. */
void trkx_module_point(const struct trkx_module *module, double u, double v, double point[3]);
/* Components of a global direction along the module's u, v, w. */
void trkx_module_direction(const struct trkx_module *module, const double global[3], double local[3]);
bool trkx_module_contains(const struct trkx_module *module, double u, double v);
/* A barrel module faces the beam: |w_z| is small. */
bool trkx_module_in_barrel(const struct trkx_module *module);

#endif
