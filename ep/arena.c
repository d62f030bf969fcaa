/* Allocates the chunks of an arena, and jumps back to the EP_TRY of the work when it gives up. */
#include "ep/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, CHUNK = 1 << 16 };

struct ep_chunk {
    _Alignas(ALIGNMENT) struct ep_chunk *next;
    size_t size; /* of data */
    _Alignas(ALIGNMENT) char data[];
};

_Noreturn void ep_give_up(struct ep_arena *arena, enum ep_reason reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(arena->message, sizeof arena->message, format, arguments);
    va_end(arguments);
    arena->reason = reason;
    longjmp(*arena->returns, 1);
}

static void add_chunk(struct ep_arena *arena, size_t least)
{
    size_t size = least > CHUNK ? least : CHUNK;
    struct ep_chunk *chunk = aligned_alloc(ALIGNMENT, sizeof *chunk + size);
    if (chunk == NULL) ep_give_up(arena, EP_REASON_MEMORY, "out of memory (%zu bytes)", size);
    chunk->next = arena->chunks;
    chunk->size = size;
    arena->chunks = chunk;
    arena->used = 0;
}

void *ep_alloc(struct ep_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 4 / size)
        ep_give_up(arena, EP_REASON_MEMORY, "out of memory (%zu times %zu bytes)", count, size);
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (arena->chunks == NULL || arena->chunks->size - arena->used < bytes) add_chunk(arena, bytes);
    void *block = arena->chunks->data + arena->used;
    arena->used += bytes;
    return memset(block, 0, bytes);
}

void *ep_copy(struct ep_arena *arena, const void *from, size_t count, size_t size)
{
    void *block = ep_alloc(arena, count, size);
    if (count > 0) memcpy(block, from, count * size);
    return block;
}

void *ep_grow(struct ep_arena *arena, void *array, size_t count, size_t size)
{
    bool power = (count & (count - 1)) == 0; /* capacities are powers of two, at least 8 */
    if (count != 0 && (!power || count < 8)) return array;
    void *larger = ep_alloc(arena, count < 8 ? 8 : 2 * count, size);
    if (count > 0) memcpy(larger, array, count * size);
    return larger;
}

void ep_arena_free(struct ep_arena *arena)
{
    while (arena->chunks != NULL) {
        struct ep_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
}
