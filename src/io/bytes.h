/* A file as it is. */
#ifndef TRKX_IO_BYTES_H
#define TRKX_IO_BYTES_H

#include "core/error.h"

#include <stddef.h>

/* Reads a file whole; there is room for one byte more. *bytes is trkx_release'd by the caller.
 * Errors: MEMORY, IO. */
enum trkx_status trkx_bytes_read(const char *path, void **bytes, size_t *count, trkx_error *error);

#endif
