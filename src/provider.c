#include "provider.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

#define LIBRARY_NAME "libtrkx_ep.so"

/* The directory of what this code is part of, to its last '/'; "" where that is not known. */
static int own_directory(const char **file)
{
    Dl_info info;
    *file = "";
    if (dladdr((void *)(uintptr_t)trkx_provider_find, &info) == 0 || info.dli_fname == NULL) return 0;
    const char *end = strrchr(info.dli_fname, '/');
    *file = info.dli_fname;
    return end == NULL ? 0 : (int)(end - info.dli_fname + 1);
}

enum trkx_status trkx_provider_find(char **path, trkx_error *error)
{
    static const char *const places[] = {"", "../lib/", "../lib64/"};
    const char *given = getenv("TRKX_EP_LIBRARY"), *own = "";
    *path = NULL;
    if (given != NULL) {
        *path = trkx_duplicate(given);
        return *path != NULL ? TRKX_OK : trkx_fail_memory(error, "a path", strlen(given));
    }
    int length = own_directory(&own);
    size_t size = (size_t)length + sizeof "../lib64/" LIBRARY_NAME;
    *path = trkx_allocate(NULL, size, 1);
    if (*path == NULL) return trkx_fail_memory(error, "a path", size);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(*path, size, "%.*s%s%s", length, own, places[i], LIBRARY_NAME);
        if (access(*path, R_OK) == 0) return TRKX_OK;
    }
    trkx_release(*path);
    *path = NULL;
    return trkx_fail(error, TRKX_ERROR_RUNTIME,
                     "no " LIBRARY_NAME " in %.*s: name it in the environment variable TRKX_EP_LIBRARY, or choose the "
                     "stock kernels",
                     length > 0 ? length : 1, length > 0 ? own : ".");
}
