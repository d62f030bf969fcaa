/* Shapes of constants, and of operators that rearrange tensors. */
#ifndef TRKX_ONNX_INFER_ARRANGE_H
#define TRKX_ONNX_INFER_ARRANGE_H

#include "onnx/infer.h"

/* Each fills step->out. */
void trkx_infer_concat(struct trkx_inference *step);
void trkx_infer_constant_of_shape(struct trkx_inference *step);
void trkx_infer_expand(struct trkx_inference *step);
void trkx_infer_flatten(struct trkx_inference *step);
void trkx_infer_range(struct trkx_inference *step);
void trkx_infer_reshape(struct trkx_inference *step);
void trkx_infer_shape(struct trkx_inference *step);
void trkx_infer_size(struct trkx_inference *step);
void trkx_infer_slice(struct trkx_inference *step);
void trkx_infer_split(struct trkx_inference *step);
void trkx_infer_squeeze(struct trkx_inference *step);
void trkx_infer_tile(struct trkx_inference *step);
void trkx_infer_transpose(struct trkx_inference *step);
void trkx_infer_unsqueeze(struct trkx_inference *step);

#endif
