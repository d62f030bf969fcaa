/* Memory and failure of one piece of work: reading a graph, planning a run.
 *
 * Everything that such work makes lies in one arena and goes with it, so that any function may give up where
 * it stands: ep_give_up and a failed allocation return to the EP_TRY of the work, and nothing is left behind.
 * An arena belongs to one thread. */
#ifndef TRKX_EP_ARENA_H
#define TRKX_EP_ARENA_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

enum ep_reason {
    EP_REASON_NONE,
    EP_REASON_MEMORY,
    EP_REASON_UNSUPPORTED, /* not the provider's to do */
    EP_REASON_INPUT        /* the model cannot be run on this input, by anyone */
};

struct ep_chunk;

struct ep_arena {
    struct ep_chunk *chunks;
    size_t used; /* of the first chunk */
    enum ep_reason reason;
    char message[256];
    jmp_buf *returns;
};

/* True the first time; false when the work that follows gave up, with arena->reason and arena->message. The
 * arena, and all else that changes afterwards, must not be a local of the function at hand, or has to be
 * volatile. */
#define EP_TRY(arena, here) ((arena)->returns = &(here), (arena)->reason = EP_REASON_NONE, setjmp(here) == 0)

_Noreturn void ep_give_up(struct ep_arena *arena, enum ep_reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Zeros, 64-byte aligned; gives up where there is no memory. */
void *ep_alloc(struct ep_arena *arena, size_t count, size_t size);
void *ep_copy(struct ep_arena *arena, const void *from, size_t count, size_t size);

/* Room for one more element behind `count`: doubles an array of the arena. */
void *ep_grow(struct ep_arena *arena, void *array, size_t count, size_t size);

#define EP_PUSH(arena, array, count) \
    ((array) = ep_grow((arena), (array), (count), sizeof *(array)), &(array)[(count)++])

void ep_arena_free(struct ep_arena *arena);

#endif
