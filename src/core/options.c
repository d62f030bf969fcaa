/* Copies a caller's options over the defaults. */
#include "core/options.h"

#include <string.h>

enum trkx_status trkx_options_take(const char *step, const void *given, void *options, size_t size,
                                   trkx_error *error)
{
    size_t own;
    if (given == NULL) return TRKX_OK;
    memcpy(&own, given, sizeof own);
    if (own > size)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "%s: options have size %zu, but this library expects at most %zu: from a newer "
                         "trkx, or not initialised?",
                         step, own, size);
    if (own < 2 * sizeof own || own % sizeof own != 0) /* the size and a member; all are aligned like it */
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "%s: options have size %zu: not initialised?", step,
                         own);
    memcpy((char *)options + sizeof own, (const char *)given + sizeof own, own - sizeof own);
    return TRKX_OK;
}
