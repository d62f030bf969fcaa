/* Whole files. */
#ifndef TRKX_IO_BYTES_H
#define TRKX_IO_BYTES_H

#include "core/error.h"

#include <stddef.h>

/* Reads a whole file, with room for one more byte. The caller passes *bytes to trkx_release.
 * Errors: MEMORY, IO. */
enum trkx_status trkx_bytes_read(const char *path, void **bytes, size_t *count, trkx_error *error);

#endif
