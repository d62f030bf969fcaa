/* Allocation: checked, counted per run, 64-byte aligned; from the system or from an arena. */
#ifndef TRKX_CORE_MEMORY_H
#define TRKX_CORE_MEMORY_H

#include <stdatomic.h>
#include <stddef.h>

#include "core/error.h"
#include "core/system.h"

struct trkx_arena; /* src/core/arena.h */

/* The memory of one run, and its source. Blocks counted here must be released before it is destroyed: what is
 * passed to the caller is allocated without it. Zero-initialise. Thread-safe. */
struct trkx_memory {
    atomic_size_t current, peak; /* bytes of the blocks */
    struct trkx_arena *arena;    /* NULL: each block comes from the system */
};

/* count * size bytes, uninitialised; NULL if that overflows or fails. count or size 0: a block that can be
 * released. `memory` NULL: from the system, not counted. */
void *trkx_allocate(struct trkx_memory *memory, size_t count, size_t size);
void *trkx_allocate_zero(struct trkx_memory *memory, size_t count, size_t size);
/* Like realloc: keeps the content and the block's owner; on failure the old block is unchanged. block not
 * NULL. */
void *trkx_reallocate(void *block, size_t count, size_t size);
/* Releases the part of a block beyond count * size bytes, if it is from an arena. The block does not move.
 * NULL: nothing. */
void trkx_shrink(void *block, size_t count, size_t size);
void trkx_release(void *block);         /* NULL: nothing */
char *trkx_duplicate(const char *text); /* a copy, no counter */

/* Resets the peak to what is held now; returns the previous peak. */
size_t trkx_memory_restart(struct trkx_memory *memory);

/* `pointer = trkx_allocate(...)`, or jumps to `cleanup:` with a message; needs locals `status`, `error`. */
#define TRKX_ALLOCATE(pointer, memory, count, what)                                        \
    do {                                                                                   \
        (pointer) = trkx_allocate((memory), (count), sizeof *(pointer));                   \
        if ((pointer) == NULL) {                                                           \
            status = trkx_fail_memory(error, (what), (size_t)(count) * sizeof *(pointer)); \
            goto cleanup;                                                                  \
        }                                                                                  \
    } while (0)

#endif
