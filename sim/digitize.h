/* The cells that a sensor reads out for a crossing, and the measured position. */
#ifndef TRKX_SIM_DIGITIZE_H
#define TRKX_SIM_DIGITIZE_H

#include "sim/propagate.h"
#include "sim/random.h"

struct trkx_cell {
    int32_t ch0, ch1; /* channel along u, v, from the module's edge */
    float value;      /* pixels: mm of track whose charge it collects; strips: 1 */
};

enum { TRKX_CELLS_MAX = 512 };

struct trkx_cluster {
    size_t count; /* at least 1 */
    struct trkx_cell cells[TRKX_CELLS_MAX];
    double u, v; /* mm: the measured position */
};

/* Uses `random` only for the fluctuation of the charge. pixel_barrel: the depth of sensor that makes a
 * cluster in the pixel barrel, relative to half the thickness; at most TRKX_DEPTH_MAX. */
enum { TRKX_DEPTH_MAX = 4 };
void trkx_digitize(const struct trkx_module *module, const struct trkx_crossing *crossing,
                   double pixel_barrel, struct trkx_random *random, struct trkx_cluster *cluster);

#endif
