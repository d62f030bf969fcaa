/* The operators whose shapes and work are known. */
#ifndef TRKX_ONNX_OPERATORS_H
#define TRKX_ONNX_OPERATORS_H

#include "onnx/infer.h"

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
#endif
