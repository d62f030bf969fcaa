/* The kernels for AVX-512 (F). */
#include "graph/x86/kernels_avx512.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

enum { LANES = 16 };

typedef __m512 vec;

static inline vec vec_all(float x)
{
    return _mm512_set1_ps(x);
}

static inline vec vec_load(const void *from)
{
    return _mm512_loadu_ps(from);
}

static inline vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}

static inline vec vec_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}

static inline vec vec_add_square(vec sum, vec x)
{
    return _mm512_fmadd_ps(x, x, sum);
}

static inline vec vec_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}

static inline vec vec_numbers(uint32_t first)
{
    __m512i numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_set1_epi32((int)first), numbers));
}

static inline unsigned vec_within(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}

static inline size_t lanes_in(unsigned mask)
{
    return (size_t)__builtin_popcount(mask);
}

static inline unsigned ints_below(const int32_t *values, int32_t x)
{
    return _mm512_cmplt_epi32_mask(_mm512_loadu_si512(values), _mm512_set1_epi32(x));
}

/* Through a register: to memory the instruction is many times slower on Zen 4. */
static inline void pack(void *to, unsigned mask, vec x)
{
    _mm512_storeu_ps(to, _mm512_maskz_compress_ps((__mmask16)mask, x));
}

/* Eight pairs at a time, of which the first are kept; may write 16. */
static inline uint64_t *emit(uint64_t *to, unsigned mask, int32_t id, const int32_t *ids)
{
    __m512i a = _mm512_set1_epi32(id);
    __m512i b = _mm512_maskz_compress_epi32((__mmask16)mask, _mm512_loadu_si512(ids));
    __m512i low = _mm512_min_epi32(a, b), high = _mm512_max_epi32(a, b);
    unsigned count = (unsigned)__builtin_popcount(mask);
    for (unsigned half = 0; 8 * half < count; half++) {
        __m512i upper = _mm512_cvtepu32_epi64(half == 0 ? _mm512_castsi512_si256(low)
                                                        : _mm512_extracti64x4_epi64(low, 1));
        __m512i lower = _mm512_cvtepu32_epi64(half == 0 ? _mm512_castsi512_si256(high)
                                                        : _mm512_extracti64x4_epi64(high, 1));
        _mm512_storeu_si512(to + 8 * half, _mm512_or_si512(_mm512_slli_epi64(upper, 32), lower));
    }
    return to + count;
}

#define KERNELS trkx_near_avx512
#define NAME "avx512"
#include "graph/kernels_template.h"
