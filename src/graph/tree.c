/* Builds the tree: splits the points at medians, level by level, in tasks. */
#include "graph/tree.h"

#include <math.h>

#include "core/keys.h"
#include "core/threads.h"

enum {
    SAMPLE = 64,        /* points from which a node chooses the dimension to split */
    TASK_MIN = 1 << 13, /* points from which a subtree is worth a task */
    AHEAD = 24,         /* points prefetched, as they are scattered in memory */
};

struct build {
    struct trkx_tree *tree;
    const float *points; /* [n,dim] */
    uint64_t *keys;      /* [n] (code of the coordinate, index of the point) */
};

/* The leaves [first, last). */
struct subtree {
    size_t first, last;
};

static size_t points_in(const struct trkx_tree *tree, struct subtree subtree)
{
    size_t begin = subtree.first * TRKX_TREE_LANES, end = subtree.last * TRKX_TREE_LANES;
    return (end < tree->n ? end : tree->n) - begin;
}

/* The dimension of the largest variance, from an even sample: a bounding box would follow its outliers. */
static size_t widest_dimension(const struct build *build, const uint64_t *keys, size_t count)
{
    size_t dim = build->tree->dim, samples = count < SAMPLE ? count : SAMPLE, widest = 0;
    const float *origin = build->points + trkx_key_low(keys[0]) * dim; /* against cancellation */
    double sum[TRKX_DIM_MAX] = {0}, squares[TRKX_DIM_MAX] = {0}, largest = -1;
    for (size_t i = 0; i < samples; i++) {
        const float *point = build->points + trkx_key_low(keys[i * count / samples]) * dim;
        if (i + AHEAD < samples)
            __builtin_prefetch(build->points + trkx_key_low(keys[(i + AHEAD) * count / samples]) * dim);
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
    const uint64_t *keys = build->keys + leaf * TRKX_TREE_LANES;
    float *block = trkx_tree_block(tree, leaf);
    size_t count = trkx_tree_points_in(tree, leaf);
    for (size_t i = 0; i < count; i++) {
        const float *point = build->points + trkx_key_low(keys[i]) * tree->dim;
        tree->ids[leaf * TRKX_TREE_LANES + i] = (int32_t)trkx_key_low(keys[i]);
        for (size_t d = 0; d < tree->dim; d++) block[d * TRKX_TREE_LANES + i] = point[d];
    }
    for (size_t i = count; i < TRKX_TREE_LANES; i++) {
        tree->ids[leaf * TRKX_TREE_LANES + i] = -1;
        for (size_t d = 0; d < tree->dim; d++) block[d * TRKX_TREE_LANES + i] = NAN;
    }
}

/* Moves the points of the leaves before `middle` to the front, along the widest dimension. */
static void split(const struct build *build, struct subtree subtree, size_t middle)
{
    uint64_t *keys = build->keys + subtree.first * TRKX_TREE_LANES;
    size_t count = points_in(build->tree, subtree), dim = build->tree->dim;
    size_t d = widest_dimension(build, keys, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t id = trkx_key_low(keys[i]);
        if (i + AHEAD < count) __builtin_prefetch(&build->points[trkx_key_low(keys[i + AHEAD]) * dim + d]);
        keys[i] = trkx_key(trkx_float_code(build->points[id * dim + d]), id);
    }
    trkx_keys_select(keys, count, (middle - subtree.first) * TRKX_TREE_LANES);
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

/* Splits so that the lower part has a power of two of leaves: all nodes except the last are then full. */
static void build_subtree(const struct build *build, struct subtree subtree)
{
    size_t leaves = subtree.last - subtree.first, below = 1;
    if (leaves == 1) {
        fill_leaf(build, subtree.first);
        return;
    }
    while (2 * below < leaves) below *= 2;
    size_t middle = subtree.first + below;
    split(build, subtree, middle);
    build_both(build, (struct subtree){subtree.first, middle}, (struct subtree){middle, subtree.last},
               points_in(build->tree, subtree));
}

/* ---- boxes ------------------------------------------------------------------------------------------ */

static size_t nodes_for(size_t boxes)
{
    return (boxes + TRKX_TREE_LANES - 1) / TRKX_TREE_LANES;
}

/* Child number c of a node gets the box around columns [dim,16] of lowest and of highest coordinates; NaNs
 * are ignored. */
static void set_box(float *node, size_t c, const float *lowest, const float *highest, size_t dim)
{
    for (size_t d = 0; d < dim; d++) {
        float low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < TRKX_TREE_LANES; i++) {
            low = lowest[d * TRKX_TREE_LANES + i] < low ? lowest[d * TRKX_TREE_LANES + i] : low;
            high = highest[d * TRKX_TREE_LANES + i] > high ? highest[d * TRKX_TREE_LANES + i] : high;
        }
        node[d * TRKX_TREE_LANES + c] = low;
        node[(dim + d) * TRKX_TREE_LANES + c] = high;
    }
}

/* The boxes of a level: around the leaves' points, or around the nodes of the level before. */
static void fill_level(const struct trkx_tree *tree, size_t level, size_t boxes, int threads)
{
    size_t dim = tree->dim, nodes = nodes_for(boxes), half = dim * TRKX_TREE_LANES;
#pragma omp parallel for num_threads(threads)
    for (size_t n = 0; n < nodes; n++) {
        float *node = trkx_tree_node(tree, level, n);
        for (size_t c = 0; c < TRKX_TREE_LANES; c++) {
            size_t b = n * TRKX_TREE_LANES + c;
            if (b >= boxes)
                for (size_t d = 0; d < 2 * dim; d++) node[d * TRKX_TREE_LANES + c] = NAN;
            else if (level == 0)
                set_box(node, c, trkx_tree_block(tree, b), trkx_tree_block(tree, b), dim);
            else
                set_box(node, c, trkx_tree_node(tree, level - 1, b),
                        trkx_tree_node(tree, level - 1, b) + half, dim);
        }
    }
}

/* ---- together --------------------------------------------------------------------------------------- */

/* The memory of all levels is one block. */
static enum trkx_status create_levels(struct trkx_memory *memory, struct trkx_tree *tree, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t node_size = 2 * tree->dim * TRKX_TREE_LANES, nodes = 0, nodes_at[TRKX_TREE_LEVELS];
    for (size_t boxes = tree->leaves; tree->levels == 0 || boxes > 1; boxes = nodes_for(boxes)) {
        nodes_at[tree->levels] = nodes_for(boxes);
        nodes += nodes_at[tree->levels++];
    }
    TRKX_ALLOCATE(tree->boxes[0], memory, nodes * node_size, "the boxes of the search tree");
    for (size_t v = 1; v < tree->levels; v++)
        tree->boxes[v] = tree->boxes[v - 1] + nodes_at[v - 1] * node_size;
cleanup:
    return status;
}

enum trkx_status trkx_tree_create(struct trkx_memory *memory, const float *points, size_t n, size_t dim,
                                  int threads, struct trkx_tree *tree, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct build build = {tree, points, NULL};
    size_t leaves = nodes_for(n);
    *tree = (struct trkx_tree){.n = n, .dim = dim, .leaves = leaves};
    TRKX_CHECK(create_levels(memory, tree, error));
    TRKX_ALLOCATE(tree->blocks, memory, leaves * dim * TRKX_TREE_LANES, "the leaves of the search tree");
    TRKX_ALLOCATE(tree->ids, memory, leaves * TRKX_TREE_LANES, "the indices of the search tree");
    TRKX_ALLOCATE(build.keys, memory, n, "the order of the search tree");
    for (size_t i = 0; i < n; i++) build.keys[i] = i;
#pragma omp parallel num_threads(threads) default(none) shared(build, leaves)
#pragma omp single
    build_subtree(&build, (struct subtree){0, leaves});
    for (size_t v = 0, boxes = leaves; v < tree->levels; v++, boxes = nodes_for(boxes))
        fill_level(tree, v, boxes, threads);
cleanup:
    trkx_release(build.keys);
    if (status != TRKX_OK) trkx_tree_destroy(tree);
    return status;
}

void trkx_tree_destroy(struct trkx_tree *tree)
{
    trkx_release(tree->boxes[0]);
    trkx_release(tree->blocks);
    trkx_release(tree->ids);
    *tree = (struct trkx_tree){0};
}
