/* Proves: the provider claims each form of the operators it supports completely; its results agree with
 * the stock runtime's to 1e-4 on graphs of all sizes, and are the same bytes on 1, 2 and 4 threads and when
 * repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ep/ep_run.h"

/* All kinds of graph go in as x [n,4], t [n,1], v [n], k [n,24] of nodes, y [m,4] of edges, and e [2,m], i
 * [m]. */
#define X "x: f[n,4]; w = f[4,8]; h = MatMul(x, w)\n"
#define EDGES \
    "e: i[2,m]; zero = i(0); one = i(1); src = Gather(e, zero) axis=0; dst = Gather(e, one) axis=0\n"

/* ---- layers ----------------------------------------------------------------------------------------- */

static const struct run_form layers[] = {
    {12, 20, "x: f[n,4]; w = f[4,8]; b = f[8]; y = Gemm(x, w, b); -> y"},
    {12, 20, "x: f[n,4]; w = f[8,4]; b = f[8]; y = Gemm(x, w, b) transB=1 alpha=0.5 beta=2.0; -> y"},
    {12, 20, "x: f[n,4]; w = f[4,8]; y = Gemm(x, w); -> y"},
    {12, 20, "x: f[n,4]; w = f[4,8]; b = f[1,8]; y = Gemm(x, w, b) beta=-0.5; -> y"},
    {12, 20, "x: f[n,4]; w = f[4,8]; b = f(0.75); y = Gemm(x, w, b) alpha=-2.0; -> y"},
    {12, 20, "x: f[n,4]; w = f[4,1]; b = f[1]; y = Gemm(x, w, b); -> y"},
    {12, 20, "x: f[n,4]; w = f[4,8]; b = f[8]; a = MatMul(x, w); y = Add(a, b); -> y"},
    {12, 20, "x: f[n,4]; w = f[4,8]; b = f[8]; a = MatMul(x, w); y = Add(b, a); r = Relu(y); -> r"},
    {12, 20, "x: f[n,4]; w = f[4]; y = MatMul(x, w); -> y"},
    {12, 20,
     "x: f[n,4]; w = f[4,17]; q = f[17,3]; c = f[17]; a = Gemm(x, w, c); r = Relu(a); y = MatMul(r, q); -> "
     "y"},
    {13, 20, "x: f[n,4]; y: f[n,8]; w = f[4,8]; z = Gemm(x, w, y); -> z"},
    {13, 20, "x: f[n,4]; y: f[n,8]; w = f[4,8]; h = MatMul(x, w); z = Add(h, y); r = Relu(z); -> r"},
    {13, 20, "x: f[n,4]; w = f[4,8]; v = f[4,8]; a = MatMul(x, w); b = MatMul(x, v); z = Add(a, b); -> z"},
    {13, 20, "x: f[n,4]; w = f[4,8]; a = MatMul(x, w); z = Add(a, a); -> z"},
    {13, 20, "x: f[n,4]; w = f[4,8]; a = MatMul(x, w); r = Relu(a); z = Add(a, r); -> z, a"},
    {13, 20, X "r: f[u,8]; w2 = f[4,8]; z = Gemm(x, w2, r); -> z"},
    {13, 20, "x: f[n,1]; w = f[1,1]; a = MatMul(x, w); -> a"},
    {13, 20, "x: f[n,130]; w = f[130,67]; a = MatMul(x, w); -> a"},
};

static void test_layers(void **state)
{
    (void)state;
    RUN_FORMS(layers, WHOLE);
}

/* A sum of a layer and of some of the layer's own columns. */
static const struct run_form own_columns[] = {
    {13, 20, X "s = i{0}; t = i{1}; a = i{1}; c = Slice(h, s, t, a); y = Add(h, c); -> y"},
    {13, 17, X "p, q = Split(h) axis=1; c = Concat(q, p) axis=1; y = Add(c, h); -> y"},
    {13, 17,
     X EDGES "g = Gather(h, src); p, q = Split(g) axis=1; c = Concat(q, p) axis=1; y = Add(c, g); -> y"},
    {13, 17, X "p, q = Split(h) axis=1; y = Add(p, q); -> y"},
};

static void test_layer_and_its_own_columns(void **state)
{
    (void)state;
    RUN_FORMS(own_columns, WHOLE);
}

/* ---- element by element ----------------------------------------------------------------------------- */

