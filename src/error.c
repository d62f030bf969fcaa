#include "error.h"

#include <stdarg.h>
#include <stdio.h>

const char *trkx_status_name(enum trkx_status status)
{
    switch (status) {
    case TRKX_OK: return "success";
    case TRKX_ERROR_ARGUMENT: return "bad argument";
    case TRKX_ERROR_MEMORY: return "out of memory";
    case TRKX_ERROR_IO: return "input/output error";
    case TRKX_ERROR_FORMAT: return "bad format";
    case TRKX_ERROR_BUNDLE: return "bad bundle";
    case TRKX_ERROR_MODEL: return "bad model";
    case TRKX_ERROR_RUNTIME: return "ONNX Runtime error";
    case TRKX_ERROR_CANCELLED: return "cancelled";
    case TRKX_ERROR_DEVICE: return "device error";
    }
    return "unknown status";
}

enum trkx_status trkx_fail(trkx_error *error, enum trkx_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        error->status = status;
        for (char *c = error->message; *c != '\0'; c++) /* one line: a runtime's own text may have several */
            if (*c == '\n' || *c == '\r') *c = ' ';
    }
    return status;
}

enum trkx_status trkx_fail_memory(trkx_error *error, const char *what, size_t bytes)
{
    return trkx_fail(error, TRKX_ERROR_MEMORY, "out of memory: %zu bytes for %s", bytes, what);
}
