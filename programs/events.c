/* Finds the events that a command's arguments stand for. */
#include "programs/events.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/formats.h"
#include "programs/common.h"

/* ---- which are the same ----------------------------------------------------------------------------- */

/* An event's name, and its real path, however it was spelt. */
struct identity {
    char *place;      /* "/real/directory/event000001000" */
    const char *name; /* in it */
    size_t index;
};

/* Length of the path of an event's file without part and ending; the whole path if it is none of them. */
static size_t without_ending(const char *path)
{
    static const char *const parts[] = {"hits", "cells", "truth", "particles"};
    size_t length, ending;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        if (trkx_format_match(path, parts[p], &length, &ending) && length > 0) return length;
    return strlen(path);
}

static struct identity identify(const char *path, size_t index)
{
    char *prefix = checked(strndup(path, without_ending(path))), *slash = strrchr(prefix, '/');
    const char *name = slash != NULL ? slash + 1 : prefix;
    char *directory = checked(slash != NULL ? strndup(prefix, (size_t)(slash + 1 - prefix)) : strdup("."));
    char *real = realpath(directory, NULL); /* NULL if there is none: reading reports it */
    struct identity identity = {.place = join_path(real != NULL ? real : directory, name, ""),
                                .index = index};
    identity.name = strrchr(identity.place, '/') + 1;
    free(real);
    free(directory);
    free(prefix);
    return identity;
}

static int compare_identities(const void *left, const void *right)
{
    const struct identity *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    if (order == 0) order = strcmp(a->place, b->place);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* Sorted by name, then place, then order. */
static struct identity *identify_all(const struct events *events)
{
    struct identity *identities = checked(malloc((events->count + 1) * sizeof *identities));
    for (size_t i = 0; i < events->count; i++) identities[i] = identify(events->prefixes[i], i);
    qsort(identities, events->count, sizeof *identities, compare_identities);
    return identities;
}

static void release_identities(struct identity *identities, size_t count)
{
    for (size_t i = 0; i < count; i++) free(identities[i].place);
    free(identities);
}

/* An event whose hits exist in several formats, or that is named twice, is one event: the first. */
static void drop_twins(struct events *events)
{
    size_t count = events->count, kept = 0;
    struct identity *identities = identify_all(events);
    for (size_t i = 1; i < count; i++)
        if (strcmp(identities[i].place, identities[i - 1].place) == 0) {
            free(events->prefixes[identities[i].index]);
            events->prefixes[identities[i].index] = NULL;
        }
    for (size_t i = 0; i < count; i++)
        if (events->prefixes[i] != NULL) events->prefixes[kept++] = events->prefixes[i];
    events->count = kept;
    release_identities(identities, count);
}

static void print_namesakes(const struct events *events, const struct identity *identities, size_t count)
{
    fprintf(stderr, "trkx: %zu events are named %s (", count, identities[0].name);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s%s", i > 0 ? ", " : "", events->prefixes[identities[i].index]);
    fputs("): their tracks would overwrite each other; run them with different --out\n", stderr);
}

bool events_differ_in_name(const struct events *events)
{
    struct identity *identities = identify_all(events);
    size_t first = 0, end = 0;
    for (; end < events->count; end++) {
        if (strcmp(identities[end].name, identities[first].name) == 0) continue;
        if (end - first > 1) break;
        first = end;
    }
    bool differ = end - first < 2;
    if (!differ) print_namesakes(events, identities + first, end - first);
    release_identities(identities, events->count);
    return differ;
}

/* ---- where they are --------------------------------------------------------------------------------- */

static void events_add(struct events *events, char *prefix)
{
    events->prefixes = checked(realloc(events->prefixes, (events->count + 1) * sizeof *events->prefixes));
    events->prefixes[events->count++] = prefix;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool events_in_directory(const char *path, DIR *directory, struct events *events)
{
    size_t first = events->count;
    char endings[128];
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t length, ending;
        if (!trkx_format_match(entry->d_name, "hits", &length, &ending) || length == 0) continue;
        char *prefix = join_path(path, entry->d_name, "");
        prefix[strlen(path) + 1 + length] = '\0';
        events_add(events, prefix);
    }
    size_t found = events->count - first;
    if (found == 0) {
        fprintf(stderr, "trkx: %s: contains no event: no file named *-hits%s\n", path,
                trkx_format_list(endings, sizeof endings));
        return false;
    }
    qsort(events->prefixes + first, found, sizeof *events->prefixes, compare_names);
    return true;
}

bool events_find(char *const *arguments, size_t count, struct events *events)
{
    bool found = true;
    *events = (struct events){0};
    for (size_t i = 0; i < count && found; i++) {
        DIR *directory = opendir(arguments[i]);
        if (directory == NULL)
            events_add(events, checked(strdup(arguments[i])));
        else {
            found = events_in_directory(arguments[i], directory, events);
            closedir(directory);
        }
    }
    if (found)
        drop_twins(events);
    else
        events_release(events);
    return found;
}

void events_release(struct events *events)
{
    for (size_t i = 0; i < events->count; i++) free(events->prefixes[i]);
    free(events->prefixes);
    *events = (struct events){0};
}

void print_failures(size_t events, size_t failures, size_t done)
{
    size_t left = events - failures - done;
    if (events == 1 || done == events) return;
    fprintf(stderr, "trkx: %zu of %zu events failed", failures, events);
    if (left > 0) fprintf(stderr, ", %zu %s not run", left, left == 1 ? "was" : "were");
    fputc('\n', stderr);
}

void warn_of_units(const trkx_event *event)
{
    static bool said;
    const char *warning = said ? NULL : trkx_hits_warning(trkx_event_hits(event));
    if (warning == NULL) return;
    fprintf(stderr, "trkx: warning: %s: %s\n", trkx_event_name(event), warning);
    said = true;
}
