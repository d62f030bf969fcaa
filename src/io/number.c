/* Reads and writes decimal numbers, exactly rounded. */
#include "io/number.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers in ------------------------------------------------------------------------------------- */

const double trkx_powers[TRKX_POWERS] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* mantissa * 10^exponent, for mantissa > 0 and |exponent| <= 27: 5^27 fits in 64 bits, so 128 bits hold the
 * product exactly, or a quotient of at least 65 bits whose last bit also records whether there is a
 * remainder. The conversion to double rounds once, half to even. */
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

/* The decimal digits from begin to end, ignoring a point among them, times 10^exponent. strtod rounds exactly
 * but expects the locale's point, so it gets none. No double needs more than 767 digits to be distinguished
 * from its neighbours' midpoints; of further digits it only matters whether all are 0. */
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
    if (more) decimal[used - 1] |= 1; /* a midpoint with this many digits would end in 0 */
    snprintf(decimal + used, sizeof decimal - used, "e%lld", (long long)exponent);
    return used == 0 ? 0 : strtod(decimal, NULL);
}

/* The exponent after a mantissa, 0 if there is none; false if it has no digits. Limited to 10^15: no file is
 * long enough to compensate more. */
static bool parse_exponent(const char **at, int64_t *exponent)
{
    const char *c = *at;
    *exponent = 0;
    if ((*c | 0x20) != 'e') return true;
    bool negative = *++c == '-';
    if (*c == '-' || *c == '+') c++;
    if (!trkx_is_digit(*c)) return false;
    for (; trkx_is_digit(*c); c++)
        if (*exponent < INT64_C(1000000000000000)) *exponent = 10 * *exponent + (*c - '0');
    if (negative) *exponent = -*exponent;
    *at = c;
    return true;
}

const char *trkx_not_a_number(const char *text)
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
    for (; trkx_is_digit(*c); c++) mantissa = 10 * mantissa + (uint64_t)(*c - '0');
    ptrdiff_t digits = c - begin;
    if (*c == '.') {
        const char *point = c++;
        for (; trkx_is_digit(*c); c++) mantissa = 10 * mantissa + (uint64_t)(*c - '0');
        fraction = c - point - 1;
        digits += fraction;
    }
    const char *end = c;
    if (digits == 0 || !parse_exponent(&c, &exponent)) return trkx_not_a_number(*at);
    exponent -= fraction;
    if (digits <= 19 && mantissa <= UINT64_C(1) << 53 && exponent > -TRKX_POWERS && exponent < TRKX_POWERS)
        /* both operands are exact, so this operation rounds exactly */
        *value = exponent < 0 ? (double)mantissa / trkx_powers[-exponent]
                              : (double)mantissa * trkx_powers[exponent];
    else if (digits <= 19 && mantissa > 0 && exponent >= -WIDE_EXPONENT && exponent <= WIDE_EXPONENT)
        *value = parse_wide(mantissa, (int)exponent);
    else
        *value = parse_long(begin, end, exponent);
    if (isinf(*value)) return "is out of range";
    if (**at == '-') *value = -*value;
    *at = c;
    return NULL;
}

/* Reads an integer that may be too large. */
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
    for (; trkx_is_digit(*c); c++) magnitude = 10 * magnitude + (uint64_t)(*c - '0');
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

/* Uses the C library, whose decimal point depends on the locale and may be more than one byte. */
static char *format_long(char *to, double value, int digits)
{
    char text[64];
    snprintf(text, sizeof text, "%.*g", digits, value);
    for (const char *c = text; *c != '\0'; c++) {
        bool known = trkx_is_digit(*c) || strchr("+-einfa", *c) != NULL;
        if (known || to[-1] != '.') *to++ = known ? *c : '.'; /* a digit comes before the point */
    }
    return to;
}

/* A fast path for most numbers: the integer of 6 to 9 significant digits nearest to magnitude * 10^decimals,
 * if dividing it again, as a reader would (one exactly rounded operation), gives the same float. NULL if none
 * does. */
static char *format_short(char *to, double magnitude)
{
    int exponent = 8; /* of the first digit */
    if (!(magnitude >= 1e-4 && magnitude < 1e9)) return NULL;
    while (exponent > 0 && magnitude < trkx_powers[exponent]) exponent--;
    while (exponent <= 0 && exponent > -4 && magnitude * trkx_powers[-exponent] < 1) exponent--;
    for (int digits = 6; digits <= 9; digits++) {
        int decimals = digits - 1 - exponent < 0 ? 0 : digits - 1 - exponent;
        double scaled = rint(magnitude * trkx_powers[decimals]);
        if ((float)(scaled / trkx_powers[decimals]) == (float)magnitude)
            return format_decimal(to, (uint64_t)scaled, decimals);
    }
    return NULL;
}

/* With the fewest digits that read back as the same number. */
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
