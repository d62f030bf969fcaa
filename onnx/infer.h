/* For the operators' inference of shapes: a node's inputs, axes and lists; broadcasting. */
#ifndef TRKX_ONNX_INFER_H
#define TRKX_ONNX_INFER_H

#include "onnx/operators.h"

extern const struct trkx_extent trkx_unknown;
extern const struct trkx_shape trkx_unknown_shape;

/* Shape of the node's i-th input; one of unknown rank where it has none. */
const struct trkx_shape *trkx_in(const struct trkx_inference *step, size_t i);
/* A list that is an attribute in old operator sets and input i in newer ones: values_count -1 where it is
 * given but not known; 0 where it is not given. */
struct trkx_shape trkx_in_list(const struct trkx_inference *step, const char *attribute_name, size_t i);

/* An axis counted from the front; -1 where there is no such axis. */
int trkx_axis(int64_t axis, int rank);
/* The axes of a list, marked in set[TRKX_MAX_RANK]; false where they are not known. */
bool trkx_mark_axes(const struct trkx_shape *list, int rank, bool *set);
/* A position counted from the front, from 0 to rank. */
int trkx_clamp(int64_t position, int rank);
/* One extent more; a rank that is not known where there are too many. */
void trkx_append(struct trkx_shape *shape, struct trkx_extent extent);

/* Takes over what is known of the elements of a tensor that is only arranged anew; with its values, where
 * their order stays. */
void trkx_carry(const struct trkx_shape *from, struct trkx_shape *to);
void trkx_carry_values(const struct trkx_shape *from, struct trkx_shape *to);

/* The rows are written into the model: `fixed`, where it should be `grows`. */
void trkx_meets_fixed(struct trkx_inference *step, struct trkx_extent fixed, struct trkx_extent grows);
/* Two extents that meet in broadcasting. One that is not known is 1 or as the other. */
struct trkx_extent trkx_meet(struct trkx_inference *step, struct trkx_extent a, struct trkx_extent b);
/* out: of both, broadcast. */
void trkx_broadcast(struct trkx_inference *step, const struct trkx_shape *a, const struct trkx_shape *b,
                    struct trkx_shape *out);

/* The operators' own, each fills step->out: element by element (infer_elements.c), constants and arrangement
 * (infer_arrange.c), gathering, reducing, products (infer_index.c). */
void trkx_infer_add(struct trkx_inference *step);
void trkx_infer_arg(struct trkx_inference *step);
void trkx_infer_cast(struct trkx_inference *step);
void trkx_infer_compare(struct trkx_inference *step);
void trkx_infer_concat(struct trkx_inference *step);
void trkx_infer_constant_of_shape(struct trkx_inference *step);
void trkx_infer_copy(struct trkx_inference *step);
void trkx_infer_divide(struct trkx_inference *step);
void trkx_infer_expand(struct trkx_inference *step);
void trkx_infer_flatten(struct trkx_inference *step);
void trkx_infer_gather(struct trkx_inference *step);
void trkx_infer_gather_elements(struct trkx_inference *step);
void trkx_infer_gather_nd(struct trkx_inference *step);
void trkx_infer_gemm(struct trkx_inference *step);
void trkx_infer_many(struct trkx_inference *step);
void trkx_infer_matmul(struct trkx_inference *step);
void trkx_infer_multiply(struct trkx_inference *step);
void trkx_infer_range(struct trkx_inference *step);
void trkx_infer_reduce(struct trkx_inference *step);
void trkx_infer_reshape(struct trkx_inference *step);
void trkx_infer_same(struct trkx_inference *step);
void trkx_infer_scatter(struct trkx_inference *step);
void trkx_infer_shape(struct trkx_inference *step);
void trkx_infer_size(struct trkx_inference *step);
void trkx_infer_slice(struct trkx_inference *step);
void trkx_infer_split(struct trkx_inference *step);
void trkx_infer_squeeze(struct trkx_inference *step);
void trkx_infer_subtract(struct trkx_inference *step);
void trkx_infer_tile(struct trkx_inference *step);
void trkx_infer_transpose(struct trkx_inference *step);
void trkx_infer_truth(struct trkx_inference *step);
void trkx_infer_two(struct trkx_inference *step);
void trkx_infer_unsqueeze(struct trkx_inference *step);
void trkx_infer_where(struct trkx_inference *step);

#endif
