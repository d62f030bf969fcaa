/* Scatters: the operators that sum over each node's edges, which exporters often get wrong. */
#ifndef TRKX_ONNX_SCATTER_H
#define TRKX_ONNX_SCATTER_H

#include "onnx/subject.h"

enum {
    TRKX_OPSET_REDUCTION = 16, /* the first in which scatters can add */
    TRKX_OPSET_EXTREMA = 18    /* the first in which they can take the maximum or minimum */
};

/* True for the operators that write rows by index. */
bool trkx_scatters(const Onnx__NodeProto *node);

enum trkx_scatter {
    TRKX_SCATTER_FINE,       /* not a scatter, with a reduction, or its index does not come from the edges */
    TRKX_SCATTER_OVERWRITES, /* from the edges into zeros, without reduction: a sum that overwrites */
    TRKX_SCATTER_AMBIGUOUS,  /* the same into something else */
    TRKX_SCATTER_UNORDERED   /* ScatterND that adds: in ONNX Runtime by several threads at once */
};
enum trkx_scatter trkx_scatter_kind(const struct trkx_subject *subject, const Onnx__NodeProto *node);

/* True for a ScatterND of whole rows of a matrix: data [n,w], index [m,1], updates [m,w]. */
bool trkx_scatters_rows(const struct trkx_subject *subject, const Onnx__NodeProto *node);

/* The operator set that a scatter's reduction needs; 0 without reduction. */
int64_t trkx_scatter_opset(const Onnx__NodeProto *node);

#endif
