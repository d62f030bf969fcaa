/* Proves: the provider leaves what it cannot do to ONNX Runtime, in whole or in part, with the results of
 * the stock runtime; parts never depend on each other in a cycle; an input that cannot be run fails with a
 * status, with and without the provider. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ep/ep_run.h"

#define X "x: f[n,4]; w = f[4,8]; h = MatMul(x, w)\n"
#define EDGES \
    "e: i[2,m]; zero = i(0); one = i(1); src = Gather(e, zero) axis=0; dst = Gather(e, one) axis=0\n"
#define COLUMN "one1 = i{1}; col = Unsqueeze(dst, one1)\n"
#define ZEROS "hs = Shape(h); zeros = ConstantOfShape(hs) value=0.0\n"

/* Nothing that is worth it, or no form of ours. */
static const struct run_form declined[] = {
    {13, 20, "x: f[n,4]; y = Relu(x); z = Softmax(y) axis=1; -> z"},
    {13, 20, "x: f[n,4]; y = Relu(x); -> y"},
    {13, 20, "x: d[n,4]; w = d[4,8]; h = MatMul(x, w); -> h"},
    {13, 20, "x: i[n,4]; w = i[4,8]; h = MatMul(x, w); -> h"},
    {13, 20, "x: f[n,4]; y: f[4,n]; h = MatMul(x, y); -> h"},
    {13, 20, "x: f[4,n]; w = f[4,8]; h = Gemm(x, w) transA=1; -> h"},
    {13, 20, "x: f[n,2,4]; w = f[4,8]; h = MatMul(x, w); -> h"},
    {13, 20, "x: f[n,4]; w = f[3,4,8]; h = MatMul(x, w); -> h"},
    {13, 20, "x: f[4]; w = f[4,8]; h = MatMul(x, w); -> h"},
    {13, 20, "x: f[8,n]; w = f[5,8]; h = MatMul(w, x); -> h"},
    {17, 20, "x: f[n,4]; s = f[4]; h, m, d = LayerNormalization(x, s); -> h, m, d"},
    {17, 20, "x: f[n,4]; y: f[n,4]; h = LayerNormalization(x, y) axis=1; -> h"},
    {16, 20, "x: f[n,4]; i: i[m,4]; u: f[m,4]; h = ScatterElements(x, i, u) axis=0 reduction=\"add\"; -> h"},
    {18, 20, "x: f[n,4]; i: i[m,1]; u: f[m,4]; h = ScatterND(x, i, u) reduction=\"max\"; -> h"},
    {16, 20, "x: f[n,4]; i: i[m,1]; u: f[m,4]; h = ScatterND(x, i, u) reduction=\"mul\"; -> h"},
    {16, 20,
     "x: f[n,4]; i: i[m,1]; u: f[m,1]; o = i{1,1}; j = Expand(i, o); "
     "h = ScatterElements(x, j, u) axis=0 reduction=\"add\"; -> h"},
};

static void test_what_is_declined(void **state)
{
    (void)state;
    RUN_FORMS(declined, NONE);
}

