/* Names that do not exist, and those that were meant. */
#include "core/spelling.h"
#include "programs/common.h"

int misnamed(const char *command, const char *what, const char *dashes, const char *word,
             const char *const *names, size_t count)
{
    const char *meant = trkx_meant(word, names, count);
    const char *colon = *command != '\0' ? ": " : "";
    if (meant == NULL) return misused("%s%s%s \"%s%s\"", command, colon, what, dashes, word);
    return misused("%s%s%s \"%s%s\": did you mean %s%s?", command, colon, what, dashes, word, dashes, meant);
}
