/* Points that lie in one place in great numbers: no search has to compare all of them with all. */
#ifndef TRKX_GRAPH_COINCIDENT_H
#define TRKX_GRAPH_COINCIDENT_H

#include "core/groups.h"
#include "graph/query.h"
#include "graph/tree.h"

/* Of the points in one place, the first k + 2 are all that a search for the k nearest has to see. Nobody
 * keeps another one: all are as far away, and ties go to the lower index. And each of the k + 2 still sees
 * that it has more than k neighbours. The others have one answer: what is nearest to their place. */
struct trkx_coincident {
    size_t most;               /* that are seen of a place */
    struct trkx_groups places; /* rows of points by place */
    size_t seen;
    uint32_t *rows; /* [seen] of those that are seen, ascending */
    float *points;  /* [seen,dim] */
};

/* How many points are in leaves of the tree that are one place: with more than k it is worth while to look
 * for places. */
size_t trkx_coincident_expected(const struct trkx_tree *tree);

/* Errors: MEMORY. Expected complexity O(n dim). */
enum trkx_status trkx_coincident_create(struct trkx_memory *memory, const struct trkx_query *query,
                                        struct trkx_coincident *coincident, trkx_error *error);
void trkx_coincident_destroy(struct trkx_coincident *coincident);

#endif
