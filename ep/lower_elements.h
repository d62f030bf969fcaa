/* Lowers operators that work element by element. */
#ifndef TRKX_EP_LOWER_ELEMENTS_H
#define TRKX_EP_LOWER_ELEMENTS_H

#include "ep/lowering.h"

/* One row, repeated as often as needed. */
const int *ep_spread(struct ep_lowering *lowering, const struct ep_lowered *value, int64_t rows);

ep_lower_function ep_lower_unary, ep_lower_binary, ep_lower_many, ep_lower_where, ep_lower_clip,
    ep_lower_gelu, ep_lower_prelu;

#endif
