/* The header of an .npy file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), and
 * the numbers after it. */
#ifndef TRKX_IO_NPY_H
#define TRKX_IO_NPY_H

#include "io/format.h"

/* A field of each record of a structured array; a plain array has one, without a name. */
struct trkx_npy_field {
    char name[64];
    char kind;           /* 'f', 'i', 'u', 'b'; others ('S', 'U', 'V') can only be skipped */
    size_t size, offset; /* bytes, in a record */
};

enum { TRKX_NPY_FIELDS = 64 };
struct trkx_npy {
    const struct trkx_text *text;
    const char *at, *end; /* of the header while it is being read; the records follow it */
    bool structured;
    struct trkx_npy_field fields[TRKX_NPY_FIELDS];
    size_t fields_count;
    size_t record; /* bytes */
    bool has_descr, has_order, has_shape;
    size_t shape[2]; /* 1 for missing axes */
    int rank;
};

/* True if the text starts like an .npy file. */
bool trkx_npy_is(const struct trkx_text *text);
/* Reads the header; checks that exactly the records of its shape follow. Errors: FORMAT. */
enum trkx_status trkx_npy_open(const struct trkx_text *text, struct trkx_npy *npy, trkx_error *error);

/* One number as in the file: an integer or not. */
struct trkx_npy_number {
    bool integer;
    int64_t i;
    double f;
};

/* True for a field of numbers. */
bool trkx_npy_numeric(const struct trkx_npy_field *field);
/* Reads the number of such a field from the record at `record`. */
struct trkx_npy_number trkx_npy_load(const struct trkx_npy_field *field, const char *record);
/* Stores it as a number of this type: NULL, or why it does not fit ("is not an integer"). */
const char *trkx_npy_store(const struct trkx_npy_number *number, enum trkx_column_type type, void *to);

/* Structured arrays as tables: the fields are the columns, the records, counted from 1, the lines. */
extern const struct trkx_format trkx_npy_format;

/* Writes a header of version 1; 128 bytes, or more for a long descr. `descr` is a Python expression. */
struct trkx_output;
void trkx_npy_begin(struct trkx_output *output, const char *descr, size_t rows, const char *columns);

#endif
