/* Rows by their ids. */
#ifndef TRKX_CORE_ROW_INDEX_H
#define TRKX_CORE_ROW_INDEX_H

#include "core/memory.h"

#define TRKX_NO_ROW SIZE_MAX

/* Finds the row of an id: open addressing in a table that is at most half full. Consecutive ids, the usual
 * case, need no table. */
struct trkx_index {
    const int64_t *ids; /* [count]; NULL: consecutive */
    size_t count;
    int64_t first;
    uint32_t *slots; /* row + 1; 0: free; NULL: consecutive ids */
    unsigned bits;   /* of the number of slots */
};

/* The golden ratio spreads consecutive ids evenly (Knuth, volume 3, 6.4). */
static inline size_t trkx_index_first(const struct trkx_index *index, int64_t id)
{
    return (size_t)((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> (64 - index->bits));
}

/* The slot of the id, or the free slot for it. */
static inline size_t trkx_index_slot(const struct trkx_index *index, int64_t id)
{
    size_t mask = ((size_t)1 << index->bits) - 1, slot = trkx_index_first(index, id);
    while (index->slots[slot] != 0 && index->ids[index->slots[slot] - 1] != id) slot = (slot + 1) & mask;
    return slot;
}

static inline size_t trkx_index_find(const struct trkx_index *index, int64_t id)
{
    uint64_t above = (uint64_t)id - (uint64_t)index->first;
    if (index->slots == NULL) return above < index->count ? (size_t)above : TRKX_NO_ROW;
    uint32_t slot = index->slots[trkx_index_slot(index, id)];
    return slot == 0 ? TRKX_NO_ROW : slot - 1;
}

/* The same, but fast if the guessed row is right: most files have the same order. */
static inline size_t trkx_index_near(const struct trkx_index *index, int64_t id, size_t guess)
{
    bool guessed = index->slots != NULL && guess < index->count && index->ids[guess] == id;
    return guessed ? guess : trkx_index_find(index, id);
}

/* ids [count], NULL: 1..count. If an id is repeated, twins are its rows; otherwise twins[1] is TRKX_NO_ROW.
 * The caller releases index->slots. Errors: MEMORY. */
enum trkx_status trkx_index_build(struct trkx_memory *memory, const int64_t *ids, size_t count,
                                  struct trkx_index *index, size_t twins[2], trkx_error *error);

/* Checks that no hit_id of a caller's [count] is repeated (NULL: 1..count); stage is the prefix of messages.
 * Errors: ARGUMENT, MEMORY. */
enum trkx_status trkx_index_check(const char *stage, const int64_t *hit_id, size_t count, trkx_error *error);

#endif
