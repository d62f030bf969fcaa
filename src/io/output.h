/* Files that appear whole or not at all, once they are on disk; non-regular files are written directly. */
#ifndef TRKX_IO_OUTPUT_H
#define TRKX_IO_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* A file being written. Errors are kept until output_commit, which reports the first one. */
struct trkx_output;

/* Starts writing `path`, gzipped if `gzip`. Errors: ARGUMENT (an empty path), MEMORY, IO. */
enum trkx_status trkx_output_open(const char *path, bool gzip, struct trkx_output **output,
                                  trkx_error *error);
/* The same for `name` in a directory. */
enum trkx_status trkx_output_open_in(const char *directory, const char *name, bool gzip,
                                     struct trkx_output **output, trkx_error *error);
void trkx_output_write(struct trkx_output *output, const void *bytes, size_t count);
void trkx_output_printf(struct trkx_output *output, const char *format, ...) TRKX_PRINTF(2, 3);
/* Puts the file in its place, or reports why not and leaves no trace. Ends the output either way. Errors: IO.
 */
enum trkx_status trkx_output_commit(struct trkx_output *output, trkx_error *error);
/* The same for several in one directory: all or none. */
enum trkx_status trkx_outputs_commit(struct trkx_output *const *outputs, size_t count, trkx_error *error);
/* Ends the output and leaves no trace of it. NULL: nothing. */
void trkx_output_discard(struct trkx_output *output);

#endif
