/* Divides a table of CSV among threads, and reads each part in blocks of rows. */
#include "io/csv.h"

#include <stdio.h>
#include <string.h>

#include "core/threads.h"
#include "io/missing_columns.h"
#include "io/row_block.h"

/* ---- lines ------------------------------------------------------------------------------------------ */

/* The end of the quoted text that begins at c (RFC 4180: two quotes in a row mean one), or the line's end:
 * quoted text has to end in its line. */
static const char *end_of_quotes(const char *c, const char *end)
{
    for (c++; c < end && *c != '\n'; c++)
        if (*c == '"' && *++c != '"') break;
    return c;
}

static const char *end_of_field(const char *c, const char *end)
{
    const char *text = trkx_skip_blanks(c);
    if (*text == '"') c = end_of_quotes(text, end);
    while (c < end && *c != ',' && *c != '\n') c++;
    return c;
}

static const char *end_of_line(const char *c, const char *end)
{
    const char *found = memchr(c, '\n', (size_t)(end - c));
    return found != NULL ? found : end;
}

/* The begin of the first line, after the byte order mark that some programs write. */
static const char *first_line(const struct trkx_text *text)
{
    return text->length >= 3 && memcmp(text->bytes, "\xef\xbb\xbf", 3) == 0 ? text->bytes + 3 : text->bytes;
}

static bool is_empty_line(const char *c, const char *end)
{
    if (c < end && *c == '\r') c++;
    return c < end && *c == '\n';
}

static size_t line_of(const struct trkx_text *text, size_t row)
{
    const char *end = text->bytes + text->length;
    size_t line = 1;
    for (const char *c = end_of_line(first_line(text), end); c < end; c = end_of_line(c, end)) {
        c++;
        line++;
        if (!is_empty_line(c, end) && row-- == 0) break;
    }
    return line;
}

/* ---- parts ------------------------------------------------------------------------------------------ */

/* Whether a non-empty line begins at c: 0 or 1. */
static inline uint8_t begins_row(const char *c)
{
    return (c[-1] == '\n') & (c[0] != '\n') & !((c[0] == '\r') & (c[1] == '\n'));
}

/* The number of non-empty lines from the one that begins at c. */
static size_t count_rows(const char *c, const char *end)
{
    enum { AT_ONCE = 128 }; /* few enough for 8-bit sums, of which the compiler computes 16 at a time */
    if (c == end) return 0;
    size_t rows = !is_empty_line(c, end);
    for (c++; end - c >= AT_ONCE; c += AT_ONCE) {
        uint8_t sum = 0;
        for (int i = 0; i < AT_ONCE; i++) sum = (uint8_t)(sum + begins_row(c + i));
        rows += sum;
    }
    for (; c < end; c++) rows += begins_row(c);
    return rows;
}

TRKX_MAKES_TASKS static void count_all(struct trkx_table_part *parts, size_t count)
{
    for (size_t p = 0; p < count; p++) {
#pragma omp task default(none) firstprivate(parts, p) if (count > 1)
        parts[p + 1].row = count_rows(parts[p].begin, parts[p + 1].begin);
    }
    if (count > 1) {
#pragma omp taskwait
    }
}

static void open_table(const struct trkx_text *text, size_t part_size, struct trkx_table *table)
{
    const char *end = text->bytes + text->length, *begin = end_of_line(first_line(text), end);
    if (begin < end) begin++;
    size_t length = (size_t)(end - begin), least = length / TRKX_TABLE_PARTS + 1;
    size_t size = part_size < least ? least : part_size, count = length / size + (length % size != 0);
    struct trkx_table_part *parts = table->parts;
    table->parts_count = count;
    parts[0] = (struct trkx_table_part){begin, 0};
    for (size_t p = 0; p < count; p++) {
        const char *last = p + 1 < count ? end_of_line(begin + (p + 1) * size - 1, end) : end;
        parts[p + 1].begin = last < end ? last + 1 : end;
    }
    count_all(parts, count);
    for (size_t p = 0; p < count; p++) parts[p + 1].row += parts[p].row;
    table->rows = parts[count].row;
}

/* ---- header ----------------------------------------------------------------------------------------- */

/* A table being read. */
struct reading {
    const struct trkx_table *table;
    const char *end;             /* of the text */
    struct trkx_column **fields; /* [fields_count] the column of each field, NULL: ignored */
    size_t fields_count;
    bool ignores; /* some fields, which may be quoted */
};

static size_t count_fields(const char *c, const char *end)
{
    size_t fields = 1;
    for (c = end_of_field(c, end); c < end && *c == ','; c = end_of_field(c + 1, end)) fields++;
    return fields;
}

