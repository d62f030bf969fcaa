/* The table of formats, and the endings of their files. */
#include "io/formats.h"

#include <stdio.h>
#include <string.h>

#include "io/csv.h"
#include "io/npy.h"

/* If an event is there in several, the first is read. */
static const struct trkx_format *const formats[] = {&trkx_csv_format, &trkx_npy_format};
enum { FORMATS = sizeof formats / sizeof *formats };

const struct trkx_format *trkx_format_of(const struct trkx_text *text)
{
    const struct trkx_format *other = formats[0];
    for (size_t f = 0; f < FORMATS; f++)
        if (formats[f]->is == NULL)
            other = formats[f];
        else if (formats[f]->is(text))
            return formats[f];
    return other;
}

const char *trkx_format_ending(size_t i)
{
    for (size_t f = 0; f < FORMATS; f++)
        for (const char *const *ending = formats[f]->endings; *ending != NULL; ending++)
            if (i-- == 0) return *ending;
    return NULL;
}

const char *trkx_format_list(char *text, size_t size)
{
    size_t length = 0;
    *text = '\0';
    for (size_t i = 0; trkx_format_ending(i) != NULL && length < size; i++) {
        const char *joint = i == 0 ? "" : i == 1 ? " (or " : ", ";
        const char *end = i > 0 && trkx_format_ending(i + 1) == NULL ? ")" : "";
        length += (size_t)snprintf(text + length, size - length, "%s%s%s", joint, trkx_format_ending(i), end);
    }
    return text;
}

bool trkx_format_match(const char *path, const char *part, size_t *prefix, size_t *ending)
{
    char tail[64];
    for (size_t i = 0; trkx_format_ending(i) != NULL; i++) {
        snprintf(tail, sizeof tail, "-%s%s", part, trkx_format_ending(i));
        if (!trkx_ends_with(path, tail)) continue;
        *prefix = strlen(path) - strlen(tail);
        *ending = i;
        return true;
    }
    return false;
}
