/* Shapes of operators that gather, scatter and reduce, and of products. */
#ifndef TRKX_ONNX_INFER_INDEX_H
#define TRKX_ONNX_INFER_INDEX_H

#include "onnx/infer.h"

/* Each fills step->out. */
void trkx_infer_arg(struct trkx_inference *step);
void trkx_infer_gather(struct trkx_inference *step);
void trkx_infer_gather_elements(struct trkx_inference *step);
void trkx_infer_gather_nd(struct trkx_inference *step);
void trkx_infer_gemm(struct trkx_inference *step);
void trkx_infer_matmul(struct trkx_inference *step);
void trkx_infer_reduce(struct trkx_inference *step);
void trkx_infer_scatter(struct trkx_inference *step);

/* The inner extent of a matrix product. */
struct trkx_extent trkx_onnx_inner(const struct trkx_onnx_graph *graph, const struct trkx_shapes *shapes,
                                   const Onnx__NodeProto *node);

#endif
