/* Reads indices, and groups places by the row they refer to. */
#include "ep/index.h"

#include <string.h>

bool ep_index_read(const struct ep_index *index, const struct ep_tensor *input, int32_t *rows)
{
    int64_t bad = 0;
    if (input == NULL) {
        memset(rows, 0, (size_t)index->count * sizeof *rows);
        return true;
    }
    for (int64_t i = 0; i < index->count; i++) {
        int64_t row = ep_tensor_integer(input, index->offset + i * index->step);
        row += row < 0 ? index->range : 0;
        bad |= row | (index->range - 1 - row); /* the sign bit */
        rows[i] = (int32_t)row;
    }
    return bad >= 0;
}

static bool ascending(const int32_t *rows, size_t count)
{
    bool in_order = true;
    for (size_t i = 1; i < count; i++) in_order &= rows[i - 1] <= rows[i];
    return in_order;
}

void ep_index_group(const int32_t *rows, size_t count, size_t range, int32_t *begins, int32_t *order)
{
    memset(begins, 0, (range + 1) * sizeof *begins);
    for (size_t i = 0; i < count; i++) begins[rows[i] + 1]++;
    for (size_t t = 0; t < range; t++) begins[t + 1] += begins[t];
    order[0] = -1; /* has room even if count is 0 */
    if (ascending(rows, count)) return;
    /* each begin advances as its places are filled, and ends at the next one's start */
    for (size_t i = 0; i < count; i++) order[begins[rows[i]]++] = (int32_t)i;
    memmove(begins + 1, begins, range * sizeof *begins);
    begins[0] = 0;
}
