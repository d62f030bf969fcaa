/* Finds bundles by name, and lists those that come with trkx. */
#include "programs/bundles.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/spelling.h"

/* Relative to the program: in the build tree, or installed. */
static const char *const places[] = {"/../../models/", "/../share/trkx/models/"};
enum { PLACES = sizeof places / sizeof *places };

/* "<directory of the program><place><name>", which the caller frees; NULL if it is not known. */
static char *beside_program(int place, const char *name)
{
    char program[PATH_MAX], *path = NULL;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0) return NULL;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL) return NULL;
    *slash = '\0';
    return asprintf(&path, "%s%s%s", program, places[place], name) < 0 ? NULL : path;
}

/* A bundle beside the program. NULL if there is none. Valid until the next call. */
static const char *bundle_beside_program(const char *name)
{
    static char found[PATH_MAX];
    const char *real = NULL;
    for (int i = 0; i < PLACES && real == NULL; i++) {
        char *path = beside_program(i, name);
        real = path != NULL ? realpath(path, found) : NULL; /* NULL if there is no such path */
        free(path);
    }
    return real;
}

const char *find_bundle(const char *name)
{
    struct stat about;
    bool path = strchr(name, '/') != NULL || *name == '.' || stat(name, &about) == 0;
    const char *beside = path || *name == '\0' ? NULL : bundle_beside_program(name);
    return beside != NULL ? beside : name;
}

const char *default_bundle(void)
{
    const char *named = getenv("TRKX_BUNDLE");
    if (named != NULL && *named != '\0') return find_bundle(named);
    return bundle_beside_program("default");
}

/* ---- which there are -------------------------------------------------------------------------------- */

enum { MOST = 32 };
struct names {
    char *names[MOST];
    size_t count;
};

static int may_be_bundle(const struct dirent *entry)
{
    return *entry->d_name != '.' && entry->d_type != DT_REG;
}

static void list_bundles(struct names *bundles)
{
    for (int place = 0; place < PLACES && bundles->count == 0; place++) {
        struct dirent **entries = NULL;
        char *directory = beside_program(place, "");
        int count = directory != NULL ? scandir(directory, &entries, may_be_bundle, alphasort) : 0;
        for (int i = 0; i < count; i++) {
            char *name = bundles->count < MOST ? strdup(entries[i]->d_name) : NULL;
            if (name != NULL) bundles->names[bundles->count++] = name;
            free(entries[i]);
        }
        free(entries);
        free(directory);
    }
}

enum trkx_status check_bundle(const char *bundle, trkx_error *error)
{
    struct names known = {.count = 0};
    struct stat about;
    char list[512] = "none";
    size_t length = 0;
    if (bundle == NULL)
        return trkx_fail(error, TRKX_ERROR_IO,
                         "no bundle is beside the program: name one with --bundle or TRKX_BUNDLE");
    if (*bundle == '\0' || strchr(bundle, '/') != NULL || stat(bundle, &about) == 0) return TRKX_OK;
    list_bundles(&known);
    for (size_t i = 0; i < known.count && length < sizeof list; i++)
        length +=
            (size_t)snprintf(list + length, sizeof list - length, "%s%s", i > 0 ? ", " : "", known.names[i]);
    const char *meant = trkx_meant(bundle, (const char *const *)known.names, known.count);
    enum trkx_status status = trkx_fail(
        error, TRKX_ERROR_IO, "%.800s: is neither a directory nor a bundle that comes with trkx (%s)%s%s%s",
        bundle, list, meant != NULL ? ": did you mean " : "", meant != NULL ? meant : "",
        meant != NULL ? "?" : "");
    for (size_t i = 0; i < known.count; i++) free(known.names[i]);
    return status;
}
