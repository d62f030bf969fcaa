/* Rows grouped by a 64-bit value: the hits of each particle, the hits of each track. */
#ifndef TRKX_CORE_GROUPS_H
#define TRKX_CORE_GROUPS_H

#include "core/memory.h"

#define TRKX_NO_GROUP UINT32_MAX

/* Groups count from 0 in the order of their first rows. */
struct trkx_groups {
    size_t count;      /* g */
    int64_t *values;   /* [g] the common value of a group's rows */
    size_t *begin;     /* [g+1] the rows of group i: members[begin[i]..begin[i + 1]) */
    uint32_t *members; /* [n] rows, ascending within a group */
    uint32_t *group;   /* [n] of each row */
    uint32_t *slots;   /* [mask + 1] hash table of groups, at most half full */
    size_t mask;
};

/* Groups n values, n < 2^31. Expected O(n). Errors: MEMORY. */
enum trkx_status trkx_groups_create(struct trkx_memory *memory, const int64_t *values, size_t n,
                                    struct trkx_groups *groups, trkx_error *error);
void trkx_groups_destroy(struct trkx_groups *groups);

/* The group of a value, or TRKX_NO_GROUP. */
uint32_t trkx_groups_find(const struct trkx_groups *groups, int64_t value);

static inline size_t trkx_groups_size(const struct trkx_groups *groups, size_t group)
{
    return groups->begin[group + 1] - groups->begin[group];
}

static inline const uint32_t *trkx_groups_members(const struct trkx_groups *groups, size_t group)
{
    return groups->members + groups->begin[group];
}

#endif
