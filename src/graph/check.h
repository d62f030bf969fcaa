/* Checks the arguments of a search by radius, with the same messages on the CPU and on a GPU. */
#ifndef TRKX_GRAPH_CHECK_H
#define TRKX_GRAPH_CHECK_H

#include <stdio.h>

#include <trkx.h>

enum { TRKX_DIM_MAX = 32 }; /* of points */

/* False: `why` is what is wrong with the options, dimensions or number of points. */
static inline bool trkx_search_possible(size_t n, size_t dim, const trkx_edges_options *options,
                                        char why[TRKX_ERROR_MESSAGE_SIZE])
{
    const size_t size = TRKX_ERROR_MESSAGE_SIZE;
    *why = '\0';
    if (!(options->radius >= TRKX_RADIUS_MIN && options->radius <= TRKX_RADIUS_MAX))
        snprintf(why, size, "edges: the radius is %g, it must be from %g to %g", options->radius,
                 TRKX_RADIUS_MIN, TRKX_RADIUS_MAX);
    else if (options->k < 1)
        snprintf(why, size, "edges: k is 0, it must be at least 1");
    else if (dim < 1 || dim > TRKX_DIM_MAX)
        snprintf(why, size, "edges: points have %zu dimensions, 1 to %d are possible", dim, TRKX_DIM_MAX);
    else if (n > INT32_MAX)
        snprintf(why, size, "edges: %zu points, at most %d are possible", n, INT32_MAX);
    return *why == '\0';
}

/* The largest of ks [n]; 0: one of them is 0, and `why` says which.
 */
static inline size_t trkx_search_largest_k(const uint32_t *ks, size_t n, char why[TRKX_ERROR_MESSAGE_SIZE])
{
    size_t largest = 1;
    for (size_t i = 0; i < n; i++) {
        if (ks[i] < 1) {
            snprintf(why, TRKX_ERROR_MESSAGE_SIZE, "edges: the k of node %zu is 0, it must be at least 1", i);
            return 0;
        }
        if (ks[i] > largest) largest = ks[i];
    }
    return largest < n ? largest : n;
}

#endif
