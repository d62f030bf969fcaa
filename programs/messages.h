/* Messages on standard error, and the exit codes that go with them. */
#ifndef TRKX_PROGRAMS_MESSAGES_H
#define TRKX_PROGRAMS_MESSAGES_H

#include <stddef.h>

#include "trkx.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* One line on standard error, "trkx: ...", and the exit code for it. */
int failed(const trkx_error *error);
int misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* misused, `what` being "there is no step", with that of the names that the word is nearest to, if any is
 * near. command may be ""; dashes: what stands before the names, "--" or nothing. */
int misnamed(const char *command, const char *what, const char *dashes, const char *word,
             const char *const *names, size_t count);

/* What misused points to from now on: "trkx <command> --help". */
void point_to_help_of(const char *command);

#endif
