/* detector.json: what a detector is like (docs/bundle.md). */
#ifndef TRKX_DETECTOR_DESCRIPTION_H
#define TRKX_DETECTOR_DESCRIPTION_H

#include "detector/modules.h"

enum { TRKX_DETECTOR_SCHEMA = 1 };

/* Of a detector.json in memory; `file` is its path. *name, the detector's, and *modules, the path of its
 * modules beside it, are trkx_release'd by the caller, also on failure. Errors: MEMORY, FORMAT (not JSON),
 * BUNDLE. */
enum trkx_status trkx_description_parse(const char *text, size_t length, const char *file,
                                        struct trkx_description *description, char **name, char **modules,
                                        trkx_error *error);

/* Gives the detector, whose modules stay, the description of a detector.json. Errors: MEMORY, IO, FORMAT,
 * BUNDLE. */
enum trkx_status trkx_detector_describe(struct trkx_detector *detector, const char *path, trkx_error *error);

/* True for the path of a detector.json; else it is that of modules. */
bool trkx_description_is(const char *path);

#endif
