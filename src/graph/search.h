/* The fast search by radius, and what it shares with the plain one. */
#ifndef TRKX_SRC_SEARCH_H
#define TRKX_SRC_SEARCH_H

#include "core/keys.h"
#include "core/memory.h"

/* The checked arguments of a search. */
struct trkx_query {
    const float *points; /* [n,dim] finite */
    size_t n, dim, k;    /* k: the largest of any node */
    const uint32_t *ks;  /* [n] or NULL */
    float r2;
    int threads;
};

/* How many neighbours a node keeps. */
static inline size_t trkx_query_k(const struct trkx_query *query, size_t i)
{
    return query->ks == NULL ? query->k : query->ks[i];
}

/* The float32 sum of squared float32 differences, in the order of the dimensions. */
static inline float trkx_query_d2(const struct trkx_query *query, size_t i, size_t j)
{
    const float *a = query->points + i * query->dim, *b = query->points + j * query->dim;
    float sum = 0;
    for (size_t d = 0; d < query->dim; d++) {
        float difference = a[d] - b[d];
        sum += difference * difference;
    }
    return sum;
}

/* Fills *edges, whose content is overwritten, with the neighbours of n > 0 points. norms: see edges.h. On
 * failure *edges may hold something. Errors: MEMORY. */
enum trkx_status trkx_search(struct trkx_memory *memory, const struct trkx_query *query, const double *norms,
                             trkx_edges *edges, trkx_error *error);

#endif
