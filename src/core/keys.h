/* 64-bit keys: order-preserving codes of floats, selection and sorting. A key is often (code << 32 | index),
 * so that keys are unique and ties resolve to the lower index. */
#ifndef TRKX_CORE_KEYS_H
#define TRKX_CORE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/everywhere.h"

enum { TRKX_KEYS_SHORT = 24 }; /* up to here insertion sort is faster */

/* Unsigned integers in the order of the floats (not NaN; -0 before +0): negative numbers have all bits
 * inverted, others the sign bit. */
static inline TRKX_EVERYWHERE uint32_t trkx_float_code(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & UINT32_C(0x80000000) ? ~bits : bits | UINT32_C(0x80000000);
}

static inline TRKX_EVERYWHERE uint64_t trkx_key(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

static inline TRKX_EVERYWHERE uint32_t trkx_key_high(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

static inline TRKX_EVERYWHERE uint32_t trkx_key_low(uint64_t key)
{
    return (uint32_t)key;
}

/* Orders neighbours as nodes keep them: nearer first, then the lower index. (bits of d2,
 * index): floats >= 0 are in the order of their bits. */
static inline TRKX_EVERYWHERE uint64_t trkx_neighbour_key(float d2, size_t index)
{
    uint32_t bits;
    memcpy(&bits, &d2, sizeof bits);
    return trkx_key(bits, (uint32_t)index);
}

/* The limit of a node that keeps all neighbours: no key is greater. */
#define TRKX_KEEP_ALL UINT64_MAX

/* A pair is kept if either end keeps it: limits[i] is the key of the last neighbour that i keeps. */
static inline TRKX_EVERYWHERE bool trkx_pair_kept(const uint64_t *limits, size_t i, size_t j, float d2)
{
    return trkx_neighbour_key(d2, j) <= limits[i] || trkx_neighbour_key(d2, i) <= limits[j];
}

static inline TRKX_EVERYWHERE void trkx_keys_insertion(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

/* A key with about `rank` of the `count` keys below it: from a sample at places that depend on *state, so
 * that no order of the input is bad. */
static inline TRKX_EVERYWHERE uint64_t trkx_keys_pivot(const uint64_t *keys, size_t count, size_t rank,
                                                       uint64_t *state)
{
    enum { FEW = 3, MANY = 33, LARGE = 1 << 11 };
    uint64_t sample[MANY];
    size_t size = count < LARGE ? FEW : MANY;
    for (size_t i = 0; i < size; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth, MMIX */
        sample[i] = keys[(*state >> 33) % count];
    }
    trkx_keys_insertion(sample, size);
    return sample[size == FEW ? 1 : rank * size / count];
}

/* Moves the keys below `bound` to the front; returns their number. Branch-free, as half of the predictions
 * would be wrong. */
static inline TRKX_EVERYWHERE size_t trkx_keys_split(uint64_t *keys, size_t count, uint64_t bound)
{
    size_t below = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t key = keys[i];
        keys[i] = keys[below];
        keys[below] = key;
        below += key < bound;
    }
    return below;
}

/* Splits keys at a pivot near `rank`: keys[0..low) <= keys[high..count), and all between are equal. The
 * middle has at least one key, or both sides do. */
static inline TRKX_EVERYWHERE void trkx_keys_partition(uint64_t *keys, size_t count, size_t rank,
                                                       uint64_t *state, size_t *low, size_t *high)
{
    uint64_t pivot = trkx_keys_pivot(keys, count, rank, state);
    *low = *high = trkx_keys_split(keys, count, pivot);
    if (*low == 0) *high = pivot == UINT64_MAX ? count : trkx_keys_split(keys, count, pivot + 1);
}

/* Moves the key of rank nth (from 0, < count) to its place: smaller ones before, larger ones after. Expected
 * O(count). */
static inline TRKX_EVERYWHERE void trkx_keys_select(uint64_t *keys, size_t count, size_t nth)
{
    uint64_t state = count;
    while (count > TRKX_KEYS_SHORT) {
        size_t low, high;
        trkx_keys_partition(keys, count, nth, &state, &low, &high);
        if (nth < low)
            count = low;
        else if (nth >= high) {
            keys += high;
            count -= high;
            nth -= high;
        } else
            return;
    }
    trkx_keys_insertion(keys, count);
}

/* Ascending. Quicksort, the larger part last, so that the stack stays at O(log count). */
static inline void trkx_keys_sort(uint64_t *keys, size_t count)
{
    struct part {
        uint64_t *keys;
        size_t count;
    } stack[64] = {{keys, count}};
    uint64_t state = count;
    for (size_t depth = 1; depth > 0;) {
        struct part part = stack[--depth];
        if (part.count <= TRKX_KEYS_SHORT) {
            trkx_keys_insertion(part.keys, part.count);
            continue;
        }
        size_t low, high;
        trkx_keys_partition(part.keys, part.count, part.count / 2, &state, &low, &high);
        struct part left = {part.keys, low}, right = {part.keys + high, part.count - high};
        stack[depth++] = left.count > right.count ? left : right;
        stack[depth++] = left.count > right.count ? right : left;
    }
}

#endif
