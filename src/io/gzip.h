/* gzip data. */
#ifndef TRKX_IO_GZIP_H
#define TRKX_IO_GZIP_H

#include "io/buffer.h"

bool trkx_is_gzip(const char *bytes, size_t length);

/* Limit on unpacked sizes, against decompression bombs. Tables of numbers expand by factors of 3 to 10,
 * deflate reaches 1032. */
static inline size_t trkx_gzip_most(size_t packed)
{
    return 100 * packed + ((size_t)64 << 20);
}

/* Unpacks all members of packed [length], one after the other (as gzip does), into the empty *unpacked, whose
 * memory stays within twice the actual size. The caller releases the bytes, also on failure. Errors: MEMORY,
 * FORMAT (truncated, damaged, trailing data, or too large; the message does not name the file). */
enum trkx_status trkx_gzip_unpack(const char *packed, size_t length, struct trkx_buffer *unpacked,
                                  trkx_error *error);

#endif
