/* Allocates blocks, each behind a header with its owner and size. */
#include "core/memory.h"

#include <stdint.h>
#include <string.h>

#include "core/arena.h"
#include "core/poison.h"

/* In front of every block, one alignment long, so that the block stays aligned. The rest of that, and of the
 * last alignment after the block, is poisoned. */
struct header {
    size_t bytes; /* of the block, as requested */
    struct trkx_memory *memory;
};
_Static_assert(sizeof(struct header) < 64, "the header fits in front of an aligned block");

static void count_in(struct trkx_memory *memory, size_t bytes)
{
    if (memory == NULL) return;
    size_t now = atomic_fetch_add(&memory->current, bytes) + bytes;
    size_t peak = atomic_load(&memory->peak);
    while (now > peak && !atomic_compare_exchange_weak(&memory->peak, &peak, now)) {
    }
}

static void count_out(struct trkx_memory *memory, size_t bytes)
{
    if (memory != NULL) atomic_fetch_sub(&memory->current, bytes);
}

static struct trkx_arena *arena_of(const struct trkx_memory *memory)
{
    return memory == NULL ? NULL : memory->arena;
}

static struct header *header_of(void *block)
{
    return (struct header *)(void *)((char *)block - TRKX_ALIGNMENT);
}

/* The size of a block with its header, rounded up to the alignment. */
static size_t taken_by(size_t bytes)
{
    return (bytes + 2 * TRKX_ALIGNMENT - 1) / TRKX_ALIGNMENT * TRKX_ALIGNMENT;
}

static void poison_rims(struct header *header)
{
    size_t end = TRKX_ALIGNMENT + header->bytes;
    TRKX_POISON(header + 1, TRKX_ALIGNMENT - sizeof *header);
    TRKX_POISON((char *)header + end, taken_by(header->bytes) - end);
}

void *trkx_allocate(struct trkx_memory *memory, size_t count, size_t size)
{
    struct trkx_arena *arena = arena_of(memory);
    if (size != 0 && count > SIZE_MAX / 2 / size) return NULL;
    if (arena != NULL && trkx_system_refuses()) return NULL;
    size_t bytes = taken_by(count * size);
    struct header *header = arena != NULL ? trkx_arena_take(arena, bytes) : trkx_system_take(bytes);
    if (header == NULL) return NULL;
    *header = (struct header){count * size, memory};
    poison_rims(header);
    count_in(memory, bytes);
    return (char *)header + TRKX_ALIGNMENT;
}

void *trkx_allocate_zero(struct trkx_memory *memory, size_t count, size_t size)
{
    void *block = trkx_allocate(memory, count, size);
    if (block != NULL) memset(block, 0, count * size);
    return block;
}

void *trkx_reallocate(void *block, size_t count, size_t size)
{
    struct header *old = header_of(block);
    void *grown = trkx_allocate(old->memory, count, size);
    if (grown == NULL) return NULL;
    size_t wanted = count * size;
    memcpy(grown, block, old->bytes < wanted ? old->bytes : wanted);
    trkx_release(block);
    return grown;
}

void trkx_shrink(void *block, size_t count, size_t size)
{
    if (block == NULL) return;
    struct header *header = header_of(block);
    struct trkx_arena *arena = arena_of(header->memory);
    size_t bytes = taken_by(count * size), surplus = taken_by(header->bytes) - bytes;
    if (arena == NULL) return;
    header->bytes = count * size;
    poison_rims(header);
    if (surplus == 0) return;
    count_out(header->memory, surplus);
    trkx_arena_give_end(arena, (char *)header + bytes, surplus);
}

void trkx_release(void *block)
{
    if (block == NULL) return;
    struct header *header = header_of(block);
    struct trkx_arena *arena = arena_of(header->memory);
    size_t bytes = taken_by(header->bytes);
    count_out(header->memory, bytes);
    if (arena != NULL) {
        trkx_arena_give(arena, header, bytes);
    } else {
        TRKX_UNPOISON(header, bytes);
        trkx_system_give(header);
    }
}

char *trkx_duplicate(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = trkx_allocate(NULL, bytes, 1);
    return copy == NULL ? NULL : memcpy(copy, text, bytes);
}

size_t trkx_memory_restart(struct trkx_memory *memory)
{
    return atomic_exchange(&memory->peak, atomic_load(&memory->current));
}
