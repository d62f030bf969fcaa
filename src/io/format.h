/* What a format of tables is: of the files of an event and of tracks. io/formats.h has the list. */
#ifndef TRKX_IO_FORMAT_H
#define TRKX_IO_FORMAT_H

#include <stdint.h>

#include "io/column.h"
#include "io/text.h"

/* A table as opened. */
enum { TRKX_TABLE_PARTS = 64 };
struct trkx_table {
    const struct trkx_text *text;
    const struct trkx_format *format;
    size_t rows;
    /* Of CSV: parts of whole lines, which threads read in parallel. */
    size_t parts_count;
    struct trkx_table_part {
        const char *begin;         /* of a line */
        size_t row;                /* number of rows before */
    } parts[TRKX_TABLE_PARTS + 1]; /* the last: the end */
};

struct trkx_format {
    const char *endings[4]; /* of files, ".csv", the preferred one first; NULL after the last */
    /* Whether the bytes are of this format. NULL: those that are of no other. */
    bool (*is)(const struct trkx_text *text);
    /* Counts the rows, and prepares for reading; see trkx_table_open. */
    void (*open)(const struct trkx_text *text, size_t part_size, struct trkx_table *table);
    /* See trkx_table_read. */
    enum trkx_status (*read)(const struct trkx_table *table, struct trkx_column *columns,
                             size_t columns_count, trkx_error *error);
    /* The line of a row in messages: from 1, the row from 0. */
    size_t (*line)(const struct trkx_text *text, size_t row);
};

#endif
