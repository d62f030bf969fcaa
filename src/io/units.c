/* Warns about coordinates that are unlikely to be millimetres. */
#include <math.h>

#include "trkx.h"

/* mm. A beam pipe is beyond NEAR, the innermost layer is beyond it but within INNER; a tracker extends beyond
 * OUTER. */
static const double NEAR = 12, INNER = 100, OUTER = 120;

const char *trkx_hits_warning(const trkx_hits *hits)
{
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < hits->count; i++) {
        double r = hypot((double)hits->xyz[3 * i], (double)hits->xyz[3 * i + 1]);
        least = fmin(least, r);
        most = fmax(most, r);
    }
    if (hits->count == 0) return NULL;
    if (most <= NEAR) return "no hit is farther than 12 mm from the z axis: are these metres?";
    if (most <= OUTER && least < NEAR)
        return "all hits are within 120 mm of the z axis, and some within 12 mm: are these centimetres?";
    if (least >= INNER)
        return "no hit is nearer than 100 mm to the z axis: are these micrometres, or is the inner detector "
               "missing?";
    return NULL;
}
