/* Quick reading of a table's rows, a block of them at a time: first all separators are found, 64 characters
 * at a time, then the numbers of each column are put together, 8 or 16 digits at a time. What is not of the
 * usual form is left to the plain way (src/io/column.c). */
#ifndef TRKX_IO_ROW_BLOCK_H
#define TRKX_IO_ROW_BLOCK_H

#include <stdint.h>

#include "io/column.h"

/* Of the text in front of a block, so much is looked at as well. */
enum { TRKX_BLOCK_BEFORE = 16 };

/* Some whole rows, each of as many fields as the table has. */
enum { TRKX_BLOCK_SEPARATORS = 512 };
struct trkx_block {
    const char *begin; /* of a line */
    const char *end;   /* behind the last row; where there are no rows: of lines that want the plain way */
    size_t rows, fields;
    uint32_t ends[1 + TRKX_BLOCK_SEPARATORS + 64]; /* [1 + rows * fields] of each field from begin; the first
                                                      is -1: as of a field before */
};

/* Looks for rows from the begin of a line on, before `end`. */
void trkx_block_find(const char *begin, const char *end, size_t fields, struct trkx_block *block);

/* Reads a field of all the block's rows into the column, from `row` on. False: one of them wants the plain
 * way; then the column's rows may have any values. */
bool trkx_block_read(const struct trkx_block *block, size_t field, const struct trkx_column *column,
                     size_t row);

/* Where a field of a row of the block begins. */
static inline const char *trkx_block_field(const struct trkx_block *block, size_t row, size_t field)
{
    return block->begin + (uint32_t)(block->ends[row * block->fields + field] + 1);
}

#endif
