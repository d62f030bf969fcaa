/* Paths of libraries that are loaded at run time: never in the working directory. */
#ifndef TRKX_NETWORKS_LIBRARY_H
#define TRKX_NETWORKS_LIBRARY_H

#include "core/error.h"

struct trkx_library {
    const char *name;        /* "libtrkx_ep.so" */
    const char *variable;    /* environment variable that may contain its path */
    const char *otherwise;   /* what else to do, the end of a sentence: "or choose ..." */
    enum trkx_status absent; /* status if not found */
};

/* The library's absolute path, released by the caller: from the variable; or beside this library; or, if this
 * is part of a program in bin/, in lib/ beside it; or beside ONNX Runtime. Errors: MEMORY, library->absent
 * (also for a relative path in the variable, or of ONNX Runtime itself). */
enum trkx_status trkx_library_find(const struct trkx_library *library, char **path, trkx_error *error);

#endif
