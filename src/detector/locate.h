/* The modules that hits lie on, from their positions alone. */
#ifndef TRKX_DETECTOR_LOCATE_H
#define TRKX_DETECTOR_LOCATE_H

#include "detector/modules.h"

/* The module whose sensor is nearest to each hit, ties: the lower index: modules [n], indices of the
 * detector's list. A sensor is the plane within its outline; a hit lies on it if it is at most the sensor's
 * thickness from it, for positions may be anywhere in the sensor, and cells at a slanted edge stick out.
 * Errors: MEMORY, ARGUMENT (a hit lies on no module). Complexity O(modules + hits): modules are sorted into a
 * grid. */
enum trkx_status trkx_modules_locate(struct trkx_memory *memory, const struct trkx_detector *detector,
                                     const trkx_hits *hits, int threads, int32_t *modules, trkx_error *error);

/* The same by comparing a position with every module: -1 if it is on none. */
int32_t trkx_module_locate_reference(const struct trkx_detector *detector, const float *xyz);

#endif
