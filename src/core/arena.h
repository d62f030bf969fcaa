/* Memory reused from event to event. The blocks of an event come from its arena, which is then passed to the
 * next one: after a few events nothing is allocated from the system, and no page is touched for the first
 * time. Clearing fresh pages took a quarter of a run's time. */
#ifndef TRKX_CORE_ARENA_H
#define TRKX_CORE_ARENA_H

#include "core/system.h"

/* A few segments from the system, and their free ranges. Thread-safe. */
struct trkx_arena;

/* A block at a multiple of TRKX_ALIGNMENT; bytes has to be a multiple, too. NULL if out of memory. */
void *trkx_arena_take(struct trkx_arena *arena, size_t bytes);
void trkx_arena_give(struct trkx_arena *arena, void *block, size_t bytes);
/* Releases the last `bytes` of a block: a multiple of TRKX_ALIGNMENT, less than the block. */
void trkx_arena_give_end(struct trkx_arena *arena, void *end, size_t bytes);

/* A pool of arenas waiting for an event; any number can be in use at once. The last one returned is lent
 * first. */
struct trkx_arenas;

/* NULL if out of memory. */
struct trkx_arenas *trkx_arenas_create(void);
/* Frees the waiting arenas; those in use are freed when returned. NULL: nothing. */
void trkx_arenas_close(struct trkx_arenas *arenas);
/* Lends an arena with segments of at least `expected` bytes; untouched parts take no memory. NULL if out of
 * memory. */
struct trkx_arena *trkx_arenas_lend(struct trkx_arenas *arenas, size_t expected);
/* Returns an arena, whose blocks have to be released. If they did not fit into one segment, they will next
 * time. NULL: nothing. */
void trkx_arenas_return(struct trkx_arena *arena);

/* For the tests: arenas in use, and unreleased blocks in the others. */
size_t trkx_arenas_lent(struct trkx_arenas *arenas);

#endif
