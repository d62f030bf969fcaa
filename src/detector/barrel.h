/* The innermost layers of a detector's barrel, as cylinders. */
#ifndef TRKX_DETECTOR_BARREL_H
#define TRKX_DETECTOR_BARREL_H

#include "core/memory.h"
#include "detector/modules.h"

struct trkx_cylinder {
    double radius;      /* mm: mean of its modules' centres */
    double half_length; /* mm: largest |z| of its modules */
};

/* Fills cylinders [most], innermost first, and *count: fewer if the barrel has fewer layers. A module is of
 * the barrel if its normal is closer to the transverse plane than to the beam. Modules of one volume and
 * layer are a layer; another layer that begins within its radii, such as the same cylinder's other half, is
 * part of it. Errors: MEMORY. */
enum trkx_status trkx_barrel_inner(struct trkx_memory *memory, const struct trkx_detector *detector,
                                   struct trkx_cylinder *cylinders, size_t most, size_t *count,
                                   trkx_error *error);

#endif
