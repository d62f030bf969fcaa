/* The provider's kernels: they compute on blocks of rows, column by column.
 *
 * A block is EP_ROWS rows of a tensor, stored by columns of EP_ROWS floats at 64-byte boundaries, so that
 * every operation is the same for all rows: a layer multiplies whole vectors of rows by one weight, a
 * normalisation adds up whole vectors. Only gathered, summed and stored rows are transposed (from and to
 * row-major memory). Columns are passed as arrays of pointers, so joining and splitting tensors by columns
 * moves nothing. Rows beyond the tensor's last have arbitrary values; a row's result depends on that row
 * only, to the last bit.
 *
 * Written once (ep/kernels_template.h) and compiled for each instruction set; ep/kernels_best.h returns the
 * best for this processor, unless TRKX_DISABLE_CPU_FEATURES excludes it. Thread-safe; nothing is allocated.
 */
#ifndef TRKX_EP_KERNELS_H
#define TRKX_EP_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EP_ROWS = 64,   /* of a block */
    EP_STRIDE = 16, /* rows of our row-major memory begin at multiples of this many floats, 64-byte aligned */
    EP_TILE = 4,    /* outputs with adjacent weights, see ep_weights_packed */
    EP_SOURCES = 4, /* most tensors whose gathered rows are added */
};

/* Truth values are 1 and 0. Names as in ONNX. `alpha` only if ONNX has it. */
enum ep_unary {
    EP_ABS,
    EP_NEG,
    EP_SIGN,
    EP_FLOOR,
    EP_CEIL,
    EP_RECIPROCAL,
    EP_SQRT,
    EP_EXP,
    EP_LOG,
    EP_SIN,
    EP_COS,
    EP_TAN,
    EP_ASIN,
    EP_ACOS,
    EP_ATAN,
    EP_SINH,
    EP_COSH,
    EP_ASINH,
    EP_ACOSH,
    EP_ATANH,
    EP_TANH,
    EP_SIGMOID,
    EP_ERF,
    EP_SOFTPLUS,
    EP_SOFTSIGN,
    EP_RELU,
    EP_LEAKY_RELU,
    EP_ELU,
    EP_SELU,
    EP_CELU,
    EP_THRESHOLDED_RELU,
    EP_HARD_SIGMOID,
    EP_HARD_SWISH,
    EP_GELU,
    EP_GELU_TANH,
    EP_SILU,
    EP_MISH,
    EP_NOT,
    EP_TRUTH /* != 0 */,
    EP_TRUNCATE /* to int, as float */,
    EP_UNARY_COUNT
};

enum ep_binary {
    EP_ADD,
    EP_SUB,
    EP_MUL,
    EP_DIV,
    EP_POW,
    EP_MIN,
    EP_MAX,
    EP_PRELU, /* a, and its slope below 0, b */
    EP_LESS,
    EP_LESS_OR_EQUAL,
    EP_GREATER,
    EP_GREATER_OR_EQUAL,
    EP_EQUAL,
    EP_AND,
    EP_OR,
    EP_XOR,
    EP_BINARY_COUNT
};

/* One row-major tensor whose rows are gathered: row index[r] for row r of the block. */
struct ep_source {
    const float *rows; /* [n, stride], stride a multiple of EP_STRIDE, 64-byte aligned, all readable */
    size_t stride;
    const int32_t *index; /* from the block's first row on; valid for the block's rows */
};

/* Rows summed by target. The updates of target t are numbers order[begins[t]] ... order[begins[t+1] - 1],
 * added in this order starting from 0; order NULL: the identity. Update u is row (index != NULL ? index[u] :
 * u) of `rows`, times weight[u] if there are weights. */
struct ep_segments {
    const int32_t *begins, *order, *index;
    const float *rows; /* as in struct ep_source */
    size_t stride;
    const float *weight; /* [updates] or NULL */
};

/* y[j] = (start[j] or 0) + (bias[j] or 0) + sum over k of weight[k,j] x[k]; then at least 0 if `relu`. */
struct ep_layer {
    const float *const *x; /* [inputs] */
    float *const *y;       /* [outputs]; may be start, not x */
    size_t inputs, outputs;
    const float *weights;      /* packed by ep_weights_pack */
    const float *bias;         /* [outputs] or NULL */
    const float *const *start; /* [outputs] or NULL */
    bool relu;
};

struct ep_kernels {
    const char *name; /* "avx512" */

    void (*layer)(const struct ep_layer *layer);

    /* On one column; y may be x, a, b or c. */
    void (*unary)(enum ep_unary function, float alpha, float beta, const float *x, float *y);
    void (*binary)(enum ep_binary function, const float *a, const float *b, float *y);
    /* a + alpha or b + beta: with 0 their -0 becomes 0, with -0 they are as they are. */
    void (*where)(const float *condition, const float *a, const float *b, float alpha, float beta, float *y);
    void (*clip)(const float *x, float low, float high, float *y); /* NaN stays NaN, as in ONNX Runtime */

    /* y = (x - mean) / sqrt(variance + epsilon) * scale + bias over the columns of each row, at least 0 if
     * `relu`; bias may be NULL; y may be x. ONNX LayerNormalization. */
    void (*normalise)(const float *const *x, size_t width, float epsilon, const float *scale,
                      const float *bias, bool relu, float *const *y);
    void (*sum)(const float *const *x, size_t width, float factor,
                float *y); /* factor * sum of the columns */

    /* y: the sum of `count` gathered rows, in the order of the sources. rows <= EP_ROWS. */
    void (*gather)(const struct ep_source *sources, size_t count, size_t width, size_t rows, float *const *y);
    /* y: sums of the targets first ... first + rows - 1. */
    void (*segments)(const struct ep_segments *segments, size_t first, size_t rows, size_t width,
                     float *const *y);

    /* Between columns and row-major memory of any stride and alignment; accesses exactly rows x width floats.
     */
    void (*load)(const float *from, size_t stride, size_t rows, size_t width, float *const *y);
    void (*store)(const float *const *x, size_t width, size_t rows, float *to, size_t stride);

    /* store to memory as in struct ep_source, bypassing the caches if possible: for more rows than fit in
     * them. The floats between width and stride may also be written. The thread then calls settle before
     * others read. */
    void (*stream)(const float *const *x, size_t width, size_t rows, float *to, size_t stride);
    void (*settle)(void);
};

/* Number of floats of packed weights, and their packing: weight[k * row_step + j * column_step] is that of
 * input k and output j. The tile of outputs j ... j + EP_TILE - 1 contains these EP_TILE weights for each
 * input (the last tile is padded with zeros). `packed` is 64-byte aligned. */
size_t ep_weights_packed(size_t inputs, size_t outputs);
void ep_weights_pack(const float *weight, size_t row_step, size_t column_step, size_t inputs, size_t outputs,
                     float *packed);

#endif
