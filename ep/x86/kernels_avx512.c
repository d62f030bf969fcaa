/* The kernels for AVX-512 F. */
#include "ep/x86/kernels_avx512.h"

#include <immintrin.h>

#include "ep/x86/kernels_avx2.h"

enum { VL = 16, TILE_VECS = 4 };

typedef __m512 vec;
typedef __mmask16 mask;

static inline mask less(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

static inline mask less_equal(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}

static inline mask equal(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

static inline vec choose(mask m, vec a, vec b)
{
    return _mm512_mask_blend_ps(m, b, a);
}

static inline vec vec_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}

static inline vec root(vec x)
{
    return _mm512_sqrt_ps(x);
}

/* Four rows, with 128-bit quarters transposed separately: columns c, c + 4, c + 8, c + 12. */
static inline __attribute__((always_inline)) void transpose_quarters(vec *t)
{
    vec a = _mm512_unpacklo_ps(t[0], t[1]), b = _mm512_unpackhi_ps(t[0], t[1]);
    vec c = _mm512_unpacklo_ps(t[2], t[3]), d = _mm512_unpackhi_ps(t[2], t[3]);
    t[0] = _mm512_shuffle_ps(a, c, _MM_SHUFFLE(1, 0, 1, 0));
    t[1] = _mm512_shuffle_ps(a, c, _MM_SHUFFLE(3, 2, 3, 2));
    t[2] = _mm512_shuffle_ps(b, d, _MM_SHUFFLE(1, 0, 1, 0));
    t[3] = _mm512_shuffle_ps(b, d, _MM_SHUFFLE(3, 2, 3, 2));
}

static inline __attribute__((always_inline)) void transpose(vec *t)
{
    enum { EVEN = _MM_SHUFFLE(2, 0, 2, 0), ODD = _MM_SHUFFLE(3, 1, 3, 1) };
    for (int r = 0; r < 16; r += 4) transpose_quarters(t + r);
    for (int c = 0; c < 4; c++) { /* quarters as elements */
        vec a = _mm512_shuffle_f32x4(t[c], t[c + 4], EVEN), b = _mm512_shuffle_f32x4(t[c], t[c + 4], ODD);
        vec d = _mm512_shuffle_f32x4(t[c + 8], t[c + 12], EVEN);
        vec e = _mm512_shuffle_f32x4(t[c + 8], t[c + 12], ODD);
        t[c] = _mm512_shuffle_f32x4(a, d, EVEN);
        t[c + 4] = _mm512_shuffle_f32x4(b, e, EVEN);
        t[c + 8] = _mm512_shuffle_f32x4(a, d, ODD);
        t[c + 12] = _mm512_shuffle_f32x4(b, e, ODD);
    }
}

static inline void vec_stream(float *to, vec x)
{
    _mm512_stream_ps(to, x);
}

static void settle(void)
{
    _mm_sfence();
}

#define scaled _mm512_scalef_ps
#define load_narrow ep_kernels_avx2.load
#define store_narrow ep_kernels_avx2.store
#define KERNELS ep_kernels_avx512
#define NAME "avx512"
#include "ep/kernels_template.h"
