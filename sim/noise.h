/* Noise hits. */
#ifndef TRKX_SIM_NOISE_H
#define TRKX_SIM_NOISE_H

#include "sim/propagate.h"

/* Counts an event's noise hits, and makes them where noise is not NULL, module by module. level: relative to
 * TrackML's at full density. The same arguments give the same hits. */
size_t trkx_noise(const struct trkx_detector *detector, double level, uint64_t event_seed,
                  struct trkx_crossing *noise);

#endif
