/* The k nearest neighbours, chosen from all pairs within the radius. */
#ifndef TRKX_GRAPH_KEEP_NEAREST_H
#define TRKX_GRAPH_KEEP_NEAREST_H

#include "graph/edges.h"
#include "graph/query.h"

/* Of all pairs within the radius, in any order, drops from the lists those that neither end keeps. *saturated:
 * the number of nodes with more than k neighbours. Memory: 4 bytes a point and thread (at most 8); where there
 * are saturated nodes, 16 bytes a point and 8 bytes for each of their neighbours. Complexity O(n + m). Errors:
 * MEMORY. */
enum trkx_status trkx_keep_nearest(struct trkx_memory *memory, const struct trkx_query *query,
                                   struct trkx_pairs *lists, size_t lists_count, size_t *saturated,
                                   trkx_error *error);

#endif
