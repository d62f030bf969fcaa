/* Bundles by name: directories, or those that come with trkx. */
#ifndef TRKX_PROGRAMS_BUNDLES_H
#define TRKX_PROGRAMS_BUNDLES_H

#include "trkx.h"

/* The bundle that an option or TRKX_BUNDLE names: a directory, otherwise the name of a bundle built or
 * installed with trkx. The name itself if it is neither. */
const char *find_bundle(const char *name);
/* The bundle that TRKX_BUNDLE names; NULL: none, so the choice is by what an event has
 * (trkx_pipeline_create).
 */
const char *chosen_bundle(void);
/* For commands that need a bundle before there are hits: that one, or models/default of the build or
 * installation, never of the working directory; NULL if there is none. Valid until the next call of any of
 * these. */
const char *default_bundle(void);

/* Whether what they returned can be a bundle. Errors: IO (NULL, and there is no default bundle; a name that
 * is neither: the message lists the bundles that come with trkx). */
enum trkx_status check_bundle(const char *bundle, trkx_error *error);

#endif
