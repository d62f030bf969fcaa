/* Builds the table that finds rows by their ids. */
#include "core/row_index.h"

static bool count_up(const int64_t *ids, size_t count)
{
    size_t i = 0;
    while (i < count && (uint64_t)ids[i] == (uint64_t)ids[0] + i) i++;
    return i == count;
}

enum trkx_status trkx_index_build(struct trkx_memory *memory, const int64_t *ids, size_t count,
                                  struct trkx_index *index, size_t twins[2], trkx_error *error)
{
    *index = (struct trkx_index){ids, count, ids == NULL || count == 0 ? 1 : ids[0], NULL, 1};
    twins[1] = TRKX_NO_ROW;
    if (ids == NULL || count_up(ids, count)) return TRKX_OK;
    while ((size_t)1 << index->bits < 2 * count) index->bits++;
    size_t slots = (size_t)1 << index->bits;
    index->slots = trkx_allocate_zero(memory, slots, sizeof *index->slots);
    if (index->slots == NULL)
        return trkx_fail_memory(error, "the index of ids", slots * sizeof *index->slots);
    for (size_t i = 0; i < count; i++) {
        size_t slot = trkx_index_slot(index, ids[i]);
        if (index->slots[slot] != 0) {
            twins[0] = index->slots[slot] - 1;
            twins[1] = i;
            return TRKX_OK;
        }
        index->slots[slot] = (uint32_t)i + 1;
    }
    return TRKX_OK;
}

enum trkx_status trkx_index_check(const char *stage, const int64_t *hit_id, size_t count, trkx_error *error)
{
    struct trkx_index index;
    size_t twins[2];
    enum trkx_status status = trkx_index_build(NULL, hit_id, count, &index, twins, error);
    trkx_release(index.slots);
    if (status != TRKX_OK || twins[1] == TRKX_NO_ROW) return status;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT, "%s: hit_id %lld is repeated, in rows %zu and %zu", stage,
                     (long long)hit_id[twins[1]], twins[0], twins[1]);
}
