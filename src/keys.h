/* 64-bit keys: order-preserving codes of floats, selection and sorting. A key is often (code << 32 | index),
 * so that keys are unique and ties go to the lower index. */
#ifndef TRKX_SRC_KEYS_H
#define TRKX_SRC_KEYS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TRKX_KEYS_SHORT = 24 }; /* up to here insertion sort wins */

/* Unsigned integers in the order of the floats (not NaN; -0 before +0): negative numbers have all bits
 * inverted, others the sign bit. */
static inline uint32_t trkx_float_code(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & UINT32_C(0x80000000) ? ~bits : bits | UINT32_C(0x80000000);
}

static inline uint64_t trkx_key(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

static inline uint32_t trkx_key_high(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

static inline uint32_t trkx_key_low(uint64_t key)
{
    return (uint32_t)key;
}

static inline void trkx_keys_insertion(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

/* The median of three keys at places that depend on *state, so that no order of the input is a bad one. */
static inline uint64_t trkx_keys_pivot(const uint64_t *keys, size_t count, uint64_t *state)
{
    uint64_t x[3];
    for (int i = 0; i < 3; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth, MMIX */
        x[i] = keys[(*state >> 33) % count];
    }
    trkx_keys_insertion(x, 3);
    return x[1];
}

/* Hoare's partition around a pivot that occurs: afterwards keys[0..left] <= pivot <= keys[right..count),
 * where what lies between equals the pivot. left may be -1, right may be count. */
static inline void trkx_keys_partition(uint64_t *keys, size_t count, uint64_t pivot, ptrdiff_t *left,
                                       ptrdiff_t *right)
{
    ptrdiff_t i = 0, j = (ptrdiff_t)count - 1;
    while (i <= j) {
        while (keys[i] < pivot) i++;
        while (keys[j] > pivot) j--;
        if (i > j) break;
        uint64_t swap = keys[i];
        keys[i++] = keys[j];
        keys[j--] = swap;
    }
    *left = j;
    *right = i;
}

/* Puts the key of rank nth (from 0, < count) in its place: smaller ones before, larger ones after. Expected
 * O(count). */
static inline void trkx_keys_select(uint64_t *keys, size_t count, size_t nth)
{
    uint64_t state = count;
    while (count > TRKX_KEYS_SHORT) {
        ptrdiff_t left, right;
        trkx_keys_partition(keys, count, trkx_keys_pivot(keys, count, &state), &left, &right);
        if ((ptrdiff_t)nth <= left)
            count = (size_t)left + 1;
        else if ((ptrdiff_t)nth >= right) {
            keys += right;
            count -= (size_t)right;
            nth -= (size_t)right;
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
        ptrdiff_t left, right;
        trkx_keys_partition(part.keys, part.count, trkx_keys_pivot(part.keys, part.count, &state), &left,
                            &right);
        struct part low = {part.keys, (size_t)(left + 1)};
        struct part high = {part.keys + right, part.count - (size_t)right};
        stack[depth++] = low.count > high.count ? low : high;
        stack[depth++] = low.count > high.count ? high : low;
    }
}

#endif
