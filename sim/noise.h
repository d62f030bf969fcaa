/* Noise hits. */
#ifndef TRKX_SIM_NOISE_H
#define TRKX_SIM_NOISE_H

#include "sim/propagate.h"

/* Counts an event's noise hits and, if noise is not NULL, generates them module by module. level: relative to
 * TrackML's events of full density. The same arguments give the same hits. */
size_t trkx_noise(const struct trkx_detector *detector, double level, uint64_t event_seed,
                  struct trkx_crossing *noise);

#endif
