/* Writes messages into the caller's error, and names statuses. */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
        for (char *c = error->message; *c != '\0'; c++) /* one line, also for texts of a runtime or a file */
            if ((unsigned char)*c < ' ' || *c == 0x7f) *c = ' ';
    }
    return status;
}

/* "event000001000: ...", "dir/event000001000-hits.csv:3: ..." */
static bool names_event(const char *message, const char *event)
{
    size_t length = strlen(event);
    for (const char *at = message; (at = strstr(at, event)) != NULL; at++)
        if ((at == message || at[-1] == '/') && (at[length] == '-' || at[length] == ':')) return true;
    return false;
}

void trkx_fail_in_event(trkx_error *error, const char *event)
{
    char message[TRKX_ERROR_MESSAGE_SIZE];
    if (error == NULL || *event == '\0' || names_event(error->message, event)) return;
    strcpy(message, error->message);
    trkx_fail(error, error->status, "%s: %s", event, message);
}

enum trkx_status trkx_fail_memory(trkx_error *error, const char *what, size_t bytes)
{
    return trkx_fail(error, TRKX_ERROR_MEMORY, "out of memory: %zu bytes for %s", bytes, what);
}
