/* Files of text: loading and unpacking, numbers in and out, tables. */
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* ---- messages --------------------------------------------------------------------------------------- */

enum trkx_status trkx_text_fail(const struct trkx_text *text, size_t line, trkx_error *error,
                                const char *format, ...)
{
    char what[TRKX_ERROR_MESSAGE_SIZE], where[32] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (line != 0) snprintf(where, sizeof where, ":%zu", line);
    return trkx_fail(error, TRKX_ERROR_FORMAT, "%s%s: %s: %s", text->name, where, text->stage, what);
}

enum trkx_status trkx_text_fail_field(const struct trkx_text *text, size_t line, const char *what,
                                      const char *field, const char *why, trkx_error *error)
{
    const char *end = text->bytes + text->length;
    char quote[32];
    size_t length = 0;
    while (length + 1 < sizeof quote && field + length < end) {
        char c = field[length];
        if (c == ',' || c == '\r' || c == '\n') break;
        quote[length++] = c >= ' ' && c <= '~' ? c : '?';
    }
    quote[length] = '\0';
    return trkx_text_fail(text, line, error, "%s: \"%s\" %s", what, quote, why);
}

bool trkx_ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* ---- files ------------------------------------------------------------------------------------------ */

/* Bytes that grow; room for the padding behind `capacity`. */
enum { PADDING = 16 }; /* zero bytes: a table's numbers are read 8 bytes at a time */
struct buffer {
    char *bytes;
    size_t used, capacity;
    struct trkx_memory *memory;
};

static enum trkx_status reserve(struct buffer *buffer, size_t capacity, const char *name, trkx_error *error)
{
    char *grown = buffer->bytes == NULL ? trkx_allocate(buffer->memory, capacity + PADDING, 1)
                                        : trkx_reallocate(buffer->bytes, capacity + PADDING, 1);
    if (grown == NULL)
        return trkx_fail(error, TRKX_ERROR_MEMORY, "%s: out of memory: %zu bytes", name, capacity + PADDING);
    buffer->bytes = grown;
    buffer->capacity = capacity;
    return TRKX_OK;
}

static size_t doubled(size_t capacity)
{
    return capacity < 4096 ? 8192 : 2 * capacity;
}

/* Reads on to the end; one byte more than expected shows that a regular file ends there. */
static enum trkx_status read_all(int descriptor, const char *path, const char *stage, struct buffer *buffer,
                                 trkx_error *error)
{
    struct stat about;
    enum trkx_status status = TRKX_OK;
    size_t expected = fstat(descriptor, &about) == 0 && about.st_size > 0 ? (size_t)about.st_size : 0;
    TRKX_CHECK(reserve(buffer, expected + 1, path, error));
    for (;;) {
        if (buffer->used == buffer->capacity)
            TRKX_CHECK(reserve(buffer, doubled(buffer->capacity), path, error));
        ssize_t got = read(descriptor, buffer->bytes + buffer->used, buffer->capacity - buffer->used);
        if (got == 0) break;
        if (got > 0) {
            buffer->used += (size_t)got;
        } else if (errno != EINTR) {
            status =
                trkx_fail(error, TRKX_ERROR_IO, "%s: %s: cannot be read: %s", path, stage, strerror(errno));
            break;
        }
    }
cleanup:
    return status;
}

static void *zlib_allocate(void *memory, unsigned count, unsigned size)
{
    return trkx_allocate(memory, count, size);
}

static void zlib_release(void *unused, void *block)
{
    (void)unused;
    trkx_release(block);
}

static bool is_gzip(const char *bytes, size_t length)
{
    return length >= 2 && (unsigned char)bytes[0] == 0x1f && (unsigned char)bytes[1] == 0x8b;
}

/* The size that the last four bytes of a gzip file state, as far as deflate can reach it (1032 to 1). Only
 * a first guess: it is modulo 2^32 and of the last member. */