static const char *const unary[] = {
    "Relu(h)",
    "Tanh(h)",
    "Sigmoid(h)",
    "LeakyRelu(h)",
    "LeakyRelu(h) alpha=0.3",
    "Elu(h)",
    "Elu(h) alpha=1.5",
    "Selu(h)",
    "Selu(h) alpha=1.1 gamma=1.2",
    "Softplus(h)",
    "Softsign(h)",
    "HardSigmoid(h)",
    "HardSigmoid(h) alpha=0.4 beta=0.3",
    "Celu(h)",
    "Celu(h) alpha=0.7",
    "ThresholdedRelu(h)",
    "ThresholdedRelu(h) alpha=0.2",
    "Abs(h)",
    "Neg(h)",
    "Sign(h)",
    "Floor(h)",
    "Ceil(h)",
    "Exp(h)",
    "Erf(h)",
    "Sin(h)",
    "Cos(h)",
    "Atan(h)",
    "Sinh(h)",
    "Cosh(h)",
    "Asinh(h)",
    "Identity(h)",
    "Reciprocal(x)",
    "Sqrt(x)",
    "Log(x)",
    "Dropout(h)",
};

static void test_unary(void **state)
{
    (void)state;
    char text[TEXT_LENGTH];
    int wrong = 0;
    for (size_t i = 0; i < sizeof unary / sizeof *unary; i++) {
        snprintf(text, sizeof text, X "z = %s; -> z, h", unary[i]);
        wrong += run_text(12, text, WHOLE) + run_text(20, text, WHOLE);
    }
    assert_int_equal(wrong, 0);
}

static const struct run_form since[] = {
    {14, 20, X "z = HardSwish(h); -> z"},
    {18, 20, X "z = Mish(h); -> z"},
    {20, 20, X "z = Gelu(h); -> z"},
    {20, 20, X "z = Gelu(h) approximate=\"none\"; -> z"},
    {20, 20, X "z = Gelu(h) approximate=\"tanh\"; -> z"},
    {12, 20, X "s = Sigmoid(h); z = Mul(h, s); -> z"},
    {12, 20,
     X "q = f(1.41421356); o = f(1.0); f = f(0.5); a = Div(h, q); b = Erf(a); c = Add(b, o); d = Mul(h, c); "
       "z = Mul(d, f); -> z"},
    {12, 20,
     X "l = f(-0.5); u = f(0.25); z = Clip(h, l, u); y = Clip(h, l); w2 = Clip(h, -, u); v = Clip(h); "
       "-> z, y, w2, v"},
    {12, 20,
     "x: f[n,4]; w = f[4,8]; o = f(0.0); i = Div(x, o); l = f(-0.5); a = Clip(i, l); b = Clip(i, -, l); c = "
     "Clip(i); "
     "h = MatMul(x, w); -> a, b, c, h"},
    {12, 20, X "s = f[8]; z = PRelu(h, s); -> z"},
    {12, 20, X "s = f{0.25}; z = PRelu(h, s); -> z"},
    {12, 20, X "p = f(2.0); z = Pow(h, p); q = f(3.0); y = Pow(h, q); -> z, y"},
    {12, 20, X "b = f[8]; z = Pow(b, h); -> z"},
    {12, 20,
     X "g = f[8]; b = f[8]; m = f[8]; a = f[8]; v = Exp(a); z = BatchNormalization(h, g, b, m, v); -> z"},
    {12, 20, X "r = f(0.5); z = Dropout(h, r); -> z"},
};

static void test_elements(void **state)
{
    (void)state;
    RUN_FORMS(since, WHOLE);
}

