/* Checks that a table has the required columns, and suggests corrections for misspelt ones. */
#include "io/missing_columns.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/spelling.h"

void trkx_names_add(struct trkx_names *names, const char *name, size_t length)
{
    if (names->count == TRKX_NAMES) return;
    char *to = names->names[names->count++];
    if (length >= TRKX_NAME_SIZE) length = TRKX_NAME_SIZE - 1;
    for (size_t i = 0; i < length; i++) to[i] = name[i] >= ' ' && name[i] <= '~' ? name[i] : '?';
    to[length] = '\0';
}

/* A line being built; what does not fit is dropped. */
struct line {
    char text[512];
    size_t length;
};

static void add(struct line *line, const char *before, const char *word)
{
    size_t room = sizeof line->text - line->length;
    int length = snprintf(line->text + line->length, room, "%s%.60s", before, word);
    if (length > 0 && (size_t)length < room)
        line->length += (size_t)length;
    else
        line->text[line->length] = '\0';
}

static bool is_missing(const struct trkx_column *column)
{
    return !column->found && !column->optional;
}

static bool is_known(const struct trkx_column *columns, size_t count, const char *name)
{
    for (size_t k = 0; k < count; k++)
        if (strcmp(columns[k].name, name) == 0) return true;
    return false;
}

/* "id" for hit_id, "tx" for x. */
static bool is_part(const char *name, const char *wanted)
{
    size_t length = strlen(name), most = strlen(wanted);
    if (length == most + 1) return strcasecmp(name + 1, wanted) == 0;
    return length > 1 && length < most && strcasestr(wanted, name) != NULL;
}

/* Names not yet assigned to a column. */
struct others {
    size_t count;
    const char *names[TRKX_NAMES];
};

static void find_others(const struct trkx_names *names, const struct trkx_column *columns, size_t count,
                        struct others *others)
{
    others->count = 0;
    for (size_t i = 0; i < names->count; i++)
        if (!is_known(columns, count, names->names[i])) others->names[others->count++] = names->names[i];
}

/* Takes the name that was probably meant, or NULL. */
static const char *take_meant(struct others *others, const char *wanted)
{
    const char *meant = trkx_meant(wanted, others->names, others->count);
    for (size_t i = 0; meant == NULL && i < others->count; i++)
        if (is_part(others->names[i], wanted)) meant = others->names[i];
    for (size_t i = 0; i < others->count; i++)
        if (others->names[i] == meant) others->names[i] = others->names[--others->count];
    return meant;
}

enum trkx_status trkx_columns_check(const struct trkx_text *text, size_t line,
                                    const struct trkx_column *columns, size_t columns_count,
                                    const struct trkx_names *names, const char *separated, trkx_error *error)
{
    struct line missing = {0}, there = {0}, meant = {0};
    struct others others;
    size_t count = 0;
    find_others(names, columns, columns_count, &others);
    for (size_t k = 0; k < columns_count; k++) {
        if (!is_missing(&columns[k])) continue;
        const char *name = take_meant(&others, columns[k].name);
        add(&missing, count++ > 0 ? ", " : "", columns[k].name);
        if (name == NULL) continue;
        add(&meant, meant.length > 0 ? ", " : "; rename ", name);
        add(&meant, " to ", columns[k].name);
    }
    if (count == 0) return TRKX_OK;
    for (size_t i = 0; i < names->count; i++) add(&there, i > 0 ? ", " : "", names->names[i]);
    return trkx_text_fail(text, line, error,
                          "column%s %s %s missing: there %s %.200s%s%.300s (docs/formats.md)",
                          count == 1 ? "" : "s", missing.text, count == 1 ? "is" : "are",
                          names->count == 1 ? "is" : "are", there.text, separated, meant.text);
}
