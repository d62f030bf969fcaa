#include "tests/ep/kernel_checks.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WIDTH = 300 }; /* the widest */

/* ---- values ----------------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static float uniform(uint64_t *state) /* -1..1 */
{
    return (float)((double)(next_random(state) >> 11) * 0x1p-52 - 1);
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static const float special[] = {
    0,          -0.0f,   NAN,      INFINITY, -INFINITY, 1,    -1,    0x1p-149f, -0x1p-149f, 0x1p-126f,
    -0x1p-126f, FLT_MAX, -FLT_MAX, 0x1p23f,  -0x1p23f,  0.5f, -0.5f, 2.5f,      -2.5f,      88.7228394f,
    88.72284f,  -87.5f,  -103.9f,  -104.1f,  2,         -2,   20,    -20};
enum { SPECIAL = sizeof special / sizeof *special };

static void *aligned(size_t floats)
{
    void *memory = aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64);
    if (memory == NULL) abort();
    return memory;
}

static float *random_floats(size_t count, uint64_t seed)
{
    float *values = aligned(count);
    for (size_t i = 0; i < count; i++) values[i] = uniform(&seed);
    return values;
}

/* Columns, each in memory of its own, where sanitizers see what is written beyond; NULL behind the last. */
struct block {
    float *columns[WIDTH + 1];
};

static struct block block_create(size_t width, uint64_t seed)
{
    struct block block = {0};
    for (size_t k = 0; k < width; k++) block.columns[k] = random_floats(EP_ROWS, seed + 1000 * k);
    return block;
}

static void block_destroy(struct block *block)
{
    for (size_t k = 0; block->columns[k] != NULL; k++) free(block->columns[k]);
}

static const float *const *inputs_of(const struct block *block)
{
    return (const float *const *)block->columns;
}

static void block_copy(struct block *to, const struct block *from)
{
    for (size_t k = 0; from->columns[k] != NULL; k++)
        memcpy(to->columns[k], from->columns[k], EP_ROWS * sizeof(float));
}

/* One row of `from`; all other rows hold `others`. */
static void block_place(struct block *to, size_t place, const struct block *from, size_t row, float others)
{
    for (size_t k = 0; from->columns[k] != NULL; k++)
        for (size_t r = 0; r < EP_ROWS; r++) to->columns[k][r] = r == place ? from->columns[k][row] : others;
}

/* ---- comparing -------------------------------------------------------------------------------------- */

/* Counts a failure where `fine` is false, and prints the first few of a check. */
#define EXPECT(fine, ...)                                         \
    do {                                                          \
        if (!(fine) && failures++ < 5) {                          \
            fprintf(stderr, "%s: %s: ", kernels->name, __func__); \
            fprintf(stderr, __VA_ARGS__);                         \
            fputc('\n', stderr);                                  \
        }                                                         \
    } while (0)

