/* Errors: one line that names file, line, stage and cause, kept in the caller's trkx_error. */
#ifndef TRKX_CORE_ERROR_H
#define TRKX_CORE_ERROR_H

#include "trkx.h"

#if defined(__GNUC__)
#define TRKX_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define TRKX_PRINTF(text, first)
#endif

/* Stores status and message in error (which may be NULL) and returns status. */
enum trkx_status trkx_fail(trkx_error *error, enum trkx_status status, const char *format, ...)
    TRKX_PRINTF(3, 4);

/* Out of memory: `what` is the purpose of the bytes. */
enum trkx_status trkx_fail_memory(trkx_error *error, const char *what, size_t bytes);

/* Prefixes "event: " to a message that names neither the event nor one of its files. error may be NULL. */
void trkx_fail_in_event(trkx_error *error, const char *event);

/* Jumps to the function's `cleanup:` label if expr fails; needs a local `status`. */
#define TRKX_CHECK(expr)                     \
    do {                                     \
        status = (expr);                     \
        if (status != TRKX_OK) goto cleanup; \
    } while (0)

#endif
