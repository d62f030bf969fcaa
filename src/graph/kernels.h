/* Comparing a point with nodes and leaves of a search tree, many at a time, and sorting a node's neighbours:
 * the inner loops of the search by radius. Written once (src/graph/kernels_template.h), compiled for each
 * instruction set; src/graph/kernels_best.h returns the best for this processor. All give the same bits.
 */
#ifndef TRKX_GRAPH_KERNELS_H
#define TRKX_GRAPH_KERNELS_H

#include "core/keys.h"
#include "graph/tree.h"

/* Squared distances of neighbours. The kernels may use FMA, so that their d2 differs from the defined one in
 * the last bits: <= sure is a neighbour, > maybe is not, and in between the defined d2 decides. Bounds of
 * boxes are compared with maybe. */
struct trkx_reach {
    float r2, sure, maybe;
};

/* The largest difference between two sums for one d2, see src/graph/kernels_template.h: the margin is (2 dim
 * + 4) 2^-24, here in steps of 2^-23 that float32 can add to 1, and one more step for the rounding of the
 * product. 2^-140 exceeds the loss of subnormal numbers, at most 2^-150 per operation. */
static inline float trkx_reach_maybe(float d2, size_t dim)
{
    return d2 * (1 + (float)(dim + 3) * 0x1p-23f) + 0x1p-140f;
}

static inline struct trkx_reach trkx_reach(float r2, size_t dim)
{
    return (struct trkx_reach){.r2 = r2,
                               .sure = r2 * (1 - (float)(dim + 3) * 0x1p-23f) - 0x1p-140f,
                               .maybe = trkx_reach_maybe(r2, dim)};
}

/* The pair of two points, (lower id << 32 | higher id). */
static inline uint64_t trkx_near_pair(int32_t a, int32_t b)
{
    return a < b ? trkx_key((uint32_t)a, (uint32_t)b) : trkx_key((uint32_t)b, (uint32_t)a);
}

/* A point of the tree: number `lane` of `leaf`. */
struct trkx_place {
    size_t leaf, lane;
    int32_t id;
    float x[TRKX_DIM_MAX]; /* [dim] */
};

/* The neighbours of a point seen so far that may be among its k nearest. */
struct trkx_nearest {
    size_t k;
    size_t held; /* <= 2k + those added at a time */
    float limit; /* d2 of interest: <= */
    bool full;   /* there were more than k neighbours within the limit */
    int32_t *d2; /* [2k + TRKX_NEAR_ROOM] bits: floats >= 0 are in the order of their bits as integers */
    int32_t *ids;
};

enum {
    TRKX_NEAR_LEAVES = 64, /* most leaves compared with a point at a time */
    TRKX_NEAR_ROOM = (TRKX_NEAR_LEAVES + 1) * TRKX_TREE_LANES, /* room for what these may write */
    TRKX_ROW_SHORT = 64,
};

struct trkx_near_kernels {
    const char *name; /* "avx2" */

    /* Lists in order the children of nodes of a level whose box is within `limit` (squared) of x. May write
     * TRKX_TREE_LANES more. Returns their number. */
    size_t (*expand)(const struct trkx_tree *tree, size_t level, const float *x, float limit,
                     const uint32_t *nodes, size_t count, uint32_t *children);

    /* Writes the pairs of a point with neighbours in at most TRKX_NEAR_LEAVES leaves; in its own leaf, which
     * may only be the first, with those after it. Writes up to TRKX_NEAR_ROOM pairs, returns the end of the
     * valid ones. */
    uint64_t *(*pair)(const struct trkx_tree *tree, const struct trkx_place *place,
                      const struct trkx_reach *reach, const uint32_t *leaves, size_t count, uint64_t *pairs);

    /* Adds the points of at most TRKX_NEAR_LEAVES leaves, except itself, to a point's nearest. d2 is the
     * defined one. */
    void (*show)(const struct trkx_tree *tree, const struct trkx_place *place, const uint32_t *leaves,
                 size_t count, struct trkx_nearest *nearest);

    /* Reduces more than k neighbours to the k nearest (ties: lower ids), in any order; sets limit and full.
     */
    void (*cut_back)(struct trkx_nearest *nearest);

    /* Writes distinct numbers >= 0, at most TRKX_ROW_SHORT, in ascending order. */
    void (*sort_row)(const int32_t *row, size_t count, uint64_t *sorted);
};

#endif
