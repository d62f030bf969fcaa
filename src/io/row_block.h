/* Fast reading of a table's rows in blocks: first all separators are found, 64 characters at a time, then the
 * numbers of each column are converted, 8 or 16 digits at a time. Unusual fields are left to the slow path
 * (src/io/column.c). */
#ifndef TRKX_IO_ROW_BLOCK_H
#define TRKX_IO_ROW_BLOCK_H

#include <stdint.h>

#include "io/column.h"

/* This much of the text before a block is also read. */
enum { TRKX_BLOCK_BEFORE = 16 };

/* Some whole rows, each with the table's number of fields. */
enum { TRKX_BLOCK_SEPARATORS = 512 };
struct trkx_block {
    const char *begin; /* of a line */
    const char *end;   /* after the last row; without rows: of lines for the slow path */
    size_t rows, fields;
    uint32_t ends[1 + TRKX_BLOCK_SEPARATORS + 64]; /* [1 + rows * fields] of each field from begin; the first
                                                      is -1: as of a field before */
};

/* Finds rows from the begin of a line to `end`. */
void trkx_block_find(const char *begin, const char *end, size_t fields, struct trkx_block *block);

/* Reads a field of all the block's rows into the column, from `row` on. False: one of them needs the slow
 * path; the column's rows then have undefined values. */
bool trkx_block_read(const struct trkx_block *block, size_t field, const struct trkx_column *column,
                     size_t row);

/* The begin of a field of a row of the block. */
static inline const char *trkx_block_field(const struct trkx_block *block, size_t row, size_t field)
{
    return block->begin + (uint32_t)(block->ends[row * block->fields + field] + 1);
}

#endif
