/* Reference implementation of the walkthrough. */
#ifndef TRKX_TRACKS_WALKTHROUGH_REFERENCE_H
#define TRKX_TRACKS_WALKTHROUGH_REFERENCE_H

#include "core/memory.h"

/* As trkx_walkthrough, by trying all paths one after the other. For a few dozen hits; the edges must not
 * contain a cycle. */
enum trkx_status trkx_walkthrough_reference(size_t n, const trkx_edges *edges, const float *scores,
                                            const trkx_walkthrough_options *options, int32_t *labels,
                                            size_t *count, trkx_error *error);

#endif
