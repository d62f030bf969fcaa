/* Reads tracks from bytes in memory, as trkx_tracks_read does from a file. */
#ifndef TRKX_IO_TRACKS_READ_H
#define TRKX_IO_TRACKS_READ_H

#include "io/text.h"

/* event: its name, or NULL. labels [n] are written only on success, -1 for unlisted hits. Errors:
 * MEMORY, FORMAT, ARGUMENT (repeated hit_id in hits). */
enum trkx_status trkx_tracks_parse(const struct trkx_text *text, const char *event, const trkx_hits *hits,
                                   int32_t *labels, trkx_error *error);

#endif
