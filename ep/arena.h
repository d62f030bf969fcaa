/* Memory and failure of one task: reading a graph, planning a run.
 *
 * All memory of a task is in one arena and is released with it, so any function may give up at any point:
 * ep_give_up and failed allocations return to the task's EP_TRY, and nothing leaks. An arena belongs to one
 * thread. */
#ifndef TRKX_EP_ARENA_H
#define TRKX_EP_ARENA_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

enum ep_reason {
    EP_REASON_NONE,
    EP_REASON_MEMORY,
    EP_REASON_UNSUPPORTED, /* not supported by the provider */
    EP_REASON_INPUT        /* the model cannot be run on this input by any provider */
};

struct ep_chunk;

struct ep_arena {
    struct ep_chunk *chunks;
    size_t used; /* of the first chunk */
    enum ep_reason reason;
    char message[256];
    jmp_buf *returns;
};

/* True at first; false after the work that follows gave up, with arena->reason and arena->message. The arena,
 * and anything else that changes afterwards, must not be a local variable of this function unless volatile.
 */
#define EP_TRY(arena, here) ((arena)->returns = &(here), (arena)->reason = EP_REASON_NONE, setjmp(here) == 0)

_Noreturn void ep_give_up(struct ep_arena *arena, enum ep_reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Zeroed, 64-byte aligned; gives up if out of memory. */
void *ep_alloc(struct ep_arena *arena, size_t count, size_t size);
void *ep_copy(struct ep_arena *arena, const void *from, size_t count, size_t size);

/* Makes room for one more element after `count` by doubling an array of the arena. */
void *ep_grow(struct ep_arena *arena, void *array, size_t count, size_t size);

#define EP_PUSH(arena, array, count) \
    ((array) = ep_grow((arena), (array), (count), sizeof *(array)), &(array)[(count)++])

void ep_arena_free(struct ep_arena *arena);

#endif
