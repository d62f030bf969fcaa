/* Dense arrays, from and to .npy (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)
 * and files of comma separated numbers. */
#include "array.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "output.h"

/* ---- elements --------------------------------------------------------------------------------------- */

/* One number, as a file has it: an integer or not. */
struct number {
    bool integer;
    int64_t i;
    double f;
};

static size_t element_size(enum trkx_array_type type)
{
    return type == TRKX_INT64 ? sizeof(int64_t) : sizeof(int32_t);
}

/* A whole number of the double's size, which conversion to int64 needs: -2^63 <= f < 2^63. */
static bool is_whole(double f)
{
    return f == floor(f) && f >= -0x1p63 && f < 0x1p63;
}

/* NULL, or why the number cannot be an element of the array. */
static const char *store(trkx_array *array, size_t element, const struct number *number)
{
    if (!number->integer && !isfinite(number->f)) return "is not finite";
    if (array->type == TRKX_FLOAT32) {
        float value = number->integer ? (float)number->i : (float)number->f;
        if (isinf(value)) return "is out of range";
        ((float *)array->data)[element] = value;
        return NULL;
    }
    if (!number->integer && number->f != floor(number->f)) return "is not an integer";
    if (!number->integer && !is_whole(number->f)) return "is out of range";
    int64_t value = number->integer ? number->i : (int64_t)number->f;
    if (array->type == TRKX_INT64)
        ((int64_t *)array->data)[element] = value;
    else if (value < INT32_MIN || value > INT32_MAX)
        return "is out of range";
    else
        ((int32_t *)array->data)[element] = (int32_t)value;
    return NULL;
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

/* The header's dictionary, as far as it has been read. */
struct npy {
    const struct trkx_text *text;
    const char *at, *end; /* of the header */
    char kind;            /* 'f' or 'i' */
    size_t size;          /* of an element in bytes */
    bool has_descr, has_order, has_shape;
    size_t shape[2];
    int rank;
};

static enum trkx_status bad_header(const struct npy *npy, const char *what, trkx_error *error)
{
    return trkx_text_fail(npy->text, 0, error, "npy header: %s", what);
}

static void skip_spaces(struct npy *npy)
{
    while (npy->at < npy->end && (*npy->at == ' ' || *npy->at == '\t' || *npy->at == '\n')) npy->at++;
}

/* Takes the token where it comes next. */
static bool take(struct npy *npy, const char *token)
{
    size_t length = strlen(token);
    skip_spaces(npy);
    if ((size_t)(npy->end - npy->at) < length || memcmp(npy->at, token, length) != 0) return false;
    npy->at += length;
    return true;
}

/* Takes a string in quotes of either kind, without escapes, into to[size]. */
static bool take_string(struct npy *npy, char *to, size_t size)
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

static enum trkx_status take_descr(struct npy *npy, trkx_error *error)
{
    char descr[16];
    if (!take_string(npy, descr, sizeof descr)) return bad_header(npy, "descr is not a plain type", error);
    if (descr[0] != '<' || (descr[1] != 'f' && descr[1] != 'i') || (descr[2] != '4' && descr[2] != '8') ||
        descr[3] != '\0')
        return trkx_text_fail(npy->text, 0, error, "npy header: type \"%s\" is none of <f4 <f8 <i4 <i8",
                              descr);
    npy->kind = descr[1];
    npy->size = (size_t)(descr[2] - '0');
    npy->has_descr = true;
    return TRKX_OK;
}

static enum trkx_status take_order(struct npy *npy, trkx_error *error)
{
    if (take(npy, "True")) return bad_header(npy, "Fortran order is not supported", error);
    if (!take(npy, "False")) return bad_header(npy, "fortran_order is neither True nor False", error);
    npy->has_order = true;
    return TRKX_OK;
}

static enum trkx_status take_shape(struct npy *npy, trkx_error *error)
{
    if (!take(npy, "(")) return bad_header(npy, "shape is not a tuple", error);
    for (npy->rank = 0; !take(npy, ")"); npy->rank++) {
        int64_t length;
        skip_spaces(npy);
        if (npy->rank == 2) return bad_header(npy, "more than two dimensions", error);
        if (trkx_parse_int64(&npy->at, &length) != NULL || length < 0 || npy->at > npy->end)
            return bad_header(npy, "a dimension is no number", error);
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

static enum trkx_status take_entry(struct npy *npy, trkx_error *error)
{
    char key[16];
    if (!take_string(npy, key, sizeof key) || !take(npy, ":"))
        return bad_header(npy, "not understood", error);
    if (strcmp(key, "descr") == 0) return take_descr(npy, error);
    if (strcmp(key, "fortran_order") == 0) return take_order(npy, error);
    if (strcmp(key, "shape") == 0) return take_shape(npy, error);
    return trkx_text_fail(npy->text, 0, error, "npy header: unknown key \"%s\"", key);
}

static enum trkx_status take_dictionary(struct npy *npy, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    if (!take(npy, "{")) return bad_header(npy, "not a dictionary", error);
    while (!take(npy, "}")) {
        TRKX_CHECK(take_entry(npy, error));
        if (take(npy, ",")) continue;
        if (!take(npy, "}")) return bad_header(npy, "not understood", error);
        break;
    }
    if (!npy->has_descr || !npy->has_order || !npy->has_shape)
        return bad_header(npy, "descr, fortran_order or shape is missing", error);
cleanup:
    return status;
}

/* Finds the header: 6 bytes of magic, the version, then its length in 2 bytes (version 1) or 4. */
static enum trkx_status find_header(struct npy *npy, trkx_error *error)
{
    const unsigned char *bytes = (const unsigned char *)npy->text->bytes;
    size_t size = npy->text->length;
    if (size < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return trkx_text_fail(npy->text, 0, error, "is not an npy file");
    if (bytes[6] < 1 || bytes[6] > 3)
        return trkx_text_fail(npy->text, 0, error, "npy version %d is none of 1, 2, 3", bytes[6]);
    size_t begin = bytes[6] == 1 ? 10 : 12;
    size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    if (begin == 12 && size >= 12) length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (begin > size || length > size - begin) return bad_header(npy, "truncated", error);
    npy->at = npy->text->bytes + begin;
    npy->end = npy->at + length;
    return TRKX_OK;
}

static struct number load(const char *from, char kind, size_t size)
{
    struct number number = {.integer = kind == 'i'};
    float single;
    int32_t narrow;
    if (kind == 'f' && size == 4) {
        memcpy(&single, from, 4);
        number.f = (double)single;
    } else if (kind == 'f') {
        memcpy(&number.f, from, 8);
    } else if (size == 4) {
        memcpy(&narrow, from, 4);
        number.i = narrow;
    } else {
        memcpy(&number.i, from, 8);
    }
    return number;
}

/* The elements [rows,columns] behind the header. */
static enum trkx_status load_elements(const struct npy *npy, trkx_array *array, trkx_error *error)
{
    size_t count = array->rows * array->columns;
    char in_file = npy->kind, wanted = array->type == TRKX_FLOAT32 ? 'f' : 'i';
    if (in_file == wanted && wanted == 'i' && npy->size == element_size(array->type)) {
        memcpy(array->data, npy->end, count * npy->size);
        return TRKX_OK;
    }
    for (size_t e = 0; e < count; e++) {
        struct number number = load(npy->end + e * npy->size, in_file, npy->size);
        const char *wrong = store(array, e, &number);
        if (wrong == NULL) continue;
        return trkx_text_fail(npy->text, 0, error, "row %zu, column %zu: %.17g %s", e / array->columns + 1,
                              e % array->columns + 1, number.integer ? (double)number.i : number.f, wrong);
    }
    return TRKX_OK;
}

static enum trkx_status parse_npy(const struct trkx_text *text, trkx_array *array, trkx_error *error)
{
    struct npy npy = {.text = text, .shape = {1, 1}};
    enum trkx_status status;
    TRKX_CHECK(find_header(&npy, error));
    TRKX_CHECK(take_dictionary(&npy, error));
    size_t bytes = text->length - (size_t)(npy.end - text->bytes), count = 0;
    if (__builtin_mul_overflow(npy.shape[0], npy.shape[1], &count) || count > bytes / npy.size)
        TRKX_CHECK(trkx_text_fail(text, 0, error, "npy: %zu bytes are too few for shape (%zu, %zu)", bytes,
                                  npy.shape[0], npy.shape[1]));
    if (count * npy.size != bytes)
        TRKX_CHECK(trkx_text_fail(text, 0, error, "npy: something follows the data"));
    array->rows = npy.shape[0];
    array->columns = npy.shape[1];
    array->rank = npy.rank;
    TRKX_CHECK(allocate(array, error));
    TRKX_CHECK(load_elements(&npy, array, error));
cleanup:
    return status;
}

/* ---- CSV -------------------------------------------------------------------------------------------- */

/* A number and the blanks around it; NULL or what is wrong. *at is then at the separator behind it. */
static const char *scan_number(const char **at, const char *end, enum trkx_array_type type,
                               struct number *number)
{
    const char *c = *at + strspn(*at, " \t"), *wrong;
    number->integer = type != TRKX_FLOAT32;
    wrong = number->integer ? trkx_parse_int64(&c, &number->i) : trkx_parse_double(&c, &number->f);
    if (wrong != NULL) return wrong;
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
        struct number number;
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

/* Rank 1 where there is one number in a row. Empty lines are allowed at the end only: elsewhere they are
 * rows without numbers. A file of nothing but empty lines is an array of so many rows without columns. */
static enum trkx_status parse_csv(const struct trkx_text *text, trkx_array *array, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const char *c = text->bytes, *last = text->bytes + text->length, *end = last;
    while (end > c && (end[-1] == '\r' || end[-1] == '\n')) end--;
    bool empty = end == c;
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

/* Version 1: the header ends with a newline at a multiple of 64 bytes. */
static void write_npy(struct trkx_output *output, const trkx_array *array)
{
    static const char *const descr[] = {[TRKX_FLOAT32] = "<f4", [TRKX_INT32] = "<i4", [TRKX_INT64] = "<i8"};
    char header[128], columns[32] = "";
    if (array->rank == 2) snprintf(columns, sizeof columns, " %zu", array->columns);
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10); /* 0x76: 128 - 10 */
    int length = snprintf(header + 10, sizeof header - 10,
                          "{'descr': '%s', 'fortran_order': False, 'shape': (%zu,%s), }", descr[array->type],
                          array->rows, columns);
    header[10 + length] = ' ';
    header[sizeof header - 1] = '\n';
    trkx_output_write(output, header, sizeof header);
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
