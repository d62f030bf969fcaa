/* A kd-tree for the search by radius. Its leaves have sixteen points, its nodes sixteen children; both are
 * stored dimension by dimension, so that a point is compared with a whole leaf, or with all children's boxes,
 * in a few vectors. */
#ifndef TRKX_GRAPH_TREE_H
#define TRKX_GRAPH_TREE_H

#include "core/memory.h"
#include "graph/check.h"

enum {
    TRKX_TREE_LANES = 16, /* points of a leaf, and children of a node */
    TRKX_TREE_LEVELS = 8, /* at most: 16^8 leaves */
};

/* Leaf l has the points ids[16 l..16 l + 16), the last one the rest. The boxes of level 0 are those of the
 * leaves; box b of level v + 1 encloses the boxes 16 b..16 b + 16 of level v, which are stored together as
 * node b of level v. The last level has one node. */
struct trkx_tree {
    size_t n, dim;
    size_t leaves;
    size_t levels;
    float *boxes[TRKX_TREE_LEVELS]; /* [nodes, 2, dim, 16] lowest and highest coordinates of the children; NaN
                                       where a node has fewer: no comparison holds */
    float *blocks;                  /* [leaves, dim, 16] coordinates; NaN beyond the points */
    int32_t *ids;                   /* [leaves, 16] index of the point in the input; -1: none */
};

/* Builds the tree of finite points [n,dim], 1 <= n < 2^31. Temporary memory: 8 bytes per point.
 * Complexity O(n log n dim). Errors: MEMORY. */
enum trkx_status trkx_tree_create(struct trkx_memory *memory, const float *points, size_t n, size_t dim,
                                  int threads, struct trkx_tree *tree, trkx_error *error);
void trkx_tree_destroy(struct trkx_tree *tree);

static inline size_t trkx_tree_points_in(const struct trkx_tree *tree, size_t leaf)
{
    size_t left = tree->n - leaf * TRKX_TREE_LANES;
    return left < TRKX_TREE_LANES ? left : TRKX_TREE_LANES;
}

/* The boxes of a node's children, [2, dim, 16]. */
static inline float *trkx_tree_node(const struct trkx_tree *tree, size_t level, size_t node)
{
    return tree->boxes[level] + node * 2 * tree->dim * TRKX_TREE_LANES;
}

static inline float *trkx_tree_block(const struct trkx_tree *tree, size_t leaf)
{
    return tree->blocks + leaf * tree->dim * TRKX_TREE_LANES;
}

#endif
