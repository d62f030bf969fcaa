/* Events that a command is to work on. */
#ifndef TRKX_PROGRAMS_EVENTS_H
#define TRKX_PROGRAMS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "trkx.h"

/* Paths of the events that the arguments stand for: a prefix, a file of an event, or a directory of events
 * (sorted). An event that is named twice is one. Prints and returns false where a directory holds none. */
struct events {
    size_t count;
    char **prefixes;
};
bool events_find(char *const *arguments, size_t count, struct events *events);
void events_release(struct events *events);
/* Prints and returns false where two events, of different directories, have one name: what is written of them
 * would have one too. */
bool events_differ_in_name(const struct events *events);

/* Of several events, a line: how many failed, and how many were not run at all. */
void print_failures(size_t events, size_t failures, size_t done);

/* A line on standard error where the event's coordinates are hardly millimetres; once for all events. */
void warn_of_units(const trkx_event *event);

#endif