/* Trims blanks and quotes from the text between c and `end`; returns its length. */
static size_t trim(const char **c, const char *end)
{
    while (*c < end && (**c == ' ' || **c == '\t')) ++*c;
    while (end > *c && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    if (end - *c >= 2 && **c == '"' && end[-1] == '"') {
        ++*c;
        end--;
    }
    return (size_t)(end - *c);
}

static bool is_name(const char *c, const char *end, const char *name)
{
    size_t length = trim(&c, end);
    return length == strlen(name) && memcmp(c, name, length) == 0;
}

/* The separator of a header without commas. */
static char separator_of(const char *c, const char *end)
{
    const char *others = ";\t ";
    if (memchr(c, ',', (size_t)(end - c)) != NULL) return ',';
    while (*others != '\0' && memchr(c, *others, (size_t)(end - c)) == NULL) others++;
    return *others != '\0' ? *others : ',';
}

static void list_names(const char *c, const char *end, char separator, struct trkx_names *names)
{
    names->count = 0;
    for (; c <= end; c++) {
        const char *name = c, *last;
        if (separator == ',')
            c = end_of_field(c, end);
        else
            while (c < end && *c != separator) c++;
        last = c;
        size_t length = trim(&name, last);
        if (length > 0 || separator == ',') trkx_names_add(names, name, length);
    }
}

/* Why the first line is not a header, or NULL. */
static const char *no_header(const char *c, const char *end)
{
    if (trim(&c, end) == 0) return "it is empty";
    if (*c == '#') return "it begins with #, as a comment does";
    return memchr("0123456789-.", *c, 12) != NULL ? "it begins with a number" : NULL;
}

/* Reports what the header lacks, if anything. */
static enum trkx_status check_header(const struct reading *reading, const struct trkx_column *columns,
                                     size_t columns_count, trkx_error *error)
{
    const struct trkx_text *text = reading->table->text;
    const char *c = first_line(text), *end = end_of_line(c, reading->end), *other = no_header(c, end);
    struct trkx_names names;
    char separator = separator_of(c, end);
    list_names(c, end, separator, &names);
    if (other != NULL)
        return trkx_text_fail(text, 1, error,
                              "the first line has to name the columns (%s, ...), but %s (docs/formats.md)",
                              columns[0].name, other);
    if (separator != ',' && names.count > 1)
        return trkx_text_fail(text, 1, error,
                              "the fields are separated by %s; trkx reads commas (docs/formats.md)",
                              separator == ';'    ? "semicolons"
                              : separator == '\t' ? "tabs"
                                                  : "spaces");
    return trkx_columns_check(text, 1, columns, columns_count, &names,
                              names.count > 1 ? ", separated by commas" : "", error);
}

static enum trkx_status read_header(struct reading *reading, struct trkx_column *columns,
                                    size_t columns_count, trkx_error *error)
{
    const struct trkx_text *text = reading->table->text;
    const char *c = first_line(text);
    bool missing = false;
    for (size_t k = 0; k < columns_count; k++) columns[k].found = false;
    for (size_t f = 0; f < reading->fields_count; f++) {
        const char *end = end_of_field(c, reading->end);
        reading->fields[f] = NULL;
        for (size_t k = 0; k < columns_count; k++) {
            if (!is_name(c, end, columns[k].name)) continue;
            if (columns[k].found)
                return trkx_text_fail(text, 1, error, "column %s is repeated", columns[k].name);
            columns[k].found = true;
            reading->fields[f] = &columns[k];
        }
        reading->ignores |= reading->fields[f] == NULL;
        c = end + 1;
    }
    for (size_t k = 0; k < columns_count; k++) missing |= !columns[k].found && !columns[k].optional;
    return missing ? check_header(reading, columns, columns_count, error) : TRKX_OK;
}

/* ---- rows ------------------------------------------------------------------------------------------- */

/* The first error in a part. */
struct fault {
    const char *line; /* NULL: nothing */
    const char *field, *wrong;
    const struct trkx_column *column; /* NULL: the number of fields */
};

/* Reads one line and advances to its end. */
static void read_row(const struct reading *reading, size_t row, const char **line, struct fault *fault)
{
    const char *c = *line;
    for (size_t f = 0; f < reading->fields_count; f++) {
        const struct trkx_column *column = reading->fields[f];
        const char *field = c,
                   *wrong = column != NULL ? trkx_column_read(column, row, &c, reading->end) : NULL;
        c = wrong == NULL ? end_of_field(c, reading->end) : c;
        bool comma = c < reading->end && *c == ',', last = f + 1 == reading->fields_count;
        if (wrong != NULL || comma == last) {
            *fault = (struct fault){*line, field, wrong, wrong != NULL ? column : NULL};
            return;
        }
        c += comma;
    }
    *line = c;
}

/* Reads lines up to `stop`, and advances *at and *row past them. */
static void read_lines(const struct reading *reading, const char **at, const char *stop, size_t *row,
                       struct fault *fault)
{
    const char *c = *at;
    while (c < stop && fault->line == NULL) {
        if (is_empty_line(c, reading->end))
            c = end_of_line(c, reading->end);
        else
            read_row(reading, (*row)++, &c, fault);
        if (c < reading->end) c++;
    }
    *at = c;
}

/* Reads a field of all rows of a block by the slow path; the earliest row's fault counts. */
static void read_plainly(const struct reading *reading, const struct trkx_block *block, size_t field,
                         size_t row, struct fault *fault)
{
    const struct trkx_column *column = reading->fields[field];
    for (size_t r = 0; r < block->rows; r++) {
        const char *line = trkx_block_field(block, r, 0), *begin = trkx_block_field(block, r, field);
        const char *c = begin, *wrong = trkx_column_read(column, row + r, &c, reading->end);
        if (wrong == NULL) continue;
        if (fault->line == NULL || line < fault->line) *fault = (struct fault){line, begin, wrong, column};
        return;
    }
}

static void read_block(const struct reading *reading, const struct trkx_block *block, size_t row,
                       struct fault *fault)
{
    for (size_t f = 0; f < block->fields; f++)
        if (reading->fields[f] != NULL && !trkx_block_read(block, f, reading->fields[f], row))
            read_plainly(reading, block, f, row, fault);
}

static void read_part(const struct reading *reading, size_t part, struct fault *fault)
{
    const struct trkx_table_part *parts = reading->table->parts;
    const char *c = parts[part].begin, *end = parts[part + 1].begin;
    const char *quick = reading->table->text->bytes + TRKX_BLOCK_BEFORE;
    size_t row = parts[part].row;
    struct trkx_block block;
    *fault = (struct fault){0};
    if (reading->ignores && memchr(c, '"', (size_t)(end - c)) != NULL) /* may contain commas */
        read_lines(reading, &c, end, &row, fault);
    if (c < quick) read_lines(reading, &c, quick < end ? quick : end, &row, fault);
    while (c < end && fault->line == NULL) {
        trkx_block_find(c, end, reading->fields_count, &block);
        if (block.rows == 0) {
            read_lines(reading, &c, block.end, &row, fault);
        } else {
            read_block(reading, &block, row, fault);
            row += block.rows;
            c = block.end;
        }
    }
}

static enum trkx_status report(const struct reading *reading, const struct fault *fault, trkx_error *error)
{
    const struct trkx_text *text = reading->table->text;
    char what[64];
    size_t line = 1;
    for (const char *c = text->bytes; c < fault->line; c++) line += *c == '\n';
    if (fault->column == NULL)
        return trkx_text_fail(text, line, error, "%zu fields instead of %zu",
                              count_fields(fault->line, reading->end), reading->fields_count);
    snprintf(what, sizeof what, "column %s", fault->column->name);
    return trkx_text_fail_field(text, line, what, trkx_skip_blanks(fault->field), fault->wrong, error);
}

TRKX_MAKES_TASKS static void read_all(const struct reading *reading, size_t count, struct fault *faults)
{
    for (size_t p = 0; p < count; p++) {
#pragma omp task default(none) firstprivate(reading, faults, p) if (count > 1)
        read_part(reading, p, &faults[p]);
    }
    if (count > 1) {
#pragma omp taskwait
    }
}

static enum trkx_status read_parts(const struct reading *reading, trkx_error *error)
{
    struct fault faults[TRKX_TABLE_PARTS];
    size_t count = reading->table->parts_count;
    read_all(reading, count, faults);
    for (size_t p = 0; p < count; p++)
        if (faults[p].line != NULL) return report(reading, &faults[p], error);
    return TRKX_OK;
}

static enum trkx_status read_table(const struct trkx_table *table, struct trkx_column *columns,
                                   size_t columns_count, trkx_error *error)
{
    enum trkx_status status;
    const struct trkx_text *text = table->text;
    struct reading reading = {.table = table, .end = text->bytes + text->length};
    reading.fields_count = count_fields(first_line(text), reading.end);
    TRKX_ALLOCATE(reading.fields, NULL, reading.fields_count, "the columns of a table");
    TRKX_CHECK(read_header(&reading, columns, columns_count, error));
    TRKX_CHECK(read_parts(&reading, error));
cleanup:
    trkx_release(reading.fields);
    return status;
}

const struct trkx_format trkx_csv_format = {
    .endings = {".csv", ".csv.gz"}, .open = open_table, .read = read_table, .line = line_of};
