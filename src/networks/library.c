/* Finds libraries beside the files of this process. */
#include "networks/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/beside.h"
#include "core/memory.h"
#include "networks/onnxruntime.h"

static enum trkx_status find_named(const struct trkx_library *library, const char *given, char **path,
                                   trkx_error *error)
{
    if (*given != '/')
        return trkx_fail(error, library->absent,
                         "%s: \"%s\" is not an absolute path: libraries are not searched for relative to the "
                         "working directory",
                         library->variable, given);
    *path = trkx_duplicate(given);
    return *path != NULL ? TRKX_OK : trkx_fail_memory(error, "a path", strlen(given));
}

static enum trkx_status not_there(const struct trkx_library *library, trkx_error *error)
{
    char *own = trkx_file_at((const void *)(uintptr_t)trkx_library_find);
    enum trkx_status status =
        trkx_fail(error, library->absent,
                  "no %s beside %s, or beside ONNX Runtime: set its path in the environment variable %s, %s",
                  library->name, own != NULL ? own : "trkx", library->variable, library->otherwise);
    trkx_release(own);
    return status;
}

/* ONNX Runtime searches for its own libraries (1.23 for one with every provider, all versions for CUDA's) in
 * the directory from which, according to the dynamic linker, it was loaded. */
static enum trkx_status check_runtime(const struct trkx_library *library, trkx_error *error)
{
    Dl_info about;
    bool known = dladdr(trkx_ort_address(), &about) != 0 && about.dli_fname != NULL;
    if (!known || *about.dli_fname == '/') return TRKX_OK;
    return trkx_fail(
        error, library->absent,
        "ONNX Runtime was loaded as %s, relative to the working directory, where it would search for "
        "its own libraries: use only absolute directories in LD_LIBRARY_PATH",
        about.dli_fname);
}

enum trkx_status trkx_library_find(const struct trkx_library *library, char **path, trkx_error *error)
{
    const void *own = (const void *)(uintptr_t)trkx_library_find;
    const struct {
        const void *address;
        const char *place;
    } places[] = {{own, ""}, {own, "../lib/"}, {own, "../" TRKX_LIBDIR "/"}, {trkx_ort_address(), ""}};
    const char *given = getenv(library->variable);
    char place[sizeof "../" TRKX_LIBDIR + 64];
    *path = NULL;
    enum trkx_status status = check_runtime(library, error);
    if (status != TRKX_OK) return status;
    if (given != NULL && *given != '\0') return find_named(library, given, path, error);
    for (size_t i = 0; i < sizeof places / sizeof *places && status == TRKX_OK && *path == NULL; i++) {
        snprintf(place, sizeof place, "%s%s", places[i].place, library->name);
        status = trkx_find_beside(places[i].address, place, path, error);
    }
    return status != TRKX_OK || *path != NULL ? status : not_there(library, error);
}
