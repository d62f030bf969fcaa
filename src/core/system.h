/* Blocks from the system, at the bottom of all memory; able to fail on demand for the tests. */
#ifndef TRKX_CORE_SYSTEM_H
#define TRKX_CORE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

#define TRKX_ALIGNMENT ((size_t)64) /* a cache line, and the widest vector */

/* A block at a multiple of TRKX_ALIGNMENT, uninitialised; NULL when memory is out, or refused as below. */
void *trkx_system_take(size_t bytes);
void trkx_system_give(void *block); /* NULL: nothing */

/* Counts an allocation; true where the tests want it to fail. trkx_system_take asks itself. */
bool trkx_system_refuses(void);

/* For the tests: the next `after` allocations succeed, every later one fails; negative: none fails.
 * Returns how many allocations were made since the last call. */
long trkx_memory_fail_after(long after);

/* For the tests: how many blocks were taken from the system so far. */
long trkx_memory_taken(void);

#endif
