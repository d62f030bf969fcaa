/* Tables of numbers in named columns, in any of the formats (io/formats.h). */
#ifndef TRKX_IO_TABLE_H
#define TRKX_IO_TABLE_H

#include "io/format.h"

/* Finds the format of the text, which has to outlive the table, and counts its rows: after the header,
 * without empty lines. CSV is divided into parts of slightly more than part_size bytes. Parts are tasks, here
 * and in trkx_table_read, for the threads of the parallel region, if there is one. A table of one part is
 * read by the caller. */
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
