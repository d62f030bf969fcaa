/* The fields of a table's row. */
#ifndef TRKX_IO_COLUMN_H
#define TRKX_IO_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

enum trkx_column_type { TRKX_COLUMN_INT32, TRKX_COLUMN_INT64, TRKX_COLUMN_FLOAT32, TRKX_COLUMN_FLOAT64 };

/* One column of a table, found by its name in the header. Numbers are read exactly rounded to double, and
 * from there to float32 (as NumPy and pandas do). */
struct trkx_column {
    const char *name;
    enum trkx_column_type type;
    void *values;  /* the first row's; space for all rows of the table */
    size_t stride; /* bytes from row to row */
    bool optional; /* if missing, values are unchanged */
    bool found;    /* set by trkx_table_read */
};

/* Reads the field at *c, with optional blanks around its number and quotes around those, into the column's
 * row, and advances to the following separator, or to the '\r' of a line's end. `end` of the text, after
 * which at least 16 bytes can be read. NULL, or what is wrong. */
const char *trkx_column_read(const struct trkx_column *column, size_t row, const char **c, const char *end);

static inline const char *trkx_skip_blanks(const char *c)
{
    while (*c == ' ' || *c == '\t') c++;
    return c;
}

#endif
