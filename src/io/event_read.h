/* Reading events with memory from arenas, and from bytes in memory. */
#ifndef TRKX_IO_EVENT_READ_H
#define TRKX_IO_EVENT_READ_H

#include "core/arena.h"
#include "io/table.h"

/* As trkx_event_read, with the event's arrays, and what is held only while reading, from one of the arenas.
 * NULL: from the system. */
enum trkx_status trkx_event_read_in(struct trkx_arenas *arenas, const char *prefix, unsigned parts,
                                    int threads, struct trkx_event **event, trkx_error *error);

/* The files of an event, in the order in which they are read. */
enum trkx_event_file { TRKX_FILE_HITS, TRKX_FILE_CELLS, TRKX_FILE_TRUTH, TRKX_FILE_PARTICLES, TRKX_FILES };

/* texts [TRKX_FILES]: those with bytes NULL are not there; the hits are. part_size: that of the tables, see
 * trkx_table_open. Errors: MEMORY, FORMAT. */
enum trkx_status trkx_event_parse(const char *name, const struct trkx_text *texts, int threads,
                                  size_t part_size, trkx_event **event, trkx_error *error);

/* Errors: ARGUMENT (a coordinate is not finite; the message names the hit). In src/features/features.c. */
enum trkx_status trkx_hits_check_positions(const trkx_hits *hits, trkx_error *error);

#endif