/* Parts of ours around what is not. */
static const struct {
    const char *what, *text;
} mixed[] = {
    {"between", X "s = Softmax(h) axis=1; q = f[8,3]; z = MatMul(s, q); -> z"},
    {"beside", X "s = Softmax(h) axis=1; q = f[8,3]; z = MatMul(h, q); k = f[3,8]; l = MatMul(z, k); y = "
                 "Add(l, s); -> y, z"},
    {"twice",
     X "s = Softmax(h) axis=1; q = f[8,8]; z = MatMul(s, q); t = Softmax(z) axis=0; y = MatMul(t, q); "
       "a = Add(y, h); b = Add(a, z); -> b"},
    {"before", "x: f[n,4]; s = Softmax(x) axis=0; w = f[4,8]; h = MatMul(s, w); r = Relu(h); -> r"},
    {"shapes", X EDGES COLUMN
     "s = Softmax(h) axis=1; k = Shape(s); zeros = ConstantOfShape(k) value=0.0; g = Gather(s, src); "
     "z = ScatterND(zeros, col, g) reduction=\"add\"; -> z"},
    {"index",
     X EDGES "a = Unique(dst) sorted=1; g = Gather(h, a); r = Relu(g); q = f[8,2]; z = MatMul(r, q); -> z"},
    {"index computed",
     X EDGES "o = i(0); d2 = Max(dst, o); g = Gather(h, d2); q = f[8,2]; z = MatMul(g, q); -> z"},
    {"cast", X "c = Cast(h) to=7; d = Cast(c) to=1; q = f[8,2]; z = MatMul(d, q); -> z, c"},
    {"truth",
     X "o = f(0.0); a = Greater(x, o); b = Cast(a) to=7; c = Cast(b) to=1; q = f[4,8]; d = MatMul(c, q); "
       "z = Add(d, h); -> z, a"},
    {"truth in", X "t: b[n,8]; z = f(0.0); y = Where(t, h, z); q = f[8,3]; r = MatMul(y, q); -> r"},
    {"rank 3", X
     "s = i{-1,2,4}; a = Reshape(h, s); t = i{-1,8}; b = Reshape(a, t); q = f[8,2]; z = MatMul(b, q); -> z"},
    {"turned", X "a = Transpose(h) perm=[1,0]; b = MatMul(a, h); c = MatMul(h, b); -> c"},
    {"rows joined", X "a = Concat(h, h) axis=0; q = f[8,2]; z = MatMul(a, q); -> z"},
    {"parts of rows",
     X "s = i{0}; t = i{1}; k = i{0}; a = Slice(h, s, t, k); q = f[8,2]; z = MatMul(a, q); -> z"},
    {"row by place",
     X EDGES "g = Gather(h, src); k = i(0); c = Shape(g); y = Gather(c, k); z = Softmax(g) axis=1; -> z, y"},
    {"mean", X "o = i{0}; a = ReduceMean(h, o); b = Sub(h, a); q = f[8,2]; z = MatMul(b, q); -> z"},
    {"double", X "a = Cast(h) to=11; b = Mul(a, a); c = Cast(b) to=1; q = f[8,2]; z = MatMul(c, q); -> z"},
    {"mask", "x: f[n,4]; w = f[4,8]; h = MatMul(x, w); r = f(0.5); a, k = Dropout(h, r); z = Where(k, a, h); "
             "s = Softmax(z); -> s"},
};

static void test_parts(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof mixed / sizeof *mixed; i++) {
        int now = run_text(18, mixed[i].text, SOME);
        if (now > 0) print_error("(%s)\n", mixed[i].what);
        wrong += now;
    }
    assert_int_equal(wrong, 0);
}

/* ---- graphs within graphs --------------------------------------------------------------------------- */

/* An If whose branches read values of the graph around it. */
static void add_branch(Onnx__NodeProto *node, const char *name, Onnx__ModelProto *branch)
{
    Onnx__AttributeProto *attribute = build_attribute(node, name, 5);
    attribute->g = branch->graph;
}

static Onnx__ModelProto *branching(const char *text, const char *then_text, const char *else_text)
{
    Onnx__ModelProto *model = text_model(18, text), *yes = text_add(build_another(18), then_text),
                     *no = text_add(build_another(18), else_text);
    for (size_t i = 0; i < model->graph->n_node; i++)
        if (strcmp(model->graph->node[i]->op_type, "If") == 0) {
            add_branch(model->graph->node[i], "then_branch", yes);
            add_branch(model->graph->node[i], "else_branch", no);
        }
    return model;
}

