/* Proves: networks of random operators, the provider's and others, wired at random, give with the provider
 * what they give in the stock runtime, to 1e-4, on graphs of all sizes; the same bytes on 1, 2 and 4 threads,
 * and again.
 *
 * EP_SEEDS="first count" in the environment chooses other networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ep/ep_run.h"

enum { VALUES = 64, STEPS = 24, NAME = 12 };

struct value {
    char name[NAME];
    char rows; /* n, m, or u: one */
    int width; /* 0: of rank 1 */
    bool truth;
    bool exact;  /* made of inputs without arithmetic: comparisons do not hang on rounding */
    double size; /* no element is larger, about */
};

static char text[1 << 15];
static size_t length;
static int numbered;
static struct value values[VALUES];
static int count;

static int random_below(int end)
{
    return (int)(text_random() % (uint32_t)end);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    length += (size_t)vsnprintf(text + length, sizeof text - length, format, arguments);
    va_end(arguments);
    if (length >= sizeof text) fail_msg("too long a network");
}

/* A new value like another. */
static struct value like(const struct value *other)
{
    struct value made = *other;
    snprintf(made.name, NAME, "v%d", numbered++);
    return made;
}

static struct value computed(const struct value *other, double size)
{
    struct value made = like(other);
    made.exact = false;
    made.size = size;
    return made;
}

static void keep(const struct value *value)
{
    if (count < VALUES) values[count++] = *value;
}

/* Any value with these properties, or NULL. rows 0: any; rank 0: any. */
static const struct value *pick(char rows, int rank, bool truth)
{
    for (int tries = 0; tries < 40; tries++) {
        const struct value *value =
            &values[count - 1 - random_below(1 + random_below(count))]; /* rather a new one */
        if ((rows == 0 || value->rows == rows) && value->truth == truth &&
            (rank == 0 || rank == (value->width == 0 ? 1 : 2)))
            return value;
    }
    return NULL;
}

/* ---- steps: each adds a value, or nothing where there is nothing to work on ------------------------- */

static void add_layer(void)
{
    const struct value *x = pick(0, 2, false);
    if (x == NULL) return;
    int width = 1 + random_below(14), form = random_below(4);
    struct value y = computed(x, x->size * x->width + 1);
    y.width = width;
    if (form == 0) {
        say("%s_w = f[%d,%d]; %s = MatMul(%s, %s_w)\n", y.name, x->width, width, y.name, x->name, y.name);
    } else if (form == 1) {
        say("%s_w = f[%d,%d]; %s_b = f[%d]; %s = Gemm(%s, %s_w, %s_b) transB=1 alpha=0.5\n", y.name, width,
            x->width, y.name, width, y.name, x->name, y.name, y.name);
    } else if (form == 2) {
        say("%s_w = f[%d,%d]; %s_b = f[%d]; %s_a = MatMul(%s, %s_w); %s = Add(%s_b, %s_a)\n", y.name,
            x->width, width, y.name, width, y.name, x->name, y.name, y.name, y.name, y.name);
    } else {
        say("%s_w = f[%d]; %s = MatMul(%s, %s_w)\n", y.name, x->width, y.name, x->name, y.name);
        y.width = 0;
    }
    keep(&y);
}

static void add_unary(void)
{
    static const char *const bounded[] = {"Tanh", "Sigmoid", "HardSigmoid", "Softsign",
                                          "Erf",  "Atan",    "Sin",         "Cos"};
    static const char *const growing[] = {"Relu", "LeakyRelu", "Elu",       "Selu",     "Softplus",
                                          "Abs",  "Neg",       "HardSwish", "Identity", "ThresholdedRelu",
                                          "Celu", "Mish",      "Gelu"};
    static const char *const jumping[] = {"Floor", "Ceil", "Sign", "Round"};
    const struct value *x = pick(0, 0, false);
    if (x == NULL) return;
    struct value y = computed(x, 1.5);
    const char *function = bounded[random_below(x->size < 100 ? 8 : 6)]; /* waves magnify rounding */
    if (random_below(2) > 0) {
        function = growing[random_below(13)];
        y.size = 2 * x->size + 1;
    }
    if (x->exact && random_below(4) == 0) function = jumping[random_below(4)];
    say("%s = %s(%s)\n", y.name, function, x->name);
    keep(&y);
}

