/* The kernels in plain C, for every processor. */
#include "graph/kernels_plain.h"

#include <math.h>
#include <string.h>

enum { LANES = 4 };

/* A compiler vector, one register on most processors. */
typedef float vec __attribute__((vector_size(LANES * sizeof(float))));

static inline vec vec_all(float x)
{
    return (vec){x, x, x, x};
}

static inline vec vec_load(const void *from)
{
    vec r;
    memcpy(&r, from, sizeof r);
    return r;
}

static inline vec vec_sub(vec a, vec b)
{
    return a - b;
}

static inline vec vec_add(vec a, vec b)
{
    return a + b;
}

static inline vec vec_mul(vec a, vec b)
{
    return a * b;
}

/* sum + x * x; possibly fused. */
static inline vec vec_add_square(vec sum, vec x)
{
    return sum + x * x;
}

typedef int32_t lanes __attribute__((vector_size(LANES * sizeof(int32_t))));

/* Lanes of all ones from a, of 0 from b. */
static inline vec choose(lanes chosen, vec a, vec b)
{
    return (vec)((chosen & (lanes)a) | (~chosen & (lanes)b));
}

/* Maximum and minimum; b where one is NaN. */
static inline vec vec_max(vec a, vec b)
{
    return choose(a > b, a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return choose(a < b, a, b);
}

/* first, first + 1, ... as integers. */
static inline vec vec_numbers(uint32_t first)
{
    const lanes numbers = {0, 1, 2, 3};
    return (vec)(numbers + (int32_t)first);
}

/* A bit for each lane with a <= b. */
static inline unsigned vec_within(vec a, vec b)
{
    lanes bits = (a <= b) & (lanes){1, 2, 4, 8};
    return (unsigned)(bits[0] | bits[1] | bits[2] | bits[3]);
}

/* The number of lanes in a mask. Many processors have no instruction for it, or the compiler must not use it.
 */
static inline size_t lanes_in(unsigned mask)
{
    static const uint8_t counts[1 << LANES] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    return counts[mask];
}

/* A bit for each of LANES integers that is < x. */
static inline unsigned ints_below(const int32_t *values, int32_t x)
{
    lanes v;
    memcpy(&v, values, sizeof v);
    v = (v < (lanes){x, x, x, x}) & (lanes){1, 2, 4, 8};
    return (unsigned)(v[0] | v[1] | v[2] | v[3]);
}

/* Writes the lanes of the mask consecutively; may write up to LANES. */
static inline void pack(void *to, unsigned mask, vec x)
{
    unsigned count = 0;
    for (int l = 0; l < LANES; l++) {
        float lane = x[l];
        memcpy((char *)to + count * sizeof lane, &lane, sizeof lane);
        count += mask >> l & 1;
    }
}

/* Writes the pairs of id with the ids of the mask; returns the end. */
static inline uint64_t *emit(uint64_t *to, unsigned mask, int32_t id, const int32_t *ids)
{
    for (; mask != 0; mask &= mask - 1) *to++ = trkx_near_pair(id, ids[__builtin_ctz(mask)]);
    return to;
}

#define KERNELS trkx_near_plain
#define NAME "plain"
#include "graph/kernels_template.h"
