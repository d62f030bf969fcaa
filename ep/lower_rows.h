/* Operators that combine the columns of a row, or the rows of a tensor. */
#ifndef TRKX_EP_LOWER_ROWS_H
#define TRKX_EP_LOWER_ROWS_H

#include "ep/lowering.h"

/* Rows of columns gathered by an index. */
void ep_gather_rows(struct ep_lowering *lowering, const struct ep_node *node, const struct ep_lowered *source,
                    const struct ep_lowered *index, struct ep_lowered *result);
/* An index: integers of rank 1, or of rank 2 with equal columns. */
int ep_row_index(struct ep_lowering *lowering, const struct ep_node *node, const struct ep_lowered *value,
                 int64_t range);

ep_lower_function ep_lower_gemm, ep_lower_matmul, ep_lower_normalisation, ep_lower_batch_normalisation,
    ep_lower_reduce, ep_lower_scatter, ep_lower_gather_nd;

#endif