static void add_binary(void)
{
    static const char *const functions[] = {"Add", "Sub", "Max", "Min", "Sum", "Mul", "Mul"};
    const struct value *a = pick(0, 0, false), *b = a == NULL ? NULL : pick(0, a->width == 0 ? 1 : 2, false);
    if (b == NULL || (a->rows != b->rows && a->rows != 'u' && b->rows != 'u')) return;
    if (a->width != b->width && a->width != 1 && b->width != 1) return;
    int function = random_below(7);
    if (function >= 5 && a->size * b->size > 1e6) function = 0;
    struct value y =
        computed(a->width > b->width ? a : b, function >= 5 ? a->size * b->size : a->size + b->size);
    y.rows = a->rows == 'u' ? b->rows : a->rows;
    say("%s = %s(%s, %s)\n", y.name, functions[function], a->name, b->name);
    keep(&y);
}

static void add_constant(void)
{
    static const char *const functions[] = {"Add", "Sub", "Mul", "Max", "PRelu"};
    const struct value *a = pick(0, 0, false);
    if (a == NULL) return;
    struct value y = computed(a, a->size + 1);
    int function = random_below(5);
    bool turned = random_below(2) > 0 && function < 4;
    if (a->width > 0 && random_below(2) > 0)
        say("%s_c = f[%d]\n", y.name, a->width);
    else
        say("%s_c = f(0.%d)\n", y.name, 1 + random_below(9));
    if (turned)
        say("%s = %s(%s_c, %s)\n", y.name, functions[function], y.name, a->name);
    else
        say("%s = %s(%s, %s_c)\n", y.name, functions[function], a->name, y.name);
    keep(&y);
}

static void add_quotient(void)
{
    const struct value *a = pick(0, 0, false);
    if (a == NULL) return;
    struct value y = computed(a, a->size);
    say("%s_a = Abs(%s); %s_o = f(1.0); %s_b = Add(%s_a, %s_o); %s = Div(%s, %s_b)\n", y.name, a->name,
        y.name, y.name, y.name, y.name, y.name, a->name, y.name);
    keep(&y);
}

static void add_comparison(void)
{
    static const char *const functions[] = {"Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"};
    const struct value *a = pick(0, 0, false);
    if (a == NULL || !a->exact) return;
    struct value y = like(a);
    y.truth = true;
    say("%s_c = f(0.%d); %s = %s(%s, %s_c)\n", y.name, random_below(9), y.name, functions[random_below(5)],
        a->name, y.name);
    keep(&y);
}

static void add_logic(void)
{
    const struct value *a = pick(0, 0, true), *b = pick(0, 0, true);
    if (a == NULL || b == NULL) return;
    struct value y = like(a);
    if (a->rows == b->rows && a->width == b->width && random_below(2) > 0)
        say("%s = %s(%s, %s)\n", y.name, random_below(2) > 0 ? "And" : "Xor", a->name, b->name);
    else if (random_below(2) > 0)
        say("%s = Not(%s)\n", y.name, a->name);
    else {
        say("%s = Cast(%s) to=1\n", y.name, a->name);
        y.truth = false;
        y.size = 1;
    }
    keep(&y);
}

static void add_where(void)
{
    const struct value *c = pick(0, 0, true),
                       *a = c == NULL ? NULL : pick(c->rows, c->width == 0 ? 1 : 2, false);
    if (a == NULL || (c->width != a->width && c->width != 1)) return;
    struct value y = computed(a, a->size + 1);
    say("%s_c = f(0.5); %s = Where(%s, %s, %s_c)\n", y.name, y.name, c->name, a->name, y.name);
    keep(&y);
}

static void add_concat(void)
{
    const struct value *a = pick(0, 2, false), *b = a == NULL ? NULL : pick(a->rows, 2, false);
    if (b == NULL || a->width + b->width > 60) return;
    struct value y = like(a);
    y.width = a->width + b->width;
    y.exact = a->exact && b->exact;
    y.size = a->size > b->size ? a->size : b->size;
    say("%s = Concat(%s, %s) axis=%d\n", y.name, a->name, b->name, random_below(2) > 0 ? 1 : -1);
    keep(&y);
}

static void add_part(void)
{
    const struct value *a = pick(0, 2, false);
    if (a == NULL || a->width < 2) return;
    struct value y = like(a), z = like(a);
    int first = 1 + random_below(a->width - 1), form = random_below(3);
    y.width = first;
    z.width = a->width - first;
    if (form == 0) {
        say("%s_s = i{%d,%d}; %s, %s = Split(%s, %s_s) axis=1\n", y.name, y.width, z.width, y.name, z.name,
            a->name, y.name);
        keep(&z);
    } else if (form == 1) {
        say("%s_s = i{%d}; %s_e = i{9223372036854775807}; %s_a = i{1}; %s = Slice(%s, %s_s, %s_e, %s_a)\n",
            y.name, first, y.name, y.name, y.name, a->name, y.name, y.name, y.name);
        y.width = z.width;
    } else {
        say("%s_s = i(%d); %s = Gather(%s, %s_s) axis=1\n", y.name, -first, y.name, a->name, y.name);
        y.width = 0;
    }
    keep(&y);
}

