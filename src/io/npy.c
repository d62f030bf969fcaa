/* Reads and writes the headers of .npy files, and reads their numbers. */
#include "io/npy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/missing_columns.h"
#include "io/number.h"
#include "io/output.h"

/* ---- the header's dictionary ------------------------------------------------------------------------- */

static enum trkx_status bad_header(const struct trkx_npy *npy, const char *what, trkx_error *error)
{
    return trkx_text_fail(npy->text, 0, error, "npy header: %s", what);
}

static void skip_spaces(struct trkx_npy *npy)
{
    while (npy->at < npy->end && (*npy->at == ' ' || *npy->at == '\t' || *npy->at == '\n')) npy->at++;
}

/* Consumes the token if it comes next. */
static bool take(struct trkx_npy *npy, const char *token)
{
    size_t length = strlen(token);
    skip_spaces(npy);
    if ((size_t)(npy->end - npy->at) < length || memcmp(npy->at, token, length) != 0) return false;
    npy->at += length;
    return true;
}

/* Reads a quoted string of either kind, without escapes, into to[size]. */
static bool take_string(struct trkx_npy *npy, char *to, size_t size)
{
    char quote = '\'';
    size_t length = 0;
    if (!take(npy, "'")) {
        quote = '"';
        if (!take(npy, "\"")) return false;
    }
    for (; npy->at < npy->end && *npy->at != quote && *npy->at != '\\'; npy->at++) {
        if (length + 1 == size) return false;
        to[length++] = *npy->at;
    }
    to[length] = '\0';
    return npy->at < npy->end && *npy->at++ == quote;
}

/* "<f4": little endian, or "|i1": one byte. For non-numeric types only the size matters. */
static bool understand_type(const char *descr, struct trkx_npy_field *field)
{
    static const char *const numbers[] = {"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"};
    const char *c = descr + 2;
    int64_t size = 0;
    if ((descr[0] != '<' && descr[0] != '|') || !trkx_is_digit(*c)) return false;
    if (trkx_parse_int64(&c, &size) != NULL || *c != '\0' || size > INT16_MAX) return false;
    field->kind = descr[1];
    field->size = (size_t)size * (descr[1] == 'U' ? 4 : 1);
    if (descr[1] == 'S' || descr[1] == 'U' || descr[1] == 'V') return true;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(descr + 1, numbers[i]) == 0 && (descr[0] == '<') == (size > 1)) return true;
    return false;
}

/* Reads a type, whose field follows the earlier ones. */
static enum trkx_status take_type(struct trkx_npy *npy, const char *name, trkx_error *error)
{
    char descr[16];
    struct trkx_npy_field *field = &npy->fields[npy->fields_count];
    if (npy->fields_count == TRKX_NPY_FIELDS) return bad_header(npy, "too many fields", error);
    if (!take_string(npy, descr, sizeof descr)) return bad_header(npy, "descr is not a plain type", error);
    if (strlen(descr) < 3 || !understand_type(descr, field))
        return trkx_text_fail(
            npy->text, 0, error,
            "npy header: type \"%s\" is not one of f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, little endian", descr);
    snprintf(field->name, sizeof field->name, "%s", name);
    field->offset = npy->record;
    npy->record += field->size;
    npy->fields_count++;
    return TRKX_OK;
}

/* [('hit_id', '<i8'), ('x', '<f4')] after its bracket. */
static enum trkx_status take_fields(struct trkx_npy *npy, trkx_error *error)
{
    char name[sizeof npy->fields[0].name];
    enum trkx_status status = TRKX_OK;
    npy->structured = true;
    while (!take(npy, "]")) {
        if (!take(npy, "(") || !take_string(npy, name, sizeof name) || !take(npy, ","))
            return bad_header(npy, "descr is not a list of names and types", error);
        TRKX_CHECK(take_type(npy, name, error));
        if (!take(npy, ")")) return bad_header(npy, "a field is not a plain number", error);
        if (!take(npy, ",") && npy->at < npy->end && *npy->at != ']')
            return bad_header(npy, "descr is not a list of names and types", error);
    }
    if (npy->fields_count == 0) return bad_header(npy, "no fields", error);
cleanup:
    return status;
}

