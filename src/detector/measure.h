/* Hits as measurements: positions with errors that depend on the modules. */
#ifndef TRKX_DETECTOR_MEASURE_H
#define TRKX_DETECTOR_MEASURE_H

#include "core/memory.h"
#include "detector/modules.h"

#define TRKX_PI 3.14159265358979323846

/* A hit with its position and errors. */
struct trkx_measurement {
    double x, y, z;               /* mm */
    double distance2;             /* from the origin, mm^2: the order of the hits along a track */
    double r, phi;                /* mm, rad: -pi to pi */
    double var_phi, var_r, var_z; /* mm^2, along the azimuth, the radius and the beam */
    double density;               /* local hits of this layer per mm^2, from trkx_layers_create */
    int32_t module;               /* index in the detector's list */
    int32_t layer;                /* from 0, among the detector's */
    bool disk; /* the module's normal is closer to the beam direction than to the transverse plane */
};

/* Fills measurements [n] of hits whose modules [n] are known (trkx_modules_find), in a detector with a
 * description; each module has the resolution of its pitch. Errors: MEMORY. */
enum trkx_status trkx_measure(struct trkx_memory *memory, const trkx_hits *hits,
                              const struct trkx_detector *detector, const int32_t *modules,
                              struct trkx_measurement *measurements, trkx_error *error);

#endif
