/* The kernels for AVX2 and FMA. */
#include "ep/x86/kernels_avx2.h"

#include <immintrin.h>

#include "ep/kernels_plain.h"

enum { VL = 8, TILE_VECS = 2 };

typedef __m256 vec;
typedef __m256 mask;

static inline mask less(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}

static inline mask less_equal(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_LE_OQ);
}

static inline mask equal(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}

static inline vec choose(mask m, vec a, vec b)
{
    return _mm256_blendv_ps(b, a, m);
}

static inline vec vec_max(vec a, vec b)
{
    return _mm256_max_ps(a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return _mm256_min_ps(a, b);
}

static inline vec root(vec x)
{
    return _mm256_sqrt_ps(x);
}

/* Four rows, with 128-bit halves transposed separately: column c of the left half, c + 4 of the right. */
static inline void transpose_halves(vec *t)
{
    vec a = _mm256_unpacklo_ps(t[0], t[1]), b = _mm256_unpackhi_ps(t[0], t[1]);
    vec c = _mm256_unpacklo_ps(t[2], t[3]), d = _mm256_unpackhi_ps(t[2], t[3]);
    t[0] = _mm256_shuffle_ps(a, c, _MM_SHUFFLE(1, 0, 1, 0));
    t[1] = _mm256_shuffle_ps(a, c, _MM_SHUFFLE(3, 2, 3, 2));
    t[2] = _mm256_shuffle_ps(b, d, _MM_SHUFFLE(1, 0, 1, 0));
    t[3] = _mm256_shuffle_ps(b, d, _MM_SHUFFLE(3, 2, 3, 2));
}

static inline __attribute__((always_inline)) void transpose(vec *t)
{
    transpose_halves(t);
    transpose_halves(t + 4);
    for (int c = 0; c < 4; c++) {
        vec upper = t[c], lower = t[c + 4];
        t[c] = _mm256_permute2f128_ps(upper, lower, 0x20);
        t[c + 4] = _mm256_permute2f128_ps(upper, lower, 0x31);
    }
}

static inline void vec_stream(float *to, vec x)
{
    _mm256_stream_ps(to, x);
}

static void settle(void)
{
    _mm_sfence();
}

#define load_narrow ep_kernels_plain.load
#define store_narrow ep_kernels_plain.store
#define KERNELS ep_kernels_avx2
#define NAME "avx2"
#include "ep/kernels_template.h"
