/* The direction of edges: from the hit nearer to the origin to the other. */
#ifndef TRKX_GRAPH_OUTWARDS_H
#define TRKX_GRAPH_OUTWARDS_H

#include <stdbool.h>

#include "core/keys.h"

/* In double, where the squares of float32 values are exact. mm^2; xyz [3] mm. */
static inline TRKX_EVERYWHERE double trkx_squared_norm(const float *xyz)
{
    double x = (double)xyz[0], y = (double)xyz[1], z = (double)xyz[2];
    return x * x + y * y + z * z;
}

/* The pair (source << 32 | target) so that it runs from the smaller norm, ties: from the lower index. */
static inline TRKX_EVERYWHERE uint64_t trkx_turn_outwards(const double *norms, uint64_t pair)
{
    uint32_t a = trkx_key_high(pair), b = trkx_key_low(pair);
    bool outwards = norms[a] < norms[b] || (norms[a] == norms[b] && a < b);
    return outwards ? pair : trkx_key(b, a);
}

#endif
