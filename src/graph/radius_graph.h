/* Graph building with counted memory, and its reference implementation. */
#ifndef TRKX_GRAPH_RADIUS_GRAPH_H
#define TRKX_GRAPH_RADIUS_GRAPH_H

#include "core/memory.h"

/* Reference implementation of trkx_radius_graph: compares all pairs. Memory O(n). One thread, complexity
 * O(n^2 dim). */
enum trkx_status trkx_radius_graph_reference(const float *points, size_t n, size_t dim,
                                             const trkx_edges_options *options, trkx_edges *edges,
                                             trkx_error *error);

/* The points of a graph. */
struct trkx_points {
    const float *values; /* [n,dim] */
    size_t n, dim;
    const double *norms; /* [n] (trkx_edges_norms): directed as by trkx_edges_orient; NULL: by index */
};

/* As trkx_radius_graph, with all memory counted in `memory`, including edges->index, which must be destroyed
 * before it. */
enum trkx_status trkx_radius_graph_in(struct trkx_memory *memory, const struct trkx_points *points,
                                      const trkx_edges_options *options, trkx_edges *edges,
                                      trkx_error *error);

#endif
