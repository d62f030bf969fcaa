/* Finds the bundles that come with trkx, beside its own files and never in the working directory. */
#include "pipeline/defaults.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/beside.h"
#include "pipeline/needs.h"

static const char *const names[] = {"default", "positions"};
enum { NAMES = sizeof names / sizeof *names };

const char *trkx_default_name(size_t which)
{
    return which < NAMES ? names[which] : NULL;
}

/* ---- where they are --------------------------------------------------------------------------------- */

static const void *own_address(void)
{
    return (const void *)(uintptr_t)trkx_own_bundles;
}

/* Without "..", for messages. */
static enum trkx_status resolve(const char *path, char **directory, trkx_error *error)
{
    char real[PATH_MAX];
    *directory = trkx_duplicate(realpath(path, real) != NULL ? real : path);
    return *directory != NULL ? TRKX_OK : trkx_fail_memory(error, "a path", strlen(path));
}

enum trkx_status trkx_own_bundles(char **directory, trkx_error *error)
{
    /* the build tree; a Python package; an installation, also with lib/<architecture> */
    static const char *const places[] = {"../../models", "../models", "../share/trkx/models",
                                         "../../share/trkx/models"};
    enum trkx_status status = TRKX_OK;
    *directory = NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places && *directory == NULL; i++) {
        char file[64], *found = NULL;
        snprintf(file, sizeof file, "%s/%s/bundle.json", places[i], names[0]);
        TRKX_CHECK(trkx_find_beside(own_address(), file, &found, error));
        if (found == NULL) continue;
        found[strlen(found) - (strlen(file) - strlen(places[i]))] = '\0';
        status = resolve(found, directory, error);
        trkx_release(found);
        TRKX_CHECK(status);
    }
cleanup:
    return status;
}

static enum trkx_status fail_to_find(trkx_error *error)
{
    char *own = trkx_file_at(own_address());
    enum trkx_status status = trkx_fail(error, TRKX_ERROR_IO, "pipeline: no bundles are beside %s: name one",
                                        own != NULL ? own : "trkx");
    trkx_release(own);
    return status;
}

enum trkx_status trkx_default_bundle(size_t which, char **directory, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    char *own = NULL;
    *directory = NULL;
    TRKX_CHECK(trkx_own_bundles(&own, error));
    if (own == NULL) return fail_to_find(error);
    size_t size = strlen(own) + strlen(names[which]) + 2;
    TRKX_ALLOCATE(*directory, NULL, size, "a path");
    snprintf(*directory, size, "%s/%s", own, names[which]);
cleanup:
    trkx_release(own);
    return status;
}

/* ---- which suits hits ------------------------------------------------------------------------------- */

/* False also for a bundle that cannot be read. */
static bool suits(size_t which, const trkx_hits *hits)
{
    struct trkx_bundle bundle;
    char *directory = NULL, what[96];
    bool suits = false;
    if (trkx_default_bundle(which, &directory, NULL) == TRKX_OK &&
        trkx_bundle_read(directory, &bundle, NULL) == TRKX_OK) {
        suits = !trkx_bundle_lacks(&bundle, bundle.detectors != NULL, hits, what, sizeof what);
        trkx_bundle_release(&bundle);
    }
    trkx_release(directory);
    return suits;
}

const char *trkx_default_for(const trkx_hits *hits)
{
    size_t which = 0;
    while (which < NAMES && !suits(which, hits)) which++;
    return trkx_default_name(which);
}