static const struct run_form several[] = {
    {12, 20, X "y: f[n,8]; a = Add(h, y); b = Sub(h, y); c = Mul(h, y); d = Div(h, y); -> a, b, c, d"},
    {12, 20,
     X "y: f[n,8]; k = f(0.3); r = f[8]; a = Max(h, r); b = Min(k, y, r); c = Sum(h, y, a, b); -> a, b, c"},
    {12, 20, X "t: f[n,1]; a = Add(h, t); b = Mul(t, h); c = f[1,8]; d = Add(t, c); -> a, b, d"},
    {12, 20,
     X
     "t: f[n,1]; a = Less(h, t); b = Greater(h, t); c = And(a, b); d = Or(a, b); e = Xor(a, b); f = Not(e); "
     "-> a, b, c, d, e, f"},
    {12, 20,
     X "t: f[n,1]; a = LessOrEqual(h, t); b = GreaterOrEqual(h, t); c = Equal(h, h); d = Where(a, h, t); "
       "-> a, b, c, d"},
    {12, 20,
     X "z = f(0.0); a = Greater(h, z); b = Where(a, h, z); c = Cast(a) to=1; d = f[8]; "
       "k = Where(a, d, z); -> a, b, c, k"},
    {12, 20, X "r: f[u,8]; a = Add(h, r); b = Sub(r, h); -> a, b"},
    {13, 20, X "r: f[1,8]; a = Add(h, r); s = i{-1,8}; b = Reshape(a, s); z = i{1}; k = i{0}; -> a, b"},
    {12, 20, X "y: f[k,8]; a = Add(h, y); b = Concat(a, y) axis=1; -> a, b"},
    {12, 20,
     "v: f[n]; x: f[n,4]; w = f[4]; a = MatMul(x, w); b = Mul(a, v); c = f(2.0); d = Mul(b, c); -> b, d"},
};

static void test_several_operands(void **state)
{
    (void)state;
    RUN_FORMS(several, WHOLE);
}

/* ---- over the width --------------------------------------------------------------------------------- */

static const struct run_form normalised[] = {
    {17, 20, X "s = f[8]; b = f[8]; z = LayerNormalization(h, s, b); -> z"},
    {17, 20, X "s = f[8]; z = LayerNormalization(h, s) axis=1 epsilon=0.01; -> z"},
    {12, 17,
     X "a = ReduceMean(h) axes=[1]; d = Sub(h, a); p = f(2.0); q = Pow(d, p); v = ReduceMean(q) axes=[-1]; "
       "e = f(0.00001); o = Add(v, e); r = Sqrt(o); z = Div(d, r); -> z"},
    {12, 17,
     X "a = ReduceMean(h) axes=[-1]; d = Sub(h, a); q = Mul(d, d); v = ReduceMean(q) axes=[1]; "
       "e = f{0.001}; o = Add(e, v); r = Sqrt(o); z = Div(d, r); s = f[8]; y = Mul(z, s); b = f[8]; "
       "t = Add(b, y); -> t"},
    {18, 20,
     X "ax = i{-1}; a = ReduceMean(h, ax); d = Sub(h, a); q = Mul(d, d); v = ReduceMean(q, ax); "
       "e = f(0.00001); o = Add(v, e); r = Sqrt(o); z = Div(d, r); s = f[8]; y = Mul(z, s); -> y"},
    {18, 20,
     X "ax = i{-1}; a = ReduceMean(h, ax); d = Sub(h, a); q = Mul(d, d); v = ReduceMean(q, ax); "
       "e = f(0.00001); o = Add(v, e); r = Sqrt(o); z = Div(d, r); b = f[8]; y = Add(z, b); s = f[8]; "
       "t = Mul(y, s); -> t, z, d, v"},
    {18, 20, X "ax = i{1}; a = ReduceSum(h, ax) keepdims=0; b = ReduceMean(h, ax) keepdims=0; -> a, b"},
    {12, 12, X "a = ReduceSum(h) axes=[1] keepdims=0; b = ReduceSum(h) axes=[-1]; -> a, b"},
    {13, 20, "x: f[n,1]; w = f[1,1]; h = MatMul(x, w); ax = i{1}; a = ReduceSum(h, ax); -> a"},
};

static void test_normalisation(void **state)
{
    (void)state;
    RUN_FORMS(normalised, WHOLE);
}

/* ---- views ------------------------------------------------------------------------------------------ */

