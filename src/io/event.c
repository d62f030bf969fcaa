/* Creates and destroys events. */
#include "io/event.h"

#include <string.h>

#include "core/arena.h"
#include "io/number.h"

enum trkx_status trkx_event_create(const char *name, struct trkx_event **event, trkx_error *error)
{
    *event = trkx_allocate_zero(NULL, 1, sizeof **event);
    if (*event == NULL) return trkx_fail_memory(error, "an event", sizeof **event);
    (*event)->name = trkx_duplicate(name);
    if ((*event)->name != NULL) return TRKX_OK;
    trkx_release(*event);
    *event = NULL;
    return trkx_fail_memory(error, "an event's name", strlen(name) + 1);
}

void *trkx_event_allocate(struct trkx_event *event, size_t count, size_t size)
{
    if (event->blocks_count == sizeof event->blocks / sizeof event->blocks[0]) return NULL;
    void *block = trkx_allocate(&event->memory, count, size);
    if (block != NULL) event->blocks[event->blocks_count++] = block;
    return block;
}

void trkx_event_destroy(trkx_event *event)
{
    if (event == NULL) return;
    for (size_t i = 0; i < event->blocks_count; i++) trkx_release(event->blocks[i]);
    trkx_arenas_return(event->memory.arena);
    trkx_release(event->name);
    trkx_release(event->truth_note);
    trkx_release(event);
}

bool trkx_event_number(const char *name, int64_t *number, const char **end)
{
    static const char first[] = "event";
    if (name == NULL || strncmp(name, first, strlen(first)) != 0) return false;
    *end = name + strlen(first);
    return trkx_is_digit(**end) && trkx_parse_int64(end, number) == NULL;
}

const char *trkx_event_name(const trkx_event *event)
{
    return event->name;
}

const trkx_hits *trkx_event_hits(const trkx_event *event)
{
    return &event->hits;
}

const trkx_truth *trkx_event_truth(const trkx_event *event)
{
    return event->has_truth ? &event->truth : NULL;
}

const trkx_particles *trkx_event_particles(const trkx_event *event)
{
    return event->has_particles ? &event->particles : NULL;
}
