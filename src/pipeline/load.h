/* Loads a bundle with the options of a pipeline. */
#ifndef TRKX_PIPELINE_LOAD_H
#define TRKX_PIPELINE_LOAD_H

#include "pipeline/parts.h"

/* As trkx_pipeline_create for the bundle in a directory; options: complete. Errors: as there. */
enum trkx_status trkx_pipeline_load(const char *bundle, const trkx_pipeline_options *options,
                                    trkx_pipeline **pipeline, trkx_error *error);
void trkx_pipeline_unload(trkx_pipeline *pipeline); /* NULL: nothing */

#endif
