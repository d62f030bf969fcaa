/* Reads arrays from bytes in memory, as trkx_array_read does from files. */
#ifndef TRKX_IO_ARRAY_H
#define TRKX_IO_ARRAY_H

#include "io/text.h"

/* As .npy if `npy`, otherwise as CSV. On failure *array is empty. Errors: MEMORY, FORMAT. */
enum trkx_status trkx_array_parse(const struct trkx_text *text, bool npy, enum trkx_array_type type,
                                  trkx_array *array, trkx_error *error);

#endif
