/* What an event is made of: shared by the reader (src/hits.c) and the simulator (sim/). */
#ifndef TRKX_SRC_EVENT_H
#define TRKX_SRC_EVENT_H

#include "memory.h"

struct trkx_event {
    char *name;
    trkx_hits hits;
    trkx_truth truth;
    trkx_particles particles;
    bool has_truth, has_particles;
    void *blocks[32]; /* every array above; released with the event */
    size_t blocks_count;
    size_t peak_bytes; /* most memory held at once while it was read: its arrays and the files' text */
};

/* An empty event. Errors: MEMORY. */
enum trkx_status trkx_event_create(const char *name, struct trkx_event **event, trkx_error *error);
/* An array that belongs to the event; NULL when memory is out. */
void *trkx_event_allocate(struct trkx_event *event, size_t count, size_t size);

#endif
