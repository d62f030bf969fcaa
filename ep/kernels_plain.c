/* The kernels for the baseline instruction set, with the compiler's vectors. */
#include "ep/kernels_plain.h"

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif
#include <math.h>
#include <string.h>

enum {
    VL = 4,
#if defined(__ARM_NEON)
    TILE_VECS = 4, /* 32 registers */
#else
    TILE_VECS = 2, /* 16 registers */
#endif
};

typedef float vec __attribute__((vector_size(VL * sizeof(float))));
typedef int32_t mask __attribute__((vector_size(VL * sizeof(int32_t))));

static inline mask less(vec a, vec b)
{
    return a < b;
}

static inline mask less_equal(vec a, vec b)
{
    return a <= b;
}

static inline mask equal(vec a, vec b)
{
    return a == b;
}

/* a where the mask is all ones, b where it is 0. */
static inline vec choose(mask m, vec a, vec b)
{
    return (vec)((m & (mask)a) | (~m & (mask)b));
}

/* Maximum and minimum; b where one is NaN. */
static inline vec vec_max(vec a, vec b)
{
#if defined(__SSE2__)
    return _mm_max_ps(a, b);
#else
    return choose(a > b, a, b);
#endif
}

static inline vec vec_min(vec a, vec b)
{
#if defined(__SSE2__)
    return _mm_min_ps(a, b);
#else
    return choose(a < b, a, b);
#endif
}

static inline vec root(vec x)
{
#if defined(__SSE2__)
    return _mm_sqrt_ps(x);
#elif defined(__aarch64__)
    return vsqrtq_f32(x);
#else
    for (int l = 0; l < VL; l++) x[l] = sqrtf(x[l]);
    return x;
#endif
}

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (mask){__VA_ARGS__})
#endif

static inline void transpose(vec *t)
{
    vec a = SHUFFLE(t[0], t[1], 0, 4, 1, 5), b = SHUFFLE(t[0], t[1], 2, 6, 3, 7);
    vec c = SHUFFLE(t[2], t[3], 0, 4, 1, 5), d = SHUFFLE(t[2], t[3], 2, 6, 3, 7);
    t[0] = SHUFFLE(a, c, 0, 1, 4, 5);
    t[1] = SHUFFLE(a, c, 2, 3, 6, 7);
    t[2] = SHUFFLE(b, d, 0, 1, 4, 5);
    t[3] = SHUFFLE(b, d, 2, 3, 6, 7);
}

static void load_narrow(const float *from, size_t stride, size_t rows, size_t width, float *const *y)
{
    if (width == 1 && stride == 1) {
        memcpy(y[0], from, rows * sizeof *from);
        return;
    }
    for (size_t c = 0; c < width; c++)
        for (size_t r = 0; r < rows; r++) y[c][r] = from[r * stride + c];
}

static void store_narrow(const float *const *x, size_t width, size_t rows, float *to, size_t stride)
{
    if (width == 1 && stride == 1) {
        memcpy(to, x[0], rows * sizeof *to);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < width; c++) to[r * stride + c] = x[c][r];
}

static inline void vec_stream(float *to, vec x)
{
    memcpy(to, &x, sizeof x);
}

static void settle(void)
{
}

#define KERNELS ep_kernels_plain
#if defined(__ARM_NEON)
#define NAME "neon"
#else
#define NAME "plain"
#endif
#include "ep/kernels_template.h"
