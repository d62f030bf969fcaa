/* The table of the formats in which events and tracks are read. A new one is a file with its struct
 * trkx_format, and a line in formats.c. */
#ifndef TRKX_IO_FORMATS_H
#define TRKX_IO_FORMATS_H

#include "io/format.h"

/* The format of these bytes; never NULL. */
const struct trkx_format *trkx_format_of(const struct trkx_text *text);

/* The endings of all formats, the preferred ones first; NULL after the last. */
const char *trkx_format_ending(size_t i);
/* Writes them, ".csv (or .csv.gz, .npy)", to text[size], and returns it. */
const char *trkx_format_list(char *text, size_t size);
/* Whether the path is that of a part of an event, "<prefix>-<part><ending>": then the length of the prefix
 * and the number of the ending. */
bool trkx_format_match(const char *path, const char *part, size_t *prefix, size_t *ending);

#endif