static void add_shape(void)
{
    const struct value *a = pick(0, 0, random_below(5) == 0);
    if (a == NULL || a->width > 1) return;
    struct value y = like(a);
    y.width = 1 - a->width;
    if (random_below(2) > 0)
        say("%s_s = i{1}; %s = %s(%s, %s_s)\n", y.name, y.name, a->width == 0 ? "Unsqueeze" : "Squeeze",
            a->name, y.name);
    else
        say("%s_s = i{%s}; %s = Reshape(%s, %s_s)\n", y.name, a->width == 0 ? "-1,1" : "-1", y.name, a->name,
            y.name);
    keep(&y);
}

static void add_gather(void)
{
    const struct value *a = pick('n', 0, false);
    if (a == NULL) return;
    struct value y = like(a);
    y.rows = 'm';
    int form = random_below(3);
    if (form == 0)
        say("%s = GatherND(%s, column)\n", y.name, a->name);
    else
        say("%s = Gather(%s, %s)\n", y.name, a->name, form == 1 ? "src" : "dst");
    keep(&y);
}

static void add_scatter(void)
{
    const struct value *a = pick('m', 0, false),
                       *into = a == NULL ? NULL : pick('n', a->width == 0 ? 1 : 2, false);
    if (a == NULL) return;
    struct value y = computed(a, 50 * a->size);
    y.rows = 'n';
    bool zeros = into == NULL || into->width != a->width || random_below(2) > 0;
    if (zeros && a->width == 0)
        say("%s_z = ConstantOfShape(n1) value=0.0\n", y.name);
    else if (zeros)
        say("%s_w = i{%d}; %s_s = Concat(n1, %s_w) axis=0; %s_z = ConstantOfShape(%s_s) value=0.0\n", y.name,
            a->width, y.name, y.name, y.name, y.name);
    else
        say("%s_z = Identity(%s)\n", y.name, into->name);
    if (random_below(2) > 0)
        say("%s = ScatterND(%s_z, column, %s) reduction=\"add\"\n", y.name, y.name, a->name);
    else if (a->width == 0)
        say("%s = ScatterElements(%s_z, dst, %s) reduction=\"add\"\n", y.name, y.name, a->name);
    else
        say("%s_u = Shape(%s); %s_i = Expand(column, %s_u); %s = ScatterElements(%s_z, %s_i, %s) "
            "reduction=\"add\"\n",
            y.name, a->name, y.name, y.name, y.name, y.name, y.name, a->name);
    keep(&y);
}

static void add_reduction(void)
{
    const struct value *a = pick(0, 2, false);
    if (a == NULL) return;
    struct value y = computed(a, a->size * a->width);
    int kept = random_below(2);
    y.width = kept;
    say("%s_a = i{%d}; %s = %s(%s, %s_a) keepdims=%d\n", y.name, kept ? 1 : -1, y.name,
        random_below(2) > 0 ? "ReduceSum" : "ReduceMean", a->name, y.name, kept);
    keep(&y);
}

static void add_normalisation(void)
{
    const struct value *a = pick(0, 2, false);
    if (a == NULL || a->width < 3 || a->size > 100) return;
    struct value y = computed(a, 4);
    const char *v = y.name;
    if (random_below(2) > 0)
        say("%s_s = f[%d]; %s_b = f[%d]; %s = LayerNormalization(%s, %s_s, %s_b) epsilon=0.1\n", v, a->width,
            v, a->width, v, a->name, v, v);
    else
        say("%s_x = i{-1}; %s_m = ReduceMean(%s, %s_x); %s_d = Sub(%s, %s_m); %s_q = Mul(%s_d, %s_d); "
            "%s_v = ReduceMean(%s_q, %s_x); %s_e = f(0.1); %s_o = Add(%s_v, %s_e); %s_r = Sqrt(%s_o); "
            "%s_n = Div(%s_d, %s_r); "
            "%s_s = f[%d]; %s = Mul(%s_n, %s_s)\n", /* scaled, as its own mean is nothing but rounding */
            v, v, a->name, v, v, a->name, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, a->width, v, v,
            v);
    keep(&y);
}

