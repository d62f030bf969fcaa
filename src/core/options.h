/* A caller's options, of this version of the library or of an earlier one with smaller structs. */
#ifndef TRKX_CORE_OPTIONS_H
#define TRKX_CORE_OPTIONS_H

#include "core/error.h"

/* Copies the caller's options over the defaults. given: a struct of options that begins with its own size, or
 * NULL; options: this version's struct of `size` bytes, as filled by its init function. step: prefix of
 * messages. Errors: ARGUMENT (a size that no version has had, or that of a newer one). */
enum trkx_status trkx_options_take(const char *step, const void *given, void *options, size_t size,
                                   trkx_error *error);

#endif