static bool same_bits(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Equal but for the sign of 0 and the kind of NaN. */
static bool same(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Close to `want`, which is not rounded; what rounds to infinity may be the largest float, and the reverse.
 */
static bool is_near(float got, double want, double tolerance)
{
    if (isnan(want) || isinf(want)) return same(got, (float)want);
    if (fabs(want) > FLT_MAX * (1 - 4e-7))
        return fabs((double)got) > FLT_MAX * (1 - 4e-7) && (got > 0) == (want > 0);
    return fabs((double)got - want) <= tolerance;
}

static double ulp(double x)
{
    int exponent = 0; /* not set for infinity and NaN */
    frexp(x, &exponent);
    return ldexp(1, exponent - 24 > -149 ? exponent - 24 : -149);
}

/* A call that takes a block to another, row by row. */
struct call {
    const struct ep_kernels *kernels;
    void (*run)(const struct call *call, const struct block *x, struct block *y);
    const float *weights, *bias;
    const struct block *start;
    size_t inputs, outputs;
    int function;
    bool relu; /* of a normalisation */
};

/* A row of x gives the bits it gave in y in every place, whatever the other rows hold. */
static size_t lane_failures(const struct call *call, const struct block *x, const struct block *y)
{
    const struct ep_kernels *kernels = call->kernels;
    size_t failures = 0;
    struct block in = block_create(call->inputs, 1), out = block_create(call->outputs, 2);
    for (size_t place = 0; place < EP_ROWS; place++) {
        size_t row = (place * 37 + 11) % EP_ROWS;
        block_place(&in, place, x, row, place % 2 == 0 ? NAN : 1e30f);
        call->run(call, &in, &out);
        for (size_t j = 0; j < call->outputs; j++)
            EXPECT(same_bits(out.columns[j][place], y->columns[j][row]), "row %zu in place %zu, column %zu",
                   row, place, j);
    }
    block_destroy(&in);
    block_destroy(&out);
    return failures;
}

/* ---- layers ----------------------------------------------------------------------------------------- */

enum { WITH_BIAS = 1, WITH_START = 2, WITH_RELU = 4 };

static void run_layer(const struct call *call, const struct block *x, struct block *y)
{
    const struct ep_layer layer = {.x = inputs_of(x),
                                   .y = y->columns,
                                   .inputs = call->inputs,
                                   .outputs = call->outputs,
                                   .weights = call->weights,
                                   .bias = call->bias,
                                   .start = call->start != NULL ? inputs_of(call->start) : NULL,
                                   .relu = (call->function & WITH_RELU) != 0};
    call->kernels->layer(&layer);
}

static size_t compare_layer(const struct call *call, const float *weight, const struct block *x,
                            const struct block *start, const struct block *y)
{
    const struct ep_kernels *kernels = call->kernels;
    size_t failures = 0;
    for (size_t j = 0; j < call->outputs; j++)
        for (size_t r = 0; r < EP_ROWS; r++) {
            double sum = start != NULL ? start->columns[j][r] : 0, size = fabs(sum);
            sum += call->bias != NULL ? call->bias[j] : 0;
            for (size_t k = 0; k < call->inputs; k++) {
                double term = (double)weight[k * call->outputs + j] * x->columns[k][r];
                sum += term;
                size += fabs(term);
            }
            if ((call->function & WITH_RELU) != 0 && sum < 0) sum = 0;
            EXPECT(is_near(y->columns[j][r], sum, (double)(call->inputs + 2) * 0x1p-24 * (size + 1)),
                   "%zu x %zu, options %d: [%zu][%zu] is %g, not %g", call->inputs, call->outputs,
                   call->function, r, j, (double)y->columns[j][r], sum);
        }
    return failures;
}

/* Once into other memory, once in place of `start`; weights come in both orders. */
static size_t layer_of(const struct ep_kernels *kernels, size_t inputs, size_t outputs, int options)
{
    size_t failures = 0;
    float *weight = random_floats(inputs * outputs, 1), *bias = random_floats(outputs, 2);
    float *packed = aligned(ep_weights_packed(inputs, outputs));
    ep_weights_pack(weight, outputs, 1, inputs, outputs, packed);
    struct block x = block_create(inputs, 3), start = block_create(outputs, 4), y = block_create(outputs, 5);
    struct call call = {.kernels = kernels,
                        .run = run_layer,
                        .weights = packed,
                        .inputs = inputs,
                        .outputs = outputs,
                        .function = options};
    if ((options & WITH_BIAS) != 0) call.bias = bias;
    if ((options & WITH_START) != 0) {
        call.start = &y;
        block_copy(&y, &start);
    }
    call.run(&call, &x, &y);
    failures += compare_layer(&call, weight, &x, call.start != NULL ? &start : NULL, &y);
    if (call.start == NULL && outputs < 70) failures += lane_failures(&call, &x, &y);
    block_destroy(&x);
    block_destroy(&start);
    block_destroy(&y);
    free(packed);
    free(bias);
    free(weight);
    return failures;
}

static size_t layers_of_all_shapes(const struct ep_kernels *kernels)
{
    const size_t sizes[][2] = {{29, 64},   {64, 64},  {64, 32}, {32, 32}, {96, 32}, {67, 67},
                               {128, 128}, {12, 128}, {300, 1}, {1, 300}, {300, 29}};
    size_t failures = 0;
    for (size_t inputs = 1; inputs <= 70; inputs++)
        failures += layer_of(kernels, inputs, 71 - inputs, (int)(inputs % 8));
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int options = 0; options < 8; options += s == 3 ? 1 : 7)
            failures += layer_of(kernels, sizes[s][0], sizes[s][1], options);
    return failures;
}

static size_t weights_packed_from_any_steps(const struct ep_kernels *kernels)
{
    enum { INPUTS = 5, OUTPUTS = 7, PADDED = 8 };
    size_t failures = 0;
    float *weight = random_floats(INPUTS * OUTPUTS, 1), turned[INPUTS * OUTPUTS];
    for (size_t k = 0; k < INPUTS; k++)
        for (size_t j = 0; j < OUTPUTS; j++) turned[j * INPUTS + k] = weight[k * OUTPUTS + j];
    float a[INPUTS * PADDED], b[INPUTS * PADDED];
    EXPECT(ep_weights_packed(INPUTS, OUTPUTS) == INPUTS * PADDED, "%zu", ep_weights_packed(INPUTS, OUTPUTS));
    ep_weights_pack(weight, OUTPUTS, 1, INPUTS, OUTPUTS, a);
    ep_weights_pack(turned, 1, INPUTS, INPUTS, OUTPUTS, b);
    EXPECT(memcmp(a, b, sizeof a) == 0, "the order of the weights changes what is packed");
    EXPECT(a[INPUTS * PADDED - 1] == 0, "the last tile is not padded with zeros");
    free(weight);
    return failures;
}

/* max(x, 0) of ONNX Runtime keeps what is not a number. */
static size_t layer_keeps_nan(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    float weight[1] = {1}, packed[EP_TILE];
    ep_weights_pack(weight, 1, 1, 1, 1, packed);
    struct block x = block_create(1, 1), y = block_create(1, 2);
    for (size_t r = 0; r < EP_ROWS; r++) x.columns[0][r] = special[r % SPECIAL];
    kernels->layer(&(struct ep_layer){
        .x = inputs_of(&x), .y = y.columns, .inputs = 1, .outputs = 1, .weights = packed, .relu = true});
    for (size_t r = 0; r < EP_ROWS; r++) {
        float want = x.columns[0][r] < 0 ? 0 : x.columns[0][r];
        EXPECT(same(y.columns[0][r], want), "%g gives %g", (double)want, (double)y.columns[0][r]);
    }
    block_destroy(&x);
    block_destroy(&y);
    return failures;
}

/* ---- functions of one value ------------------------------------------------------------------------- */

static const double ALPHA = 0.7f, BETA = 0.3f; /* of the functions that have them */

static double sign_of(double x)
{
    return isnan(x) ? x : (x > 0) - (x < 0);
}

static double reciprocal(double x)
{
    return 1 / x;
}

static double clamped(double x) /* to 0..1 */
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double softsign(double x)
{
    return x / (1 + fabs(x));
}

static double relu(double x)
{
    return x < 0 ? 0 : x;
}

static double leaky_relu(double x)
{
    return x < 0 ? ALPHA * x : x;
}

static double elu(double x)
{
    return x < 0 ? ALPHA * expm1(x) : x;
}

static double selu(double x)
{
    return BETA * elu(x);
}

static double celu(double x)
{
    return x < 0 ? ALPHA * expm1(x / ALPHA) : x;
}

static double thresholded_relu(double x)
{
    return x > ALPHA ? x : 0;
}

static double hard_sigmoid(double x)
{
    return clamped(ALPHA * x + BETA);
}

static double hard_swish(double x)
{
    return x * clamped(x / 6 + 0.5);
}

static double gelu(double x)
{
    return 0.5 * x * (1 + erf(x * sqrt(0.5)));
}

static double gelu_tanh(double x)
{
    return 0.5 * x * (1 + tanh(0.79788456080286536 * (x + 0.044715 * x * x * x)));
}

static double silu(double x)
{
    return x / (1 + exp(-x));
}

static double mish(double x)
{
    return x * tanh(softplus(x));
}

static double not(double x)
{
    return x == 0;
}

static double truth(double x)
{
    return x != 0;
}

static double negative(double x)
{
    return -x;
}

/* Allowed: ulps of the result and an absolute error, which for `per_x` is times |x|, at most 10. */
static const struct {
    const char *name;
    double (*reference)(double);
    double ulps, absolute, per_x;
} unaries[EP_UNARY_COUNT] = {
    [EP_ABS] = {"abs", fabs, 0, 0, 0},
    [EP_NEG] = {"neg", negative, 0, 0, 0},
    [EP_SIGN] = {"sign", sign_of, 0, 0, 0},
    [EP_FLOOR] = {"floor", floor, 0, 0, 0},
    [EP_CEIL] = {"ceil", ceil, 0, 0, 0},
    [EP_RECIPROCAL] = {"reciprocal", reciprocal, 0.5, 0, 0},
    [EP_SQRT] = {"sqrt", sqrt, 0.5, 0, 0},
    [EP_EXP] = {"exp", exp, 2, 0, 0},
    [EP_LOG] = {"log", log, 2, 0, 0},
    [EP_SIN] = {"sin", sin, 2, 0, 0},
    [EP_COS] = {"cos", cos, 2, 0, 0},
    [EP_TAN] = {"tan", tan, 2, 0, 0},
    [EP_ASIN] = {"asin", asin, 2, 0, 0},
    [EP_ACOS] = {"acos", acos, 2, 0, 0},
    [EP_ATAN] = {"atan", atan, 2, 0, 0},
    [EP_SINH] = {"sinh", sinh, 4, 0, 0},
    [EP_COSH] = {"cosh", cosh, 4, 0, 0},
    [EP_ASINH] = {"asinh", asinh, 4, 0, 0},
    [EP_ACOSH] = {"acosh", acosh, 4, 0, 0},
    [EP_ATANH] = {"atanh", atanh, 4, 0, 0},
    [EP_TANH] = {"tanh", tanh, 4, 0, 0},
    [EP_SIGMOID] = {"sigmoid", sigmoid, 4, 0x1p-126, 0},
    [EP_ERF] = {"erf", erf, 4, 0, 0},
    [EP_SOFTPLUS] = {"softplus", softplus, 4, 0, 0},
    [EP_SOFTSIGN] = {"softsign", softsign, 2, 0, 0},
    [EP_RELU] = {"relu", relu, 0, 0, 0},
    [EP_LEAKY_RELU] = {"leaky relu", leaky_relu, 0.5, 0, 0},
    [EP_ELU] = {"elu", elu, 4, 0, 0},
    [EP_SELU] = {"selu", selu, 4, 0, 0},
    [EP_CELU] = {"celu", celu, 4, 0, 2e-7},
    [EP_THRESHOLDED_RELU] = {"thresholded relu", thresholded_relu, 0, 0, 0},
    [EP_HARD_SIGMOID] = {"hard sigmoid", hard_sigmoid, 0, 2e-7, 0},
    [EP_HARD_SWISH] = {"hard swish", hard_swish, 2, 0, 2e-7},
    [EP_GELU] = {"gelu", gelu, 2, 0, 2e-7},
    [EP_GELU_TANH] = {"gelu by tanh", gelu_tanh, 2, 0, 4e-7},
    [EP_SILU] = {"silu", silu, 4, 0x1p-119, 0},
    [EP_MISH] = {"mish", mish, 4, 0x1p-119, 0},
    [EP_NOT] = {"not", not, 0, 0, 0},
    [EP_TRUTH] = {"truth", truth, 0, 0, 0},
    [EP_TRUNCATE] = {"truncate", trunc, 0, 0, 0},
};

static size_t compare_unary(const struct ep_kernels *kernels, enum ep_unary function, const float *x,
                            const float *y)
{
    size_t failures = 0;
    for (size_t i = 0; i < EP_ROWS; i++) {
        double want = unaries[function].reference(x[i]), size = fmin(fabs((double)x[i]), 10);
        double tolerance =
            unaries[function].ulps * ulp(want) + unaries[function].absolute + unaries[function].per_x * size;
        EXPECT(is_near(y[i], want, tolerance), "%s(%.9g) is %.9g, not %.9g", unaries[function].name,
               (double)x[i], (double)y[i], want);
    }
    return failures;
}

/* Over all floats in steps of their bits, into other memory and in place. */
static size_t unary_of_floats(const struct ep_kernels *kernels)
{
    enum { STEP = 20011, LAST = UINT32_MAX / STEP };
    size_t failures = 0;
    _Alignas(64) float x[EP_ROWS], y[EP_ROWS];
    for (int f = 0; f < EP_UNARY_COUNT; f++)
        for (uint32_t i = 0; i < LAST; i += EP_ROWS) {
            for (uint32_t l = 0; l < EP_ROWS; l++) x[l] = float_of((i + l) * STEP);
            kernels->unary((enum ep_unary)f, (float)ALPHA, (float)BETA, x, y);
            failures += compare_unary(kernels, (enum ep_unary)f, x, y);
        }
    return failures;
}

static size_t unary_of_special_values(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    _Alignas(64) float x[EP_ROWS], y[EP_ROWS];
    for (size_t i = 0; i < EP_ROWS; i++) x[i] = special[i % SPECIAL];
    for (int f = 0; f < EP_UNARY_COUNT; f++) {
        memcpy(y, x, sizeof y);
        kernels->unary((enum ep_unary)f, (float)ALPHA, (float)BETA, y, y);
        failures += compare_unary(kernels, (enum ep_unary)f, x, y);
    }
    return failures;
}

static void run_unary(const struct call *call, const struct block *x, struct block *y)
{
    call->kernels->unary((enum ep_unary)call->function, (float)ALPHA, (float)BETA, x->columns[0],
                         y->columns[0]);
}

static size_t unary_by_lanes(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    struct block x = block_create(1, 1), y = block_create(1, 2);
    for (size_t i = 0; i < EP_ROWS; i++) x.columns[0][i] *= i < 32 ? 5 : 100;
    for (int f = 0; f < EP_UNARY_COUNT; f++) {
        struct call call = {.kernels = kernels, .run = run_unary, .inputs = 1, .outputs = 1, .function = f};
        call.run(&call, &x, &y);
        for (size_t i = 0; i < EP_ROWS; i++) /* of NaN only that they are */
            if (isnan(y.columns[0][i])) x.columns[0][i] = fabsf(x.columns[0][i]) / 101 + (f == EP_ACOSH);
        call.run(&call, &x, &y);
        failures += lane_failures(&call, &x, &y);
    }
    block_destroy(&x);
    block_destroy(&y);
    return failures;
}

/* ---- functions of several values -------------------------------------------------------------------- */

static double larger(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
}

static double smaller(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
}

static double binary_reference(enum ep_binary function, double a, double b)
{
    switch (function) {
    case EP_ADD: return a + b;
    case EP_SUB: return a - b;
    case EP_MUL: return a * b;
    case EP_DIV: return a / b;
    case EP_POW: return pow(a, b);
    case EP_MIN: return smaller(a, b);
    case EP_MAX: return larger(a, b);
    case EP_PRELU: return a < 0 ? a * b : a;
    case EP_LESS: return a < b;
    case EP_LESS_OR_EQUAL: return a <= b;
    case EP_GREATER: return a > b;
    case EP_GREATER_OR_EQUAL: return a >= b;
    case EP_EQUAL: return a == b;
    case EP_AND: return a != 0 && b != 0;
    case EP_OR: return a != 0 || b != 0;
    case EP_XOR: return (a != 0) != (b != 0);
    case EP_BINARY_COUNT: break;
    }
    return NAN;
}

static size_t compare_binary(const struct ep_kernels *kernels, enum ep_binary function, const float *a,
                             const float *b, const float *y)
{
    size_t failures = 0;
    for (size_t i = 0; i < EP_ROWS; i++) {
        double want = binary_reference(function, a[i], b[i]);
        EXPECT(is_near(y[i], want, (function == EP_POW ? 1 : 0.5) * ulp(want)), "function %d of %g, %g is %g",
               function, (double)a[i], (double)b[i], (double)y[i]);
    }
    return failures;
}

/* Pairs of special values, and random ones; into other memory and in place of either. */
static size_t binary_of_all_pairs(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    uint64_t seed = 1;
    _Alignas(64) float a[EP_ROWS], b[EP_ROWS], y[EP_ROWS];
    for (int f = 0; f < EP_BINARY_COUNT; f++)
        for (size_t shift = 0; shift < 2 * SPECIAL; shift++) {
            for (size_t i = 0; i < EP_ROWS; i++) {
                a[i] = shift < SPECIAL ? special[i % SPECIAL] : 3 * uniform(&seed);
                b[i] = shift < SPECIAL ? special[(i + shift) % SPECIAL] : 3 * uniform(&seed);
            }
            if (shift % 3 == 1) memcpy(y, a, sizeof y);
            if (shift % 3 == 2) memcpy(y, b, sizeof y);
            kernels->binary((enum ep_binary)f, shift % 3 == 1 ? y : a, shift % 3 == 2 ? y : b, y);
            failures += compare_binary(kernels, (enum ep_binary)f, a, b, y);
        }
    return failures;
}

static size_t where_and_clip(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    _Alignas(64) float c[EP_ROWS], b[EP_ROWS], y[EP_ROWS];
    for (size_t i = 0; i < EP_ROWS; i++) {
        c[i] = i % 5 == 0 ? 0 : i % 5 == 1 ? -0.0f : special[i % SPECIAL];
        b[i] = special[i * 3 % SPECIAL];
    }
    kernels->where(c, c, b, -0.0f, -0.0f, y);
    for (size_t i = 0; i < EP_ROWS; i++)
        EXPECT(same_bits(y[i], c[i] != 0 ? c[i] : b[i]), "where, row %zu", i);
    memcpy(y, c, sizeof y);
    kernels->where(y, c, b, -0.0f, -0.0f, y);
    for (size_t i = 0; i < EP_ROWS; i++)
        EXPECT(same_bits(y[i], c[i] != 0 ? c[i] : b[i]), "in place, row %zu", i);
    for (size_t i = 0; i < EP_ROWS; i++) c[i] = (float)(i % 2);
    kernels->where(c, b, b, 0, -0.0f, y);
    for (size_t i = 0; i < EP_ROWS; i++)
        EXPECT(same_bits(y[i], i % 2 == 1 && b[i] == 0 ? 0 : b[i]), "sign of a, row %zu", i);
    kernels->where(c, b, b, -0.0f, 0, y);
    for (size_t i = 0; i < EP_ROWS; i++)
        EXPECT(same_bits(y[i], i % 2 == 0 && b[i] == 0 ? 0 : b[i]), "sign of b, row %zu", i);
    kernels->clip(b, -1.5f, 0.25f, y);
    for (size_t i = 0; i < EP_ROWS; i++)
        EXPECT(same(y[i], b[i] < -1.5f ? -1.5f : b[i] > 0.25f ? 0.25f : b[i]), "clip of %g", (double)b[i]);
    return failures;
}

/* ---- sums over columns ------------------------------------------------------------------------------ */

static void run_normalise(const struct call *call, const struct block *x, struct block *y)
{
    call->kernels->normalise(inputs_of(x), call->inputs, 1e-5f, call->weights, call->bias, call->relu,
                             y->columns);
}

static void run_sum(const struct call *call, const struct block *x, struct block *y)
{
    call->kernels->sum(inputs_of(x), call->inputs, 0.25f, y->columns[0]);
}

static double sum_of_row(const struct block *x, size_t width, size_t r)
{
    double sum = 0;
    for (size_t k = 0; k < width; k++) sum += x->columns[k][r];
    return sum;
}

static size_t compare_normalised(const struct call *call, const struct block *x, const struct block *y)
{
    const struct ep_kernels *kernels = call->kernels;
    size_t failures = 0, width = call->inputs;
    for (size_t r = 0; r < EP_ROWS; r++) {
        double mean = sum_of_row(x, width, r) / (double)width, variance = 0;
        for (size_t k = 0; k < width; k++) variance += pow(x->columns[k][r] - mean, 2) / (double)width;
        double factor = 1 / sqrt(variance + (double)1e-5f);
        for (size_t k = 0; k < width; k++) {
            double want = (x->columns[k][r] - mean) * factor * call->weights[k];
            if (call->bias != NULL) want += call->bias[k];
            if (call->relu && want < 0) want = 0;
            EXPECT(is_near(y->columns[k][r], want, 4e-7 * (8 + 2 * factor)),
                   "width %zu: [%zu][%zu] is %g, not %g", width, r, k, (double)y->columns[k][r], want);
        }
    }
    return failures;
}

static size_t normalise_of(const struct ep_kernels *kernels, size_t width)
{
    float *scale = random_floats(width, 1), *bias = random_floats(width, 2);
    struct block x = block_create(width, 3), y = block_create(width, 4);
    for (size_t k = 0; k < width; k++)
        for (size_t r = 0; r < EP_ROWS; r++) x.columns[k][r] += 1; /* a mean to be subtracted */
    struct call call = {
        .kernels = kernels, .run = run_normalise, .weights = scale, .inputs = width, .outputs = width};
    call.run(&call, &x, &y);
    size_t failures = compare_normalised(&call, &x, &y);
    call.bias = bias;
    block_copy(&y, &x);
    call.run(&call, &y, &y); /* in place */
    failures += compare_normalised(&call, &x, &y) + lane_failures(&call, &x, &y);
    call.relu = true;
    call.run(&call, &x, &y);
    failures += compare_normalised(&call, &x, &y);
    block_destroy(&x);
    block_destroy(&y);
    free(scale);
    free(bias);
    return failures;
}

static size_t sum_of(const struct ep_kernels *kernels, size_t width)
{
    size_t failures = 0;
    struct block x = block_create(width, 1), y = block_create(1, 2);
    struct call call = {.kernels = kernels, .run = run_sum, .inputs = width, .outputs = 1};
    call.run(&call, &x, &y);
    for (size_t r = 0; r < EP_ROWS; r++)
        EXPECT(is_near(y.columns[0][r], 0.25 * sum_of_row(&x, width, r), (double)(width * width) * 0x1p-24),
               "width %zu: [%zu] is %g", width, r, (double)y.columns[0][r]);
    failures += lane_failures(&call, &x, &y);
    block_destroy(&x);
    block_destroy(&y);
    return failures;
}

/* ---- all widths ------------------------------------------------------------------------------------- */

/* The widths 1 ... 70, 128 and 300. */
static size_t next_width(size_t width)
{
    return width < 70 ? width + 1 : width == 70 ? 128 : width == 128 ? WIDTH : WIDTH + 1;
}

static size_t normalise_of_all_widths(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    for (size_t width = 1; width <= WIDTH; width = next_width(width))
        failures += normalise_of(kernels, width);
    return failures;
}

static size_t sum_of_all_widths(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    for (size_t width = 1; width <= WIDTH; width = next_width(width)) failures += sum_of(kernels, width);
    return failures;
}

/* ---- gathering -------------------------------------------------------------------------------------- */

/* Row-major memory as the kernels expect it. */
static size_t stride_of(size_t width)
{
    return (width + EP_STRIDE - 1) / EP_STRIDE * EP_STRIDE;
}

static int32_t *random_index(size_t count, size_t below, uint64_t seed)
{
    int32_t *index = malloc(count * sizeof *index + 1);
    if (index == NULL) abort();
    for (size_t i = 0; i < count; i++) index[i] = (int32_t)(next_random(&seed) % below);
    return index;
}

static size_t gather_of(const struct ep_kernels *kernels, size_t count, size_t width, size_t rows)
{
    enum { LENGTH = 50 }; /* of the tensors */
    size_t failures = 0, stride = stride_of(width);
    struct ep_source sources[EP_SOURCES];
    float *memory[EP_SOURCES];
    int32_t *index[EP_SOURCES];
    for (size_t s = 0; s < count; s++) {
        memory[s] = random_floats(LENGTH * (stride + s * EP_STRIDE), s);
        index[s] = random_index(rows, LENGTH, 100 * s + rows);
        sources[s] = (struct ep_source){memory[s], stride + s * EP_STRIDE, index[s]};
    }
    struct block y = block_create(width, 5);
    kernels->gather(sources, count, width, rows, y.columns);
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < width; k++) {
            float want = 0;
            for (size_t s = 0; s < count; s++) {
                float value = memory[s][(size_t)index[s][r] * sources[s].stride + k];
                want = s == 0 ? value : want + value;
            }
            EXPECT(same_bits(y.columns[k][r], want), "%zu sources, %zu rows of %zu: [%zu][%zu]", count, rows,
                   width, r, k);
        }
    block_destroy(&y);
    for (size_t s = 0; s < count; s++) {
        free(memory[s]);
        free(index[s]);
    }
    return failures;
}

