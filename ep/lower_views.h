/* Operators that only rearrange: other columns, another view of numbers or integers. */
#ifndef TRKX_EP_LOWER_VIEWS_H
#define TRKX_EP_LOWER_VIEWS_H

#include "ep/lowering.h"

/* Each element of the result is one of the source: dimension d of the result is dimension from[d] of the
 * source (-1: none), every factor[d]-th element; begins[s] is the start in dimension s of the source. */
struct ep_selection {
    int rank;
    int64_t shape[EP_RANK];
    int from[EP_RANK];
    int64_t factor[EP_RANK], begins[EP_RANK];
};

struct ep_selection ep_select_all(const struct ep_lowered *value);
/* Gives up if a selection uses a dimension twice, or anything beyond its source. */
void ep_select(struct ep_lowering *lowering, const struct ep_node *node, const struct ep_lowered *source,
               const struct ep_selection *selection, struct ep_lowered *result);

ep_lower_function ep_lower_identity, ep_lower_unsqueeze, ep_lower_squeeze, ep_lower_slice, ep_lower_split,
    ep_lower_expand, ep_lower_reshape, ep_lower_flatten, ep_lower_transpose, ep_lower_concat, ep_lower_gather,
    ep_lower_cast;

#endif
