/* Tables of comma separated values: a header that names the columns, one row per line. Or structured .npy
 * arrays, whose fields are the columns and whose records, counted from 1, are the lines. */
#ifndef TRKX_IO_TABLE_H
#define TRKX_IO_TABLE_H

#include <stdint.h>

#include "io/column.h"
#include "io/text.h"

/* A table in parts of whole lines, which threads read in parallel. */
enum { TRKX_TABLE_PARTS = 64 };
struct trkx_table {
    const struct trkx_text *text;
    size_t rows; /* after the header, without empty lines */
    size_t parts_count;
    struct trkx_table_part {
        const char *begin;         /* of a line */
        size_t row;                /* number of rows before */
    } parts[TRKX_TABLE_PARTS + 1]; /* the last: the end */
};

/* Divides the text, which has to outlive the table, into parts of slightly more than part_size bytes, and
 * counts its rows. Parts are tasks, here and in trkx_table_read, for the threads of the parallel region, if
 * there is one. A table of one part is read by the caller. */
#define TRKX_TABLE_PART_SIZE ((size_t)1 << 16) /* 50 us of work */
#define TRKX_TABLE_ONE_PART SIZE_MAX
void trkx_table_open(const struct trkx_text *text, size_t part_size, struct trkx_table *table);

/* Reads the columns in any order, ignoring others and empty lines. Fields have to be finite numbers, rows
 * have to have the same number of fields. Errors: MEMORY, FORMAT (of the first bad line). */
enum trkx_status trkx_table_read(const struct trkx_table *table, struct trkx_column *columns,
                                 size_t columns_count, trkx_error *error);

/* The line of a row, both counted as in trkx_table_read: rows from 0, lines from 1. For messages. */
size_t trkx_table_line(const struct trkx_text *text, size_t row);

#endif
