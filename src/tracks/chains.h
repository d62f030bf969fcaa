/* Chains of candidate edges: tracks among the hits that none has taken. */
#ifndef TRKX_TRACKS_CHAINS_H
#define TRKX_TRACKS_CHAINS_H

#include "tracks/helix.h"

/* Chains have no next hit that is predicted worse than this. */
#define TRKX_CHAIN_WORST (-3.0)

/* What chains are made of, and how. */
struct trkx_chains_input {
    const struct trkx_measurement *measurements; /* [n] */
    size_t n;
    const trkx_edges *candidates; /* outwards */
    const struct trkx_description *detector;
    const trkx_complete_options *options;
    int threads;
};

/* Finds tracks among the hits with label 0, and gives them labels from *tracks + 1 on. */
enum trkx_status trkx_find_chains(struct trkx_memory *memory, const struct trkx_chains_input *input,
                                  int32_t *labels, size_t *tracks, trkx_error *error);

#endif
