/* Chains of edges: tracks among free hits. */
#ifndef TRKX_TRACKS_CHAINS_H
#define TRKX_TRACKS_CHAINS_H

#include "tracks/helix.h"

/* Each next hit of a chain has to be predicted at least this well. */
#define TRKX_CHAIN_WORST (-3.0)

/* The input and settings of the search for chains. */
struct trkx_chains_input {
    const struct trkx_measurement *measurements; /* [n] */
    size_t n;
    const trkx_edges *edges; /* outwards */
    const struct trkx_description *detector;
    size_t hits;  /* >= 4: a chain needs at least this many ... */
    double score; /* ... and this score */
    int threads;
};

/* Finds tracks among the hits with label 0, and labels them from *tracks + 1 on. */
enum trkx_status trkx_find_chains(struct trkx_memory *memory, const struct trkx_chains_input *input,
                                  int32_t *labels, size_t *tracks, trkx_error *error);

#endif
