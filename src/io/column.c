/* Reads a table's fields one at a time, and describes what is wrong with them. */
#include "io/column.h"

#include <math.h>
#include <string.h>

#include "io/number.h"

/* Stores a value in a column. NULL, or why it does not fit. */
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

/* Reads the number of a field and advances past it; NULL or what is wrong. The slow path. */
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

/* ---- most numbers are short ------------------------------------------------------------------------- */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is in the lowest byte");

static const uint64_t integer_powers[] = {1,           10,           100,           1000,          10000,
                                          100000,      1000000,      10000000,      100000000,     1000000000,
                                          10000000000, 100000000000, 1000000000000, 10000000000000};
enum { INTEGER_POWERS = sizeof integer_powers / sizeof integer_powers[0] };

/* The number of leading digits among the next 8 characters; *value: their value. Branch-free, as branches on
 * varying lengths cannot be predicted: a non-digit has its high bit set in `others` (bytes above a carry do
 * not matter: only the lowest counts); then digits are combined in pairs, fours and eights (Lemire, "Quickly
 * parsing eight digits", 2018). */
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

/* Reads an integer of at most 18 digits; returns its end, or NULL: then the slow path decides. */
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

/* The same for a number without exponent whose digits, at most 7 before the point, are below 2^53. */
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
        for (; fraction >= 8 && trkx_is_digit(*c) && fraction < INTEGER_POWERS - 1; fraction++)
            part = 10 * part + (uint64_t)(*c++ - '0');
        mantissa = mantissa * integer_powers[fraction] + part;
    }
    if (whole + fraction == 0 || whole + fraction > 19 || mantissa > UINT64_C(1) << 53) return NULL;
    static const double signs[] = {1, -1};
    *value = copysign((double)mantissa / trkx_powers[fraction], signs[negative]); /* one exact rounding */
    return c;
}

/* Reads a short number; returns its end, or NULL: then the slow path decides. */
static const char *read_quickly(const struct trkx_column *column, size_t row, const char *c)
{
    int64_t integer;
    double real;
    if (is_integer(column)) {
        c = quick_int(c, &integer);
        return c != NULL && store_int(column, row, integer) == NULL ? c : NULL;
    }
    c = quick_double(c, &real);
    return c != NULL && store_float(column, row, real) == NULL ? c : NULL;
}

static bool ends_field(const char *c, const char *end)
{
    return *c == ',' || *c == '\n' || c == end || (*c == '\r' && (c[1] == '\n' || c + 1 == end));
}

const char *trkx_column_read(const struct trkx_column *column, size_t row, const char **c, const char *end)
{
    const char *quick = read_quickly(column, row, *c);
    if (quick != NULL && ends_field(quick, end)) {
        *c = quick;
        return NULL;
    }
    const char *begin = *c = trkx_skip_blanks(*c);
    bool quoted = *begin == '"';
    if (quoted) begin = *c = trkx_skip_blanks(*c + 1);
    const char *wrong = read_value(column, row, c);
    if (wrong != NULL) return wrong;
    *c = trkx_skip_blanks(*c);
    bool closed = !quoted || **c == '"';
    if (quoted && closed) *c = trkx_skip_blanks(*c + 1);
    if (closed && ends_field(*c, end)) return NULL;
    return is_integer(column) ? "is not an integer" : trkx_not_a_number(begin);
}