static size_t gather_of_all_shapes(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    for (size_t width = 1; width <= WIDTH; width = next_width(width))
        for (size_t count = 1; count <= EP_SOURCES; count++) {
            failures += gather_of(kernels, count, width, EP_ROWS);
            failures += gather_of(kernels, count, width, 1 + (width * 7 + count) % EP_ROWS);
        }
    for (size_t rows = 1; rows <= EP_ROWS; rows++) failures += gather_of(kernels, 2, 19, rows);
    return failures;
}

/* ---- sums by target --------------------------------------------------------------------------------- */

enum { WITH_ORDER = 1, WITH_INDEX = 2, WITH_WEIGHTS = 4, TARGETS = 150 };

/* Every third target without updates, others with a few, and the 70th with `most`. */
static int32_t *random_begins(size_t most, uint64_t seed)
{
    int32_t *begins = malloc((TARGETS + 1) * sizeof *begins);
    if (begins == NULL) abort();
    begins[0] = 0;
    for (size_t t = 0; t < TARGETS; t++) {
        size_t count = t == 70 ? most : t % 3 == 1 ? 0 : next_random(&seed) % 9;
        begins[t + 1] = begins[t] + (int32_t)count;
    }
    return begins;
}

static int32_t *random_order(size_t count, uint64_t seed)
{
    int32_t *order = random_index(count, 1, seed);
    for (size_t i = 0; i < count; i++) {
        size_t other = next_random(&seed) % (i + 1);
        order[i] = order[other];
        order[other] = (int32_t)i;
    }
    return order;
}

