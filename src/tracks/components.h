/* Track labelling by weakly connected components. */
#ifndef TRKX_TRACKS_COMPONENTS_H
#define TRKX_TRACKS_COMPONENTS_H

#include "tracks/method.h"

extern const struct trkx_method trkx_method_components;

/* As trkx_components, with all memory from `memory`. */
enum trkx_status trkx_components_in(struct trkx_memory *memory, const trkx_tracks_input *input,
                                    const trkx_labelling_options *options, int32_t *labels, size_t *count,
                                    trkx_error *error);

/* Reference implementation of trkx_components, by breadth-first search. One thread, O(n + m). */
enum trkx_status trkx_components_reference(size_t n, const trkx_edges *edges, const float *scores,
                                           const trkx_labelling_options *options, int32_t *labels,
                                           size_t *count, trkx_error *error);

#endif