static const struct run_form views[] = {
    {12, 12, X "p, q = Split(h) axis=1; a, b, c = Split(h) axis=-1 split=[1,5,2]; -> p, q, a, b, c"},
    {13, 17, X "s = i{1,5,2}; p, q = Split(h) axis=1; a, b, c = Split(h, s) axis=-1; -> p, q, a, b, c"},
    {18, 20, X "p, q, r = Split(h) axis=1 num_outputs=3; -> p, q, r"},
    {12, 20, X "s = i{1}; t = i{7}; a = i{1}; d = i{2}; z = Slice(h, s, t, a, d); -> z"},
    {12, 20, X "s = i{-3}; t = i{9223372036854775807}; a = i{-1}; z = Slice(h, s, t, a); -> z"},
    {12, 20, X "k = i(-1); a = Gather(h, k) axis=1; l = i{6,4,2}; b = Gather(h, l) axis=1; -> a, b"},
    {12, 12,
     X "k = i{3}; a = Gather(h, k) axis=1; b = Squeeze(a) axes=[1]; c = Unsqueeze(b) axes=[1]; -> a, b, c"},
    {13, 20,
     X "k = i{3}; x1 = i{-1}; a = Gather(h, k) axis=1; b = Squeeze(a, x1); c = Unsqueeze(b, x1); -> a, b, c"},
    {12, 20,
     X "k = i{3}; a = Gather(h, k) axis=1; s = i{-1}; b = Reshape(a, s); t = i{-1,1}; c = Reshape(b, t); "
       "f = Flatten(b); -> b, c, f"},
    {12, 20, X "f = Flatten(h); s = i{-1,8}; r = Reshape(f, s); t = i{0,8}; q = Reshape(r, t); -> f, r, q"},
    {12, 20, X "c = Concat(x, h, x) axis=1; d = Concat(h, x) axis=-1; -> c, d"},
    {12, 20, X "s = Shape(h); z = Size(x); -> h, s, z"},
    {12, 20, X "t = Transpose(h) perm=[0,1]; -> t"},
    /* numbers that follow from extents, 0 / 0 among them */
    {13, 20,
     X "s = Shape(h); z = i(0); g = Gather(s, z); c = Cast(g) to=1; d = Div(c, c); b = Equal(d, d); o = "
       "f(1.0); "
       "l = Less(d, o); k = Where(l, o, c); y = Mul(h, d); -> y, d, b, l, k"},
    {12, 20, X "y: f[n,8]; s = Shape(y); a = Expand(h, s); -> a"},
    {12, 20,
     X "r: f[u,8]; q = f[8,3]; k = MatMul(r, q); hs = Shape(x); o = i{1}; z = i{0}; n = Gather(hs, z); "
       "w3 = i{3}; s = Concat(n, w3) axis=0; a = Expand(k, s); b = Expand(r, o); -> a, b"},
};

static void test_views(void **state)
{
    (void)state;
    RUN_FORMS(views, WHOLE);
}

/* An output that is an input, of each kind, or is used inside as well. */
static const struct run_form ends[] = {
    {13, 20, X EDGES "a = Identity(x); b = Identity(e); -> h, a, b, src"},
    {13, 20, X EDGES "ax = i{1}; c = Unsqueeze(dst, ax); t = Transpose(e); -> h, c, t"},
    {13, 20, X "r = Relu(h); s = Sigmoid(r); -> h, r, s"},
    {13, 20,
     X "q = f[8,2]; d = MatMul(h, q); l = Gather(d, zz) axis=1; zz = i{0}; a = Squeeze(l, one); one = i{1}; "
       "o = f(0.0); b = Greater(a, o); -> d, a, b"},
    {13, 20,
     X "j: j[2,m]; c = Cast(j) to=7; z = i(1); d = Gather(c, z); g = Gather(h, d); k = Gather(j, z); "
       "-> h, c, d, g, k"},
};

static void test_ends_of_a_graph(void **state)
{
    (void)state;
    RUN_FORMS(ends, WHOLE);
}

/* ---- edges and nodes -------------------------------------------------------------------------------- */