static enum trkx_status take_descr(struct trkx_npy *npy, trkx_error *error)
{
    if (npy->has_descr) return bad_header(npy, "descr is repeated", error);
    enum trkx_status status = take(npy, "[") ? take_fields(npy, error) : take_type(npy, "", error);
    npy->has_descr = true;
    return status;
}

static enum trkx_status take_order(struct trkx_npy *npy, trkx_error *error)
{
    if (take(npy, "True")) return bad_header(npy, "Fortran order is not supported", error);
    if (!take(npy, "False")) return bad_header(npy, "fortran_order is neither True nor False", error);
    npy->has_order = true;
    return TRKX_OK;
}

static enum trkx_status take_shape(struct trkx_npy *npy, trkx_error *error)
{
    if (!take(npy, "(")) return bad_header(npy, "shape is not a tuple", error);
    for (npy->rank = 0; !take(npy, ")"); npy->rank++) {
        int64_t length;
        skip_spaces(npy);
        if (npy->rank == 2) return bad_header(npy, "more than two dimensions", error);
        if (trkx_parse_int64(&npy->at, &length) != NULL || length < 0 || npy->at > npy->end)
            return bad_header(npy, "a dimension is not a number", error);
        npy->shape[npy->rank] = (size_t)length;
        if (!take(npy, ",")) {
            if (!take(npy, ")")) return bad_header(npy, "shape is not a tuple", error);
            npy->rank++;
            break;
        }
    }
    npy->has_shape = true;
    return npy->rank == 0 ? bad_header(npy, "no dimensions", error) : TRKX_OK;
}

static enum trkx_status take_entry(struct trkx_npy *npy, trkx_error *error)
{
    char key[16];
    if (!take_string(npy, key, sizeof key) || !take(npy, ":"))
        return bad_header(npy, "cannot be parsed", error);
    if (strcmp(key, "descr") == 0) return take_descr(npy, error);
    if (strcmp(key, "fortran_order") == 0) return take_order(npy, error);
    if (strcmp(key, "shape") == 0) return take_shape(npy, error);
    return trkx_text_fail(npy->text, 0, error, "npy header: unknown key \"%s\"", key);
}

static enum trkx_status take_dictionary(struct trkx_npy *npy, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    if (!take(npy, "{")) return bad_header(npy, "not a dictionary", error);
    while (!take(npy, "}")) {
        TRKX_CHECK(take_entry(npy, error));
        if (take(npy, ",")) continue;
        if (!take(npy, "}")) return bad_header(npy, "cannot be parsed", error);
        break;
    }
    if (!npy->has_descr || !npy->has_order || !npy->has_shape)
        return bad_header(npy, "descr, fortran_order or shape is missing", error);
cleanup:
    return status;
}

