/* Comma separated values: a header that names the columns, one row per line. */
#ifndef TRKX_IO_CSV_H
#define TRKX_IO_CSV_H

#include "io/format.h"

extern const struct trkx_format trkx_csv_format;

#endif
