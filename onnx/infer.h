/* For the operators' inference of shapes: a node's inputs, axes and lists; broadcasting. */
#ifndef TRKX_ONNX_INFER_H
#define TRKX_ONNX_INFER_H

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

extern const struct trkx_extent trkx_unknown;

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

#endif
