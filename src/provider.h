/* Where the execution provider's library is. */
#ifndef TRKX_SRC_PROVIDER_H
#define TRKX_SRC_PROVIDER_H

#include "error.h"

/* The path of libtrkx_ep.so, to be released: what TRKX_EP_LIBRARY says; or beside this library; or, where
 * this one is part of a program in bin/, in lib/ beside that; or where the dynamic linker finds it. Errors:
 * MEMORY, RUNTIME (there is none). */
enum trkx_status trkx_provider_find(char **path, trkx_error *error);

#endif