/* One value. Without weights nothing but the order of the sums decides, and it is given. */
static bool is_sum(const struct ep_segments *segments, size_t target, size_t column, float got)
{
    float sum = 0;
    double exact = 0, size = 0;
    int32_t begin = segments->begins[target], end = segments->begins[target + 1];
    for (int32_t place = begin; place < end; place++) {
        int32_t update = segments->order != NULL ? segments->order[place] : place;
        int32_t row = segments->index != NULL ? segments->index[update] : update;
        float value = segments->rows[(size_t)row * segments->stride + column];
        double term = segments->weight != NULL ? (double)segments->weight[update] * value : value;
        sum += value;
        exact += term;
        size += fabs(term);
    }
    return segments->weight != NULL ? is_near(got, exact, (double)(end - begin + 1) * 0x1p-24 * size)
                                    : same_bits(got, sum);
}

/* All targets in blocks of `rows`; a target's sum does not depend on where in a block it is. */
static size_t segments_in_blocks(const struct ep_kernels *kernels, const struct ep_segments *segments,
                                 size_t width, size_t rows, float *sums)
{
    size_t failures = 0;
    struct block y = block_create(width, 1);
    for (size_t first = 0; first < TARGETS; first += rows) {
        size_t count = first + rows <= TARGETS ? rows : TARGETS - first;
        kernels->segments(segments, first, count, width, y.columns);
        for (size_t t = first; t < first + count; t++)
            for (size_t k = 0; k < width; k++) {
                float got = y.columns[k][t - first];
                if (rows == EP_ROWS) {
                    sums[t * width + k] = got;
                    EXPECT(is_sum(segments, t, k, got), "width %zu: target %zu, column %zu", width, t, k);
                } else
                    EXPECT(same_bits(got, sums[t * width + k]), "width %zu: target %zu in another place",
                           width, t);
            }
    }
    block_destroy(&y);
    return failures;
}

