/* Dense arrays, from and to .npy (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)
 * and files of comma separated numbers. */
#include "io/array.h"

#include <stdio.h>
#include <string.h>

#include "io/npy.h"
#include "io/number.h"
#include "io/output.h"

/* ---- elements --------------------------------------------------------------------------------------- */

static size_t element_size(enum trkx_array_type type)
{
    return type == TRKX_INT64 ? sizeof(int64_t) : sizeof(int32_t);
}

static const char *store(trkx_array *array, size_t element, const struct trkx_npy_number *number)
{
    static const enum trkx_column_type types[] = {[TRKX_FLOAT32] = TRKX_COLUMN_FLOAT32,
                                                  [TRKX_INT32] = TRKX_COLUMN_INT32,
                                                  [TRKX_INT64] = TRKX_COLUMN_INT64};
    return trkx_npy_store(number, types[array->type],
                          (char *)array->data + element * element_size(array->type));
}

static enum trkx_status allocate(trkx_array *array, trkx_error *error)
{
    array->data = trkx_allocate(NULL, array->rows * array->columns, element_size(array->type));
    if (array->data != NULL) return TRKX_OK;
    return trkx_fail_memory(error, "an array", array->rows * array->columns * element_size(array->type));
}

void trkx_array_destroy(trkx_array *array)
{
    if (array == NULL) return;
    trkx_release(array->data);
    *array = (trkx_array){.type = array->type};
}

/* ---- .npy ------------------------------------------------------------------------------------------- */

/* Reads the elements [rows,columns] after the header. */
static enum trkx_status load_elements(const struct trkx_npy *npy, trkx_array *array, trkx_error *error)
{
    const struct trkx_npy_field *field = &npy->fields[0];
    size_t count = array->rows * array->columns;
    if (field->kind == 'i' && array->type != TRKX_FLOAT32 && field->size == element_size(array->type)) {
        memcpy(array->data, npy->end, count * field->size);
        return TRKX_OK;
    }
    for (size_t e = 0; e < count; e++) {
        struct trkx_npy_number number = trkx_npy_load(field, npy->end + e * field->size);
        const char *wrong = store(array, e, &number);
        if (wrong == NULL) continue;
        return trkx_text_fail(npy->text, 0, error, "row %zu, column %zu: %.17g %s", e / array->columns + 1,
                              e % array->columns + 1, number.integer ? (double)number.i : number.f, wrong);
    }
    return TRKX_OK;
}

static enum trkx_status parse_npy(const struct trkx_text *text, trkx_array *array, trkx_error *error)
{
    struct trkx_npy npy;
    enum trkx_status status;
    TRKX_CHECK(trkx_npy_open(text, &npy, error));
    if (npy.structured)
        TRKX_CHECK(trkx_text_fail(text, 0, error, "npy header: has named fields; expected plain numbers"));
    if (!trkx_npy_numeric(&npy.fields[0]))
        TRKX_CHECK(trkx_text_fail(text, 0, error, "npy header: the type is not numeric"));
    array->rows = npy.shape[0];
    array->columns = npy.shape[1];
    array->rank = npy.rank;
    TRKX_CHECK(allocate(array, error));
    TRKX_CHECK(load_elements(&npy, array, error));
cleanup:
    return status;
}

/* ---- CSV -------------------------------------------------------------------------------------------- */

/* Reads a number with optional blanks around it and quotes around those; NULL or what is wrong. *at is then
 * at the following separator. */
static const char *scan_number(const char **at, const char *end, enum trkx_array_type type,
                               struct trkx_npy_number *number)
{
    const char *c = *at + strspn(*at, " \t"), *wrong;
    bool quoted = *c == '"';
    if (quoted) c++;
    number->integer = type != TRKX_FLOAT32;
    wrong = number->integer ? trkx_parse_int64(&c, &number->i) : trkx_parse_double(&c, &number->f);
    if (wrong != NULL) return wrong;
    if (quoted && *c++ != '"') return "has something other than a number in its quotes";
    c += strspn(c, " \t");
    if (c[0] == '\r' && (c[1] == '\n' || c + 1 == end)) c++;
    if (c != end && *c != ',' && *c != '\n') return number->integer ? "is not an integer" : "is not a number";
    *at = c;
    return NULL;
}

