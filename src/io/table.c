/* Opens and reads tables by way of their formats. */
#include "io/table.h"

#include "io/formats.h"

void trkx_table_open(const struct trkx_text *text, size_t part_size, struct trkx_table *table)
{
    table->text = text;
    table->format = trkx_format_of(text);
    table->format->open(text, part_size, table);
}

enum trkx_status trkx_table_read(const struct trkx_table *table, struct trkx_column *columns,
                                 size_t columns_count, trkx_error *error)
{
    return table->format->read(table, columns, columns_count, error);
}

size_t trkx_table_line(const struct trkx_text *text, size_t row)
{
    return trkx_format_of(text)->line(text, row);
}
