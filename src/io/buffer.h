/* The bytes of a file while they come. */
#ifndef TRKX_IO_BUFFER_H
#define TRKX_IO_BUFFER_H

#include "core/memory.h"

enum { TRKX_BUFFER_PADDING = 16 }; /* numbers are read 8 bytes at a time */

struct trkx_buffer {
    char *bytes; /* room for TRKX_BUFFER_PADDING behind `capacity` */
    size_t used, capacity;
    struct trkx_memory *memory;
    const char *name; /* of the file, for messages */
};

/* Room for `capacity` bytes, or for twice as many as now; keeps the content. Errors: MEMORY. */
enum trkx_status trkx_buffer_reserve(struct trkx_buffer *buffer, size_t capacity, trkx_error *error);
enum trkx_status trkx_buffer_grow(struct trkx_buffer *buffer, trkx_error *error);

#endif
