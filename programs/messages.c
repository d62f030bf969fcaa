/* Prints errors, and suggests names for misspelt ones. */
#include "programs/messages.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/spelling.h"

/* With a leading blank, or empty. */
static char asked_command[64];

void point_to_help_of(const char *command)
{
    snprintf(asked_command, sizeof asked_command, " %s", command);
}

int failed(const trkx_error *error)
{
    fprintf(stderr, "trkx: %s\n", error->message);
    return EXIT_FAILED;
}

int misused(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("trkx: ", stderr);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, " (see trkx%s --help)\n", asked_command);
    va_end(arguments);
    return EXIT_USAGE;
}

int misnamed(const char *command, const char *what, const char *dashes, const char *word,
             const char *const *names, size_t count)
{
    const char *meant = trkx_meant(word, names, count);
    const char *colon = *command != '\0' ? ": " : "";
    if (meant == NULL) return misused("%s%s%s \"%s%s\"", command, colon, what, dashes, word);
    return misused("%s%s%s \"%s%s\": did you mean %s%s?", command, colon, what, dashes, word, dashes, meant);
}
