/* Shapes of operators that work element by element. */
#ifndef TRKX_ONNX_INFER_ELEMENTS_H
#define TRKX_ONNX_INFER_ELEMENTS_H

#include "onnx/infer.h"

/* Each fills step->out. */
void trkx_infer_add(struct trkx_inference *step);
void trkx_infer_cast(struct trkx_inference *step);
void trkx_infer_compare(struct trkx_inference *step);
void trkx_infer_copy(struct trkx_inference *step);
void trkx_infer_divide(struct trkx_inference *step);
void trkx_infer_many(struct trkx_inference *step);
void trkx_infer_multiply(struct trkx_inference *step);
void trkx_infer_same(struct trkx_inference *step);
void trkx_infer_subtract(struct trkx_inference *step);
void trkx_infer_truth(struct trkx_inference *step);
void trkx_infer_two(struct trkx_inference *step);
void trkx_infer_where(struct trkx_inference *step);

#endif
