#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

/* The file that holds an address, or NULL. */
static const char *file_of(const void *address)
{
    Dl_info info;
    return dladdr((void *)(uintptr_t)address, &info) == 0 ? NULL : info.dli_fname;
}

/* Beside the file that this code is part of, or in lib/ beside its bin/; *path NULL where it is not there. */
static enum trkx_status find_beside(const char *own, const char *name, char **path, trkx_error *error)
{
    static const char *const places[] = {"", "../lib/", "../lib64/"};
    const char *end = own == NULL ? NULL : strrchr(own, '/');
    int length = end == NULL ? 0 : (int)(end - own + 1);
    size_t size = (size_t)length + sizeof "../lib64/" + strlen(name);
    char *found = trkx_allocate(NULL, size, 1);
    if (found == NULL) return trkx_fail_memory(error, "a path", size);
    for (size_t i = 0; i < sizeof places / sizeof *places && *path == NULL; i++) {
        snprintf(found, size, "%.*s%s%s", length, length > 0 ? own : "", places[i], name);
        if (access(found, R_OK) == 0) *path = found;
    }
    if (*path == NULL) trkx_release(found);
    return TRKX_OK;
}

/* Where the dynamic linker would find it. */
static void find_installed(const struct trkx_library *library, char **path)
{
    void *loaded = dlopen(library->name, RTLD_LAZY | RTLD_LOCAL);
    const char *file = loaded == NULL ? NULL : file_of(dlsym(loaded, library->symbol));
    if (file != NULL) *path = trkx_duplicate(file);
    if (loaded != NULL) dlclose(loaded);
}

enum trkx_status trkx_library_find(const struct trkx_library *library, char **path, trkx_error *error)
{
    const char *given = getenv(library->variable), *own = file_of((const void *)(uintptr_t)trkx_library_find);
    *path = NULL;
    if (given != NULL && *given != '\0') {
        *path = trkx_duplicate(given);
        return *path != NULL ? TRKX_OK : trkx_fail_memory(error, "a path", strlen(given));
    }
    enum trkx_status status = find_beside(own, library->name, path, error);
    if (status == TRKX_OK && *path == NULL) find_installed(library, path);
    if (status != TRKX_OK || *path != NULL) return status;
    return trkx_fail(
        error, library->absent,
        "no %s beside %s, nor where libraries are installed: name it in the environment variable "
        "%s, %s",
        library->name, own != NULL ? own : "trkx", library->variable, library->otherwise);
}
