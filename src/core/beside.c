/* Finds files by their place relative to the files of this process. */
#include "core/beside.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"

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

char *trkx_file_at(const void *address)
{
    struct line line;
    const char *file = file_of(address, &line);
    return file != NULL ? trkx_duplicate(file) : NULL;
}

enum trkx_status trkx_find_beside(const void *address, const char *place, char **path, trkx_error *error)
{
    struct line line;
    char *file = file_of(address, &line);
    *path = NULL;
    if (file == NULL) return TRKX_OK;
    *strrchr(file, '/') = '\0';
    size_t size = strlen(file) + strlen(place) + 2;
    char *found = trkx_allocate(NULL, size, 1);
    if (found == NULL) return trkx_fail_memory(error, "a path", size);
    snprintf(found, size, "%s/%s", file, place);
    if (access(found, R_OK) == 0)
        *path = found;
    else
        trkx_release(found);
    return TRKX_OK;
}