/* Not the provider's. */
static void add_foreign(void)
{
    const struct value *a = pick(0, 2, false);
    if (a == NULL) return;
    struct value y = computed(a, a->size + 1);
    int form = random_below(5);
    if (form == 0)
        say("%s = Softmax(%s) axis=-1\n", y.name, a->name);
    else if (form == 1 && a->rows != 'u' && a->size < 1000) {
        say("%s_a = i{0}; %s = ReduceSum(%s, %s_a)\n", y.name, y.name, a->name, y.name);
        y.rows = 'u';
        y.size = a->size * 100;
    } else if (form == 2)
        say("%s_d = Cast(%s) to=11; %s = Cast(%s_d) to=1\n", y.name, a->name, y.name, y.name);
    else if (form == 3)
        say("%s_t = Transpose(%s); %s = Transpose(%s_t)\n", y.name, a->name, y.name, y.name);
    else
        say("%s_x = i(1); %s = CumSum(%s, %s_x)\n", y.name, y.name, a->name, y.name);
    keep(&y);
}

/* One row stretched to all nodes. */
static void add_expand(void)
{
    const struct value *a = pick('u', 2, false);
    if (a == NULL) return;
    struct value y = like(a);
    y.rows = 'n';
    say("%s_w = i{%d}; %s_s = Concat(n1, %s_w) axis=0; %s = Expand(%s, %s_s)\n", y.name,
        random_below(2) > 0 ? a->width : 1, y.name, y.name, y.name, a->name, y.name);
    keep(&y);
}

static void add_clip(void)
{
    const struct value *a = pick(0, 0, false);
    if (a == NULL) return;
    struct value y = computed(a, 1);
    say("%s_l = f(-0.7); %s_h = f(0.9); %s = Clip(%s, %s_l, %s_h)\n", y.name, y.name, y.name, a->name, y.name,
        y.name);
    keep(&y);
}

static void begin(void)
{
    static const struct value inputs[] = {
        {"x", 'n', 4, false, true, 2}, {"k", 'n', 9, false, true, 2}, {"t", 'n', 1, false, true, 2},
        {"v", 'n', 0, false, true, 2}, {"y", 'm', 3, false, true, 2}, {"s", 'm', 1, false, true, 2},
        {"r", 'u', 4, false, true, 2},
    };
    length = 0;
    numbered = 0;
    count = 0;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) keep(&inputs[i]);
    say("x: f[n,4]; k: f[n,9]; t: f[n,1]; v: f[n]; y: f[m,3]; s: f[m,1]; r: f[%s,4]\n",
        random_below(2) > 0 ? "1" : "u");
    if (random_below(3) > 0)
        say("e: %c[2,m]; z0 = i(0); z1 = i(1); src = Gather(e, z0); dst = Gather(e, z1)\n",
            random_below(4) > 0 ? 'i' : 'j');
    else
        say("e: i[m,2]; z0 = i(0); z1 = i(1); src = Gather(e, z0) axis=1; dst = Gather(e, z1) axis=1\n");
    say("c1 = i{1}; raw = Unsqueeze(dst, c1); column = Cast(raw) to=7; xs = Shape(x); c0 = i{0}; n1 = "
        "Gather(xs, c0)\n");
}

static void build(uint32_t seed)
{
    static void (*const steps[])(void) = {
        add_layer,    add_layer,    add_layer,  add_unary,      add_unary,   add_binary,    add_binary,
        add_constant, add_quotient, add_logic,  add_where,      add_concat,  add_concat,    add_part,
        add_shape,    add_gather,   add_gather, add_scatter,    add_scatter, add_reduction, add_normalisation,
        add_foreign,  add_expand,   add_clip,   add_comparison,
    };
    text_state = seed * 2654435769u + 1;
    begin();
    int first = count, wanted = first + 3 + random_below(STEPS);
    for (int tries = 0; tries < 200 && count < wanted; tries++)
        steps[random_below(sizeof steps / sizeof *steps)]();
    say("-> %s", values[count - 1].name);
    for (int i = first; i < count - 1; i++)
        if (random_below(4) == 0 && i % 2 == 0) say(", %s", values[i].name);
}

static void test_random_networks(void **state)
{
    (void)state;
    unsigned long first = 1, networks = 150;
    const char *given = getenv("EP_SEEDS");
    int wrong = 0;
    if (given != NULL) assert_int_equal(sscanf(given, "%lu %lu", &first, &networks), 2);
    for (unsigned long seed = first; seed < first + networks; seed++) {
        build((uint32_t)seed);
        if (run_text(20, text, ANY) == 0) continue;
        print_error("seed %lu\n\n", seed);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_networks)};
    return cmocka_run_group_tests(tests, run_begin, run_end);
}
