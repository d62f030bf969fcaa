/* The kernels for AVX2 and FMA. */
#include "graph/x86/kernels_avx2.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

enum { LANES = 8 };

typedef __m256 vec;

static inline vec vec_all(float x)
{
    return _mm256_set1_ps(x);
}

static inline vec vec_load(const void *from)
{
    return _mm256_loadu_ps(from);
}

static inline vec vec_sub(vec a, vec b)
{
    return _mm256_sub_ps(a, b);
}

static inline vec vec_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}

static inline vec vec_add_square(vec sum, vec x)
{
    return _mm256_fmadd_ps(x, x, sum);
}

static inline vec vec_max(vec a, vec b)
{
    return _mm256_max_ps(a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return _mm256_min_ps(a, b);
}

static inline vec vec_numbers(uint32_t first)
{
    __m256i numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_set1_epi32((int)first), numbers));
}

static inline unsigned vec_within(vec a, vec b)
{
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LE_OQ));
}

static inline size_t lanes_in(unsigned mask)
{
    return (size_t)__builtin_popcount(mask);
}

static inline unsigned ints_below(const int32_t *values, int32_t x)
{
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)values);
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(x), v)));
}

/* orders[mask]: the lanes of the mask, lowest first, a byte each. */
#define LANE(mask, l) \
    ((uint64_t)((mask) >> (l)&1) * (uint64_t)(l) << 8 * __builtin_popcount((mask) & ((1u << (l)) - 1)))
#define ORDER(mask)                                                                                  \
    (LANE(mask, 0) | LANE(mask, 1) | LANE(mask, 2) | LANE(mask, 3) | LANE(mask, 4) | LANE(mask, 5) | \
     LANE(mask, 6) | LANE(mask, 7))
#define ORDERS4(mask) ORDER((mask)), ORDER((mask) + 1), ORDER((mask) + 2), ORDER((mask) + 3)
#define ORDERS16(mask) ORDERS4((mask)), ORDERS4((mask) + 4), ORDERS4((mask) + 8), ORDERS4((mask) + 12)
#define ORDERS64(mask) ORDERS16((mask)), ORDERS16((mask) + 16), ORDERS16((mask) + 32), ORDERS16((mask) + 48)
static const uint64_t orders[256] = {ORDERS64(0u), ORDERS64(64u), ORDERS64(128u), ORDERS64(192u)};

static inline void pack(void *to, unsigned mask, vec x)
{
    __m256i order = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)&orders[mask]));
    _mm256_storeu_ps(to, _mm256_permutevar8x32_ps(x, order));
}

static inline uint64_t *emit(uint64_t *to, unsigned mask, int32_t id, const int32_t *ids)
{
    for (; mask != 0; mask &= mask - 1) *to++ = trkx_near_pair(id, ids[__builtin_ctz(mask)]);
    return to;
}

#define KERNELS trkx_near_avx2
#define NAME "avx2"
#include "graph/kernels_template.h"