static size_t segments_of(const struct ep_kernels *kernels, size_t width, size_t most, int options)
{
    enum { LENGTH = 80 };
    int32_t *begins = random_begins(most, width);
    size_t updates = (size_t)begins[TARGETS], length = (options & WITH_INDEX) != 0 ? LENGTH : updates;
    int32_t *order = random_order(updates, 1), *index = random_index(updates, LENGTH, 2);
    float *rows = random_floats(length * stride_of(width), 3), *weight = random_floats(updates, 4);
    struct ep_segments segments = {.begins = begins, .rows = rows, .stride = stride_of(width)};
    if ((options & WITH_ORDER) != 0) segments.order = order;
    if ((options & WITH_INDEX) != 0) segments.index = index;
    if ((options & WITH_WEIGHTS) != 0) segments.weight = weight;
    float *sums = aligned(TARGETS * width);
    size_t failures = segments_in_blocks(kernels, &segments, width, EP_ROWS, sums) +
                      segments_in_blocks(kernels, &segments, width, 1 + width % 37, sums);
    free(sums);
    free(begins);
    free(order);
    free(index);
    free(rows);
    free(weight);
    return failures;
}

static size_t segments_of_all_shapes(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    for (size_t width = 1; width <= WIDTH; width = next_width(width))
        failures += segments_of(kernels, width, 30, (int)(width % 8)) +
                    segments_of(kernels, width, 0, (int)(width * 5 % 8 ^ WITH_WEIGHTS));
    for (int options = 0; options < 8; options++) failures += segments_of(kernels, 64, 10000, options);
    return failures;
}

