/* The bundles that come with trkx, and those of them that are used if none is named. */
#ifndef TRKX_PIPELINE_DEFAULTS_H
#define TRKX_PIPELINE_DEFAULTS_H

#include "core/error.h"

/* The directory that contains them, built or installed beside trkx, released by the caller; *directory NULL
 * if there is none. Errors: MEMORY. */
enum trkx_status trkx_own_bundles(char **directory, trkx_error *error);

/* The names of the default bundles, the best first: the first one whose needs the hits of an event meet is
 * used. NULL beyond the last. */
const char *trkx_default_name(size_t which);

/* The directory of a default bundle, released by the caller. Errors: MEMORY, IO (none come with this trkx).
 */
enum trkx_status trkx_default_bundle(size_t which, char **directory, trkx_error *error);

/* The name of the first default bundle whose needs the hits meet; NULL if there is none. */
const char *trkx_default_for(const trkx_hits *hits);

#endif
