/* Lists of edges: made from pairs, directed outwards, cut. */
#ifndef TRKX_GRAPH_EDGES_H
#define TRKX_GRAPH_EDGES_H

#include "core/memory.h"

/* As trkx_edges_orient, with all memory counted in `memory`, including edges->index, which must be destroyed
 * before it. */
enum trkx_status trkx_edges_orient_in(struct trkx_memory *memory, const float *xyz, size_t n, int threads,
                                      trkx_edges *edges, trkx_error *error);

/* norms [n]: x^2 + y^2 + z^2 (mm^2) of the hits. Errors: MEMORY. */
enum trkx_status trkx_edges_norms(struct trkx_memory *memory, const float *xyz, size_t n, double **norms,
                                  trkx_error *error);

/* As trkx_edges_over, with over->index from `memory`. */
enum trkx_status trkx_edges_over_in(struct trkx_memory *memory, const trkx_edges *edges, const float *scores,
                                    float cut, trkx_edges *over, trkx_error *error);

/* Edges before sorting: (source << 32 | target), in any order. */
struct trkx_pairs {
    uint64_t *pairs;
    size_t count;
    bool repeats; /* a pair may be repeated */
};

/* All pairs of a graph. */
struct trkx_pair_lists {
    const struct trkx_pairs *lists; /* [count] */
    size_t count;
    size_t n;            /* > 0; all ends are below */
    const double *norms; /* [n] (trkx_edges_norms): the edges are directed as by trkx_edges_orient, and so are
                            the pairs in their lists; NULL: by index */
    int threads;
    void (*release)(void *owner); /* frees the lists; NULL: they are kept */
    void *owner;
};

/* Fills *edges (whose content is overwritten, not freed) with the pairs of all lists, sorted by (source,
 * target). release is called as soon as the pairs have been read, before half of the result's memory is
 * touched; not on failure. edges->saturated is unchanged. Errors: MEMORY. Complexity O(n + m log degree). */
enum trkx_status trkx_edges_from_pairs(struct trkx_memory *memory, const struct trkx_pair_lists *pairs,
                                       trkx_edges *edges, trkx_error *error);

#endif
