/* The fast search by radius. */
#ifndef TRKX_GRAPH_SEARCH_H
#define TRKX_GRAPH_SEARCH_H

#include "core/memory.h"
#include "graph/query.h"

/* Fills *edges, whose content is overwritten, with the neighbours of n > 0 points. norms: see edges.h. On
 * failure *edges may hold something. Errors: MEMORY. */
enum trkx_status trkx_search(struct trkx_memory *memory, const struct trkx_query *query, const double *norms,
                             trkx_edges *edges, trkx_error *error);

#endif
