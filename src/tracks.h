/* Track labelling: what tracks.c shares with the tests. */
#ifndef TRKX_SRC_TRACKS_H
#define TRKX_SRC_TRACKS_H

#include "memory.h"

/* As trkx_tracks, with all memory from `memory`. */
enum trkx_status trkx_tracks_in(struct trkx_memory *memory, size_t n, const trkx_edges *edges,
                                const float *scores, const trkx_tracks_options *options, int32_t *labels,
                                size_t *count, trkx_error *error);

/* As trkx_tracks, by walking from hit to hit, breadth first: the plain truth of what it computes. One thread,
 * O(n + m). */
enum trkx_status trkx_tracks_reference(size_t n, const trkx_edges *edges, const float *scores,
                                       const trkx_tracks_options *options, int32_t *labels, size_t *count,
                                       trkx_error *error);

#endif
