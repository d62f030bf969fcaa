/* A kd-tree of leaves of about a hundred points, stored for the search by radius: the leaves' coordinates lie
 * dimension by dimension, so that one point is compared with many at a time. */
#ifndef TRKX_SRC_TREE_H
#define TRKX_SRC_TREE_H

#include "memory.h"

enum {
    TRKX_TREE_DIM_MAX = 32,
    TRKX_TREE_LANES = 16, /* points that are compared at a time */
    TRKX_TREE_LEAF = 128, /* most points of a leaf: a multiple of the lanes */
};

/* All leaves are at one depth; leaf l holds the points ids[begin(l)..begin(l + 1)). Node 0 is the root, v has
 * the children 2v + 1 and 2v + 2, the last `leaves` nodes are the leaves in order. */
struct trkx_tree {
    size_t n, dim;
    size_t leaves; /* a power of two */
    size_t width;  /* of a leaf's block: points of the largest leaf, rounded up to the lanes */
    float *boxes;  /* [2 leaves - 1, 2, dim] lowest and highest coordinate of each node */
    float *blocks; /* [leaves, dim, width] coordinates; NaN beyond the leaf's points: no comparison holds */
    int32_t *ids;  /* [n] which point of the input lies there; room for a vector of lanes behind */
};

/* Builds the tree of finite points [n,dim], 1 <= n < 2^31. Temporary memory: 8 bytes a point.
 * Complexity O(n log n dim). Errors: MEMORY. */
enum trkx_status trkx_tree_create(struct trkx_memory *memory, const float *points, size_t n, size_t dim,
                                  int threads, struct trkx_tree *tree, trkx_error *error);
void trkx_tree_destroy(struct trkx_tree *tree);

static inline size_t trkx_tree_begin(const struct trkx_tree *tree, size_t leaf)
{
    return leaf * tree->n / tree->leaves;
}

static inline const float *trkx_tree_box(const struct trkx_tree *tree, size_t node)
{
    return tree->boxes + node * 2 * tree->dim;
}

static inline const float *trkx_tree_block(const struct trkx_tree *tree, size_t leaf)
{
    return tree->blocks + leaf * tree->dim * tree->width;
}

#endif
