/* The clusters of hits: their extent, and how it depends on the slope of the particle. */
#ifndef TRKX_FEATURES_CLUSTER_H
#define TRKX_FEATURES_CLUSTER_H

#include "detector/modules.h"

/* The range of the channels (cell_ch0 or cell_ch1) of a hit that has cells, inclusive. */
static inline int64_t trkx_cluster_channels(const trkx_hits *hits, size_t hit, const int32_t *channel)
{
    size_t begin = hits->cell_begin[hit], end = hits->cell_begin[hit + 1];
    int64_t low = channel[begin], high = low;
    for (size_t c = begin + 1; c < end; c++) {
        if (channel[c] < low) low = channel[c];
        if (channel[c] > high) high = channel[c];
    }
    return high - low + 1;
}

/*
 * The depth of the clusters on each module, in thicknesses of the sensor: a particle with the slope |dv/dw|
 * makes a cluster as long as its path along v through this depth. It depends on how the cells of a data set
 * were made, so the event tells it, for each volume: the median over its hits of (length - pitch_v) /
 * (thickness * c), with c = |v/w| of the straight line from the origin to the hit. Only hits with 1.5 <= c
 * <= 6 and thickness * c >= 4 pitch_v count, as only long clusters tell. Their weight is length - pitch_v:
 * pseudorapidity is flat, so that particles of slope s at one place are as many as 1 / sqrt(1 + s * s);
 * without weights the depth would fall as the beam gets longer, to .43 instead of .50 for 53 mm. A cluster of
 * 200 channels at the nominal depth (1/2 on modules whose normal is perpendicular to the beam, 1 on others:
 * TrackML's) keeps volumes with few such hits, or none, near that.
 *
 * placed: with modules and cells. depth [modules of the detector], .1 to 10. The same for any
 * order of the hits. Complexity O(n + modules + cells). Errors: MEMORY.
 */
enum trkx_status trkx_cluster_depths(struct trkx_memory *memory, const struct trkx_placed_hits *placed,
                                     double *depth, trkx_error *error);

/* |du/dw| or |dv/dw| of a particle that makes a cluster of this extent, 0 to 20. All in mm. */
double trkx_cluster_slope(double extent, double pitch, double depth);

#endif
