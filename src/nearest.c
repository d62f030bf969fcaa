#include "nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int letter(char c)
{
    return tolower((unsigned char)c);
}

/* Optimal string alignment, row by row of its table; of each row two more before it are needed. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1], length = strlen(b);
    for (size_t j = 0; j <= length; j++) rows[0][j] = j;
    size_t i = 1;
    for (; a[i - 1] != '\0'; i++) {
        size_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            bool same = letter(a[i - 1]) == letter(b[j - 1]);
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && letter(a[i - 1]) == letter(b[j - 2]) &&
                letter(a[i - 2]) == letter(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[(i + 2) % 3][length];
}

const char *trkx_nearest(const char *word, const char *const *known, size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(word), most = length < 3 ? 1 : length / 3;
    if (length > LONGEST) return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(known[i]) > LONGEST) continue;
        size_t edits = distance(word, known[i]);
        if (edits > most || edits >= length) continue;
        nearest = known[i];
        most = edits > 0 ? edits - 1 : 0;
        if (edits == 0) break;
    }
    return nearest;
}
