/* Reference implementation of track completion. */
#ifndef TRKX_TRACKS_COMPLETE_REFERENCE_H
#define TRKX_TRACKS_COMPLETE_REFERENCE_H

#include "trkx.h"

/* Reference implementation of trkx_complete: compares every hit with every track. One thread. */
enum trkx_status trkx_complete_reference(const trkx_hits *hits, const trkx_detector *detector,
                                         const trkx_edges *candidates, const trkx_complete_options *options,
                                         int32_t *labels, size_t *count, trkx_error *error);

#endif