/* Finds the header: 6 magic bytes, the version, then the length in 2 bytes (version 1) or 4. */
static enum trkx_status find_header(struct trkx_npy *npy, trkx_error *error)
{
    const unsigned char *bytes = (const unsigned char *)npy->text->bytes;
    size_t size = npy->text->length;
    if (size < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return trkx_text_fail(npy->text, 0, error, "is not an npy file");
    if (bytes[6] < 1 || bytes[6] > 3)
        return trkx_text_fail(npy->text, 0, error, "npy version %d is not 1, 2 or 3", bytes[6]);
    size_t begin = bytes[6] == 1 ? 10 : 12;
    size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    if (begin == 12 && size >= 12) length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (begin > size || length > size - begin) return bad_header(npy, "truncated", error);
    npy->at = npy->text->bytes + begin;
    npy->end = npy->at + length;
    return TRKX_OK;
}

bool trkx_npy_is(const struct trkx_text *text)
{
    return text->length >= 6 && memcmp(text->bytes, "\x93NUMPY", 6) == 0;
}

enum trkx_status trkx_npy_open(const struct trkx_text *text, struct trkx_npy *npy, trkx_error *error)
{
    enum trkx_status status;
    *npy = (struct trkx_npy){.text = text, .shape = {1, 1}};
    TRKX_CHECK(find_header(npy, error));
    TRKX_CHECK(take_dictionary(npy, error));
    size_t bytes = text->length - (size_t)(npy->end - text->bytes), count = 0;
    if (npy->record == 0) return bad_header(npy, "elements of size 0", error);
    if (__builtin_mul_overflow(npy->shape[0], npy->shape[1], &count) || count > bytes / npy->record)
        return trkx_text_fail(text, 0, error, "npy: %zu bytes are too few for shape (%zu, %zu)", bytes,
                              npy->shape[0], npy->shape[1]);
    if (count * npy->record != bytes)
        return trkx_text_fail(text, 0, error, "npy: there is more after the data");
cleanup:
    return status;
}

/* ---- numbers ---------------------------------------------------------------------------------------- */

bool trkx_npy_numeric(const struct trkx_npy_field *field)
{
    return strchr("fiub", field->kind) != NULL;
}

static int64_t signed_of(const char *from, size_t size)
{
    int8_t byte;
    int16_t half;
    int32_t word;
    int64_t whole;
    switch (size) {
    case 1: memcpy(&byte, from, 1); return byte;
    case 2: memcpy(&half, from, 2); return half;
    case 4: memcpy(&word, from, 4); return word;
    default: memcpy(&whole, from, 8); return whole;
    }
}

static uint64_t unsigned_of(const char *from, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, from, size); /* little endian, like the rest */
    return value;
}

struct trkx_npy_number trkx_npy_load(const struct trkx_npy_field *field, const char *record)
{
    const char *from = record + field->offset;
    struct trkx_npy_number number = {.integer = field->kind != 'f'};
    float single;
    if (field->kind == 'i') {
        number.i = signed_of(from, field->size);
    } else if (field->kind != 'f') {
        uint64_t value = unsigned_of(from, field->size);
        number.integer = value <= INT64_MAX;
        number.i = (int64_t)(value & INT64_MAX);
        number.f = (double)value;
    } else if (field->size == 4) {
        memcpy(&single, from, 4);
        number.f = (double)single;
    } else {
        memcpy(&number.f, from, 8);
    }
    return number;
}

/* Whether a double can be converted to int64: -2^63 <= f < 2^63. */
static bool is_whole(double f)
{
    return f == floor(f) && f >= -0x1p63 && f < 0x1p63;
}

static const char *store_float(double value, enum trkx_column_type type, void *to)
{
    float single = (float)value;
    if (!isfinite(value)) return "is not finite";
    if (type == TRKX_COLUMN_FLOAT64) {
        memcpy(to, &value, sizeof value);
        return NULL;
    }
    if (isinf(single)) return "is out of range";
    memcpy(to, &single, sizeof single);
    return NULL;
}

const char *trkx_npy_store(const struct trkx_npy_number *number, enum trkx_column_type type, void *to)
{
    if (type == TRKX_COLUMN_FLOAT32 && number->integer) { /* round only once */
        float single = (float)number->i;
        memcpy(to, &single, sizeof single);
        return NULL;
    }
    if (type == TRKX_COLUMN_FLOAT32 || type == TRKX_COLUMN_FLOAT64)
        return store_float(number->integer ? (double)number->i : number->f, type, to);
    if (!number->integer && !isfinite(number->f)) return "is not finite";
    if (!number->integer && number->f != floor(number->f)) return "is not an integer";
    if (!number->integer && !is_whole(number->f)) return "is out of range";
    int64_t value = number->integer ? number->i : (int64_t)number->f;
    int32_t narrow = (int32_t)value;
    if (type == TRKX_COLUMN_INT32 && narrow != value) return "is out of range";
    if (type == TRKX_COLUMN_INT32)
        memcpy(to, &narrow, sizeof narrow);
    else
        memcpy(to, &value, sizeof value);
    return NULL;
}

