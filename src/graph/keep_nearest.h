/* Selects the k nearest neighbours from all pairs within the radius. */
#ifndef TRKX_GRAPH_KEEP_NEAREST_H
#define TRKX_GRAPH_KEEP_NEAREST_H

#include "graph/edges.h"
#include "graph/query.h"

/* Drops those of all pairs within the radius, in any order, that neither end keeps. *saturated: the number of
 * nodes with more than k neighbours. Memory: 4 bytes per point and thread (at most 8); with saturated nodes,
 * 16 bytes per point and 8 bytes for each of their neighbours. Complexity O(n + m). Errors: MEMORY. */
enum trkx_status trkx_keep_nearest(struct trkx_memory *memory, const struct trkx_query *query,
                                   struct trkx_pairs *lists, size_t lists_count, size_t *saturated,
                                   trkx_error *error);

#endif
