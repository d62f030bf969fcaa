/* The kernels in plain C, for every processor. */
#include <math.h>
#include <string.h>

#include "near.h"

enum { LANES = 4 };

typedef struct {
    float lane[LANES];
} vec;

#define EACH_LANE for (int l = 0; l < LANES; l++)

static inline vec vec_all(float x)
{
    vec r;
    EACH_LANE r.lane[l] = x;
    return r;
}

static inline vec vec_load(const void *from)
{
    vec r;
    memcpy(&r, from, sizeof r);
    return r;
}

static inline void vec_store(float *to, vec x)
{
    memcpy(to, &x, sizeof x);
}

static inline vec vec_sub(vec a, vec b)
{
    EACH_LANE a.lane[l] -= b.lane[l];
    return a;
}

static inline vec vec_add(vec a, vec b)
{
    EACH_LANE a.lane[l] += b.lane[l];
    return a;
}

static inline vec vec_mul(vec a, vec b)
{
    EACH_LANE a.lane[l] *= b.lane[l];
    return a;
}

/* sum + x * x; the product may be added without rounding it first. */
static inline vec vec_add_square(vec sum, vec x)
{
    return vec_add(sum, vec_mul(x, x));
}

/* The larger, the smaller; b where a is not a number. */
static inline vec vec_max(vec a, vec b)
{
    EACH_LANE a.lane[l] = a.lane[l] > b.lane[l] ? a.lane[l] : b.lane[l];
    return a;
}

static inline vec vec_min(vec a, vec b)
{
    EACH_LANE a.lane[l] = a.lane[l] < b.lane[l] ? a.lane[l] : b.lane[l];
    return a;
}

/* Lanes of the mask from a, others from b. */
static inline vec vec_select(unsigned mask, vec a, vec b)
{
    EACH_LANE a.lane[l] = (mask >> l & 1) != 0 ? a.lane[l] : b.lane[l];
    return a;
}

static inline float vec_lowest(vec a)
{
    float lowest = a.lane[0];
    EACH_LANE lowest = a.lane[l] < lowest ? a.lane[l] : lowest;
    return lowest;
}

static inline float vec_highest(vec a)
{
    float highest = a.lane[0];
    EACH_LANE highest = a.lane[l] > highest ? a.lane[l] : highest;
    return highest;
}

/* A bit for each lane with a <= b. */
static inline unsigned vec_within(vec a, vec b)
{
    unsigned mask = 0;
    EACH_LANE mask |= (unsigned)(a.lane[l] <= b.lane[l]) << l;
    return mask;
}

/* Writes the lanes of the mask one after the other; may write up to LANES. */
static inline void pack(void *to, unsigned mask, vec x)
{
    vec packed;
    unsigned count = 0;
    EACH_LANE
    {
        packed.lane[count] = x.lane[l];
        count += mask >> l & 1;
    }
    memcpy(to, &packed, sizeof packed);
}

/* Writes the pairs of id with the ids of the mask; returns the end. */
static inline uint64_t *emit(uint64_t *to, unsigned mask, int32_t id, const int32_t *ids)
{
    for (; mask != 0; mask &= mask - 1) *to++ = trkx_near_pair(id, ids[__builtin_ctz(mask)]);
    return to;
}

#define KERNELS trkx_near_plain
#define NAME "plain"
#include "near_template.h"
