/* Names that do not exist, and those that were meant. */
#include <stdio.h>
#include <string.h>

#include "common.h"

enum { LONGEST = 40 }; /* names that are compared */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters have to be put in, left out, changed or swapped with the next one to make one of the other
 * (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b), d[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= m; i++) d[i][0] = i;
    for (size_t j = 0; j <= n; j++) d[0][j] = j;
    for (size_t i = 1; i <= m; i++)
        for (size_t j = 1; j <= n; j++) {
            d[i][j] = least(d[i - 1][j], d[i][j - 1]) + 1;
            d[i][j] = least(d[i][j], d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[m][n];
}

/* The first of those that are next to the word; NULL where all differ in more than a third of it. A beginning
 * of two letters or more will do. */
static const char *nearest(const char *word, const char *const *names, size_t count)
{
    const char *found = NULL;
    size_t length = strlen(word), best = length < 3 ? 1 : length / 3;
    if (length > LONGEST) return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) > LONGEST) continue;
        bool begun = length > 1 && strncmp(names[i], word, length) == 0;
        size_t far = begun ? 0 : distance(word, names[i]);
        if (far < best || (far == best && found == NULL)) {
            best = far;
            found = names[i];
        }
    }
    return found;
}

int misnamed(const char *command, const char *what, const char *dashes, const char *word,
             const char *const *names, size_t count)
{
    const char *meant = nearest(word, names, count);
    const char *colon = *command != '\0' ? ": " : "";
    if (meant == NULL) return misused("%s%s%s \"%s%s\"", command, colon, what, dashes, word);
    return misused("%s%s%s \"%s%s\": did you mean %s%s?", command, colon, what, dashes, word, dashes, meant);
}