static void test_branches(void **state)
{
    (void)state;
    static const struct {
        const char *text, *yes, *no;
    } cases[] = {
        /* what a branch reads, and what is made of its result, are not one part */
        {X "c: b[]; z = If(c); q = f[8,8]; k = MatMul(z, q); y = Add(k, h); -> y", "r = Relu(h); -> r",
         "r = Tanh(h); -> r"},
        {"x: f[n,4]; a = Softmax(x); w = f[4,8]; h = MatMul(a, w); c: b[]; z = If(c); q = f[8,8]; k = "
         "MatMul(z, q); "
         "y = Add(k, h); -> y",
         "r = Relu(h); -> r", "r = Tanh(h); -> r"},
        {X "c: b[]; z = If(c); y = Add(z, h); -> y", "v = f[8,8]; r = MatMul(h, v); s = Relu(r); -> s",
         "v = f[8,8]; r = MatMul(h, v); s = Tanh(r); t = Add(s, h); -> t"},
        {X "c: b[]; z = If(c); -> z, h", "v = f[4,8]; r = MatMul(x, v); -> r", "r = Gemm(x, w); -> r"},
        /* weights of the graph around are the branch's too */
        {X "q = f[8,3]; c: b[]; z = If(c); -> z", "r = MatMul(h, q); -> r",
         "s = Relu(h); r = MatMul(s, q); -> r"},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *report = run_model(branching(cases[i].text, cases[i].yes, cases[i].no), SOME);
        if (report == NULL) continue;
        fprintf(stderr, "%s\n%s\n", cases[i].text, report);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* ---- inputs that cannot be run ---------------------------------------------------------------------- */

static void run_places(const char *text, const int64_t *places, bool works)
{
    size_t bytes = 0;
    uint8_t *model = build_pack(text_model(18, text), &bytes);
    struct run_pair pair;
    struct run_tensors inputs, outputs;
    char message[512] = "";
    const struct run_size size = {70, 100, RANDOM};
    const char *wrong = run_open(&pair, model, bytes, WHOLE);
    if (wrong != NULL) fail_msg("%s: %s", text, wrong);
    run_make(text_model(18, text), &size, &inputs);
    for (size_t i = 0; i < inputs.count; i++)
        if (inputs.list[i].type == INT64)
            memcpy((int64_t *)inputs.list[i].data + 98, places, 2 * sizeof *places);
    for (size_t i = 0; i < 2 * pair.count; i++) {
        bool done = run_once(pair.ours[i / 2], &inputs, &outputs, message);
        if (done != works) fail_msg("%s: %s", text, done ? "runs" : message);
        run_release(&outputs);
    }
    wrong = run_on(&pair, &inputs, false);
    if (wrong != NULL) fail_msg("%s: %s", text, wrong);
    run_release(&inputs);
    run_close(&pair);
    free(model);
}

static void test_places_out_of_range(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "x: f[n,4]; i: i[m]; w = f[4,8]; h = MatMul(x, w); g = Gather(h, i); -> g",
        "x: f[n,4]; i: i[m]; w = f[4,8]; g = Gather(x, i); h = MatMul(g, w); -> h",
        ("x: f[n,4]; u: f[m,8]; i: i[m,1]; w = f[4,8]; h = MatMul(x, w); g = ScatterND(h, i, u) "
         "reduction=\"add\"; -> g"),
        X "u: f[m,8]; i: i[m,1]; o = i{1,8}; j = Expand(i, o); g = ScatterElements(h, j, u) "
          "reduction=\"add\"; -> g",
    };
    static const int64_t good[][2] = {{0, 69}, {-1, -70}};
    static const int64_t bad[][2] = {{0, 70},
                                     {-71, 0},
                                     {INT64_MAX, 0},
                                     {INT64_MIN, 0},
                                     {1LL << 32, 0},
                                     {-(1LL << 32), 0},
                                     {(1LL << 32) + 3, 1 << 30},
                                     {INT64_MIN + 70, 0}};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) run_places(texts[t], good[i], true);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) run_places(texts[t], bad[i], false);
    }
}

/* Extents that do not fit together fail; after that, the session is as good as before. */
static void test_extents_that_differ(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "x: f[n,4]; y: f[m,8]; w = f[4,8]; h = MatMul(x, w); z = Add(h, y); -> z",
        "x: f[n,4]; y: f[m,8]; w = f[4,8]; h = MatMul(x, w); z = Concat(h, y) axis=1; -> z",
        "x: f[n,4]; y: f[m,8]; w = f[4,8]; z = Gemm(x, w, y); -> z",
        ("x: f[n,4]; u: f[n,8]; i: i[m,1]; w = f[4,8]; h = MatMul(x, w); g = ScatterND(h, i, u) "
         "reduction=\"add\"; -> g"),
    };
    static const struct run_size sizes[] = {
        {70, 100, RANDOM}, {5, 5, RANDOM}, {100, 70, RANDOM}, {3, 3, RANDOM}};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        Onnx__ModelProto *model = text_model(18, texts[t]);
        size_t bytes = 0;
        uint8_t *packed = build_pack(model, &bytes);
        struct run_pair pair;
        const char *wrong = run_open(&pair, packed, bytes, WHOLE);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes && wrong == NULL; i++) {
            struct run_tensors inputs;
            run_make(model, &sizes[i], &inputs);
            wrong = run_on(&pair, &inputs, false);
            run_release(&inputs);
        }
        run_close(&pair);
        free(packed);
        if (wrong != NULL) fail_msg("%s: %s", texts[t], wrong);
    }
}

