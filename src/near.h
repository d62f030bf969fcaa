/* Comparing the points of two leaves of a search tree, many at a time, and sorting a node's neighbours: the
 * inner loops of the search by radius. Written once (src/near_template.h), compiled for each instruction set;
 * trkx_near_kernels() gives the best that this processor has. All give the same bits. */
#ifndef TRKX_SRC_NEAR_H
#define TRKX_SRC_NEAR_H

#include "keys.h"
#include "tree.h"

/* How far neighbours are. The kernels may add products without rounding them first (FMA), so that a d2 of
 * theirs differs from the defined one in the last bits: what is <= sure is a neighbour, what is > maybe is
 * none, between the two the defined d2 decides. Bounds by boxes are compared with maybe. */
struct trkx_reach {
    float r2, sure, maybe;
};

/* What two sums for one d2 can differ by, see src/near_template.h: the margin is (2 dim + 4) 2^-24, here in
 * steps of 2^-23 that float32 can add to 1, and one more step for the rounding of the product. 2^-140 is more
 * than what numbers below the normal range lose, at most 2^-150 an operation. */
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

/* Points of one leaf, stored like one: coordinates dimension by dimension. `width` is `count` rounded up to
 * the lanes; beyond `count` there are NaNs, for which no comparison holds. */
struct trkx_points {
    size_t count, width;
    float box[2 * TRKX_TREE_DIM_MAX];              /* [2,dim] lowest, highest coordinate */
    int32_t ids[TRKX_TREE_LEAF + TRKX_TREE_LANES]; /* [count] */
    _Alignas(64) float block[TRKX_TREE_DIM_MAX * TRKX_TREE_LEAF + TRKX_TREE_LANES]; /* [dim,width] */
};

/* The pair of two points, (lower id << 32 | higher id). */
static inline uint64_t trkx_near_pair(int32_t a, int32_t b)
{
    return a < b ? trkx_key((uint32_t)a, (uint32_t)b) : trkx_key((uint32_t)b, (uint32_t)a);
}

/* A view of points of a leaf. */
struct trkx_points_view {
    size_t count, width;
    const int32_t *ids;
    const float *block;
};

/* Pairs (lower id << 32 | higher id) on their way into a buffer of limited size, behind which there is room
 * for TRKX_TREE_LANES more. */
struct trkx_pair_sink {
    uint64_t *pairs;
    size_t count, capacity;
};

/* The neighbours of some points (queries) that have been seen so far; each keeps those that may be among its
 * k nearest. One query has a row of `capacity` places, of which held[q] are taken. */
struct trkx_nearest {
    size_t k, capacity;                            /* capacity >= 2k + TRKX_TREE_LEAF + TRKX_TREE_LANES */
    float limit[TRKX_TREE_LEAF + TRKX_TREE_LANES]; /* [queries] d2 of interest: <= */
    uint32_t held[TRKX_TREE_LEAF];                 /* [queries] fewer than 2k, but for cut_back */
    bool full[TRKX_TREE_LEAF];                     /* [queries] there were more than k neighbours */
    int32_t *d2;  /* [queries, capacity] their bits: floats >= 0 are in the order of their bits as integers */
    int32_t *ids; /* [queries, capacity] */
};

enum { TRKX_ROW_SHORT = 64 };

struct trkx_near_kernels {
    const char *name; /* "avx2" */

    /* Takes the points whose distance from the box, [2,dim], is at most limits[i * step] (squared; step 0 or
     * 1), in their order. */
    void (*take)(const struct trkx_points_view *from, size_t dim, const float *box, const float *limits,
                 size_t step, struct trkx_points *near);

    /* Adds the pairs of a's points from number `first` on with the points of b, where `same` (a and b are
     * one) only with those behind. Stops where the sink could overflow. Returns the number of the first point
     * that is left to do, a->count when done. The sink has to have room for 4 * TRKX_TREE_LEAF pairs to get
     * on. */
    size_t (*pair)(const struct trkx_points *a, const struct trkx_points *b, bool same, size_t first,
                   size_t dim, const struct trkx_reach *reach, struct trkx_pair_sink *sink);

    /* Shows the points of b to the queries a, whose ids are places in `nearest`. own [queries]: their ids,
     * which are passed over, where b may hold them, else NULL. d2 is the defined one. */
    void (*show)(const struct trkx_points *a, const struct trkx_points *b, size_t dim, const int32_t *own,
                 struct trkx_nearest *nearest);

    /* Cuts a query's neighbours, more than k, back to the k nearest (ties: lower ids), in any order. */
    void (*cut_back)(struct trkx_nearest *nearest, size_t query);

    /* Writes different numbers >= 0, at most TRKX_ROW_SHORT, in ascending order. */
    void (*sort_row)(const int32_t *row, size_t count, uint64_t *sorted);
};

extern const struct trkx_near_kernels trkx_near_plain;
#if defined(__x86_64__)
extern const struct trkx_near_kernels trkx_near_avx2, trkx_near_avx512;
#endif

const struct trkx_near_kernels *trkx_near_kernels(void);

#endif
