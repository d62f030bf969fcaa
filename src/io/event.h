/* The content of an event, shared by the reader (src/io/event_read.c) and the simulator (sim/). */
#ifndef TRKX_IO_EVENT_H
#define TRKX_IO_EVENT_H

#include "core/memory.h"

struct trkx_event {
    char *name;
    trkx_hits hits;
    trkx_truth truth;
    trkx_particles particles;
    bool has_truth, has_particles;
    struct trkx_memory memory; /* of every array above; an arena is returned when the event is destroyed */
    void *blocks[32];          /* every array above; released with the event */
    size_t blocks_count;
    trkx_step_record reading; /* by a pipeline */
    char *truth_note;         /* why its truth is not used; NULL: it is, or there is none */
    size_t peak_bytes;        /* peak memory while it was read: its arrays and the files' text */
};

/* An empty event. Errors: MEMORY. */
enum trkx_status trkx_event_create(const char *name, struct trkx_event **event, trkx_error *error);
/* An array that belongs to the event; NULL if out of memory. */
void *trkx_event_allocate(struct trkx_event *event, size_t count, size_t size);

/* The number in "event000001000", and the end of its digits; false if the name, which may be NULL, does not
 * start like this. */
bool trkx_event_number(const char *name, int64_t *number, const char **end);

#endif