/* ---- loading and storing ---------------------------------------------------------------------------- */

/* Floats with no memory before the first or behind the last, as one wants. */
struct guarded {
    char *pages;
    size_t size, page;
};

static struct guarded guarded_create(size_t floats)
{
    struct guarded guarded = {.page = (size_t)sysconf(_SC_PAGESIZE)};
    guarded.size = (floats * sizeof(float) + guarded.page - 1) / guarded.page * guarded.page;
    guarded.pages =
        mmap(NULL, guarded.size + 2 * guarded.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guarded.pages == MAP_FAILED) abort();
    if (mprotect(guarded.pages + guarded.page, guarded.size, PROT_READ | PROT_WRITE) != 0) abort();
    return guarded;
}

static float *guarded_floats(const struct guarded *guarded, size_t floats, bool at_end)
{
    return (float *)(void *)(guarded->pages + guarded->page +
                             (at_end ? guarded->size - floats * sizeof(float) : 0));
}

static void guarded_destroy(struct guarded *guarded)
{
    munmap(guarded->pages, guarded->size + 2 * guarded->page);
}

static size_t load_and_store_of(const struct ep_kernels *kernels, size_t width, size_t stride, size_t rows)
{
    size_t failures = 0, floats = (rows - 1) * stride + width;
    uint64_t seed = width;
    struct guarded guarded = guarded_create(floats);
    struct block x = block_create(width, 1), y = block_create(width, 2);
    for (int at_end = 0; at_end <= 1; at_end++) {
        float *rows_of = guarded_floats(&guarded, floats, at_end);
        for (size_t i = 0; i < floats; i++) rows_of[i] = uniform(&seed);
        kernels->load(rows_of, stride, rows, width, y.columns);
        for (size_t r = 0; r < rows; r++)
            for (size_t k = 0; k < width; k++)
                EXPECT(same_bits(y.columns[k][r], rows_of[r * stride + k]),
                       "load %zu x %zu, stride %zu: [%zu][%zu]", rows, width, stride, r, k);
        for (size_t i = 0; i < floats; i++) rows_of[i] = 42;
        kernels->store(inputs_of(&x), width, rows, rows_of, stride);
        for (size_t i = 0; i < floats; i++) {
            float want = i % stride < width ? x.columns[i % stride][i / stride] : 42;
            EXPECT(same_bits(rows_of[i], want), "store %zu x %zu, stride %zu: at %zu", rows, width, stride,
                   i);
        }
    }
    block_destroy(&x);
    block_destroy(&y);
    guarded_destroy(&guarded);
    return failures;
}