/* Numbers that a model should not hold: refused, failed or run as by the stock runtime. */
static const struct run_form hostile[] = {
    {13, 20, X EDGES "s = i{-1,3}; a, b = Split(e, s) axis=0; i = Gather(b, zero); g = Gather(h, i); -> g"},
    {13, 20,
     X EDGES "s = i{-100000,100002}; a, b = Split(e, s) axis=0; i = Gather(b, zero); g = Gather(h, i); -> g"},
    {13, 20,
     X EDGES "s = i{-100000,100002}; _, b = Split(e, s) axis=0; i = Gather(b, zero); g = Gather(h, i); -> g"},
    {13, 20, X "s = i{-1000000,1000008}; _, b = Split(h, s) axis=1; -> b"},
    {13, 20, X "s = i{3,4}; a, b = Split(h, s) axis=1; -> a, b"},
    {11, 12, X "a, b = Split(x) axis=1 split=[-100000,100004]; -> b, h"},
    {13, 20, X "b = i{0}; t = i{2}; k = i{1}; s = i{9223372036854775807}; a = Slice(h, b, t, k, s); -> a"},
    {13, 20, X "b = i{0,1}; t = i{2,3}; k = i{1,1}; a = Slice(h, b, t, k); -> a"},
    {13, 20, X "b = i{}; c = f(0.5); a = Slice(c, b, b, b, b); -> a, h"},
    {13, 20, X EDGES "k = i(1000000); i = Gather(e, k) axis=0; g = Gather(h, i); -> g"},
    {13, 20, X EDGES "k = i(-1000000); i = Gather(e, k) axis=0; g = Gather(h, i); -> g"},
    {13, 20, X EDGES "p = i{1,-1}; c = Reshape(src, p); k = i{0}; s = Squeeze(c, k); g = Gather(h, s); -> g"},
    {13, 20, X "p = i{-2,8}; r = Reshape(h, p); -> r"},
    {13, 20, X "p = i{1099511627776,1099511627776,-1}; r = Reshape(h, p); -> r"},
    {13, 20, X "p = i{-9223372036854775808,8}; c = f{0.5}; r = Expand(c, p); z = Add(h, r); -> z"},
    {13, 20, X "p = i{9223372036854775807,2}; r = ConstantOfShape(p) value=0.0; z = MatMul(h, r); -> z"},
    {13, 20, X "p = i{1,100000}; r = ConstantOfShape(p) value=0.0; -> r, h"},
    {15, 20, X "s = Shape(h) start=4611686018427387904; -> s, h"},
    {15, 20, X "s = Shape(h) start=1 end=-4611686018427387904; -> s, h"},
    {13, 20, X "s = Shape(h); t = i{2,1}; p = Pow(s, t); -> p, h"},
    {13, 20, X "s = Shape(h); t = i{-1,-1}; d = Div(s, t); -> d, h"},
    {13, 20, X "s = Shape(h); t = i{9223372036854775807,1}; d = Add(s, t); m = Mul(d, t); -> d, m, h"},
    {13, 20, X "a = i{}; u: f[u,4]; s = Squeeze(u, a); -> s, h"},
    {13, 20, X "r = f(-4.0); d = Dropout(h, r); -> d"},
    {13, 20, X "g = f(1.0); b = f[8]; z = BatchNormalization(h, g, b, b, g); -> z"},
    {13, 20, X "z = Celu(h) alpha=-1.0; y = Celu(h) alpha=0.0; -> z, y"},
    {13, 20, X "a = i{5}; z = Unsqueeze(h, a); -> z"},
    {18, 20, X "a = i{1}; z = ReduceMean(h, a) keepdims=2; y = ReduceSum(h, a) keepdims=-1; -> z, y"},
    {13, 20, X "a = i{1,1}; z = Unsqueeze(h, a); -> z"},
    {13, 20, X "a = i{-3}; z = ReduceSum(h, a); -> z"},
    {13, 20, X "z = Concat(h, h) axis=-9223372036854775808; -> z"},
    {13, 20, X "z = Transpose(h) perm=[1,100000]; -> z"},
    {13, 20, X "z = Transpose(h) perm=[1,1]; -> z"},
    /* shape inference announces extents as the model has them */
    {13, 20,
     "x: f[n,4]; c: i[m,1]; w = f[4,8]; p = i{-9223372036854775808}; r = Expand(c, p); h = MatMul(x, "
     "w); -> r, h"},
    {14, 20, X "p = i{0,8}; r = Reshape(h, p) allowzero=-9223372036854775808; -> r"},
    {13, 20, X "q = f[3,8]; z = Gemm(h, q) transB=4294967296; -> z"},
    {13, 20, X "q = f[3,8]; z = Gemm(h, q) transB=2; -> z"},
    {13, 20, X "z = Celu(h) alpha=100000000000000000000.0; y = Elu(h) alpha=-1000000.0; -> z, y"},
    {24, 24, X "z = Swish(h) alpha=2.0; y = Swish(h); -> z, y"},
    {13, 20, X "z = Selu(h) alpha=1000.0 gamma=1000.0; -> z"},
    /* 1 by 0 or by -0 shows the sign that a 0 has */
    {13, 20, X "o = f(0.0); a = Mul(h, o); b = Max(o, a); c = Reciprocal(b); -> c"},
    {13, 20,
     "x: f[n,4]; y: f[n,1]; w = f[4,8]; h = MatMul(x, w); o = f(0.0); a = Mul(h, o); b = Mul(y, o)\n"
     "c = Min(b, a, b); d = Reciprocal(c); -> d"},
    {13, 20,
     X "y: f[n,1]; o = f(0.0); u = f(-0.0); a = Mul(h, o); b = Mul(y, o); t = Less(y, o); "
       "l = Less(h, o)\n"
       "c = Where(t, a, u); d = Where(l, a, b); e = Where(t, h, b); f = Where(t, b, u); "
       "g = Where(l, u, a)\n"
       "rc = Reciprocal(c); rd = Reciprocal(d); re = Reciprocal(e); rf = Reciprocal(f); "
       "rg = Reciprocal(g); -> rc, rd, re, rf, rg"},
    {13, 20,
     "x: f[n,4]; w = f[4,8]; h = MatMul(x, w); y: f[n]; o = f(0.0); k = f{-0.0}; s = Mul(y, o); "
     "t = Less(y, o)\n"
     "a = Where(t, s, k); v = Less(o, o); b = Where(v, s, k); c = Where(v, h, k)\n"
     "ra = Reciprocal(a); rb = Reciprocal(b); rc = Reciprocal(c); -> ra, rb, rc, h"},
    /* single numbers where a list is wanted, and the other way round */
    {13, 20, X "t = f[1,1]; z = Clip(h, _, t); -> z"},
    {13, 20, X "t = f[1,1]; z = Clip(h, t); -> z"},
    {13, 20, X "t = f[1]; z = Clip(h, t, t); -> z"},
    {13, 20, X "b = i(0); t = i(2); k = i{1}; a = Slice(h, b, t, k); -> a"},
    {13, 20, X "b = i{0}; t = i{2}; k = i(1); a = Slice(h, b, t, k); -> a"},
    {13, 20, X "s = i(8); a = Split(h, s) axis=1; -> a"},
    {13, 20, X "y: f[n,1]; k = i(1); s = Squeeze(y, k); -> s, h"},
    {13, 20, X "k = i(1); s = Unsqueeze(h, k); -> s, h"},
    {13, 20, X "k = i(1); s = ReduceSum(h, k); -> s"},
    {13, 20, X "r = f{0.5}; d = Dropout(h, r); -> d"},
};

