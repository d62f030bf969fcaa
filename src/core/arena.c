/* Divides segments from the system into blocks, and keeps released blocks for the next event. */
#include "core/arena.h"

#include <pthread.h>
#include <string.h>

#include "core/poison.h"

/* The start of a segment, one alignment long; its memory follows. */
struct segment {
    struct segment *next;
    size_t bytes; /* with this */
};

struct range {
    char *begin;
    size_t bytes;
};

struct trkx_arena {
    struct trkx_arenas *owner;
    struct trkx_arena *next; /* among the waiting ones */
    pthread_mutex_t lock;    /* of all that follows */
    struct segment *segments;
    size_t segments_count, bytes; /* of all segments */
    size_t expected;              /* minimum size of a segment */
    size_t blocks;                /* in use */
    struct range *ranges; /* [free_count] by address; between two of them is a block or a segment's end */
    size_t free_count, ranges_space;
};

/* ---- segments --------------------------------------------------------------------------------------- */

/* The first range of at least this many bytes, or free_count. First fit works as well as best fit for the
 * networks' requests, and is more likely to return memory that was already touched. */
static size_t find_range(const struct trkx_arena *arena, size_t bytes)
{
    size_t r = 0;
    while (r < arena->free_count && arena->ranges[r].bytes < bytes) r++;
    return r;
}

