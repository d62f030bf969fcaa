/* Track labelling by joining hits in decreasing order of the edges' scores. */
#ifndef TRKX_TRACKS_JOIN_H
#define TRKX_TRACKS_JOIN_H

#include "tracks/method.h"

extern const struct trkx_method trkx_method_join;

/* As trkx_join, with all memory from `memory`. modules [n]: a number for each module, or NULL. */
enum trkx_status trkx_join_in(struct trkx_memory *memory, const trkx_tracks_input *input,
                              const int32_t *modules, const trkx_labelling_options *options, int32_t *labels,
                              size_t *count, trkx_error *error);

/* Reference implementation of trkx_join: compares all hits of two tracks. One thread, O(m^2 + m n^2). */
enum trkx_status trkx_join_reference(const trkx_hits *hits, const trkx_edges *edges, const float *scores,
                                     const trkx_labelling_options *options, int32_t *labels, size_t *count,
                                     trkx_error *error);

#endif
