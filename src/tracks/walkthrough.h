/* Track labelling by the longest paths along the edges. */
#ifndef TRKX_TRACKS_WALKTHROUGH_H
#define TRKX_TRACKS_WALKTHROUGH_H

#include "tracks/method.h"

extern const struct trkx_method trkx_method_walkthrough;

/* As trkx_walkthrough, with all memory from `memory`. */
enum trkx_status trkx_walkthrough_in(struct trkx_memory *memory, const trkx_tracks_input *input,
                                     const trkx_walkthrough_options *options, int32_t *labels, size_t *count,
                                     trkx_error *error);

#endif
