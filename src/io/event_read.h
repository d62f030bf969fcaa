/* Reading events and tracks from bytes in memory: what trkx_event_read and trkx_tracks_read do with files. */
#ifndef TRKX_SRC_HITS_H
#define TRKX_SRC_HITS_H

#include "io/table.h"

/* The files of an event, in the order in which they are read. */
enum trkx_event_file { TRKX_FILE_HITS, TRKX_FILE_CELLS, TRKX_FILE_TRUTH, TRKX_FILE_PARTICLES, TRKX_FILES };

/* texts [TRKX_FILES]: those with bytes NULL are not there; the hits are. part_size: that of the tables, see
 * trkx_table_open. Errors: MEMORY, FORMAT. */
enum trkx_status trkx_event_parse(const char *name, const struct trkx_text *texts, int threads,
                                  size_t part_size, trkx_event **event, trkx_error *error);

/* event: its name, or NULL. labels [n] are written on success only, -1 for hits that are not listed. Errors: MEMORY, FORMAT, ARGUMENT
 * (repeated hit_id in hits). */
enum trkx_status trkx_tracks_parse(const struct trkx_text *text, const char *event, const trkx_hits *hits,
                                   int32_t *labels, trkx_error *error);

/* Errors: ARGUMENT (a coordinate is not finite; the message names the hit). In src/features/features.c. */
enum trkx_status trkx_hits_check_positions(const trkx_hits *hits, trkx_error *error);

#endif
