/* The message for missing columns: the existing ones, and those that may be meant. */
#ifndef TRKX_IO_MISSING_COLUMNS_H
#define TRKX_IO_MISSING_COLUMNS_H

#include "io/column.h"
#include "io/text.h"

enum { TRKX_NAMES = 64, TRKX_NAME_SIZE = 64 };

/* The names of a table's columns, the first 64 of them, 63 characters of each. */
struct trkx_names {
    size_t count;
    char names[TRKX_NAMES][TRKX_NAME_SIZE];
};
void trkx_names_add(struct trkx_names *names, const char *name, size_t length);

/* OK if every required column was found; otherwise FORMAT. separated: "separated by commas", or "".
 */
enum trkx_status trkx_columns_check(const struct trkx_text *text, size_t line,
                                    const struct trkx_column *columns, size_t columns_count,
                                    const struct trkx_names *names, const char *separated, trkx_error *error);

#endif
