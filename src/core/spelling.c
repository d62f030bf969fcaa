/* Finds the known word closest to a misspelt one. */
#include "core/spelling.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 40 }; /* longest word compared */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: the number of changes from one to the other. */
static size_t distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b), d[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= m; i++) d[i][0] = i;
    for (size_t j = 0; j <= n; j++) d[0][j] = j;
    for (size_t i = 1; i <= m; i++)
        for (size_t j = 1; j <= n; j++) {
            int from = tolower((unsigned char)a[i - 1]), to = tolower((unsigned char)b[j - 1]);
            d[i][j] = least(d[i - 1][j], d[i][j - 1]) + 1;
            d[i][j] = least(d[i][j], d[i - 1][j - 1] + (from != to));
            if (i > 1 && j > 1 && from == tolower((unsigned char)b[j - 2]) &&
                to == tolower((unsigned char)a[i - 2]))
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[m][n];
}

/* Two letters for a short name: "rd" for "read". */
static bool abbreviates(const char *word, const char *name)
{
    return strlen(word) == 2 && strlen(name) <= 4 &&
           tolower((unsigned char)*word) == tolower((unsigned char)*name) &&
           strchr(name + 1, tolower((unsigned char)word[1])) != NULL;
}

const char *trkx_meant(const char *word, const char *const *known, size_t count)
{
    const char *found = NULL;
    size_t length = strlen(word), best = length < 3 ? 1 : length / 3;
    if (length > LONGEST) return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(known[i]) > LONGEST) continue;
        bool begun = length > 1 && strncasecmp(known[i], word, length) == 0;
        size_t far = begun ? 0 : abbreviates(word, known[i]) ? 1 : distance(word, known[i]);
        if (far < length && (far < best || (far == best && found == NULL))) {
            best = far;
            found = known[i];
        }
    }
    return found;
}
