/* Large numbers of coincident points, which a search need not compare with each other. */
#ifndef TRKX_GRAPH_COINCIDENT_H
#define TRKX_GRAPH_COINCIDENT_H

#include "core/groups.h"
#include "graph/query.h"
#include "graph/tree.h"

/* Of the points at one place, a search for the k nearest needs only the first k + 2. No point keeps any
 * other: all are equally far away, and ties resolve to the lower index. And each of the k + 2 still has more
 * than k neighbours. The others all have the same result: what is nearest to their place. */
struct trkx_coincident {
    size_t most;               /* points used per place */
    struct trkx_groups places; /* rows of points by place */
    size_t seen;
    uint32_t *rows; /* [seen] of the points used, ascending */
    float *points;  /* [seen,dim] */
};

/* The number of points in leaves of the tree that are a single place: with more than k it is worthwhile to
 * look for places. */
size_t trkx_coincident_expected(const struct trkx_tree *tree);

/* Errors: MEMORY. Expected complexity O(n dim). */
enum trkx_status trkx_coincident_create(struct trkx_memory *memory, const struct trkx_query *query,
                                        struct trkx_coincident *coincident, trkx_error *error);
void trkx_coincident_destroy(struct trkx_coincident *coincident);

#endif
