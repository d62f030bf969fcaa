/* Turns exceptions into a status and a message. */
#include "gpu/failure.h"

#include <cstdarg>
#include <cstdio>

void fail(enum trkx_status status, const char *format, ...)
{
    failure thrown;
    va_list arguments;
    thrown.error.status = status;
    va_start(arguments, format);
    vsnprintf(thrown.error.message, sizeof thrown.error.message, format, arguments);
    va_end(arguments);
    throw thrown;
}

enum trkx_status store(trkx_error *error, const failure &failure)
{
    return store(error, failure.error.status, failure.error.message);
}

enum trkx_status store(trkx_error *error, enum trkx_status status, const char *message)
{
    if (error == nullptr) return status;
    error->status = status;
    snprintf(error->message, sizeof error->message, "%s", message);
    for (char *c = error->message; *c != '\0'; c++) /* one line: another library's text may have several */
        if (*c == '\n' || *c == '\r') *c = ' ';
    return status;
}
