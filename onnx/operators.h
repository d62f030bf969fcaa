/* The operators with known shapes and operation counts. */
#ifndef TRKX_ONNX_OPERATORS_H
#define TRKX_ONNX_OPERATORS_H

#include "onnx/infer.h"

/* An operator's operations. */
enum trkx_work {
    TRKX_WORK_NONE,    /* only moves data */
    TRKX_WORK_OUTPUT,  /* one per element of the output */
    TRKX_WORK_INPUT,   /* one per element of the first input */
    TRKX_WORK_NORM,    /* seven per element, as when LayerNormalization is written out */
    TRKX_WORK_UPDATES, /* one per element of the third input */
    TRKX_WORK_PRODUCT, /* a matrix product: two per element of the output, times the inner extent */
};

struct trkx_operator {
    const char *name;
    void (*infer)(struct trkx_inference *step);
    enum trkx_work work;
};

/* NULL for an unknown operator or one of another domain. */
const struct trkx_operator *trkx_onnx_operator(const Onnx__NodeProto *node);
/* Fills out[TRKX_MAX_OUTPUTS], unknown at first. */
void trkx_onnx_infer(struct trkx_inference *step, struct trkx_shape *out);
#endif
