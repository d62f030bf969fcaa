/* Operators that compute numbers: shapes, constants. */
#ifndef TRKX_EP_LOWER_NUMBERS_H
#define TRKX_EP_LOWER_NUMBERS_H

#include "ep/lowering.h"

/* Elementwise functions of numbers. */
void ep_numbers_unary(struct ep_lowering *lowering, const struct ep_node *node, int function, float alpha,
                      float beta, const struct ep_lowered *x, struct ep_lowered *result);
void ep_numbers_binary(struct ep_lowering *lowering, const struct ep_node *node, int function,
                       const struct ep_lowered *a, const struct ep_lowered *b, struct ep_lowered *result);
void ep_numbers_where(struct ep_lowering *lowering, const struct ep_node *node,
                      const struct ep_lowered *condition, const struct ep_lowered *a,
                      const struct ep_lowered *b, struct ep_lowered *result);

ep_lower_function ep_lower_shape, ep_lower_size, ep_lower_constant_of_shape;
/* Where -0 becomes 0 in a Where: in what is taken from b (true) or from a. Stock ONNX Runtime makes a tensor
 * of each side, with zeros at the other's places; then it takes what is not 0 of a's, else what is in b's.
 * Where b's is stretched along the innermost dimension that is longer than 1, it is the other way round. */
bool ep_where_drops_sign(const struct ep_lowered *condition, const struct ep_lowered *a,
                         const struct ep_lowered *b);

#endif
