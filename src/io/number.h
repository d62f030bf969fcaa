/* Decimal numbers. Nothing here depends on the locale. */
#ifndef TRKX_IO_NUMBER_H
#define TRKX_IO_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Parses the decimal at *at and advances *at past it. NULL, or what is wrong with it ("is not a number"). The
 * text has to end in a character that cannot be part of a number. Doubles are exactly rounded; NaN,
 * infinities and overflows are errors. */
const char *trkx_parse_double(const char **at, double *value);
const char *trkx_parse_int64(const char **at, int64_t *value);

/* What is wrong with text that trkx_parse_double cannot read: "is not a number", "is not finite". */
const char *trkx_not_a_number(const char *text);

/* Powers of ten that a double represents exactly, from 10^0. */
enum { TRKX_POWERS = 23 };
extern const double trkx_powers[TRKX_POWERS];

static inline bool trkx_is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* Writes a number in a short form that reads back as the same bits; returns the end, without a zero byte. At
 * most TRKX_NUMBER_SIZE characters. */
enum { TRKX_NUMBER_SIZE = 32 };
char *trkx_format_int64(char *to, int64_t value);
char *trkx_format_float(char *to, float value);
char *trkx_format_double(char *to, double value);

#endif
