/* Arithmetic with extents. */
#include "onnx/extent.h"

static const struct trkx_extent unknown;

static struct trkx_extent sum(struct trkx_extent a, struct trkx_extent b, bool minus)
{
    struct trkx_extent result = a;
    if (a.per == TRKX_PER_UNKNOWN || b.per == TRKX_PER_UNKNOWN) return unknown;
    if (b.count == 0) return a;
    if (a.count == 0 && !minus) return b;
    if (a.per != b.per) return unknown;
    bool overflow = minus ? __builtin_sub_overflow(a.count, b.count, &result.count)
                          : __builtin_add_overflow(a.count, b.count, &result.count);
    if (overflow) return unknown;
    return result.count == 0 ? trkx_fixed(0) : result;
}

struct trkx_extent trkx_extent_add(struct trkx_extent a, struct trkx_extent b)
{
    return sum(a, b, false);
}

struct trkx_extent trkx_extent_subtract(struct trkx_extent a, struct trkx_extent b)
{
    return sum(a, b, true);
}

struct trkx_extent trkx_extent_multiply(struct trkx_extent a, struct trkx_extent b)
{
    struct trkx_extent result;
    if (a.per == TRKX_PER_UNKNOWN || b.per == TRKX_PER_UNKNOWN) return unknown;
    if (trkx_grows(a) && trkx_grows(b)) return unknown;
    if (__builtin_mul_overflow(a.count, b.count, &result.count)) return unknown;
    result.per = trkx_grows(a) ? a.per : b.per;
    return result.count == 0 ? trkx_fixed(0) : result;
}

struct trkx_extent trkx_extent_divide(struct trkx_extent a, struct trkx_extent b)
{
    if (a.per == TRKX_PER_UNKNOWN || b.per == TRKX_PER_UNKNOWN || b.count == 0) return unknown;
    if (a.count == INT64_MIN || b.count == INT64_MIN) return unknown;
    if (trkx_is_fixed(a) && trkx_is_fixed(b)) return trkx_fixed(a.count / b.count);
    if (a.count % b.count != 0) return unknown;
    if (a.per == b.per) return trkx_fixed(a.count / b.count);
    return trkx_is_fixed(b) ? (struct trkx_extent){a.per, a.count / b.count} : unknown;
}

struct trkx_extent trkx_extent_product(const struct trkx_extent *extents, int count)
{
    struct trkx_extent product = trkx_fixed(1);
    for (int i = 0; i < count; i++) product = trkx_extent_multiply(product, extents[i]);
    return product;
}
