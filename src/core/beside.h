/* Files beside those of this process, its program and libraries: never in the working directory. */
#ifndef TRKX_CORE_BESIDE_H
#define TRKX_CORE_BESIDE_H

#include "core/error.h"

/* The path of the file mapped at an address, released by the caller; NULL if it is not known. */
char *trkx_file_at(const void *address);

/* "<directory of the file mapped at an address>/<place>", released by the caller; *path NULL if it is not
 * there or cannot be read. Errors: MEMORY. */
enum trkx_status trkx_find_beside(const void *address, const char *place, char **path, trkx_error *error);

#endif
