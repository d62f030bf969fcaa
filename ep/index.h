/* Indices of rows: read once per run, and grouped by row. */
#ifndef TRKX_EP_INDEX_H
#define TRKX_EP_INDEX_H

#include "ep/program.h"
#include "ep/tensor.h"

/* rows [count]: the indices; negative ones count from the end. False if one is out of range. input NULL: all
 * zeros. */
bool ep_index_read(const struct ep_index *index, const struct ep_tensor *input, int32_t *rows);

/* begins [range + 1], order [count]: the places in rows that refer to t are order[begins[t]] ...
 * order[begins[t+1] - 1], in ascending order. If rows are ascending, the order is the identity, and order[0]
 * is -1. */
void ep_index_group(const int32_t *rows, size_t count, size_t range, int32_t *begins, int32_t *order);

#endif
