/* gzip data. */
#ifndef TRKX_IO_GZIP_H
#define TRKX_IO_GZIP_H

#include "io/buffer.h"

bool trkx_is_gzip(const char *bytes, size_t length);

/* Nothing that is read here unpacks to more than this: it is a bomb. Tables of numbers take 3 to 10 times the
 * room that they have packed, deflate reaches 1032. */
static inline size_t trkx_gzip_most(size_t packed)
{
    return 100 * packed + ((size_t)64 << 20);
}

/* Unpacks all members of packed [length], one after the other (as gzip does), into the empty *unpacked, whose
 * memory stays within what the data really hold, times 2. The bytes are the caller's to release, on failure
 * as well. Errors: MEMORY, FORMAT (truncated, damaged, something follows, or too much; the message does not
 * name the file). */
enum trkx_status trkx_gzip_unpack(const char *packed, size_t length, struct trkx_buffer *unpacked,
                                  trkx_error *error);

#endif
