/* The operators whose shapes and work are known. */
#ifndef TRKX_ONNX_OPERATORS_H
#define TRKX_ONNX_OPERATORS_H

#include "onnx/shapes.h"

enum { TRKX_MAX_OUTPUTS = 32 }; /* of a node; only Split has more than a few */

/* A node being worked through. */
struct trkx_inference {
    const struct trkx_onnx_graph *graph;
    const struct trkx_shapes *shapes;
    const Onnx__NodeProto *node;
    struct trkx_shape *out;        /* [TRKX_MAX_OUTPUTS] unknown at first */
    struct trkx_conflict conflict; /* extent 0: none */
};

/* What an operator costs. */
enum trkx_work {
    TRKX_WORK_NONE,    /* it moves data */
    TRKX_WORK_OUTPUT,  /* one operation an element of the output */
    TRKX_WORK_INPUT,   /* one an element of the first input */
    TRKX_WORK_NORM,    /* seven an element: what LayerNormalization is made of where it is written out */
    TRKX_WORK_UPDATES, /* one an element of the third input */
    TRKX_WORK_PRODUCT, /* a matrix product: two an element of the output and of the inner extent */
};

struct trkx_operator {
    const char *name;
    void (*infer)(struct trkx_inference *step);
    enum trkx_work work;
};

/* NULL for one that is not known, or is of another domain. */
const struct trkx_operator *trkx_onnx_operator(const Onnx__NodeProto *node);
/* Fills out[TRKX_MAX_OUTPUTS], unknown at first. */
void trkx_onnx_infer(struct trkx_inference *step, struct trkx_shape *out);
/* The inner extent of a matrix product. */
struct trkx_extent trkx_onnx_inner(const struct trkx_onnx_graph *graph, const struct trkx_shapes *shapes,
                                   const Onnx__NodeProto *node);

#endif