static const struct run_form gathers[] = {
    {12, 20,
     X EDGES "a = Gather(h, src); b = Gather(h, dst) axis=0; c = Add(a, b); d = Sub(a, b); -> a, c, d"},
    {12, 20,
     X EDGES "a = Gather(h, src); b = Gather(h, dst); c = Gather(h, src); d = Add(a, b); f = Add(d, c); "
             "g = Add(f, b); k = Add(g, g); -> k"},
    {13, 20, X EDGES "ax = i{1}; c = Unsqueeze(src, ax); a = GatherND(h, c); -> a"},
    {13, 20,
     X EDGES
     "ax = i{1}; c = Unsqueeze(src, ax); k = i{1,8}; f = Expand(c, k); a = GatherElements(h, f); -> a"},
    {12, 20,
     "x: f[n,4]; i: i[m]; w = f[4]; v = MatMul(x, w); a = Gather(v, i); b = GatherElements(v, i); -> a, b"},
    {12, 20,
     X "e: j[m,2]; s = i(0); t = i(1); src = Gather(e, s) axis=1; dst = Gather(e, t) axis=1; "
       "a = Gather(h, src); b = Gather(x, dst); c = Concat(a, b) axis=1; -> c"},
    {12, 20, X "e: i[m,2]; t = Transpose(e) perm=[1,0]; z = i(1); d = Gather(t, z); a = Gather(h, d); -> a"},
    {13, 17,
     X "e: i[2,m]; a, b = Split(e) axis=0; z = i{0}; s = Squeeze(a, z); d = Squeeze(b, z); "
       "g = Gather(h, s); k = Gather(x, d); -> g, k"},
    {13, 20,
     X "e: i[2,m]; s = i{1}; t = i{2}; z = i{0}; a = Slice(e, s, t, z); b = Squeeze(a, z); g = Gather(h, b); "
       "-> g"},
    {13, 20, X "e: i[1,m]; s = i{-1}; d = Reshape(e, s); g = Gather(h, d); -> g"},
};

static void test_gathers(void **state)
{
    (void)state;
    RUN_FORMS(gathers, WHOLE);
}

/* A first layer that is split before the gather: wide enough, with and without what else it has. */
#define WIDE                                                                                             \
    "x: f[n,12]; y: f[m,5]; q = f[12,12]; h = MatMul(x, q)\n" EDGES "a = Gather(h, src); b = Gather(h, " \
    "dst)\n"
static const struct run_form split_layers[] = {
    {12, 20,
     WIDE "c = Concat(a, b) axis=1; w = f[24,9]; v = f[9]; z = Gemm(c, w, v) alpha=0.5; r = Relu(z); -> r"},
    {12, 20,
     WIDE "c = Concat(a, y, b) axis=1; w = f[9,29]; v = f[9]; z = Gemm(c, w, v) transB=1; r = Relu(z); -> r"},
    {12, 20, WIDE "c = Concat(y, b) axis=1; w = f[17,9]; z = MatMul(c, w); -> z"},
    {12, 20,
     WIDE "c = Concat(a, b, a) axis=1; w = f[36,9]; z = MatMul(c, w); u = f[9,5]; k = MatMul(z, u); "
          "l = Add(k, y); -> l"},
    {12, 20,
     WIDE "c = Concat(a, b) axis=1; w = f[24,5]; v = MatMul(c, w); z = Add(v, y); r = Relu(z); -> r, c"},
    {12, 20, WIDE "d = Gather(x, src); c = Concat(a, b, d, y) axis=1; w = f[41,3]; z = MatMul(c, w); -> z"},
};

static void test_split_layers(void **state)
{
    (void)state;
    RUN_FORMS(split_layers, WHOLE);
}

#define ZEROS "hs = Shape(h); zeros = ConstantOfShape(hs) value=0.0\n"
#define COLUMN "one1 = i{1}; col = Unsqueeze(dst, one1)\n"
#define UPDATES "u: f[m,8]\n"

