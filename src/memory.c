#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* In front of every block, one alignment long, so that the block stays aligned. */
struct header {
    size_t bytes; /* with the header */
    struct trkx_memory *memory;
};
_Static_assert(sizeof(struct header) <= 64, "the header fits in front of an aligned block");

static atomic_long allocations;             /* made since the tests asked */
static atomic_long allowed = -1;            /* negative: all */

static int refused(void)
{
    long made = atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    long limit = atomic_load_explicit(&allowed, memory_order_relaxed);
    return limit >= 0 && made >= limit;
}

long trkx_memory_fail_after(long after)
{
    atomic_store(&allowed, after);
    return atomic_exchange(&allocations, 0);
}

static void count_in(struct trkx_memory *memory, size_t bytes)
{
    if (memory == NULL) return;
    size_t now = atomic_fetch_add(&memory->current, bytes) + bytes;
    size_t peak = atomic_load(&memory->peak);
    while (now > peak && !atomic_compare_exchange_weak(&memory->peak, &peak, now)) {}
}

static void count_out(struct trkx_memory *memory, size_t bytes)
{
    if (memory != NULL) atomic_fetch_sub(&memory->current, bytes);
}

/* Large blocks on huge pages where the system has them: a 100 MB tensor otherwise costs 25,000 page faults,
 * a quarter of the GNN's time. */
static void *take(size_t bytes)
{
    enum { HUGE_PAGE = 1 << 21 };
    if (bytes < 2 * HUGE_PAGE) return aligned_alloc(TRKX_ALIGNMENT, bytes);
    void *block = aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    if (block != NULL) madvise(block, bytes, MADV_HUGEPAGE);
    return block;
}

void *trkx_allocate(struct trkx_memory *memory, size_t count, size_t size)
{
    if (refused()) return NULL;
    if (size != 0 && count > SIZE_MAX / 2 / size) return NULL;
    size_t bytes = (count * size + 2 * TRKX_ALIGNMENT - 1) / TRKX_ALIGNMENT * TRKX_ALIGNMENT;
    struct header *header = take(bytes);
    if (header == NULL) return NULL;
    header->bytes = bytes;
    header->memory = memory;
    count_in(memory, bytes);
    return (char *)header + TRKX_ALIGNMENT;
}

void *trkx_allocate_zero(struct trkx_memory *memory, size_t count, size_t size)
{
    void *block = trkx_allocate(memory, count, size);
    if (block != NULL) memset(block, 0, count * size);
    return block;
}

static struct header *header_of(void *block)
{
    return (struct header *)(void *)((char *)block - TRKX_ALIGNMENT);
}

void *trkx_reallocate(void *block, size_t count, size_t size)
{
    struct header *old = header_of(block);
    void *grown = trkx_allocate(old->memory, count, size);
    if (grown == NULL) return NULL;
    size_t held = old->bytes - TRKX_ALIGNMENT, wanted = count * size;
    memcpy(grown, block, held < wanted ? held : wanted);
    trkx_release(block);
    return grown;
}

void trkx_release(void *block)
{
    if (block == NULL) return;
    struct header *header = header_of(block);
    count_out(header->memory, header->bytes);
    free(header);
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
