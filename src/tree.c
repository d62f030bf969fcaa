#include "tree.h"

#include <math.h>

#include "keys.h"
#include "parallel.h"

enum {
    SAMPLE = 128,       /* points from which a node chooses the dimension to split */
    TASK_MIN = 1 << 13, /* points from which a subtree is worth a task of its own */
};

struct build {
    struct trkx_tree *tree;
    const float *points; /* [n,dim] */
    uint64_t *keys;      /* [n] (code of the coordinate, index of the point) */
};

/* A node and the leaves below it: [first, last). */
struct subtree {
    size_t node, first, last;
};

/* The dimension of the largest variance, from an even sample: a bounding box would follow its outliers. */
static size_t widest_dimension(const struct build *build, const uint64_t *keys, size_t count)
{
    size_t dim = build->tree->dim, samples = count < SAMPLE ? count : SAMPLE, widest = 0;
    const float *origin = build->points + trkx_key_low(keys[0]) * dim; /* against cancellation */
    double sum[TRKX_TREE_DIM_MAX] = {0}, squares[TRKX_TREE_DIM_MAX] = {0}, largest = -1;
    for (size_t i = 0; i < samples; i++) {
        const float *point = build->points + trkx_key_low(keys[i * count / samples]) * dim;
        for (size_t d = 0; d < dim; d++) {
            double x = (double)point[d] - (double)origin[d];
            sum[d] += x;
            squares[d] += x * x;
        }
    }
    for (size_t d = 0; d < dim; d++) {
        double variance = squares[d] - sum[d] * sum[d] / (double)samples;
        if (variance > largest) {
            largest = variance;
            widest = d;
        }
    }
    return widest;
}

static void fill_leaf(const struct build *build, size_t leaf)
{
    const struct trkx_tree *tree = build->tree;
    size_t begin = trkx_tree_begin(tree, leaf), count = trkx_tree_begin(tree, leaf + 1) - begin;
    size_t dim = tree->dim, width = tree->width;
    float *block = tree->blocks + leaf * dim * width;
    float *low = tree->boxes + (tree->leaves - 1 + leaf) * 2 * dim, *high = low + dim;
    for (size_t i = 0; i < count; i++) {
        uint32_t id = trkx_key_low(build->keys[begin + i]);
        tree->ids[begin + i] = (int32_t)id;
        for (size_t d = 0; d < dim; d++) block[d * width + i] = build->points[id * dim + d];
    }
    for (size_t d = 0; d < dim; d++) {
        float *x = block + d * width;
        low[d] = INFINITY;
        high[d] = -INFINITY;
        for (size_t i = 0; i < count; i++) {
            low[d] = x[i] < low[d] ? x[i] : low[d];
            high[d] = x[i] > high[d] ? x[i] : high[d];
        }
        for (size_t i = count; i < width; i++) x[i] = NAN;
    }
}

static void join_boxes(const struct trkx_tree *tree, size_t node)
{
    const float *a = trkx_tree_box(tree, 2 * node + 1), *b = trkx_tree_box(tree, 2 * node + 2);
    float *low = tree->boxes + node * 2 * tree->dim, *high = low + tree->dim;
    for (size_t d = 0; d < tree->dim; d++) {
        low[d] = a[d] < b[d] ? a[d] : b[d];
        high[d] = a[tree->dim + d] > b[tree->dim + d] ? a[tree->dim + d] : b[tree->dim + d];
    }
}

/* Puts the points of the lower half of the leaves in front, along the widest dimension. */
static void split(const struct build *build, struct subtree subtree, size_t middle)
{
    const struct trkx_tree *tree = build->tree;
    size_t begin = trkx_tree_begin(tree, subtree.first);
    size_t count = trkx_tree_begin(tree, subtree.last) - begin;
    uint64_t *keys = build->keys + begin;
    size_t d = widest_dimension(build, keys, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t id = trkx_key_low(keys[i]);
        keys[i] = trkx_key(trkx_float_code(build->points[id * tree->dim + d]), id);
    }
    trkx_keys_select(keys, count, trkx_tree_begin(tree, middle) - begin);
}

static void build_subtree(const struct build *build, struct subtree subtree);

static TRKX_MAKES_TASKS void build_both(const struct build *build, struct subtree low, struct subtree high,
                                        size_t points)
{
#pragma omp task default(none) firstprivate(build, low) if (points >= TASK_MIN)
    build_subtree(build, low);
    build_subtree(build, high);
#pragma omp taskwait
}

static void build_subtree(const struct build *build, struct subtree subtree)
{
    if (subtree.last - subtree.first == 1) {
        fill_leaf(build, subtree.first);
        return;
    }
    size_t middle = (subtree.first + subtree.last) / 2;
    size_t points = trkx_tree_begin(build->tree, subtree.last) - trkx_tree_begin(build->tree, subtree.first);
    struct subtree low = {2 * subtree.node + 1, subtree.first, middle};
    struct subtree high = {2 * subtree.node + 2, middle, subtree.last};
    split(build, subtree, middle);
    build_both(build, low, high, points);
    join_boxes(build->tree, subtree.node);
}

static size_t leaves_for(size_t n)
{
    size_t leaves = 1;
    while ((n + leaves - 1) / leaves > TRKX_TREE_LEAF) leaves *= 2;
    return leaves;
}

enum trkx_status trkx_tree_create(struct trkx_memory *memory, const float *points, size_t n, size_t dim,
                                  int threads, struct trkx_tree *tree, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct build build = {tree, points, NULL};
    size_t leaves = leaves_for(n);
    size_t largest = (n + leaves - 1) / leaves;
    size_t width = (largest + TRKX_TREE_LANES - 1) / TRKX_TREE_LANES * TRKX_TREE_LANES;
    *tree = (struct trkx_tree){.n = n, .dim = dim, .leaves = leaves, .width = width};
    TRKX_ALLOCATE(tree->boxes, memory, (2 * leaves - 1) * 2 * dim, "the boxes of the search tree");
    TRKX_ALLOCATE(tree->blocks, memory, leaves * dim * width, "the leaves of the search tree");
    TRKX_ALLOCATE(tree->ids, memory, n + TRKX_TREE_LANES, "the indices of the search tree");
    TRKX_ALLOCATE(build.keys, memory, n, "the order of the search tree");
    for (size_t i = 0; i < n; i++) build.keys[i] = i;
#pragma omp parallel num_threads(threads) default(none) shared(build, leaves)
#pragma omp single
    build_subtree(&build, (struct subtree){0, 0, leaves});
cleanup:
    trkx_release(build.keys);
    if (status != TRKX_OK) trkx_tree_destroy(tree);
    return status;
}

void trkx_tree_destroy(struct trkx_tree *tree)
{
    trkx_release(tree->boxes);
    trkx_release(tree->blocks);
    trkx_release(tree->ids);
    *tree = (struct trkx_tree){0};
}