static const struct run_form scatters[] = {
    {16, 20,
     X EDGES UPDATES ZEROS COLUMN "us = Shape(u); idx = Expand(col, us); "
                                  "z = ScatterElements(zeros, idx, u) axis=0 reduction=\"add\"; -> z"},
    {16, 20,
     X EDGES UPDATES ZEROS COLUMN "z = ScatterND(zeros, col, u) reduction=\"add\"; r = Relu(z); -> z, r"},
    {16, 20,
     X EDGES UPDATES COLUMN "us = i{1,8}; idx = Expand(col, us); "
                            "z = ScatterElements(h, idx, u) axis=0 reduction=\"add\"; -> z"},
    {16, 20, X EDGES UPDATES COLUMN "z = ScatterND(h, col, u) reduction=\"add\"; y = Add(z, h); -> y"},
    {16, 20,
     X EDGES UPDATES COLUMN "hs = Shape(h); o = f(0.0); zeros = Expand(o, hs); "
                            "z = ScatterND(zeros, col, u) reduction=\"add\"; y = Add(z, h); -> y"},
    {16, 20,
     X EDGES UPDATES COLUMN "hs = Shape(h); o = f[1,8]; some = Expand(o, hs); "
                            "z = ScatterND(some, col, u) reduction=\"add\"; -> z"},
    /* as torch exports index_add and scatter_add: shapes computed, -1 for what stays */
    {16, 20,
     X EDGES UPDATES COLUMN
     "hs = Shape(h); z0 = i(0); n0 = Gather(hs, z0); ax0 = i{0}; n1 = Unsqueeze(n0, ax0); w8 = i{8}; "
     "shape = Concat(n1, w8) axis=0; zeros = ConstantOfShape(shape) value=0.0\n"
     "us = Shape(u); minus = i{-1,-1}; rank = Shape(us); ones = ConstantOfShape(rank) value=1; m1 = i(-1); "
     "neg = Mul(ones, m1); given = Identity(us); same = Equal(given, neg); to = Where(same, ones, given); "
     "idx = Expand(col, to); z = ScatterElements(zeros, idx, u) axis=0 reduction=\"add\"; -> z"},
    {16, 20,
     "x: f[n,4]; i: i[m]; t: f[m]; w = f[4]; v = MatMul(x, w); s = Shape(v); zeros = ConstantOfShape(s); "
     "z = ScatterElements(zeros, i, t) reduction=\"add\"; y = ScatterElements(v, i, t) axis=0 "
     "reduction=\"add\"; "
     "-> z, y"},
    {16, 20,
     X "e: j[m,2]; u: f[m,8]; k = i(1); d = Gather(e, k) axis=1; c = Cast(d) to=7; a = i{1}; "
       "col = Unsqueeze(c, a)\n" ZEROS "z = ScatterND(zeros, col, u) reduction=\"add\"; -> z"},
};

static void test_scatters(void **state)
{
    (void)state;
    RUN_FORMS(scatters, WHOLE);
}

/* Sums of gathered rows, weighted or not, and a layer after: a step of message passing. */
static const struct run_form messages[] = {
    {16, 20, X EDGES COLUMN ZEROS "g = Gather(h, src); z = ScatterND(zeros, col, g) reduction=\"add\"; -> z"},
    {16, 20,
     X EDGES COLUMN ZEROS "t: f[m,1]; g = Gather(h, src); p = Mul(g, t); q = Mul(t, g); "
                          "z = ScatterND(zeros, col, p) reduction=\"add\"; y = ScatterND(zeros, col, q) "
                          "reduction=\"add\"; -> z, y"},
    {16, 20,
     X EDGES COLUMN ZEROS "t = f(0.5); g = Gather(h, src); p = Mul(g, t); "
                          "z = ScatterND(zeros, col, p) reduction=\"add\"; -> z"},
    {16, 20,
     X EDGES COLUMN ZEROS "g = Gather(h, src); k = Gather(h, dst); p = Mul(g, k); "
                          "z = ScatterND(zeros, col, p) reduction=\"add\"; -> z, p"},
    {16, 20,
     X EDGES COLUMN
     "one8 = i{1,8}; idx = Expand(col, one8); w1 = f[16,8]; w2 = f[16,8]\n" ZEROS
     "a1 = Gather(h, src); b1 = Gather(h, dst); c1 = Concat(a1, b1) axis=1; l1 = MatMul(c1, w1); "
     "r1 = Relu(l1); s1 = ScatterElements(zeros, idx, r1) axis=0 reduction=\"add\"; "
     "d1 = Concat(s1, h) axis=1; k1 = MatMul(d1, w2); h1 = Tanh(k1)\n"
     "a2 = Gather(h1, src); b2 = Gather(h1, dst); c2 = Concat(a2, b2) axis=1; l2 = MatMul(c2, w1); "
     "q2 = Add(l2, r1); r2 = Relu(q2); s2 = ScatterElements(zeros, idx, r2) axis=0 reduction=\"add\"; "
     "d2 = Concat(s2, h1) axis=1; k2 = MatMul(d2, w2); h2 = Add(k2, h)\n"
     "p = Mul(r2, r1); ax = i{1}; score = ReduceSum(p, ax) keepdims=0; f = Sigmoid(score); -> f, h2"},
};

static void test_messages(void **state)
{
    (void)state;
    RUN_FORMS(messages, WHOLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_layer_and_its_own_columns),
        cmocka_unit_test(test_unary),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_several_operands),
        cmocka_unit_test(test_normalisation),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_ends_of_a_graph),
        cmocka_unit_test(test_gathers),
        cmocka_unit_test(test_split_layers),
        cmocka_unit_test(test_scatters),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, run_begin, run_end);
}
