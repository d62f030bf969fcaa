/* gzip data. */
#ifndef TRKX_SRC_GZIP_H
#define TRKX_SRC_GZIP_H

#include "text.h"

bool trkx_is_gzip(const char *bytes, size_t length);

/* Unpacks all members of packed->bytes, one after the other (as gzip does), into the empty *unpacked, whose
 * memory stays within what the data really hold, times 2. The bytes are the caller's to release, on failure
 * as well. Errors: MEMORY, FORMAT (truncated, damaged, or something follows). */
enum trkx_status trkx_gzip_unpack(const struct trkx_text *packed, struct trkx_buffer *unpacked,
                                  trkx_error *error);

#endif
