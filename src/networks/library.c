/* Finds libraries beside the files of this process. */
#include "networks/library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "networks/onnxruntime.h"

/* ---- files in this process -------------------------------------------------------------------------- */

struct line {
    char text[PATH_MAX + 128];
};

/* The file mapped at an address, from a line of /proc/self/maps; NULL if the line is for other addresses. */
static char *mapped_file(struct line *line, const void *address)
{
    unsigned long begin = 0, end = 0;
    char *path = strchr(line->text, '/');
    if (path == NULL || sscanf(line->text, "%lx-%lx", &begin, &end) != 2) return NULL;
    path[strcspn(path, "\n")] = '\0';
    return (uintptr_t)address >= begin && (uintptr_t)address < end ? path : NULL;
}

/* The kernel's path. The dynamic linker's name for a library, and a program's own, may be relative to a
 * current or former working directory. NULL if there is none. */
static char *file_of(const void *address, struct line *line)
{
    char *path = NULL;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL) return NULL;
    while (path == NULL && fgets(line->text, sizeof line->text, maps) != NULL)
        path = mapped_file(line, address);
    fclose(maps);
    return path;
}

/* ---- finding ---------------------------------------------------------------------------------------- */

/* The library's path, relative to the directory of the file mapped at an address; *path NULL if it does not
 * exist.
 */
static enum trkx_status find_from(const void *address, const char *place, const char *name, char **path,
                                  trkx_error *error)
{
    struct line line;
    char *file = file_of(address, &line);
    if (file == NULL) return TRKX_OK;
    *strrchr(file, '/') = '\0';
    size_t size = strlen(file) + strlen(place) + strlen(name) + 2;
    char *found = trkx_allocate(NULL, size, 1);
    if (found == NULL) return trkx_fail_memory(error, "a path", size);
    snprintf(found, size, "%s/%s%s", file, place, name);
    if (access(found, R_OK) == 0)
        *path = found;
    else
        trkx_release(found);
    return TRKX_OK;
}

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
    struct line line;
    const char *own = file_of((const void *)(uintptr_t)trkx_library_find, &line);
    return trkx_fail(
        error, library->absent,
        "no %s beside %s, or beside ONNX Runtime: set its path in the environment variable %s, %s",
        library->name, own != NULL ? own : "trkx", library->variable, library->otherwise);
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
    *path = NULL;
    enum trkx_status status = check_runtime(library, error);
    if (status != TRKX_OK) return status;
    if (given != NULL && *given != '\0') return find_named(library, given, path, error);
    for (size_t i = 0; i < sizeof places / sizeof *places && status == TRKX_OK && *path == NULL; i++)
        status = find_from(places[i].address, places[i].place, library->name, path, error);
    return status != TRKX_OK || *path != NULL ? status : not_there(library, error);
}
