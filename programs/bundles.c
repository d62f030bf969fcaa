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

#include "core/memory.h"
#include "core/spelling.h"
#include "pipeline/defaults.h"

/* A bundle that comes with trkx. NULL if there is none of that name. Valid until the next call. */
static const char *own_bundle(const char *name)
{
    static char found[PATH_MAX];
    char *directory = NULL;
    if (trkx_own_bundles(&directory, NULL) != TRKX_OK || directory == NULL) return NULL;
    int length = snprintf(found, sizeof found, "%s/%s", directory, name);
    trkx_release(directory);
    return length < (int)sizeof found && access(found, R_OK) == 0 ? found : NULL;
}

const char *find_bundle(const char *name)
{
    struct stat about;
    bool path = strchr(name, '/') != NULL || *name == '.' || stat(name, &about) == 0;
    const char *own = path || *name == '\0' ? NULL : own_bundle(name);
    return own != NULL ? own : name;
}

const char *chosen_bundle(void)
{
    const char *named = getenv("TRKX_BUNDLE");
    return named != NULL && *named != '\0' ? find_bundle(named) : NULL;
}

const char *default_bundle(void)
{
    const char *chosen = chosen_bundle();
    return chosen != NULL ? chosen : own_bundle(trkx_default_name(0));
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
    struct dirent **entries = NULL;
    char *directory = NULL;
    int count = 0;
    if (trkx_own_bundles(&directory, NULL) == TRKX_OK && directory != NULL)
        count = scandir(directory, &entries, may_be_bundle, alphasort);
    for (int i = 0; i < count; i++) {
        char *name = bundles->count < MOST ? strdup(entries[i]->d_name) : NULL;
        if (name != NULL) bundles->names[bundles->count++] = name;
        free(entries[i]);
    }
    free(entries);
    trkx_release(directory);
}

enum trkx_status check_bundle(const char *bundle, trkx_error *error)
{
    struct names known = {.count = 0};
    struct stat about;
    char list[512] = "none";
    size_t length = 0;
    if (bundle == NULL && default_bundle() != NULL) return TRKX_OK;
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
