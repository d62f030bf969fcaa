/* The kernels of ep/kernels.h in terms of a vector `vec` of VL floats and operations on it, which the
 * including file defines for its instruction set (see ep/kernels_plain.c); also load_narrow and store_narrow
 * for fewer than VL columns, and `scaled` if there is an instruction. KERNELS is the name of the table
 * defined here.
 *
 * Products may be added without intermediate rounding (fused). A result has the same bits wherever its row is
 * and whatever the other rows contain; different instruction sets agree only to rounding. Therefore all lanes
 * execute the same instructions: `choose` selects between them, never a branch. */
#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef int32_t ints __attribute__((vector_size(VL * sizeof(int32_t))));
typedef uint32_t bits __attribute__((vector_size(VL * sizeof(uint32_t))));

INLINE vec vec_all(float x)
{
    return x - (vec){0};
}

INLINE vec vec_load(const float *from)
{
    vec r;
    memcpy(&r, from, sizeof r);
    return r;
}

INLINE void vec_store(float *to, vec x)
{
    memcpy(to, &x, sizeof x);
}

INLINE size_t at_most(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- layers ----------------------------------------------------------------------------------------- */

/* TILE_VECS vectors of rows from `row` on, the first `outputs` outputs. The sums stay in registers. */
INLINE void layer_tile(const struct ep_layer *tile, size_t outputs, size_t row)
{
    const struct ep_layer t = *tile; /* a copy, which no store can change */
    vec sums[EP_TILE][TILE_VECS];
    for (size_t j = 0; j < outputs; j++)
        for (size_t v = 0; v < TILE_VECS; v++) {
            sums[j][v] = t.start != NULL ? vec_load(t.start[j] + row + v * VL) : vec_all(0);
            if (t.bias != NULL) sums[j][v] += vec_all(t.bias[j]);
        }
    for (size_t k = 0; k < t.inputs; k++)
        for (size_t v = 0; v < TILE_VECS; v++) {
            vec column = vec_load(t.x[k] + row + v * VL);
            for (size_t j = 0; j < outputs; j++) sums[j][v] += column * vec_all(t.weights[k * EP_TILE + j]);
        }
    for (size_t j = 0; j < outputs; j++)
        for (size_t v = 0; v < TILE_VECS; v++)
            vec_store(t.y[j] + row + v * VL, t.relu ? vec_max(vec_all(0), sums[j][v]) : sums[j][v]);
}

_Static_assert(EP_TILE == 4, "layer() has a case for every number of outputs");

static void layer(const struct ep_layer *layer)
{
    for (size_t j = 0; j < layer->outputs; j += EP_TILE) {
        struct ep_layer tile = *layer;
        tile.weights += j * layer->inputs;
        tile.y += j;
        if (layer->bias != NULL) tile.bias += j;
        if (layer->start != NULL) tile.start += j;
        for (size_t row = 0; row < EP_ROWS; row += TILE_VECS * VL)
            switch (at_most(EP_TILE, layer->outputs - j)) {
            case 1: layer_tile(&tile, 1, row); break;
            case 2: layer_tile(&tile, 2, row); break;
            case 3: layer_tile(&tile, 3, row); break;
            default: layer_tile(&tile, EP_TILE, row);
            }
    }
}

/* ---- functions of one value ------------------------------------------------------------------------- */

INLINE vec absolute(vec x)
{
    return (vec)((bits)x & 0x7fffffff);
}

INLINE vec with_sign_of(vec sign, vec magnitude)
{
    return (vec)(((bits)sign & 0x80000000) | ((bits)magnitude & 0x7fffffff));
}

INLINE vec clamp(vec x, float low, float high) /* NaN stays NaN */
{
    return vec_min(vec_all(high), vec_max(vec_all(low), x));
}

/* Rounds towards 0. From 2^23 on all floats are integers; NaN stays NaN. */
INLINE vec truncated(vec x)
{
    vec whole = __builtin_convertvector(__builtin_convertvector(x, ints), vec);
    return choose(less(absolute(x), vec_all(0x1p23f)), with_sign_of(x, whole), x);
}

INLINE vec floor_of(vec x)
{
    vec whole = truncated(x);
    return choose(less(x, whole), whole - 1, whole);
}

INLINE vec ceil_of(vec x)
{
    return -floor_of(-x);
}

#ifndef scaled
INLINE vec power_of_2(ints n) /* -126 <= n <= 127 */
{
    return (vec)((bits)(n + 127) << 23);
}

/* 2^n x for integer n, in two steps, as 2^n itself may exceed a float. */
INLINE vec scaled(vec x, vec n)
{
    ints all = __builtin_convertvector(n, ints), half = all >> 1;
    return x * power_of_2(half) * power_of_2(all - half);
}
#endif

/* After Cephes' expf: x = n ln 2 + r with |r| <= ln 2 / 2, and exp(r) from a polynomial. ln 2 is split, so
 * that n times its larger part is exact. Below -104 even the smallest denormal is too large, above 89 the
 * largest float too small. */
INLINE vec exp_of(vec x)
{
    const float shift = 0x1.8p23f; /* once added, the last bit has the value 1 */
    vec t = clamp(x, -104, 89);
    vec n = (t * 1.44269504f + shift) - shift;
    vec r = (t - n * 0.693359375f) + n * 2.12194440e-4f;
    vec p = vec_all(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return scaled(p * (r * r) + r + 1, n);
}

/* 2^(factor x) - 1 for |factor x| < 126, accurate to 2 ulp apart from the rounding of the exponent, which the
 * functions using it must not amplify. The polynomial (2^f - 1) / f, |f| <= 1/2, is our own minimax fit in
 * relative error (1e-8). */
INLINE vec exp2_less_1(vec x, float factor)
{
    const float shift = 0x1.8p23f + 127; /* once added, the last 8 bits are the exponent of a float */
    vec shifted = x * factor + shift;
    vec f = x * factor - (shifted - shift);
    vec scale = (vec)((bits)shifted << 23);
    vec p = vec_all(1.54035123e-4f);
    p = p * f + 1.33907355e-3f;
    p = p * f + 9.6182375e-3f;
    p = p * f + 5.55035743e-2f;
    p = p * f + 0.240226498f;
    p = p * f + 0.693147188f;
    return p * f * scale + (scale - 1);
}

/* After Cephes' logf: x = 2^n m with sqrt(1/2) <= m < sqrt(2). Denormal x are scaled first. */
INLINE vec log_of(vec x)
{
    const uint32_t half_root = 0x3f3504f3; /* the bits of sqrt(1/2) */
    mask denormal = less(x, vec_all(0x1p-126f));
    bits above = (bits)choose(denormal, x * 0x1p23f, x) - half_root;
    vec n = __builtin_convertvector((ints)above >> 23, vec) - choose(denormal, vec_all(23), vec_all(0));
    vec f = (vec)((above & 0x7fffff) + half_root) - 1;
    vec p = vec_all(7.0376836292e-2f);
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    vec square = f * f;
    vec r = p * f * square - n * 2.12194440e-4f;
    r = f + (r - 0.5f * square) + n * 0.693359375f;
    r = choose(less(x, vec_all(INFINITY)), r, x);
    r = choose(less(x, vec_all(0)), vec_all(NAN), r);
    return choose(equal(x, vec_all(0)), vec_all(-INFINITY), r);
}

/* log(1 + e) for 0 <= e <= 1: the rounding of 1 + e is corrected to first order. */
INLINE vec log_of_1_and(vec e)
{
    vec sum = 1 + e;
    return log_of(sum) + (e - (sum - 1)) / sum;
}

/* (e^2x - 1) / (e^2x + 1). From 9.02 on it rounds to 1. */
INLINE vec tanh_of(vec x)
{
    vec e = exp2_less_1(clamp(x, -9.1f, 9.1f), 2.88539008f);
    return with_sign_of(x, e / (e + 2)); /* also for 0 */
}

/* 1 - 2^-q with q = |x| P(|x|), our own fit to the logarithm of 1 - erf, minimax in the relative error of erf
 * (4e-8). From 3.92 on it rounds to 1. */
INLINE vec erf_of(vec x)
{
    vec t = vec_min(vec_all(4), absolute(x)), p = vec_all(5.87273646e-5f);
    p = p * t - 5.49654483e-4f;
    p = p * t + 1.80585001e-3f;
    p = p * t + 2.96840885e-4f;
    p = p * t - 2.78753847e-2f;
    p = p * t + 0.148329855f;
    p = p * t + 0.918443461f;
    p = p * t + 1.62790709f;
    return with_sign_of(x, exp2_less_1(p * t, -1));
}

INLINE vec sigmoid_of(vec x)
{
    return 1 / (1 + exp_of(-x));
}

INLINE vec softplus_of(vec x)
{
    return vec_max(vec_all(0), x) + log_of_1_and(exp_of(-absolute(x)));
}

/* x tanh(log(1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2); beyond 20 the quotient is 1. */
INLINE vec mish_of(vec x)
{
    vec e = exp_of(vec_min(vec_all(20), x)), n = e * (e + 2);
    return x * (n / (n + 2));
}

INLINE vec gelu_of(vec x)
{
    return 0.5f * x * (1 + erf_of(x * 0.707106781f));
}

INLINE vec gelu_tanh_of(vec x)
{
    return 0.5f * x * (1 + tanh_of(0.797884561f * (x + 0.044715f * (x * x * x))));
}

/* x if positive or NaN, otherwise scale (exp(x / unit) - 1). */
INLINE vec elu_of(vec x, float scale, float unit)
{
    return choose(less_equal(x, vec_all(0)), scale * exp2_less_1(clamp(x / unit, -87, 0), 1.44269504f), x);
}

INLINE vec sign_of(vec x) /* NaN stays NaN, -0 becomes 0 */
{
    return choose(less(vec_all(0), x), vec_all(1), choose(less(x, vec_all(0)), vec_all(-1), x + 0));
}

INLINE vec truth(mask m)
{
    return choose(m, vec_all(1), vec_all(0));
}

INLINE vec not(vec x)
{
    return truth(equal(x, vec_all(0)));
}

INLINE vec truth_of(vec x)
{
    return choose(equal(x, vec_all(0)), vec_all(0), vec_all(1));
}

/* Rare functions; the unused rows of a block may have any values, which at most costs time. */
static void unary_libm(float (*function)(float), const float *x, float *y)
{
    for (size_t i = 0; i < EP_ROWS; i++) y[i] = function(x[i]);
}

#define EACH(expression)                       \
    for (size_t i = 0; i < EP_ROWS; i += VL) { \
        vec v = vec_load(x + i);               \
        vec_store(y + i, expression);          \
    }                                          \
    break

static void unary(enum ep_unary function, float alpha, float beta, const float *x, float *y)
{
    switch (function) {
    case EP_ABS: EACH(absolute(v));
    case EP_NEG: EACH(-v);
    case EP_SIGN: EACH(sign_of(v));
    case EP_FLOOR: EACH(floor_of(v));
    case EP_CEIL: EACH(ceil_of(v));
    case EP_RECIPROCAL: EACH(1 / v);
    case EP_SQRT: EACH(root(v));
    case EP_EXP: EACH(exp_of(v));
    case EP_LOG: EACH(log_of(v));
    case EP_SIN: unary_libm(sinf, x, y); break;
    case EP_COS: unary_libm(cosf, x, y); break;
    case EP_TAN: unary_libm(tanf, x, y); break;
    case EP_ASIN: unary_libm(asinf, x, y); break;
    case EP_ACOS: unary_libm(acosf, x, y); break;
    case EP_ATAN: unary_libm(atanf, x, y); break;
    case EP_SINH: unary_libm(sinhf, x, y); break;
    case EP_COSH: unary_libm(coshf, x, y); break;
    case EP_ASINH: unary_libm(asinhf, x, y); break;
    case EP_ACOSH: unary_libm(acoshf, x, y); break;
    case EP_ATANH: unary_libm(atanhf, x, y); break;
    case EP_TANH: EACH(tanh_of(v));
    case EP_SIGMOID: EACH(sigmoid_of(v));
    case EP_ERF: EACH(erf_of(v));
    case EP_SOFTPLUS: EACH(softplus_of(v));
    case EP_SOFTSIGN: EACH(v / (1 + absolute(v)));
    case EP_RELU: EACH(vec_max(vec_all(0), v));
    case EP_LEAKY_RELU: EACH(choose(less(v, vec_all(0)), alpha * v, v));
    case EP_ELU: EACH(choose(less(v, vec_all(0)), elu_of(v, alpha, 1), v)); /* -0 stays */
    case EP_SELU: EACH(beta * elu_of(v, alpha, 1));
    case EP_CELU: EACH(elu_of(v, alpha, alpha));
    case EP_THRESHOLDED_RELU: EACH(choose(less(vec_all(alpha), v), v, vec_all(0)));
    case EP_HARD_SIGMOID: EACH(clamp(alpha * v + beta, 0, 1));
    case EP_HARD_SWISH: EACH(v * clamp(v * (1.0f / 6) + 0.5f, 0, 1));
    case EP_GELU: EACH(gelu_of(v));
    case EP_GELU_TANH: EACH(gelu_tanh_of(v));
    case EP_SILU: EACH(v / (1 + exp_of(-v)));
    case EP_MISH: EACH(mish_of(v));
    case EP_NOT: EACH(not(v));
    case EP_TRUTH: EACH(truth_of(v));
    case EP_TRUNCATE: EACH(truncated(v));
    case EP_UNARY_COUNT: break;
    }
}

#undef EACH

/* ---- functions of several values -------------------------------------------------------------------- */

/* Squares are common, and correctly rounded. */
static void binary_pow(const float *a, const float *b, float *y)
{
    for (size_t i = 0; i < EP_ROWS; i++) y[i] = b[i] == 2 ? a[i] * a[i] : powf(a[i], b[i]);
}

#define EACH(expression)                              \
    for (size_t i = 0; i < EP_ROWS; i += VL) {        \
        vec v = vec_load(a + i), w = vec_load(b + i); \
        vec_store(y + i, expression);                 \
    }                                                 \
    break

static void binary(enum ep_binary function, const float *a, const float *b, float *y)
{
    switch (function) {
    case EP_ADD: EACH(v + w);
    case EP_SUB: EACH(v - w);
    case EP_MUL: EACH(v * w);
    case EP_DIV: EACH(v / w);
    case EP_POW: binary_pow(a, b, y); break;
    case EP_MIN: EACH(choose(equal(v, v), vec_min(v, w), v));
    case EP_MAX: EACH(choose(equal(v, v), vec_max(v, w), v));
    case EP_PRELU: EACH(choose(less(v, vec_all(0)), v * w, v)); /* whatever the slope of non-negative ones */
    case EP_LESS: EACH(truth(less(v, w)));
    case EP_LESS_OR_EQUAL: EACH(truth(less_equal(v, w)));
    case EP_GREATER: EACH(truth(less(w, v)));
    case EP_GREATER_OR_EQUAL: EACH(truth(less_equal(w, v)));
    case EP_EQUAL: EACH(truth(equal(v, w)));
    case EP_AND: EACH(choose(equal(v, vec_all(0)), vec_all(0), truth_of(w)));
    case EP_OR: EACH(choose(equal(v, vec_all(0)), truth_of(w), vec_all(1)));
    case EP_XOR: EACH(choose(equal(v, vec_all(0)), truth_of(w), not(w)));
    case EP_BINARY_COUNT: break;
    }
}

#undef EACH

static void where(const float *condition, const float *a, const float *b, float alpha, float beta, float *y)
{
    for (size_t i = 0; i < EP_ROWS; i += VL) {
        mask false_ones = equal(vec_load(condition + i), vec_all(0));
        vec_store(y + i, choose(false_ones, vec_load(b + i) + beta, vec_load(a + i) + alpha));
    }
}

static void clip(const float *x, float low, float high, float *y)
{
    for (size_t i = 0; i < EP_ROWS; i += VL) vec_store(y + i, clamp(vec_load(x + i), low, high));
}

/* ---- sums over columns ------------------------------------------------------------------------------ */

/* Sums of all rows, of even and odd columns separately until the end: shorter chains of dependent additions.
 */
enum { VECS = EP_ROWS / VL };

INLINE void add_columns(const float *const *x, size_t width, vec *sums)
{
    vec odd[VECS];
    for (size_t v = 0; v < VECS; v++) sums[v] = odd[v] = vec_all(0);
    size_t k = 0;
    for (; k + 1 < width; k += 2)
        for (size_t v = 0; v < VECS; v++) {
            sums[v] += vec_load(x[k] + v * VL);
            odd[v] += vec_load(x[k + 1] + v * VL);
        }
    for (size_t v = 0; v < VECS; v++) {
        if (k < width) sums[v] += vec_load(x[k] + v * VL);
        sums[v] += odd[v];
    }
}

static void sum(const float *const *x, size_t width, float factor, float *y)
{
    vec sums[VECS];
    add_columns(x, width, sums);
    for (size_t v = 0; v < VECS; v++) vec_store(y + v * VL, factor * sums[v]);
}

/* Sums of the squared differences from the mean. */
INLINE void add_squares(const float *const *x, size_t width, const vec *mean, vec *sums)
{
    for (size_t v = 0; v < VECS; v++) sums[v] = vec_all(0);
    for (size_t k = 0; k < width; k++)
        for (size_t v = 0; v < VECS; v++) {
            vec difference = vec_load(x[k] + v * VL) - mean[v];
            sums[v] += difference * difference;
        }
}

static void normalise(const float *const *x, size_t width, float epsilon, const float *scale,
                      const float *bias, bool relu, float *const *y)
{
    vec mean[VECS], factor[VECS];
    add_columns(x, width, mean);
    for (size_t v = 0; v < VECS; v++) mean[v] /= (float)width;
    add_squares(x, width, mean, factor);
    for (size_t v = 0; v < VECS; v++) factor[v] = 1 / root(factor[v] / (float)width + epsilon);
    for (size_t k = 0; k < width; k++) {
        vec own_scale = vec_all(scale[k]), own_bias = vec_all(bias != NULL ? bias[k] : 0);
        for (size_t v = 0; v < VECS; v++) {
            vec normal = (vec_load(x[k] + v * VL) - mean[v]) * factor[v];
            vec scaled_normal = normal * own_scale + own_bias;
            vec_store(y[k] + v * VL, relu ? vec_max(vec_all(0), scaled_normal) : scaled_normal);
        }
    }
}

/* ---- rows to columns and back ----------------------------------------------------------------------- */

/* The first `count` of VL columns to rows `row` on. */
INLINE void store_columns(const vec *columns, size_t count, float *const *y, size_t row)
{
    for (size_t c = 0; c < VL; c++)
        if (c < count) vec_store(y[c] + row, columns[c]);
}

/* Prefetches to the second-level cache, which handles more requests at a time than the first. */
INLINE void prefetch(const float *row, size_t width)
{
    for (size_t c = 0; c < width; c += 64 / sizeof *row) __builtin_prefetch(row + c, 0, 2);
}

/* The addresses of a block's rows, padded with the last one. All are prefetched before any is read; by rows
 * instead of by sources, which is a fifth faster. */
INLINE void find_rows(const struct ep_source *sources, size_t count, size_t width, size_t rows,
                      const float *(*from)[EP_ROWS])
{
    for (size_t r = 0; r < EP_ROWS; r++)
        for (size_t s = 0; s < count; s++) {
            size_t row = (size_t)sources[s].index[at_most(r, rows - 1)];
            from[s][r] = sources[s].rows + row * sources[s].stride;
            if (r < rows) prefetch(from[s][r], width);
        }
}

INLINE void gather_of(const struct ep_source *sources, size_t count, size_t width, size_t rows,
                      float *const *y)
{
    const float *from[EP_SOURCES][EP_ROWS];
    find_rows(sources, count, width, rows, from);
    for (size_t row = 0; row < rows; row += VL)
        for (size_t c = 0; c < width; c += VL) {
            vec tile[VL];
            for (size_t l = 0; l < VL; l++) {
                tile[l] = vec_load(from[0][row + l] + c);
                for (size_t s = 1; s < count; s++) tile[l] += vec_load(from[s][row + l] + c);
            }
            transpose(tile);
            store_columns(tile, width - c, y + c, row);
        }
}

static void gather(const struct ep_source *sources, size_t count, size_t width, size_t rows, float *const *y)
{
    switch (count) {
    case 1: gather_of(sources, 1, width, rows, y); break;
    case 2: gather_of(sources, 2, width, rows, y); break;
    case 3: gather_of(sources, 3, width, rows, y); break;
    default: gather_of(sources, EP_SOURCES, width, rows, y);
    }
}

enum {
    SUMS = 8,   /* vectors of a target's sum that are added at a time */
    AHEAD = 24, /* number of updates prefetched ahead */
};

INLINE const float *update_row(const struct ep_segments *segments, int32_t place, int32_t *update)
{
    *update = segments->order != NULL ? segments->order[place] : place;
    int32_t row = segments->index != NULL ? segments->index[*update] : *update;
    return segments->rows + (size_t)row * segments->stride;
}

/* Prefetches the start of a block; the rest follows on the way. */
INLINE void prefetch_first(const struct ep_segments *segments, size_t first, size_t rows, size_t width)
{
    int32_t begin = segments->begins[first], end = segments->begins[first + rows], update;
    for (int32_t place = begin; place < end && place < begin + AHEAD; place++)
        prefetch(update_row(segments, place, &update), width);
}

/* `vecs` vectors of a target's sum, from `column` on. last: the block's last place. */
INLINE void sum_target(const struct ep_segments *segments, size_t target, int32_t last, size_t column,
                       size_t vecs, bool weighted, float *to)
{
    vec sums[SUMS];
    for (size_t v = 0; v < vecs; v++) sums[v] = vec_all(0);
    for (int32_t place = segments->begins[target]; place < segments->begins[target + 1]; place++) {
        int32_t update;
        int32_t ahead = place < last - AHEAD ? place + AHEAD : last;
        prefetch(update_row(segments, ahead, &update) + column, vecs * VL);
        const float *row = update_row(segments, place, &update) + column;
        vec weight = vec_all(weighted ? segments->weight[update] : 1);
        for (size_t v = 0; v < vecs; v++) {
            vec values = vec_load(row + v * VL);
            if (weighted) values *= weight;
            sums[v] += values;
        }
    }
    for (size_t v = 0; v < vecs; v++) vec_store(to + v * VL, sums[v]);
}

/* Targets that are summed, and where to. */
struct sums {
    const struct ep_segments *segments;
    size_t first, rows, width;
    float *const *y;
};

/* Of up to VL targets from `row` on, `vecs` vectors of columns, and turned. */
INLINE void sum_targets(const struct sums *all, size_t row, size_t column, size_t vecs, bool weighted)
{
    const struct sums a = *all; /* a copy, which no store can change */
    _Alignas(64) float sums[VL][SUMS * VL];
    for (size_t l = 0; l < VL && row + l < a.rows; l++)
        sum_target(a.segments, a.first + row + l, a.segments->begins[a.first + a.rows] - 1, column, vecs,
                   weighted, sums[l]);
    for (size_t v = 0; v < vecs; v++) {
        vec tile[VL];
        for (size_t l = 0; l < VL; l++) tile[l] = row + l < a.rows ? vec_load(sums[l] + v * VL) : vec_all(0);
        transpose(tile);
        store_columns(tile, a.width - column - v * VL, a.y + column + v * VL, row);
    }
}

static void segments(const struct ep_segments *segments, size_t first, size_t rows, size_t width,
                     float *const *y)
{
    const struct sums all = {segments, first, rows, width, y};
    bool weighted = segments->weight != NULL;
    prefetch_first(segments, first, rows, width);
    for (size_t row = 0; row < rows; row += VL)
        for (size_t column = 0; column < width; column += SUMS * VL) {
#define SUM_TARGETS(vecs)                                \
    case vecs:                                           \
        if (weighted)                                    \
            sum_targets(&all, row, column, vecs, true);  \
        else                                             \
            sum_targets(&all, row, column, vecs, false); \
        break
            switch (at_most(SUMS, (width - column + VL - 1) / VL)) {
                SUM_TARGETS(1);
                SUM_TARGETS(2);
                SUM_TARGETS(3);
                SUM_TARGETS(4);
                SUM_TARGETS(5);
                SUM_TARGETS(6);
                SUM_TARGETS(7);
                SUM_TARGETS(8);
            }
#undef SUM_TARGETS
        }
}

/* The last columns are transposed together with some earlier ones, as a whole tile: nothing beyond is
 * accessed. */
static void load(const float *from, size_t stride, size_t rows, size_t width, float *const *y)
{
    if (width < VL) {
        load_narrow(from, stride, rows, width, y);
        return;
    }
    for (size_t row = 0; row < rows; row += VL)
        for (size_t c = 0; c < width; c += VL) {
            size_t column = at_most(c, width - VL);
            vec tile[VL];
            for (size_t l = 0; l < VL; l++)
                tile[l] = vec_load(from + at_most(row + l, rows - 1) * stride + column);
            transpose(tile);
            store_columns(tile, VL, y + column, row);
        }
}

/* VL rows of VL columns; those from `width` on are zeros. */
INLINE void load_tile(const float *const *x, size_t width, size_t row, vec *tile)
{
    for (size_t l = 0; l < VL; l++) tile[l] = l < width ? vec_load(x[l] + row) : vec_all(0);
    transpose(tile);
}

/* At least VL columns; the last tile may overlap the previous one. */
static void store(const float *const *x, size_t width, size_t rows, float *to, size_t stride)
{
    if (width < VL) {
        store_narrow(x, width, rows, to, stride);
        return;
    }
    for (size_t row = 0; row < rows; row += VL)
        for (size_t c = 0; c < width; c += VL) {
            size_t column = at_most(c, width - VL);
            vec tile[VL];
            load_tile(x + column, VL, row, tile);
            for (size_t l = 0; l < VL; l++)
                if (row + l < rows) vec_store(to + (row + l) * stride + column, tile[l]);
        }
}

/* Whole vectors, up to the stride. */
static void stream(const float *const *x, size_t width, size_t rows, float *to, size_t stride)
{
    for (size_t row = 0; row < rows; row += VL)
        for (size_t c = 0; c < width; c += VL) {
            vec tile[VL];
            load_tile(x + c, at_most(width - c, VL), row, tile);
            for (size_t l = 0; l < VL; l++)
                if (row + l < rows) vec_stream(to + (row + l) * stride + c, tile[l]);
        }
}

const struct ep_kernels KERNELS = {
    .name = NAME,
    .layer = layer,
    .unary = unary,
    .binary = binary,
    .where = where,
    .clip = clip,
    .normalise = normalise,
    .sum = sum,
    .gather = gather,
    .segments = segments,
    .load = load,
    .store = store,
    .stream = stream,
    .settle = settle,
};
