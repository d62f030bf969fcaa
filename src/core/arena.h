/* Memory that is used again. The blocks of one event come out of its arena, and the arena goes to the next
 * event: after a few events nothing is asked of the system, and no page is touched for the first time. A
 * fresh page costs more than most of what is done with it: a quarter of a run's time was their clearing. */
#ifndef TRKX_CORE_ARENA_H
#define TRKX_CORE_ARENA_H

#include "core/system.h"

/* A few segments from the system, and what is free in them. Any thread may take and give at any time. */
struct trkx_arena;

/* A block at a multiple of TRKX_ALIGNMENT; bytes is one as well. NULL when memory is out. */
void *trkx_arena_take(struct trkx_arena *arena, size_t bytes);
void trkx_arena_give(struct trkx_arena *arena, void *block, size_t bytes);
/* Gives back the end of a block, which stays: `bytes`, a multiple of TRKX_ALIGNMENT, less than the block. */
void trkx_arena_give_end(struct trkx_arena *arena, void *end, size_t bytes);

/* Arenas that wait for an event, of any number that are in use at once. What was lent last is lent first. */
struct trkx_arenas;

/* NULL when memory is out. */
struct trkx_arenas *trkx_arenas_create(void);
/* Frees the waiting arenas; those that are in use follow when they are returned. NULL: nothing. */
void trkx_arenas_close(struct trkx_arenas *arenas);
/* An arena, with segments of at least `expected` bytes, of which only what is touched takes memory. NULL when
 * memory is out. */
struct trkx_arena *trkx_arenas_lend(struct trkx_arenas *arenas, size_t expected);
/* All its blocks have been given back. Where they did not fit into one segment, the next time they will.
 * NULL: nothing. */
void trkx_arenas_return(struct trkx_arena *arena);

/* For the tests: arenas in use, and blocks that were not given back to the others. */
size_t trkx_arenas_lent(struct trkx_arenas *arenas);

#endif
