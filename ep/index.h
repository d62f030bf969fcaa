/* Integers that point to rows: read once a run, and grouped by the row that they point to. */
#ifndef TRKX_EP_INDEX_H
#define TRKX_EP_INDEX_H

#include "ep/program.h"
#include "ep/tensor.h"

/* rows [count]: the rows pointed to; negative ones count from the end. False where one is out of range. input
 * NULL: all zeros. */
bool ep_index_read(const struct ep_index *index, const struct ep_tensor *input, int32_t *rows);

/* begins [range + 1], order [count]: the places in rows that point to t are order[begins[t]] ...
 * order[begins[t+1] - 1], in ascending order. Where rows ascend, places are their own order: order[0] is -1
 * then. */
void ep_index_group(const int32_t *rows, size_t count, size_t range, int32_t *begins, int32_t *order);

#endif
