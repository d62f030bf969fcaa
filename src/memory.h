/* Allocation: checked, counted per run, 64-byte aligned, and able to fail on demand for the tests. */
#ifndef TRKX_SRC_MEMORY_H
#define TRKX_SRC_MEMORY_H

#include <stdatomic.h>
#include <stddef.h>

#include "error.h"

#define TRKX_ALIGNMENT ((size_t)64) /* a cache line, and the widest vector */

/* Counts what one run holds. Blocks counted here must be released before the counter goes away: what is
 * handed to the caller is allocated with no counter. Zero-initialise. Any thread. */
struct trkx_memory {
    atomic_size_t current, peak; /* bytes */
};

/* count * size bytes, uninitialised; NULL where that overflows or fails. count or size 0: a block that may
 * be released. `memory` may be NULL. */
void *trkx_allocate(struct trkx_memory *memory, size_t count, size_t size);
void *trkx_allocate_zero(struct trkx_memory *memory, size_t count, size_t size);
/* As realloc: keeps the content and the block's counter; on failure the old block stays. block not NULL. */
void *trkx_reallocate(void *block, size_t count, size_t size);
void trkx_release(void *block); /* NULL: nothing */
char *trkx_duplicate(const char *text); /* a copy, no counter */

/* Restarts the peak at what is held now; returns the peak until now. */
size_t trkx_memory_restart(struct trkx_memory *memory);

/* `pointer = trkx_allocate(...)`, or leaves by `cleanup:` with a message; needs locals `status`, `error`. */
#define TRKX_ALLOCATE(pointer, memory, count, what)                                                      \
    do {                                                                                                 \
        (pointer) = trkx_allocate((memory), (count), sizeof *(pointer));                                 \
        if ((pointer) == NULL) {                                                                         \
            status = trkx_fail_memory(error, (what), (size_t)(count) * sizeof *(pointer));               \
            goto cleanup;                                                                                \
        }                                                                                                \
    } while (0)

/* For the tests: the next `after` allocations succeed, every later one fails; negative: none fails.
 * Returns how many allocations were made since the last call. */
long trkx_memory_fail_after(long after);

#endif
