/* Allocates blocks from the system, large ones on huge pages, and fails on demand for the tests. */
#include "core/system.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static atomic_long taken;        /* from the system */
static atomic_long allocations;  /* since the last call of the tests */
static atomic_long allowed = -1; /* negative: all */

bool trkx_system_refuses(void)
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

/* aligned_alloc requires a multiple of the alignment. */
static size_t round_up(size_t bytes, size_t alignment)
{
    return (bytes + alignment - 1) / alignment * alignment;
}

/* Large blocks on huge pages if available: a 100 MB tensor otherwise costs 25,000 page faults,
 * a quarter of the GNN's time. */
void *trkx_system_take(size_t bytes)
{
    enum { HUGE_PAGE = 1 << 21 };
    if (trkx_system_refuses() || bytes > SIZE_MAX / 2) return NULL;
    atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed);
    if (bytes < 2 * HUGE_PAGE) return aligned_alloc(TRKX_ALIGNMENT, round_up(bytes, TRKX_ALIGNMENT));
    void *block = aligned_alloc(HUGE_PAGE, round_up(bytes, HUGE_PAGE));
    if (block != NULL) madvise(block, bytes, MADV_HUGEPAGE);
    return block;
}

void trkx_system_give(void *block)
{
    free(block);
}

long trkx_memory_taken(void)
{
    return atomic_load(&taken);
}
