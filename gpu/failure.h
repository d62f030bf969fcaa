/* Failures are thrown; the functions of the table turn them into a status and a message. */
#ifndef TRKX_GPU_FAILURE_H
#define TRKX_GPU_FAILURE_H

#include <exception>
#include <new>

#include "trkx.h"

struct failure {
    trkx_error error;
};

[[noreturn]] __attribute__((format(printf, 2, 3))) void fail(enum trkx_status status, const char *format,
                                                             ...);

/* Stores a failure in error (which may be NULL), and returns its status. */
enum trkx_status store(trkx_error *error, const failure &failure);
enum trkx_status store(trkx_error *error, enum trkx_status status, const char *message);

template <class Body> enum trkx_status guarded(trkx_error *error, Body body)
{
    try {
        body();
        return TRKX_OK;
    } catch (const failure &thrown) {
        return store(error, thrown);
    } catch (const std::bad_alloc &) {
        return store(error, TRKX_ERROR_MEMORY, "out of memory on the host");
    } catch (const std::exception &thrown) { /* Thrust's: a failed launch of a kernel */
        return store(error, TRKX_ERROR_DEVICE, thrown.what());
    }
}

#endif