static size_t unpacked_size(const struct trkx_text *text)
{
    const unsigned char *end = (const unsigned char *)text->bytes + text->length;
    if (text->length < 18) return 64;
    size_t stated = (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
    size_t reachable = 1032 * text->length;
    return (stated < reachable ? stated : reachable) + 1;
}

/* Inflates what is left of the packed text into the buffer, one member after the other (as gzip does). */
static enum trkx_status inflate_all(z_stream *stream, const struct trkx_text *text, struct buffer *buffer,
                                    trkx_error *error)
{
    const unsigned char *packed = (const unsigned char *)text->bytes;
    enum trkx_status status = TRKX_OK;
    for (;;) {
        size_t left = text->length - (size_t)(stream->next_in - packed);
        if (buffer->used == buffer->capacity)
            TRKX_CHECK(reserve(buffer, doubled(buffer->capacity), text->name, error));
        size_t room = buffer->capacity - buffer->used;
        stream->avail_in = left < UINT32_MAX ? (unsigned)left : UINT32_MAX;
        stream->avail_out = room < UINT32_MAX ? (unsigned)room : UINT32_MAX;
        stream->next_out = (unsigned char *)buffer->bytes + buffer->used;
        int result = inflate(stream, Z_NO_FLUSH);
        buffer->used = (size_t)((char *)stream->next_out - buffer->bytes);
        left = text->length - (size_t)(stream->next_in - packed);
        if (result == Z_STREAM_END && left == 0) return TRKX_OK;
        if (result == Z_STREAM_END && is_gzip((const char *)stream->next_in, left))
            result = inflateReset(stream);
        if (result == Z_MEM_ERROR) return trkx_fail_memory(error, "unpacking", 1 << 16);
        if (result == Z_STREAM_END) return trkx_text_fail(text, 0, error, "something follows the gzip data");
        if (result != Z_OK && result != Z_BUF_ERROR)
            return trkx_text_fail(text, 0, error, "damaged gzip data: %s",
                                  stream->msg != NULL ? stream->msg : "not understood");
        if (left == 0 && stream->avail_out > 0) return trkx_text_fail(text, 0, error, "truncated gzip data");
    }
cleanup:
    return status;
}

static enum trkx_status unpack(struct trkx_text *text, struct trkx_memory *memory, trkx_error *error)
{
    enum trkx_status status;
    struct buffer buffer = {.memory = memory};
    z_stream stream = {.zalloc = zlib_allocate, .zfree = zlib_release, .opaque = memory};
    stream.next_in = (unsigned char *)text->bytes;
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return trkx_fail_memory(error, "unpacking", 1 << 16);
    TRKX_CHECK(reserve(&buffer, unpacked_size(text), text->name, error));
    TRKX_CHECK(inflate_all(&stream, text, &buffer, error));
    trkx_release(text->bytes);
    text->bytes = buffer.bytes;
    text->length = buffer.used;
    buffer.bytes = NULL;
cleanup:
    inflateEnd(&stream);
    trkx_release(buffer.bytes);
    return status;
}

/* Makes a text of the buffer, which it takes over; on failure the text is empty. */
static enum trkx_status finish(const char *name, const char *stage, struct buffer *buffer,
                               struct trkx_text *text, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *text = (struct trkx_text){trkx_duplicate(name), stage, buffer->bytes, buffer->used};
    if (text->name == NULL) {
        status = trkx_fail_memory(error, "a file name", strlen(name) + 1);
        goto cleanup;
    }
    if (is_gzip(text->bytes, text->length))
        TRKX_CHECK(unpack(text, buffer->memory, error));
    else if (text->length > 0 && trkx_ends_with(name, ".gz"))
        TRKX_CHECK(trkx_text_fail(text, 0, error, "is not gzip data"));
    if (text->length == 0) TRKX_CHECK(trkx_text_fail(text, 0, error, "is empty"));
    memset(text->bytes + text->length, 0, PADDING);
cleanup:
    if (status != TRKX_OK) trkx_text_release(text);
    return status;
}

enum trkx_status trkx_text_load(const char *path, const char *stage, struct trkx_memory *memory,
                                struct trkx_text *text, trkx_error *error)
{
    struct buffer buffer = {.memory = memory};
    enum trkx_status status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    *text = (struct trkx_text){0};
    if (descriptor < 0)
        return trkx_fail(error, TRKX_ERROR_IO, "%s: %s: cannot be opened: %s", path, stage, strerror(errno));
    status = read_all(descriptor, path, stage, &buffer, error);
    close(descriptor);
    if (status == TRKX_OK) return finish(path, stage, &buffer, text, error);
    trkx_release(buffer.bytes);
    return status;
}

enum trkx_status trkx_text_copy(const char *name, const char *stage, const void *bytes, size_t length,
                                struct trkx_text *text, trkx_error *error)
{
    struct buffer buffer = {0};
    enum trkx_status status = reserve(&buffer, length, name, error);
    *text = (struct trkx_text){0};
    if (status != TRKX_OK) return status;
    if (length > 0) memcpy(buffer.bytes, bytes, length);
    buffer.used = length;
    return finish(name, stage, &buffer, text, error);
}

void trkx_text_release(struct trkx_text *text)
{
    trkx_release(text->name);
    trkx_release(text->bytes);
    *text = (struct trkx_text){0};
}

/* ---- numbers in ------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* Powers of ten that double represents. */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { POWERS = sizeof powers / sizeof powers[0] };

/* mantissa * 10^exponent, for mantissa > 0 and |exponent| <= 27: 5^27 fits in 64 bits, so that 128 hold the
 * product exactly, or a quotient of at least 65 bits of which the last also says whether there is a rest. The
 * conversion to double rounds once, half to even. */
enum { WIDE_EXPONENT = 27 };
static double parse_wide(uint64_t mantissa, int exponent)
{
    unsigned __int128 value = mantissa;
    uint64_t five = 1;
    int binary = exponent;
    for (int i = abs(exponent); i > 0; i--) five *= 5;
    if (exponent >= 0) {
        value *= five;
    } else {
        int up = 64 + __builtin_clzll(mantissa);
        unsigned __int128 quotient = (value << up) / five;
        value = quotient | (quotient * five != value << up);
        binary -= up;
    }
    return ldexp((double)value, binary);
}

/* The decimal digits from begin to end, a point among them or not, times 10^exponent, the point disregarded.
 * strtod rounds exactly but wants the locale's point, so it gets none. No double needs more than 767 digits
 * to be told from its neighbours' midpoints; of further ones only matters whether all of them are 0. */
static double parse_long(const char *begin, const char *end, int64_t exponent)
{
    enum { DIGITS = 800 };
    char decimal[DIGITS + 40];
    size_t used = 0;
    bool more = false;
    for (const char *c = begin; c < end; c++) {
        if (*c == '.' || (used == 0 && *c == '0')) continue;
        if (used < DIGITS) {
            decimal[used++] = *c;
        } else {
            more = more || *c != '0';
            exponent++;
        }
    }
    if (more) decimal[used - 1] |= 1; /* a midpoint of so many digits would end in 0 */
    snprintf(decimal + used, sizeof decimal - used, "e%lld", (long long)exponent);
    return used == 0 ? 0 : strtod(decimal, NULL);
}

/* The exponent behind a mantissa, 0 where there is none; false where it has no digits. Beyond 10^15 it stays
 * there: no file is long enough to make up for it. */
static bool parse_exponent(const char **at, int64_t *exponent)
{
    const char *c = *at;
    *exponent = 0;
    if ((*c | 0x20) != 'e') return true;
    bool negative = *++c == '-';
    if (*c == '-' || *c == '+') c++;
    if (!is_digit(*c)) return false;
    for (; is_digit(*c); c++)
        if (*exponent < INT64_C(1000000000000000)) *exponent = 10 * *exponent + (*c - '0');
    if (negative) *exponent = -*exponent;
    *at = c;
    return true;
}

static const char *not_a_number(const char *text)
{
    if (*text == '-' || *text == '+') text++;
    if ((text[0] | 0x20) == 'n' && (text[1] | 0x20) == 'a' && (text[2] | 0x20) == 'n') return "is not finite";
    if ((text[0] | 0x20) == 'i' && (text[1] | 0x20) == 'n' && (text[2] | 0x20) == 'f') return "is not finite";
    return "is not a number";
}

const char *trkx_parse_double(const char **at, double *value)
{
    const char *c = *at + (**at == '-' || **at == '+'), *begin = c;
    uint64_t mantissa = 0;
    int64_t exponent, fraction = 0;
    for (; is_digit(*c); c++) mantissa = 10 * mantissa + (uint64_t)(*c - '0');
    ptrdiff_t digits = c - begin;
    if (*c == '.') {
        const char *point = c++;
        for (; is_digit(*c); c++) mantissa = 10 * mantissa + (uint64_t)(*c - '0');
        fraction = c - point - 1;
        digits += fraction;
    }
    const char *end = c;
    if (digits == 0 || !parse_exponent(&c, &exponent)) return not_a_number(*at);
    exponent -= fraction;
    if (digits <= 19 && mantissa <= UINT64_C(1) << 53 && exponent > -POWERS && exponent < POWERS)
        /* both operands are exact, so the one operation rounds exactly */
        *value = exponent < 0 ? (double)mantissa / powers[-exponent] : (double)mantissa * powers[exponent];
    else if (digits <= 19 && mantissa > 0 && exponent >= -WIDE_EXPONENT && exponent <= WIDE_EXPONENT)
        *value = parse_wide(mantissa, (int)exponent);
    else
        *value = parse_long(begin, end, exponent);
    if (isinf(*value)) return "is out of range";
    if (**at == '-') *value = -*value;
    *at = c;
    return NULL;
}

/* Of digits that may be too many. */
static const char *parse_large(const char *begin, const char *end, uint64_t limit, uint64_t *magnitude)
{
    *magnitude = 0;
    for (const char *c = begin; c < end; c++) {
        uint64_t digit = (uint64_t)(*c - '0');
        if (*magnitude > (limit - digit) / 10) return "is out of range";
        *magnitude = 10 * *magnitude + digit;
    }
    return NULL;
}

const char *trkx_parse_int64(const char **at, int64_t *value)
{
    const char *begin = *at + (**at == '-' || **at == '+'), *c = begin, *wrong = NULL;
    bool negative = **at == '-';
    uint64_t magnitude = 0;
    for (; is_digit(*c); c++) magnitude = 10 * magnitude + (uint64_t)(*c - '0');
    if (c == begin) return "is not an integer";
    if (c - begin > 18) wrong = parse_large(begin, c, (uint64_t)INT64_MAX + negative, &magnitude);
    if (wrong != NULL) return wrong;
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    *at = c;
    return NULL;
}

/* ---- numbers out ------------------------------------------------------------------------------------ */

static char *format_unsigned(char *to, uint64_t value, int at_least)
{
    char digits[20];
    int count = 0;
    for (; value != 0 || count < at_least; value /= 10) digits[count++] = (char)('0' + value % 10);
    while (count > 0) *to++ = digits[--count];
    return to;
}

char *trkx_format_int64(char *to, int64_t value)
{
    if (value < 0) *to++ = '-';
    return format_unsigned(to, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

/* value * 10^-decimals, without zeros at the end. */
static char *format_decimal(char *to, uint64_t value, int decimals)
{
    while (decimals > 0 && value % 10 == 0) {
        value /= 10;
        decimals--;
    }
    uint64_t unit = 1;
    for (int i = 0; i < decimals; i++) unit *= 10;
    to = format_unsigned(to, value / unit, 1);
    if (decimals == 0) return to;
    *to++ = '.';
    return format_unsigned(to, value % unit, decimals);
}

/* With the C library, whose decimal point depends on the locale and may be more than one byte. */
static char *format_long(char *to, double value, int digits)
{
    char text[64];
    snprintf(text, sizeof text, "%.*g", digits, value);
    for (const char *c = text; *c != '\0'; c++) {
        bool known = is_digit(*c) || strchr("+-einfa", *c) != NULL;
        if (known || to[-1] != '.') *to++ = known ? *c : '.'; /* a digit comes before the point */
    }
    return to;
}

/* A quick way for the most: the integer of 6 to 9 significant digits that is nearest to magnitude *
 * 10^decimals, if dividing it again, as a reader would (one exactly rounded operation), gives the same float.
 * NULL where none of them does. */
static char *format_short(char *to, double magnitude)
{
    int exponent = 8; /* of the first digit */
    if (!(magnitude >= 1e-4 && magnitude < 1e9)) return NULL;
    while (exponent > 0 && magnitude < powers[exponent]) exponent--;
    while (exponent <= 0 && exponent > -4 && magnitude * powers[-exponent] < 1) exponent--;
    for (int digits = 6; digits <= 9; digits++) {
        int decimals = digits - 1 - exponent < 0 ? 0 : digits - 1 - exponent;
        double scaled = rint(magnitude * powers[decimals]);
        if ((float)(scaled / powers[decimals]) == (float)magnitude)
            return format_decimal(to, (uint64_t)scaled, decimals);
    }
    return NULL;
}

/* With as few digits as read back as the same number. */
static char *format_checked(char *to, double magnitude, bool single, int digits, int most)
{
    for (;; digits++) {
        double back = 0;
        const char *from = to;
        char *end = format_long(to, magnitude, digits);
        *end = '\0';
        if (digits == most || trkx_parse_double(&from, &back) != NULL) return end;
        if (single ? (float)back == (float)magnitude : back == magnitude) return end;
    }
}

char *trkx_format_float(char *to, float value)
{
    double magnitude = fabs((double)value);
    if (signbit(value)) *to++ = '-';
    char *end = format_short(to, magnitude);
    return end != NULL ? end : format_checked(to, magnitude, true, 6, 9);
}

char *trkx_format_double(char *to, double value)
{
    if (signbit(value)) *to++ = '-';
    return format_checked(to, fabs(value), false, 15, 17);
}

/* ---- tables ----------------------------------------------------------------------------------------- */

/* A table while it is read. */
struct table {
    const struct trkx_text *text;
    const char *end;             /* of the text */
    struct trkx_column **fields; /* [fields_count] the column of each field, NULL: ignored */
    size_t fields_count;
};

static const char *skip_blanks(const char *c)
{
    while (*c == ' ' || *c == '\t') c++;
    return c;
}

static const char *end_of_field(const char *c, const char *end)
{
    while (c < end && *c != ',' && *c != '\n') c++;
    return c;
}

static const char *end_of_line(const char *c, const char *end)
{
    const char *found = memchr(c, '\n', (size_t)(end - c));
    return found != NULL ? found : end;
}

/* The line's begin, behind the mark of UTF-8 that some programs write. */
static const char *first_line(const struct trkx_text *text)
{
    return text->length >= 3 && memcmp(text->bytes, "\xef\xbb\xbf", 3) == 0 ? text->bytes + 3 : text->bytes;
}

static bool is_empty_line(const char *c, const char *end)
{
    if (c < end && *c == '\r') c++;
    return c < end && *c == '\n';
}

size_t trkx_table_rows(const struct trkx_text *text)
{
    size_t rows = 0;
    for (size_t i = 0; i < text->length; i++) rows += text->bytes[i] == '\n';
    return rows;
}

size_t trkx_table_line(const struct trkx_text *text, size_t row)
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

static size_t count_fields(const char *c, const char *end)
{
    size_t fields = 1;
    for (; c < end && *c != '\n'; c++) fields += *c == ',';
    return fields;
}

/* The name of the header's field that starts at c, without blanks around it. */
static bool is_name(const char *c, const char *end, const char *name)
{
    size_t length = strlen(name);
    c = skip_blanks(c);
    if ((size_t)(end - c) < length || memcmp(c, name, length) != 0) return false;
    c = skip_blanks(c + length);
    if (*c == '\r') c++;
    return c == end || *c == ',' || *c == '\n';
}

static enum trkx_status read_header(struct table *table, struct trkx_column *columns, size_t columns_count,
                                    trkx_error *error)
{
    const char *c = first_line(table->text);
    for (size_t k = 0; k < columns_count; k++) columns[k].found = false;
    for (size_t f = 0; f < table->fields_count; f++) {
        table->fields[f] = NULL;
        for (size_t k = 0; k < columns_count; k++) {
            if (!is_name(c, table->end, columns[k].name)) continue;
            if (columns[k].found)
                return trkx_text_fail(table->text, 1, error, "column %s is there twice", columns[k].name);
            columns[k].found = true;
            table->fields[f] = &columns[k];
        }
        c = end_of_field(c, table->end) + 1;
    }
    for (size_t k = 0; k < columns_count; k++)
        if (!columns[k].found && !columns[k].optional)
            return trkx_text_fail(table->text, 1, error, "column %s is missing", columns[k].name);
    return TRKX_OK;
}

/* ---- a table's numbers: most are short -------------------------------------------------------------- */

/* A value as a column stores it. NULL, or why it cannot. */
static inline const char *store_int(const struct trkx_column *column, size_t row, int64_t value)
{
    char *to = (char *)column->values + row * column->stride;
    if (column->type == TRKX_COLUMN_INT64) {
        memcpy(to, &value, sizeof value);
        return NULL;
    }
    int32_t narrow = (int32_t)value;
    if (narrow != value) return "is out of range";
    memcpy(to, &narrow, sizeof narrow);
    return NULL;
}

static inline const char *store_float(const struct trkx_column *column, size_t row, double value)
{
    char *to = (char *)column->values + row * column->stride;
    if (column->type == TRKX_COLUMN_FLOAT64) {
        memcpy(to, &value, sizeof value);
        return NULL;
    }
    float narrow = (float)value;
    if (isinf(narrow)) return "is out of range";
    memcpy(to, &narrow, sizeof narrow);
    return NULL;
}

static inline bool is_integer(const struct trkx_column *column)
{
    return column->type == TRKX_COLUMN_INT32 || column->type == TRKX_COLUMN_INT64;
}

/* Reads the number of one field and moves behind it; NULL or what is wrong. The plain way. */
static const char *read_value(const struct trkx_column *column, size_t row, const char **c)
{
    int64_t integer;
    double real;
    const char *wrong;
    if (is_integer(column)) {
        wrong = trkx_parse_int64(c, &integer);
        return wrong != NULL ? wrong : store_int(column, row, integer);
    }
    wrong = trkx_parse_double(c, &real);
    return wrong != NULL ? wrong : store_float(column, row, real);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is in the lowest byte");

static const uint64_t integer_powers[] = {1,           10,           100,           1000,          10000,
                                          100000,      1000000,      10000000,      100000000,     1000000000,
                                          10000000000, 100000000000, 1000000000000, 10000000000000};
enum { INTEGER_POWERS = sizeof integer_powers / sizeof integer_powers[0] };

/* How many of the next 8 characters are digits, before any that is none; *value: of those. Without branches,
 * which a processor cannot foresee where lengths vary: a byte that is no digit has its high bit set in
 * `others` (bytes above a carry do not matter: only the lowest counts); then pairs, fours and eights of
 * digits are put together (Lemire, "Quickly parsing eight digits", 2018). */
static inline unsigned read_digits(const char *c, uint64_t *value)
{
    uint64_t word;
    memcpy(&word, c, 8);
    word ^= UINT64_C(0x3030303030303030);
    uint64_t others = ((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080);
    unsigned count = others == 0 ? 8 : (unsigned)__builtin_ctzll(others) / 8, half = 4 * (8 - count);
    word = word << half << half; /* 64 at once would be undefined */
    word = 10 * word + (word >> 8);
    *value = ((word & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
              ((word >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001))) >>
             32;
    return count;
}

/* The end of an integer of at most 18 digits, or NULL: then the plain way will tell. */
static inline const char *quick_int(const char *c, int64_t *value)
{
    bool negative = *c == '-';
    const char *begin = c += negative;
    uint64_t magnitude = 0, part;
    unsigned count;
    do {
        count = read_digits(c, &part);
        magnitude = magnitude * integer_powers[count] + part;
        c += count;
    } while (count == 8 && c - begin < 24);
    if (c == begin || c - begin > 18) return NULL;
    *value = ((int64_t)magnitude ^ -(int64_t)negative) + negative;
    return c;
}

/* The same of a number without exponent whose digits, at most 7 before the point, are below 2^53. */
static inline const char *quick_double(const char *c, double *value)
{
    bool negative = *c == '-';
    uint64_t mantissa, part;
    unsigned whole = read_digits(c += negative, &mantissa), fraction = 0;
    c += whole;
    if (whole == 8) return NULL;
    if (*c == '.') {
        fraction = read_digits(++c, &part);
        c += fraction;
        for (; fraction >= 8 && is_digit(*c) && fraction < INTEGER_POWERS - 1; fraction++)
            part = 10 * part + (uint64_t)(*c++ - '0');
        mantissa = mantissa * integer_powers[fraction] + part;
    }
    if (whole + fraction == 0 || whole + fraction > 19 || mantissa > UINT64_C(1) << 53) return NULL;
    static const double signs[] = {1, -1};
    *value = copysign((double)mantissa / powers[fraction], signs[negative]); /* one exact rounding */
    return c;
}

/* Reads the number that a separator follows at once; the end, or NULL: then the plain way will tell. */
static inline const char *read_quickly(const struct trkx_column *column, size_t row, const char *c,
                                       char separator)
{
    int64_t integer;
    double real;
    if (is_integer(column)) {
        c = quick_int(c, &integer);
        return c != NULL && *c == separator && store_int(column, row, integer) == NULL ? c : NULL;
    }
    c = quick_double(c, &real);
    return c != NULL && *c == separator && store_float(column, row, real) == NULL ? c : NULL;
}

static bool ends_field(const char *c, const char *end)
{
    return *c == ',' || *c == '\n' || c == end || (*c == '\r' && (c[1] == '\n' || c + 1 == end));
}

/* Reads a field, with blanks around the number, in the plain way. */
static const char *read_field(const struct trkx_column *column, size_t row, const char **c, const char *end)
{
    const char *begin = *c = skip_blanks(*c), *wrong = read_value(column, row, c);
    if (wrong != NULL) return wrong;
    *c = skip_blanks(*c);
    if (ends_field(*c, end)) return NULL;
    return is_integer(column) ? "is not an integer" : not_a_number(begin);
}

static enum trkx_status fail_column(const struct table *table, size_t line, const struct trkx_column *column,
                                    const char *field, const char *wrong, trkx_error *error)
{
    char what[64];
    snprintf(what, sizeof what, "column %s", column->name);
    return trkx_text_fail_field(table->text, line, what, field, wrong, error);
}

/* Reads one line and moves to its end. */
static enum trkx_status read_row(const struct table *table, size_t row, size_t line, const char **at,
                                 trkx_error *error)
{
    const char *c = *at;
    for (size_t f = 0; f < table->fields_count; f++) {
        const struct trkx_column *column = table->fields[f];
        bool last = f + 1 == table->fields_count;
        const char *quick = column != NULL ? read_quickly(column, row, c, last ? '\n' : ',') : NULL;
        if (quick != NULL) {
            c = quick + !last;
            continue;
        }
        if (column != NULL) {
            const char *field = skip_blanks(c), *wrong = read_field(column, row, &c, table->end);
            if (wrong != NULL) return fail_column(table, line, column, field, wrong, error);
        }
        c = end_of_field(c, table->end);
        bool comma = c < table->end && *c == ',';
        if (comma == last)
            return trkx_text_fail(table->text, line, error, "%zu fields instead of %zu",
                                  count_fields(*at, table->end), table->fields_count);
        if (comma) c++;
    }
    *at = c;
    return TRKX_OK;
}

enum trkx_status trkx_table_read(const struct trkx_text *text, struct trkx_column *columns,
                                 size_t columns_count, size_t *rows, trkx_error *error)
{
    enum trkx_status status;
    struct table table = {.text = text, .end = text->bytes + text->length};
    const char *c = first_line(text);
    *rows = 0;
    table.fields_count = count_fields(c, table.end);
    TRKX_ALLOCATE(table.fields, NULL, table.fields_count, "the columns of a table");
    TRKX_CHECK(read_header(&table, columns, columns_count, error));
    c = end_of_line(c, table.end);
    for (size_t line = 2; table.end - c > 1; line++) {
        c++;
        if (is_empty_line(c, table.end)) {
            c = end_of_line(c, table.end);
        } else {
            TRKX_CHECK(read_row(&table, *rows, line, &c, error));
            ++*rows;
        }
    }
cleanup:
    trkx_release(table.fields);
    return status;
}