static const char *run_hostile(int64_t opset, const char *text)
{
    static char report[1200];
    char message[512] = "loads", own[512] = "loads";
    size_t bytes = 0;
    Onnx__ModelProto *model = text_model(opset, text);
    uint8_t *packed = build_pack(model, &bytes);
    struct run_pair pair = {.stock =
                                run_session(packed, bytes, (struct run_options){.quiet = true}, message)};
    pair.ours[0] = run_session(packed, bytes, (struct run_options){.provider = true, .quiet = true}, own);
    pair.count = pair.ours[0] != NULL;
    snprintf(report, sizeof report, "stock: %s, ours: %s", message, own);
    const char *wrong = (pair.stock == NULL) == (pair.ours[0] == NULL) ? NULL : report;
    for (size_t i = 0; i < 4 && wrong == NULL && pair.stock != NULL; i++) {
        struct run_tensors inputs;
        run_make(model, &run_sizes[i], &inputs);
        wrong = run_on(&pair, &inputs, false);
        run_release(&inputs);
    }
    run_close(&pair);
    free(packed);
    return wrong;
}

static void test_hostile_numbers(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        for (int last = 0; last < 2; last++) {
            const char *report = run_hostile(last ? hostile[i].last : hostile[i].first, hostile[i].text);
            if (report != NULL) fprintf(stderr, "%s\n%s\n", hostile[i].text, report);
            wrong += report != NULL;
        }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_declined),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_branches),
        cmocka_unit_test(test_places_out_of_range),
        cmocka_unit_test(test_extents_that_differ),
        cmocka_unit_test(test_hostile_numbers),
    };
    return cmocka_run_group_tests(tests, run_begin, run_end);
}
