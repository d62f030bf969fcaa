/* Where particles come from: the beam, decays, or the detector's material. */
#ifndef TRKX_METRICS_KINDS_H
#define TRKX_METRICS_KINDS_H

#include "metrics/truth_index.h"

enum trkx_kind { TRKX_FROM_BEAM, TRKX_FROM_DECAYS, TRKX_FROM_MATERIAL, TRKX_KINDS };

/* Whether the particles are known, and numbered as TrackML's. */
bool trkx_kinds_are_known(const struct trkx_truth_index *index);

/* Of a particle, one of index->hits that is not noise; the kinds must be known. */
enum trkx_kind trkx_kind_of(const struct trkx_truth_index *index, size_t particle);

#endif
