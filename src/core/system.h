/* Blocks from the system, at the bottom of all memory; able to fail on demand for the tests. */
#ifndef TRKX_CORE_SYSTEM_H
#define TRKX_CORE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

#define TRKX_ALIGNMENT ((size_t)64) /* a cache line, and the widest vector */

/* A block at a multiple of TRKX_ALIGNMENT, uninitialised; NULL if out of memory, or refused as below. */
void *trkx_system_take(size_t bytes);
void trkx_system_give(void *block); /* NULL: nothing */

/* Counts an allocation; true if it has to fail for the tests. trkx_system_take calls it. */
bool trkx_system_refuses(void);

/* For the tests: the next `after` allocations succeed, every later one fails; negative: none fails. Returns
 * the number of allocations since the last call. */
long trkx_memory_fail_after(long after);

/* For the tests: number of blocks allocated from the system so far. */
long trkx_memory_taken(void);

#endif