/* Number of ranges below an address. */
static size_t count_below(const struct trkx_arena *arena, const char *address)
{
    size_t low = 0, high = arena->free_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (arena->ranges[middle].begin < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Frees a range, merging it with adjacent ones. There has to be space for one more. */
static void insert_range(struct trkx_arena *arena, char *begin, size_t bytes)
{
    size_t r = count_below(arena, begin);
    struct range *above = arena->ranges + r, *below = above - (r > 0);
    bool joins_below = r > 0 && below->begin + below->bytes == begin;
    bool joins_above = r < arena->free_count && begin + bytes == above->begin;
    if (joins_below && joins_above) {
        below->bytes += bytes + above->bytes;
        memmove(above, above + 1, (--arena->free_count - r) * sizeof *above);
    } else if (joins_below) {
        below->bytes += bytes;
    } else if (joins_above) {
        *above = (struct range){begin, bytes + above->bytes};
    } else {
        memmove(above + 1, above, (arena->free_count++ - r) * sizeof *above);
        *above = (struct range){begin, bytes};
    }
}

/* Space for all possible ranges after adding a block and a segment: a segment has at most one more range than
 * blocks. */
static bool reserve_ranges(struct trkx_arena *arena)
{
    size_t most = arena->blocks + 1 + arena->segments_count + 1;
    if (most <= arena->ranges_space) return true;
    struct range *ranges = trkx_system_take(2 * most * sizeof *ranges);
    if (ranges == NULL) return false;
    if (arena->free_count > 0) memcpy(ranges, arena->ranges, arena->free_count * sizeof *ranges);
    trkx_system_give(arena->ranges);
    arena->ranges = ranges;
    arena->ranges_space = 2 * most;
    return true;
}

/* Adds a segment for a block of this many bytes. It is as large as all before it together, so that there are
 * few; if the system refuses, as small as possible. */
static bool grow(struct trkx_arena *arena, size_t least)
{
    size_t bytes = least > arena->expected ? least : arena->expected;
    if (bytes < arena->bytes) bytes = arena->bytes;
    struct segment *segment = trkx_system_take(bytes += TRKX_ALIGNMENT);
    if (segment == NULL && bytes > least + TRKX_ALIGNMENT)
        segment = trkx_system_take(bytes = least + TRKX_ALIGNMENT);
    if (segment == NULL) return false;
    *segment = (struct segment){arena->segments, bytes};
    arena->segments = segment;
    arena->segments_count++;
    arena->bytes += bytes;
    insert_range(arena, (char *)segment + TRKX_ALIGNMENT, bytes - TRKX_ALIGNMENT);
    TRKX_POISON((char *)segment + TRKX_ALIGNMENT, bytes - TRKX_ALIGNMENT);
    return true;
}

static void release_segments(struct trkx_arena *arena)
{
    for (struct segment *segment = arena->segments, *next; segment != NULL; segment = next) {
        next = segment->next;
        TRKX_UNPOISON(segment, segment->bytes);
        trkx_system_give(segment);
    }
    arena->segments = NULL;
    arena->segments_count = arena->bytes = arena->free_count = 0;
}

/* Replaces several segments by one, if nothing is in use. If that fails for lack of memory, the next block
 * allocates a segment. */
static void join_segments(struct trkx_arena *arena)
{
    size_t bytes = arena->bytes;
    if (arena->blocks > 0 || arena->segments_count < 2) return;
    release_segments(arena);
    grow(arena, bytes);
}

/* ---- blocks ----------------------------------------------------------------------------------------- */

static void *cut_range(struct trkx_arena *arena, size_t r, size_t bytes)
{
    struct range *range = &arena->ranges[r];
    void *block = range->begin;
    range->begin += bytes;
    range->bytes -= bytes;
    if (range->bytes == 0) memmove(range, range + 1, (--arena->free_count - r) * sizeof *range);
    arena->blocks++;
    return block;
}

void *trkx_arena_take(struct trkx_arena *arena, size_t bytes)
{
    void *block = NULL;
    pthread_mutex_lock(&arena->lock);
    if (reserve_ranges(arena)) {
        size_t r = find_range(arena, bytes);
        if (r == arena->free_count && grow(arena, bytes)) r = find_range(arena, bytes);
        if (r < arena->free_count) block = cut_range(arena, r, bytes);
    }
    pthread_mutex_unlock(&arena->lock);
    if (block != NULL) TRKX_UNPOISON(block, bytes);
    return block;
}

void trkx_arena_give(struct trkx_arena *arena, void *block, size_t bytes)
{
    TRKX_POISON(block, bytes);
    pthread_mutex_lock(&arena->lock);
    arena->blocks--;
    insert_range(arena, block, bytes);
    pthread_mutex_unlock(&arena->lock);
}

void trkx_arena_give_end(struct trkx_arena *arena, void *end, size_t bytes)
{
    TRKX_POISON(end, bytes);
    pthread_mutex_lock(&arena->lock);
    insert_range(arena, end, bytes);
    pthread_mutex_unlock(&arena->lock);
}

/* ---- waiting arenas --------------------------------------------------------------------------------- */

struct trkx_arenas {
    pthread_mutex_t lock;
    struct trkx_arena *waiting;
    size_t lent;
    bool closed;
};

static struct trkx_arena *arena_create(struct trkx_arenas *owner)
{
    struct trkx_arena *arena = trkx_system_take(sizeof *arena);
    if (arena == NULL) return NULL;
    *arena = (struct trkx_arena){.owner = owner};
    pthread_mutex_init(&arena->lock, NULL);
    return arena;
}

static void arena_destroy(struct trkx_arena *arena)
{
    release_segments(arena);
    trkx_system_give(arena->ranges);
    pthread_mutex_destroy(&arena->lock);
    trkx_system_give(arena);
}

struct trkx_arenas *trkx_arenas_create(void)
{
    struct trkx_arenas *arenas = trkx_system_take(sizeof *arenas);
    if (arenas == NULL) return NULL;
    *arenas = (struct trkx_arenas){0};
    pthread_mutex_init(&arenas->lock, NULL);
    return arenas;
}

static void arenas_destroy(struct trkx_arenas *arenas)
{
    pthread_mutex_destroy(&arenas->lock);
    trkx_system_give(arenas);
}

void trkx_arenas_close(struct trkx_arenas *arenas)
{
    if (arenas == NULL) return;
    pthread_mutex_lock(&arenas->lock);
    for (struct trkx_arena *arena = arenas->waiting, *next; arena != NULL; arena = next) {
        next = arena->next;
        arena_destroy(arena);
    }
    arenas->waiting = NULL;
    arenas->closed = true;
    bool last = arenas->lent == 0;
    pthread_mutex_unlock(&arenas->lock);
    if (last) arenas_destroy(arenas);
}

struct trkx_arena *trkx_arenas_lend(struct trkx_arenas *arenas, size_t expected)
{
    pthread_mutex_lock(&arenas->lock);
    struct trkx_arena *arena = arenas->waiting;
    if (arena != NULL)
        arenas->waiting = arena->next;
    else
        arena = arena_create(arenas);
    if (arena != NULL) {
        arena->expected = (expected + TRKX_ALIGNMENT - 1) / TRKX_ALIGNMENT * TRKX_ALIGNMENT;
        arenas->lent++;
    }
    pthread_mutex_unlock(&arenas->lock);
    return arena;
}

void trkx_arenas_return(struct trkx_arena *arena)
{
    if (arena == NULL) return;
    struct trkx_arenas *arenas = arena->owner;
    join_segments(arena);
    pthread_mutex_lock(&arenas->lock);
    arena->next = arenas->waiting;
    if (arenas->closed)
        arena_destroy(arena);
    else
        arenas->waiting = arena;
    bool last = --arenas->lent == 0 && arenas->closed;
    pthread_mutex_unlock(&arenas->lock);
    if (last) arenas_destroy(arenas);
}

size_t trkx_arenas_lent(struct trkx_arenas *arenas)
{
    pthread_mutex_lock(&arenas->lock);
    size_t out = arenas->lent;
    for (const struct trkx_arena *arena = arenas->waiting; arena != NULL; arena = arena->next)
        out += arena->blocks;
    pthread_mutex_unlock(&arenas->lock);
    return out;
}
