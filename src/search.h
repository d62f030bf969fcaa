/* The fast search by radius, and what it shares with the plain one. */
#ifndef TRKX_SRC_SEARCH_H
#define TRKX_SRC_SEARCH_H

#include "keys.h"
#include "memory.h"

/* The checked arguments of a search. */
struct trkx_query {
    const float *points; /* [n,dim] finite */
    size_t n, dim, k;
    float r2;
    int threads;
};

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

/* Neighbours in the order in which a node keeps them: nearer first, then the lower index. (bits of d2,
 * index): floats >= 0 are in the order of their bits. */
static inline uint64_t trkx_neighbour_key(float d2, size_t index)
{
    uint32_t bits;
    memcpy(&bits, &d2, sizeof bits);
    return trkx_key(bits, (uint32_t)index);
}

/* A node whose neighbours need no choice keeps them all: no key is greater. */
#define TRKX_KEEP_ALL UINT64_MAX

/* A pair is kept when either end keeps it: limits[i] is the key of the last neighbour that i keeps. */
static inline bool trkx_pair_kept(const uint64_t *limits, size_t i, size_t j, float d2)
{
    return trkx_neighbour_key(d2, j) <= limits[i] || trkx_neighbour_key(d2, i) <= limits[j];
}

/* Fills *edges, whose content is overwritten, with the neighbours of n > 0 points. norms: see edges.h. On
 * failure *edges may hold something. Errors: MEMORY. */
enum trkx_status trkx_search(struct trkx_memory *memory, const struct trkx_query *query, const double *norms,
                             trkx_edges *edges, trkx_error *error);

#endif