/* The same bytes as store's; what lies between width and stride is its own. */
static size_t stream_of(const struct ep_kernels *kernels, size_t width, size_t rows)
{
    size_t failures = 0, stride = (width + EP_STRIDE - 1) / EP_STRIDE * EP_STRIDE, floats = rows * stride;
    struct block x = block_create(width, 3);
    float *stored = aligned_alloc(64, floats * sizeof *stored),
          *streamed = aligned_alloc(64, floats * sizeof *stored);
    for (size_t i = 0; i < floats; i++) stored[i] = streamed[i] = 42;
    kernels->store(inputs_of(&x), width, rows, stored, stride);
    kernels->stream(inputs_of(&x), width, rows, streamed, stride);
    kernels->settle();
    for (size_t i = 0; i < floats; i++)
        EXPECT(i % stride >= width || same_bits(streamed[i], stored[i]), "stream %zu x %zu: at %zu", rows,
               width, i);
    free(stored);
    free(streamed);
    block_destroy(&x);
    return failures;
}

static size_t stream_of_all_shapes(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    for (size_t width = 1; width <= 70; width++)
        for (size_t rows = 1; rows <= EP_ROWS; rows += 9) failures += stream_of(kernels, width, rows);
    return failures;
}

static size_t load_and_store_of_all_shapes(const struct ep_kernels *kernels)
{
    size_t failures = 0;
    for (size_t width = 1; width <= WIDTH; width = next_width(width)) {
        failures += load_and_store_of(kernels, width, width, EP_ROWS);
        failures += load_and_store_of(kernels, width, width + 3, 1 + width * 5 % EP_ROWS);
    }
    for (size_t rows = 1; rows <= EP_ROWS; rows++)
        for (size_t width = 1; width <= 40; width += 13)
            failures += load_and_store_of(kernels, width, 41, rows);
    return failures;
}

const struct kernel_check kernel_checks[] = {
    {"weights are packed from any steps", weights_packed_from_any_steps},
    {"layers of all shapes", layers_of_all_shapes},
    {"a layer keeps what is not a number", layer_keeps_nan},
    {"functions over all floats", unary_of_floats},
    {"functions of special values", unary_of_special_values},
    {"functions are the same in all lanes", unary_by_lanes},
    {"functions of all pairs", binary_of_all_pairs},
    {"where and clip", where_and_clip},
    {"normalise all widths", normalise_of_all_widths},
    {"sum all widths", sum_of_all_widths},
    {"gather all shapes", gather_of_all_shapes},
    {"segments of all shapes", segments_of_all_shapes},
    {"load and store all shapes", load_and_store_of_all_shapes},
    {"stream of all shapes", stream_of_all_shapes},
    {NULL, NULL},
};
