/* Text: files loaded whole, and messages about them. */
#ifndef TRKX_IO_TEXT_H
#define TRKX_IO_TEXT_H

#include "io/buffer.h"

/* The content of a file. */
struct trkx_text {
    char *name;        /* for messages: the path */
    const char *stage; /* for messages: "hits", "cells", ...; static */
    char *bytes;       /* [length], followed by TRKX_BUFFER_PADDING zero bytes */
    size_t length;     /* never 0 */
};

/* Loads a file, or up to 1 GiB from a pipe; anything else is refused. gzip content is unpacked whatever the
 * name; a file named .gz has to be gzip. `memory` counts the bytes; may be NULL. Errors: MEMORY, IO, FORMAT
 * (empty, truncated or damaged gzip). On failure *text is empty. */
enum trkx_status trkx_text_load(const char *path, const char *stage, struct trkx_memory *memory,
                                struct trkx_text *text, trkx_error *error);
/* The same from bytes in memory, not counted. */
enum trkx_status trkx_text_copy(const char *name, const char *stage, const void *bytes, size_t length,
                                struct trkx_text *text, trkx_error *error);
void trkx_text_release(struct trkx_text *text); /* leaves it empty */

/* FORMAT with the prefix "<name>:<line>: <stage>: "; line 0: without a line. */
enum trkx_status trkx_text_fail(const struct trkx_text *text, size_t line, trkx_error *error,
                                const char *format, ...) TRKX_PRINTF(4, 5);
/* FORMAT: what is wrong with the field that starts at `field`, quoting it. `what` comes before the quote. */
enum trkx_status trkx_text_fail_field(const struct trkx_text *text, size_t line, const char *what,
                                      const char *field, const char *why, trkx_error *error);

bool trkx_ends_with(const char *text, const char *ending);

#endif
