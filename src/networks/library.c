/* Looks for a library beside the files of this process. */
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

/* The file that is mapped at an address, by a line of /proc/self/maps; NULL where it is another one's. */
static char *mapped_file(struct line *line, const void *address)
{
    unsigned long begin = 0, end = 0;
    char *path = strchr(line->text, '/');
    if (path == NULL || sscanf(line->text, "%lx-%lx", &begin, &end) != 2) return NULL;
    path[strcspn(path, "\n")] = '\0';
    return (uintptr_t)address >= begin && (uintptr_t)address < end ? path : NULL;
}

/* As the kernel knows it. The dynamic linker's name for a library, and a program's own, may be relative to a
 * working directory, or to what was one. NULL where there is none. */
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

/* Where the library lies, from the directory of the file that holds an address; *path NULL where not there.
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
                         "%s: \"%s\" is not an absolute path: libraries are not looked for relative to the "
                         "working directory",
                         library->variable, given);
    *path = trkx_duplicate(given);
    return *path != NULL ? TRKX_OK : trkx_fail_memory(error, "a path", strlen(given));
}

static enum trkx_status not_there(const struct trkx_library *library, trkx_error *error)
{
    struct line line;
    const char *own = file_of((const void *)(uintptr_t)trkx_library_find, &line);
    return trkx_fail(error, library->absent,
                     "no %s beside %s, nor beside ONNX Runtime: name it in the environment variable %s, %s",
                     library->name, own != NULL ? own : "trkx", library->variable, library->otherwise);
}

/* ONNX Runtime looks for its own libraries (1.23 for one with every provider, all for CUDA's) in the
 * directory that the dynamic linker says it was loaded from. */
static enum trkx_status check_runtime(const struct trkx_library *library, trkx_error *error)
{
    Dl_info about;
    bool known = dladdr(trkx_ort_address(), &about) != 0 && about.dli_fname != NULL;
    if (!known || *about.dli_fname == '/') return TRKX_OK;
    return trkx_fail(
        error, library->absent,
        "ONNX Runtime was loaded as %s, relative to the working directory, where it would look for "
        "its own libraries: have absolute directories alone in LD_LIBRARY_PATH",
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
