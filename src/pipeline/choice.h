/* The bundle of a run: the pipeline's own, or if hits lack what that needs, another of the default bundles.
 */
#ifndef TRKX_PIPELINE_CHOICE_H
#define TRKX_PIPELINE_CHOICE_H

#include "pipeline/parts.h"

enum { TRKX_CHOICE_NOTE = 128 };

/* Replaces *pipeline by the one that runs the hits, which is loaded if it has not been before. note
 * [TRKX_CHOICE_NOTE]: why it is another one ("no cells"), or empty. Errors: ARGUMENT (the hits lack what the
 * bundle needs; the message says which bundle would do), and those of trkx_pipeline_create. */
enum trkx_status trkx_pipeline_choose(const trkx_pipeline **pipeline, const trkx_hits *hits, char *note,
                                      trkx_error *error);

/* ARGUMENT: the hits lack `what` for the bundle; suggests one that would do. step: "run". */
enum trkx_status trkx_fail_lacking(const char *step, const struct trkx_bundle *bundle, const char *what,
                                   const trkx_hits *hits, trkx_error *error);

#endif
