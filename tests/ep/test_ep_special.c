/* Proves: elementwise operators treat signed zeros, infinities, NaN, denormals and the largest numbers as
 * the stock runtime does: NaN and infinities in the same places, zeros with the same sign, everything else to
 * 2e-5 or 2e-7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ep/ep_run.h"

static const float special[] = {
    0.0f,  -0.0f,  NAN,  INFINITY, -INFINITY, 1e-40f, -1e-40f,    1e-45f,   -1e-45f, 1e-20f, -1e-20f,
    1e-3f, -1e-3f, 0.5f, -0.5f,    1,         -1,     1.5f,       -1.5f,    2,       -2,     3,
    -3,    7,      -7,   25,       -25,       87.5f,  -87.5f,     89,       -89,     104,    -104,
    1e10f, -1e10f, 3e9f, -3e9f,    3e38f,     -3e38f, 8388609.5f, 0x1p-126f};

enum { SPECIAL = sizeof special / sizeof *special, PAIRS = SPECIAL * SPECIAL };

/* x[n,1] and y[n,1]: every pair. */
static void make_pairs(struct run_tensors *inputs)
{
    *inputs = (struct run_tensors){.count = 2};
    for (size_t i = 0; i < 2; i++) {
        struct run_tensor *tensor = &inputs->list[i];
        *tensor = (struct run_tensor){.type = FLOAT32, .rank = 2, .shape = {PAIRS, 1}};
        snprintf(tensor->name, sizeof tensor->name, "%c", i == 0 ? 'x' : 'y');
        float *values = tensor->data = malloc(PAIRS * sizeof *values);
        for (size_t k = 0; k < PAIRS; k++) values[k] = special[i == 0 ? k % SPECIAL : k / SPECIAL];
    }
}

/* A denormal that becomes a 0 may do so on either side. */
static bool same(float stock, float ours, float x, float y)
{
    bool denormal = fpclassify(x) == FP_SUBNORMAL || fpclassify(y) == FP_SUBNORMAL;
    if (isnan(stock) || isnan(ours)) return isnan(stock) && isnan(ours);
    if (isinf(stock) || isinf(ours)) return stock == ours;
    if (stock == 0 && ours == 0) return denormal || signbit(stock) == signbit(ours);
    return fabsf(stock - ours) <= 2e-7f + 2e-5f * fabsf(stock);
}

/* Values that differ; the first few are printed. */
static int count_differences(const char *text, const struct run_tensors *inputs,
                             const struct run_tensors *stock, const struct run_tensors *ours)
{
    int wrong = 0;
    const float *x = inputs->list[0].data, *y = inputs->list[1].data;
    bool truths = stock->list[0].type == BOOL8;
    for (size_t i = 0; i < PAIRS; i++) {
        float a =
            truths ? ((const uint8_t *)stock->list[0].data)[i] : ((const float *)stock->list[0].data)[i];
        float b = truths ? ((const uint8_t *)ours->list[0].data)[i] : ((const float *)ours->list[0].data)[i];
        if (same(a, b, x[i], y[i])) continue;
        if (wrong++ < 4)
            fprintf(stderr, "%s of %g and %g: stock %g, ours %g\n", text, (double)x[i], (double)y[i],
                    (double)a, (double)b);
    }
    return wrong > 0;
}

static int compare(int64_t opset, const char *operation)
{
    char text[TEXT_LENGTH], message[512] = "";
    size_t length = 0;
    struct run_tensors inputs, stock, ours;
    snprintf(
        text, sizeof text,
        "x: f[n,1]; y: f[n,1]; w = f[1,8]; c = f(0.5); h = MatMul(x, w); k = Add(x, y); z = %s; -> z, h, k",
        operation);
    uint8_t *bytes = build_pack(text_model(opset, text), &length);
    OrtSession *sessions[] = {
        run_session(bytes, length, (struct run_options){.provider = false}, message),
        run_session(bytes, length, (struct run_options){true, true, false, 1}, message)};
    free(bytes);
    if (sessions[0] == NULL || sessions[1] == NULL) fail_msg("%s: %s", operation, message);
    make_pairs(&inputs);
    assert_true(run_once(sessions[0], &inputs, &stock, message));
    assert_true(run_once(sessions[1], &inputs, &ours, message));
    int wrong = count_differences(operation, &inputs, &stock, &ours);
    run_release(&inputs);
    run_release(&stock);
    run_release(&ours);
    for (size_t i = 0; i < 2; i++) run_api->ReleaseSession(sessions[i]);
    return wrong;
}

static const char *const operations[] = {
    "Abs(x)",
    "Acos(x)",
    "Acosh(x)",
    "Asin(x)",
    "Asinh(x)",
    "Atan(x)",
    "Atanh(x)",
    "Ceil(x)",
    "Celu(x)",
    "Celu(x) alpha=0.5",
    "Celu(x) alpha=2.0",
    "Clip(x)",
    "Cos(x)",
    "Cosh(x)",
    "Elu(x)",
    "Elu(x) alpha=0.5",
    "Elu(x) alpha=-0.5",
    "Elu(x) alpha=2.0",
    "Erf(x)",
    "Exp(x)",
    "Floor(x)",
    "Gelu(x)",
    "Gelu(x) approximate=\"tanh\"",
    "HardSigmoid(x)",
    "HardSigmoid(x) alpha=-0.5 beta=0.25",
    "HardSwish(x)",
    "LeakyRelu(x)",
    "LeakyRelu(x) alpha=-2.0",
    "Log(x)",
    "Mish(x)",
    "Neg(x)",
    "Reciprocal(x)",
    "Relu(x)",
    "Selu(x)",
    "Selu(x) alpha=-0.5 gamma=2.0",
    "Sigmoid(x)",
    "Sign(x)",
    "Sin(x)",
    "Sinh(x)",
    "Softplus(x)",
    "Softsign(x)",
    "Sqrt(x)",
    "Tan(x)",
    "Tanh(x)",
    "ThresholdedRelu(x)",
    "ThresholdedRelu(x) alpha=-0.5",
    "Add(x, y)",
    "Div(x, y)",
    "Equal(x, y)",
    "Greater(x, y)",
    "GreaterOrEqual(x, y)",
    "Less(x, y)",
    "LessOrEqual(x, y)",
    "Max(x, c)",
    "Max(c, x)",
    "Min(x, c)",
    "Min(c, x)",
    "Mul(x, y)",
    "PRelu(x, y)",
    "Pow(x, y)",
    "Sub(x, y)",
    "Sum(x, y)",
};

static void test_special_values(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) wrong += compare(20, operations[i]);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_special_values),
    };
    return cmocka_run_group_tests(tests, run_begin, run_end);
}
