/* Groups rows by value with a hash table. */
#include "core/groups.h"

#include <string.h>

/* Spreads ids that differ in few bits (TrackML packs vertex, generation and number into one). Finalizer of
 * splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t hash(int64_t value)
{
    uint64_t x = (uint64_t)value;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* The slot of a value, or the empty slot for it. Linear probing. */
static uint32_t *slot_of(const struct trkx_groups *groups, int64_t value)
{
    size_t s = hash(value) & groups->mask;
    while (groups->slots[s] != TRKX_NO_GROUP && groups->values[groups->slots[s]] != value)
        s = (s + 1) & groups->mask;
    return &groups->slots[s];
}

uint32_t trkx_groups_find(const struct trkx_groups *groups, int64_t value)
{
    return *slot_of(groups, value);
}

static uint32_t find_or_add(struct trkx_groups *groups, int64_t value)
{
    uint32_t *slot = slot_of(groups, value);
    if (*slot == TRKX_NO_GROUP) {
        *slot = (uint32_t)groups->count;
        groups->values[groups->count++] = value;
    }
    return *slot;
}

/* Counting sort of the rows by group; begin[i + 1] serves as the next place of group i. */
static void list_members(struct trkx_groups *groups, size_t n)
{
    size_t *next = groups->begin + 1;
    memset(groups->begin, 0, (groups->count + 1) * sizeof *groups->begin);
    for (size_t i = 0; i < n; i++)
        if (groups->group[i] + 1 < groups->count) next[groups->group[i] + 1]++;
    for (size_t g = 1; g < groups->count; g++) next[g] += next[g - 1];
    for (size_t i = 0; i < n; i++) groups->members[next[groups->group[i]]++] = (uint32_t)i;
}

enum trkx_status trkx_groups_create(struct trkx_memory *memory, const int64_t *values, size_t n,
                                    struct trkx_groups *groups, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t slots = 2;
    while (slots < 2 * n) slots *= 2;
    *groups = (struct trkx_groups){.mask = slots - 1};
    TRKX_ALLOCATE(groups->slots, memory, slots, "a table of ids");
    TRKX_ALLOCATE(groups->values, memory, n, "ids");
    TRKX_ALLOCATE(groups->group, memory, n, "the group of each row");
    TRKX_ALLOCATE(groups->members, memory, n, "the rows of each group");
    memset(groups->slots, 0xff, slots * sizeof *groups->slots); /* TRKX_NO_GROUP */
    for (size_t i = 0; i < n; i++) groups->group[i] = find_or_add(groups, values[i]);
    TRKX_ALLOCATE(groups->begin, memory, groups->count + 1, "the first row of each group");
    list_members(groups, n);
cleanup:
    if (status != TRKX_OK) trkx_groups_destroy(groups);
    return status;
}

void trkx_groups_destroy(struct trkx_groups *groups)
{
    trkx_release(groups->slots);
    trkx_release(groups->values);
    trkx_release(groups->group);
    trkx_release(groups->members);
    trkx_release(groups->begin);
    *groups = (struct trkx_groups){0};
}