/* ---- records as the rows of a table ------------------------------------------------------------------ */

static bool has_records(const struct trkx_npy *npy)
{
    return npy->structured && npy->rank == 1;
}

/* No rows if the header is invalid or has no records, which read_table reports. */
static void open_table(const struct trkx_text *text, size_t part_size, struct trkx_table *table)
{
    struct trkx_npy npy;
    (void)part_size;
    table->rows = trkx_npy_open(text, &npy, NULL) == TRKX_OK && has_records(&npy) ? npy.shape[0] : 0;
}

/* Or NULL. */
static const struct trkx_npy_field *find_field(const struct trkx_npy *npy, const char *name)
{
    for (size_t f = 0; f < npy->fields_count; f++)
        if (strcmp(npy->fields[f].name, name) == 0) return &npy->fields[f];
    return NULL;
}

static enum trkx_status read_column(const struct trkx_npy *npy, struct trkx_column *column, trkx_error *error)
{
    const struct trkx_npy_field *field = find_field(npy, column->name);
    column->found = field != NULL;
    if (field == NULL) return TRKX_OK;
    if (!trkx_npy_numeric(field))
        return trkx_text_fail(npy->text, 0, error, "column %s is not numeric", column->name);
    for (size_t row = 0; row < npy->shape[0]; row++) {
        struct trkx_npy_number number = trkx_npy_load(field, npy->end + row * npy->record);
        const char *wrong =
            trkx_npy_store(&number, column->type, (char *)column->values + row * column->stride);
        if (wrong != NULL)
            return trkx_text_fail(npy->text, row + 1, error, "column %s: %.17g %s", column->name,
                                  number.integer ? (double)number.i : number.f, wrong);
    }
    return TRKX_OK;
}

static enum trkx_status check_columns(const struct trkx_npy *npy, const struct trkx_column *columns,
                                      size_t columns_count, trkx_error *error)
{
    struct trkx_names names = {0};
    for (size_t f = 0; f < npy->fields_count; f++)
        trkx_names_add(&names, npy->fields[f].name, strlen(npy->fields[f].name));
    return trkx_columns_check(npy->text, 0, columns, columns_count, &names, "", error);
}

static enum trkx_status read_table(const struct trkx_table *table, struct trkx_column *columns,
                                   size_t columns_count, trkx_error *error)
{
    const struct trkx_text *text = table->text;
    struct trkx_npy npy;
    enum trkx_status status;
    TRKX_CHECK(trkx_npy_open(text, &npy, error));
    if (!has_records(&npy))
        return trkx_text_fail(text, 0, error,
                              "npy header: is not a one-dimensional array of records with named fields");
    for (size_t k = 0; k < columns_count; k++) TRKX_CHECK(read_column(&npy, &columns[k], error));
    TRKX_CHECK(check_columns(&npy, columns, columns_count, error));
cleanup:
    return status;
}

static size_t line_of(const struct trkx_text *text, size_t row)
{
    (void)text;
    return row + 1;
}

const struct trkx_format trkx_npy_format = {
    .endings = {".npy"}, .is = trkx_npy_is, .open = open_table, .read = read_table, .line = line_of};

/* ---- writing ---------------------------------------------------------------------------------------- */

/* The header ends with a newline at a multiple of 64 bytes. */
void trkx_npy_begin(struct trkx_output *output, const char *descr, size_t rows, const char *columns)
{
    char header[256];
    memset(header, ' ', sizeof header);
    int length = snprintf(header + 10, sizeof header - 10,
                          "{'descr': %s, 'fortran_order': False, 'shape': (%zu,%s), }", descr, rows, columns);
    size_t size = 10 + (size_t)length + 1 <= 128 ? 128 : sizeof header;
    header[10 + length] = ' ';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)(size - 10);
    header[9] = 0;
    header[size - 1] = '\n';
    trkx_output_write(output, header, size);
}
