/* Reads events with memory from arenas, and from bytes in memory. */
#ifndef TRKX_IO_EVENT_READ_H
#define TRKX_IO_EVENT_READ_H

#include "core/arena.h"
#include "io/table.h"

/* Columns of a file, by name. */
struct trkx_column_names {
    const char *const *names;
    size_t count;
};

/* As trkx_event_read_columns, with the event's arrays and temporary memory from arenas. NULL: from the
 * system. */
enum trkx_status trkx_event_read_in(struct trkx_arenas *arenas, const char *prefix, unsigned parts,
                                    int threads, const struct trkx_column_names *further,
                                    struct trkx_event **event, trkx_error *error);

/* Whether this is a standard column of hits: hit_id, x, ... */
bool trkx_hits_own_column(const char *name);

/* The files of an event, in the order in which they are read. */
enum trkx_event_file { TRKX_FILE_HITS, TRKX_FILE_CELLS, TRKX_FILE_TRUTH, TRKX_FILE_PARTICLES, TRKX_FILES };

/* texts [TRKX_FILES]: bytes NULL for missing files; the hits must exist. part_size: of the tables, see
 * trkx_table_open. Errors: MEMORY, FORMAT. */
enum trkx_status trkx_event_parse(const char *name, const struct trkx_text *texts, int threads,
                                  size_t part_size, trkx_event **event, trkx_error *error);

#endif
