/* Text: files loaded whole, tables of comma separated values, numbers to and from decimals. Nothing here
 * depends on the locale. */
#ifndef TRKX_SRC_TEXT_H
#define TRKX_SRC_TEXT_H

#include "memory.h"

/* ---- files ------------------------------------------------------------------------------------------ */

/* The content of a file. */
struct trkx_text {
    char *name;        /* for messages: the path */
    const char *stage; /* for messages: "hits", "cells", ...; static */
    char *bytes;       /* [length], 16 zero bytes behind */
    size_t length;     /* never 0 */
};

/* Loads a file. One whose content is gzip is unpacked, however it is named; one named .gz has to be.
 * `memory` counts the bytes; may be NULL. Errors: MEMORY, IO, FORMAT (empty, truncated or damaged gzip). On
 * failure *text is empty. */
enum trkx_status trkx_text_load(const char *path, const char *stage, struct trkx_memory *memory,
                                struct trkx_text *text, trkx_error *error);
/* The same of bytes in memory, not counted. */
enum trkx_status trkx_text_copy(const char *name, const char *stage, const void *bytes, size_t length,
                                struct trkx_text *text, trkx_error *error);
void trkx_text_release(struct trkx_text *text); /* leaves it empty */

/* FORMAT with "<name>:<line>: <stage>: " in front; line 0: without a line. */
enum trkx_status trkx_text_fail(const struct trkx_text *text, size_t line, trkx_error *error,
                                const char *format, ...) TRKX_PRINTF(4, 5);
/* FORMAT: what is wrong with the field that starts at `field`, quoting it. `what` comes before the quote. */
enum trkx_status trkx_text_fail_field(const struct trkx_text *text, size_t line, const char *what,
                                      const char *field, const char *why, trkx_error *error);

bool trkx_ends_with(const char *text, const char *ending);

/* ---- tables ----------------------------------------------------------------------------------------- */

enum trkx_column_type { TRKX_COLUMN_INT32, TRKX_COLUMN_INT64, TRKX_COLUMN_FLOAT32, TRKX_COLUMN_FLOAT64 };

/* One column of a table, found by its name in the header. Numbers are read exactly rounded to double, and
 * from there to float32 (as NumPy and pandas do). */
struct trkx_column {
    const char *name;
    enum trkx_column_type type;
    void *values;  /* the first row's; space for trkx_table_rows rows */
    size_t stride; /* bytes from row to row */
    bool optional; /* where the table lacks it, values stay as they are */
    bool found;    /* set by trkx_table_read */
};

/* At least the number of rows behind the header. */
size_t trkx_table_rows(const struct trkx_text *text);

/* Reads the columns in any order, ignores others and empty lines. Whole fields, finite numbers, the same
 * number of fields in each row. *rows: how many there are. Errors: MEMORY, FORMAT. */
enum trkx_status trkx_table_read(const struct trkx_text *text, struct trkx_column *columns,
                                 size_t columns_count, size_t *rows, trkx_error *error);

/* The line of a row, both counted as in trkx_table_read: rows from 0, lines from 1. For messages. */
size_t trkx_table_line(const struct trkx_text *text, size_t row);

/* ---- numbers ---------------------------------------------------------------------------------------- */

/* Parses the decimal at *at and moves *at behind it. NULL, or what is wrong with it ("is not a number"). Text
 * ends in a character that is no part of a number. Doubles are exactly rounded; NaN, infinities, and what
 * would become an infinity, are wrong. */
const char *trkx_parse_double(const char **at, double *value);
const char *trkx_parse_int64(const char **at, int64_t *value);

/* Writes a number so that it reads back as the same bits, in a short form; returns the end, with no zero
 * byte there. At most TRKX_NUMBER_SIZE characters. */
enum { TRKX_NUMBER_SIZE = 32 };
char *trkx_format_int64(char *to, int64_t value);
char *trkx_format_float(char *to, float value);
char *trkx_format_double(char *to, double value);

#endif
