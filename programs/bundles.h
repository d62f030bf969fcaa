/* Bundles by name: directories, or those that come with trkx. */
#ifndef TRKX_PROGRAMS_BUNDLES_H
#define TRKX_PROGRAMS_BUNDLES_H

#include "trkx.h"

/* The bundle that an option or TRKX_BUNDLE names: a directory, otherwise the name of a bundle built or
 * installed with trkx. The name itself if it is neither. */
const char *find_bundle(const char *name);
/* The default bundle: TRKX_BUNDLE, or models/default of the build or installation, never of the working
 * directory; NULL if there is none. Valid until the next call of either. */
const char *default_bundle(void);

/* Whether what they returned can be a bundle. Errors: IO (NULL; a name that is neither: the message lists the
 * bundles that come with trkx). */
enum trkx_status check_bundle(const char *bundle, trkx_error *error);

#endif
