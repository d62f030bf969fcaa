/* Graph building: what src/radius.c and src/edges.c share with the pipeline, the metrics and the tests. */
#ifndef TRKX_SRC_EDGES_H
#define TRKX_SRC_EDGES_H

#include "memory.h"

/* As trkx_radius_graph, by comparing all pairs: the plain truth of what it computes. Memory O(n). One thread,
 * complexity O(n^2 dim). */
enum trkx_status trkx_radius_graph_reference(const float *points, size_t n, size_t dim,
                                             const trkx_edges_options *options, trkx_edges *edges,
                                             trkx_error *error);

/* As trkx_radius_graph and trkx_edges_orient, with all memory counted in `memory`, edges->index included:
 * it must be destroyed before the counter goes away. */
enum trkx_status trkx_radius_graph_in(struct trkx_memory *memory, const float *points, size_t n, size_t dim,
                                      const trkx_edges_options *options, trkx_edges *edges,
                                      trkx_error *error);
enum trkx_status trkx_edges_orient_in(struct trkx_memory *memory, const float *xyz, size_t n, int threads,
                                      trkx_edges *edges, trkx_error *error);

/* Edges on their way to trkx_edges: (source << 32 | target), in any order. */
struct trkx_pairs {
    uint64_t *pairs;
    size_t count;
};

/* Fills *edges (whose content is overwritten, not freed) with the pairs of all lists, sorted by (source,
 * target); every source is < n. edges->saturated stays. Errors: MEMORY. Complexity O(n + m log degree). */
enum trkx_status trkx_edges_from_pairs(struct trkx_memory *memory, const struct trkx_pairs *lists,
                                       size_t lists_count, size_t n, int threads, trkx_edges *edges,
                                       trkx_error *error);

#endif
