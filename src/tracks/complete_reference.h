/* Reference implementation of track completion. */
#ifndef TRKX_TRACKS_COMPLETE_REFERENCE_H
#define TRKX_TRACKS_COMPLETE_REFERENCE_H

#include "trkx.h"

/* Reference implementation of trkx_complete: compares every hit with every track. One thread. further: edges
 * of a second pass, or NULL; with them the reference of completion in two parts (tracks/complete.h), the
 * second of which finds chains with at least `score`. */
enum trkx_status trkx_complete_reference(const trkx_hits *hits, const trkx_detector *detector,
                                         const trkx_edges *candidates, const trkx_complete_options *options,
                                         const trkx_edges *further, double score, int32_t *labels,
                                         size_t *count, trkx_error *error);

#endif
