/* The arguments of a search by radius. */
#ifndef TRKX_GRAPH_QUERY_H
#define TRKX_GRAPH_QUERY_H

#include <stddef.h>
#include <stdint.h>

/* The checked arguments of a search. */
struct trkx_query {
    const float *points; /* [n,dim] finite */
    size_t n, dim, k;    /* k: the largest of any node */
    const uint32_t *ks;  /* [n] or NULL */
    float r2;
    int threads;
};

/* The number of neighbours that a node keeps. */
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

#endif
