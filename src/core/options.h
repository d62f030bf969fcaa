/* Options that a caller passes: of this version of the library, or of an earlier one, whose structs end
 * sooner. */
#ifndef TRKX_CORE_OPTIONS_H
#define TRKX_CORE_OPTIONS_H

#include "core/error.h"

/* Sets what the caller has said, over the defaults. given: a struct of options that begins with its own size,
 * or NULL; options: the same struct as this version has it, of `size` bytes, as its init function fills it.
 * step: what the message begins with. Errors: ARGUMENT (a size that no version has had, or that is of a newer
 * one). */
enum trkx_status trkx_options_take(const char *step, const void *given, void *options, size_t size,
                                   trkx_error *error);

#endif
