/* Where the libraries are that are loaded at run time: never in the working directory. */
#ifndef TRKX_NETWORKS_LIBRARY_H
#define TRKX_NETWORKS_LIBRARY_H

#include "core/error.h"

struct trkx_library {
    const char *name;        /* "libtrkx_ep.so" */
    const char *variable;    /* of the environment, which may name its path */
    const char *otherwise;   /* what to do without it, the end of a sentence: "or choose ..." */
    enum trkx_status absent; /* when there is none */
};

/* The library's absolute path, to be released: what the variable says; or beside this library; or, where this
 * one is part of a program in bin/, in lib/ beside that; or beside ONNX Runtime. Errors: MEMORY,
 * library->absent (a relative path in the variable, or of ONNX Runtime itself, included). */
enum trkx_status trkx_library_find(const struct trkx_library *library, char **path, trkx_error *error);

#endif
