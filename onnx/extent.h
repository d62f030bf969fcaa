/* Extents of tensors in terms of a graph's size: fixed, per node, or per edge. */
#ifndef TRKX_ONNX_EXTENT_H
#define TRKX_ONNX_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trkx_per { TRKX_PER_UNKNOWN, TRKX_PER_MODEL, TRKX_PER_NODE, TRKX_PER_EDGE };

/* count, count x nodes or count x edges. All zero: unknown. */
struct trkx_extent {
    enum trkx_per per;
    int64_t count;
};

static inline struct trkx_extent trkx_fixed(int64_t count)
{
    return (struct trkx_extent){TRKX_PER_MODEL, count};
}

static inline bool trkx_is_fixed(struct trkx_extent extent)
{
    return extent.per == TRKX_PER_MODEL;
}

/* Whether it grows with the nodes or the edges. */
static inline bool trkx_grows(struct trkx_extent extent)
{
    return extent.per >= TRKX_PER_NODE;
}

static inline bool trkx_is(struct trkx_extent extent, int64_t count)
{
    return trkx_is_fixed(extent) && extent.count == count;
}

static inline bool trkx_same(struct trkx_extent a, struct trkx_extent b)
{
    return a.per != TRKX_PER_UNKNOWN && a.per == b.per && a.count == b.count;
}

/* Unknown if the result has none of these forms. Division rounds towards zero for fixed extents, and
 * otherwise has to be exact.
 */
struct trkx_extent trkx_extent_add(struct trkx_extent a, struct trkx_extent b);
struct trkx_extent trkx_extent_subtract(struct trkx_extent a, struct trkx_extent b);
struct trkx_extent trkx_extent_multiply(struct trkx_extent a, struct trkx_extent b);
struct trkx_extent trkx_extent_divide(struct trkx_extent a, struct trkx_extent b);
/* Of all extents: 1 if there are none. */
struct trkx_extent trkx_extent_product(const struct trkx_extent *extents, int count);

#endif
