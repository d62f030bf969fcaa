/* Events that a command works on. */
#ifndef TRKX_PROGRAMS_EVENTS_H
#define TRKX_PROGRAMS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "trkx.h"

/* Paths of the events that the arguments stand for: a prefix, a file of an event, or a directory of events
 * (sorted). An event named twice counts once. Prints and returns false if a directory contains none. */
struct events {
    size_t count;
    char **prefixes;
};
bool events_find(char *const *arguments, size_t count, struct events *events);
void events_release(struct events *events);
/* Prints and returns false if two events from different directories have the same name: so would their
 * outputs. */
bool events_differ_in_name(const struct events *events);

/* For several events, a line: how many failed, and how many were not run. */
void print_failures(size_t events, size_t failures, size_t done);

/* A warning if the event's coordinates are unlikely to be millimetres; once for all events. */
void warn_of_units(const trkx_event *event);

#endif