static enum trkx_status scan_row(const struct trkx_text *text, size_t line, const char **at,
                                 trkx_array *array, size_t row, trkx_error *error)
{
    const char *end = text->bytes + text->length;
    for (size_t column = 0; column < array->columns; column++) {
        struct trkx_npy_number number;
        char what[32];
        const char *field = *at, *wrong = scan_number(at, end, array->type, &number);
        if (wrong == NULL) wrong = store(array, row * array->columns + column, &number);
        snprintf(what, sizeof what, "column %zu", column + 1);
        if (wrong != NULL) return trkx_text_fail_field(text, line, what, field, wrong, error);
        bool comma = *at < end && **at == ',';
        if (comma != (column + 1 < array->columns))
            return trkx_text_fail(text, line, error, "%s than %zu columns", comma ? "more" : "fewer",
                                  array->columns);
        if (comma) ++*at;
    }
    return TRKX_OK;
}

static const char *end_of_line(const char *c, const char *end)
{
    const char *found = memchr(c, '\n', (size_t)(end - c));
    return found != NULL ? found : end;
}

static size_t count_bytes(const char *c, const char *end, char wanted)
{
    size_t count = 0;
    for (; c < end; c++) count += *c == wanted;
    return count;
}

/* Rank 1 if there is one number per row. Empty lines are allowed only at the end: elsewhere they are rows
 * without numbers. A file of empty lines only is an array of rows without columns. */
static enum trkx_status parse_csv(const struct trkx_text *text, trkx_array *array, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const char *c = text->bytes, *last = text->bytes + text->length, *end = last;
    if (text->length >= 3 && memcmp(c, "\xef\xbb\xbf", 3) == 0) c += 3; /* UTF-8's byte order mark */
    while (end > c && (end[-1] == '\r' || end[-1] == '\n')) end--;
    bool empty = end <= c; /* never less, but GCC does not know */
    array->columns = empty ? 0 : 1 + count_bytes(c, end_of_line(c, end), ',');
    array->rank = array->columns == 1 ? 1 : 2;
    array->rows = empty ? count_bytes(c, last, '\n') : 1 + count_bytes(c, end, '\n');
    TRKX_CHECK(allocate(array, error));
    for (size_t row = 0; !empty && row < array->rows; row++, c++)
        TRKX_CHECK(scan_row(text, row + 1, &c, array, row, error));
cleanup:
    return status;
}

/* ---- files ------------------------------------------------------------------------------------------ */

enum trkx_status trkx_array_parse(const struct trkx_text *text, bool npy, enum trkx_array_type type,
                                  trkx_array *array, trkx_error *error)
{
    *array = (trkx_array){.type = type};
    enum trkx_status status = npy ? parse_npy(text, array, error) : parse_csv(text, array, error);
    if (status != TRKX_OK) trkx_array_destroy(array);
    return status;
}

enum trkx_status trkx_array_read(const char *path, enum trkx_array_type type, trkx_array *array,
                                 trkx_error *error)
{
    struct trkx_text text;
    enum trkx_status status = trkx_text_load(path, "array", NULL, &text, error);
    *array = (trkx_array){.type = type};
    if (status == TRKX_OK) status = trkx_array_parse(&text, trkx_ends_with(path, ".npy"), type, array, error);
    trkx_text_release(&text);
    return status;
}

static void write_npy(struct trkx_output *output, const trkx_array *array)
{
    static const char *const descr[] = {
        [TRKX_FLOAT32] = "'<f4'", [TRKX_INT32] = "'<i4'", [TRKX_INT64] = "'<i8'"};
    char columns[32] = "";
    if (array->rank == 2) snprintf(columns, sizeof columns, " %zu", array->columns);
    trkx_npy_begin(output, descr[array->type], array->rows, columns);
    trkx_output_write(output, array->data, array->rows * array->columns * element_size(array->type));
}

static void write_csv(struct trkx_output *output, const trkx_array *array)
{
    for (size_t row = 0; array->columns == 0 && row < array->rows; row++) trkx_output_write(output, "\n", 1);
    for (size_t e = 0; e < array->rows * array->columns; e++) {
        char field[TRKX_NUMBER_SIZE + 1], *to = field;
        if (array->type == TRKX_FLOAT32)
            to = trkx_format_float(to, ((const float *)array->data)[e]);
        else if (array->type == TRKX_INT64)
            to = trkx_format_int64(to, ((const int64_t *)array->data)[e]);
        else
            to = trkx_format_int64(to, ((const int32_t *)array->data)[e]);
        *to++ = (e + 1) % array->columns == 0 ? '\n' : ',';
        trkx_output_write(output, field, (size_t)(to - field));
    }
}

enum trkx_status trkx_array_write(const char *path, const trkx_array *array, trkx_error *error)
{
    struct trkx_output *output;
    enum trkx_status status = trkx_output_open(path, trkx_ends_with(path, ".gz"), &output, error);
    if (status != TRKX_OK) return status;
    if (trkx_ends_with(path, ".npy"))
        write_npy(output, array);
    else
        write_csv(output, array);
    return trkx_output_commit(output, error);
}
