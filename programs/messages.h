/* Messages on standard error, and the exit codes that go with them. */
#ifndef TRKX_PROGRAMS_MESSAGES_H
#define TRKX_PROGRAMS_MESSAGES_H

#include <stddef.h>

#include "trkx.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* One line on standard error, "trkx: ...", and the exit code for it. */
int failed(const trkx_error *error);
int misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* As misused, for an unknown word: `what` is "there is no step"; suggests the closest of the names, if any is
 * close. command may be ""; dashes is the names' prefix, "--" or "". */
int misnamed(const char *command, const char *what, const char *dashes, const char *word,
             const char *const *names, size_t count);

/* The command whose --help misused refers to from now on. */
void point_to_help_of(const char *command);

#endif
