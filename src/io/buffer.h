/* The bytes of a file while it is being read. */
#ifndef TRKX_IO_BUFFER_H
#define TRKX_IO_BUFFER_H

#include "core/memory.h"

enum { TRKX_BUFFER_PADDING = 16 }; /* numbers are read 8 bytes at a time */

struct trkx_buffer {
    char *bytes; /* with room for TRKX_BUFFER_PADDING after `capacity` */
    size_t used, capacity;
    struct trkx_memory *memory;
    const char *name; /* of the file, for messages */
};

/* Makes room for `capacity` bytes, or at least twice the current capacity; keeps the content. Errors: MEMORY.
 */
enum trkx_status trkx_buffer_reserve(struct trkx_buffer *buffer, size_t capacity, trkx_error *error);
enum trkx_status trkx_buffer_grow(struct trkx_buffer *buffer, trkx_error *error);

#endif
