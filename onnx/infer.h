/* For the operators' shape inference: a node's inputs, axes and lists; broadcasting. */
#ifndef TRKX_ONNX_INFER_H
#define TRKX_ONNX_INFER_H

#include "onnx/shapes.h"

enum { TRKX_MAX_OUTPUTS = 32 }; /* of a node; only Split has more than a few */

/* The current node. */
struct trkx_inference {
    const struct trkx_onnx_graph *graph;
    const struct trkx_shapes *shapes;
    const Onnx__NodeProto *node;
    struct trkx_shape *out;        /* [TRKX_MAX_OUTPUTS] unknown at first */
    struct trkx_conflict conflict; /* extent 0: none */
};

extern const struct trkx_extent trkx_unknown;

/* Shape of the node's i-th input; of unknown rank if it has none. */
const struct trkx_shape *trkx_in(const struct trkx_inference *step, size_t i);
/* A list that is an attribute in old operator sets and input i in newer ones: values_count -1 if given but
 * unknown; 0 if not given. */
struct trkx_shape trkx_in_list(const struct trkx_inference *step, const char *attribute_name, size_t i);

/* An axis counted from the front; -1 if there is no such axis. */
int trkx_axis(int64_t axis, int rank);
/* The axes of a list, marked in set[TRKX_MAX_RANK]; false if unknown. */
bool trkx_mark_axes(const struct trkx_shape *list, int rank, bool *set);
/* A position counted from the front, from 0 to rank. */
int trkx_clamp(int64_t position, int rank);
/* Appends an extent; if there are too many, the rank becomes unknown. */
void trkx_append(struct trkx_shape *shape, struct trkx_extent extent);

/* Copies what is known about the elements of a tensor that is only rearranged; also its values if their order
 * is unchanged. */
void trkx_carry(const struct trkx_shape *from, struct trkx_shape *to);
void trkx_carry_values(const struct trkx_shape *from, struct trkx_shape *to);

/* Notes that the number of rows is written into the model: `fixed`, where it should be `grows`. */
void trkx_meets_fixed(struct trkx_inference *step, struct trkx_extent fixed, struct trkx_extent grows);
/* Two extents that meet in broadcasting. An unknown one is 1 or equals the other. */
struct trkx_extent trkx_meet(struct trkx_inference *step, struct trkx_extent a, struct trkx_extent b);
/* out: the shape of both, broadcast. */
void trkx_broadcast(struct trkx_inference *step, const struct trkx_shape *a, const struct trkx_shape *b,
                    struct trkx_shape *out);

#endif
