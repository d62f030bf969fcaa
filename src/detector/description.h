/* detector.json: the description of a detector (docs/bundle.md). */
#ifndef TRKX_DETECTOR_DESCRIPTION_H
#define TRKX_DETECTOR_DESCRIPTION_H

#include "detector/modules.h"

enum { TRKX_DETECTOR_SCHEMA = 1 };

/* Parses a detector.json in memory; `file` is its path. The caller passes *name, the detector's, and
 * *modules, the path of its modules beside it, to trkx_release, also on failure. Errors: MEMORY, FORMAT (not
 * JSON), BUNDLE. */
enum trkx_status trkx_description_parse(const char *text, size_t length, const char *file,
                                        struct trkx_description *description, char **name, char **modules,
                                        trkx_error *error);

/* Sets the detector's description from a detector.json; keeps its modules. Errors: MEMORY, IO, FORMAT,
 * BUNDLE. */
enum trkx_status trkx_detector_describe(struct trkx_detector *detector, const char *path, trkx_error *error);

/* True for the path of a detector.json, false for one of modules. */
bool trkx_description_is(const char *path);

#endif
