/* trkx evaluate: tracks against the truth. */
#include "programs/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/event.h"
#include "io/formats.h"
#include "programs/evaluate_report.h"
#include "programs/events.h"

struct settings {
    trkx_metrics_options metrics;
    const char *json; /* or NULL */
    enum score shown; /* SCORES: all */
};

static void help(void)
{
    trkx_metrics_options defaults;
    char endings[128];
    trkx_metrics_options_init(&defaults);
    printf(
        "usage: trkx evaluate [OPTIONS] EVENT TRACKS\n\n"
        "Compares TRACKS (hit_id,track_id; 0: no track) with the truth of EVENT: the TrackML score and, by\n"
        "double majority, efficiency by pT and by kind of particle, fragments, fakes and duplicates. Scores\n"
        "are given with the weights of both phases of the challenge (1: all particles with at least 4 hits;\n"
        "2: none from material), if there is a particles file, and with those of the truth.\n"
        "EVENT may be a directory of events; TRACKS is then a directory with <event>-tracks%s\n"
        "for each, and the events are also pooled. Tracks whose file name or column event_id belongs to\n"
        "another event are an error. An event that fails gives a line on standard error; the others are "
        "still\n"
        "evaluated, but not pooled, and the exit code is 1.\n\n"
        "  --json FILE    also write the figures to FILE\n"
        "  --min-hits N   leave out tracks and particles with fewer hits (%zu)\n"
        "  --match F      a majority is a share of the hits > F (%g)\n"
        "  --weights W    print one score only: phase1, phase2 or given\n",
        trkx_format_list(endings, sizeof endings), defaults.min_hits, defaults.match_fraction);
}

enum { JSON, MIN_HITS, MATCH, WEIGHTS };

static const struct option options[] = {{"json", 1, NULL, JSON},        {"min-hits", 1, NULL, MIN_HITS},
                                        {"match", 1, NULL, MATCH},      {"weights", 1, NULL, WEIGHTS},
                                        {"help", 0, NULL, OPTION_HELP}, {NULL, 0, NULL, 0}};

static const char *const SCORE_NAMES[SCORES] = {"given", "phase1", "phase2"};

static bool get_score(const char *text, enum score *value)
{
    for (enum score which = SCORE_GIVEN; which < SCORES; which++)
        if (strcmp(text, SCORE_NAMES[which]) == 0) {
            *value = which;
            return true;
        }
    misused("--weights: \"%s\" is not phase1, phase2 or given", text);
    return false;
}

static bool apply(void *target, int option, const char *value)
{
    struct settings *settings = target;
    switch (option) {
    case JSON: settings->json = value; return true;
    case WEIGHTS: return get_score(value, &settings->shown);
    case MIN_HITS: return get_size("min-hits", value, 1, 1000000, &settings->metrics.min_hits);
    default: return get_double("match", value, 0.5, 0.999999, &settings->metrics.match_fraction);
    }
}

/* Whether a file of this name, "event000001000-tracks.csv", can hold the event's tracks; prints if not. */
static bool is_of_event(const char *path, const char *event)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *end = strstr(name, "-tracks.");
    const char *digits_end;
    int64_t theirs, own;
    if (end == NULL || !trkx_event_number(name, &theirs, &digits_end) ||
        !trkx_event_number(event, &own, &digits_end) || theirs == own)
        return true;
    fprintf(stderr, "trkx: %s: these are the tracks of %.*s, not of %s\n", path, (int)(end - name), name,
            event);
    return false;
}

/* Hits that the file does not list, -1, are on no track. Prints their number; false if it lists no hit at
 * all. */
static bool count_unlisted(const char *path, int32_t *labels, size_t hits)
{
    size_t unlisted = 0;
    for (size_t i = 0; i < hits; i++)
        if (labels[i] < 0) {
            labels[i] = 0;
            unlisted++;
        }
    if (unlisted == 0) return true;
    if (unlisted == hits)
        fprintf(stderr, "trkx: %s: lists none of the event's %zu hits\n", path, hits);
    else
        fprintf(stderr,
                "trkx: warning: %s: %zu of the event's %zu hits are not listed, and count as on no track\n",
                path, unlisted, hits);
    return unlisted < hits;
}

/* Names the event if the message names no file. */
static void say_failure(const char *name, const trkx_error *error)
{
    bool told = error->status == TRKX_ERROR_FORMAT || error->status == TRKX_ERROR_IO;
    fprintf(stderr, "trkx: %s%s%s\n", told ? "" : name, told ? "" : ": ", error->message);
}

/* Compares the event's tracks with its truth; prints and returns false on failure. */
static bool measure(const trkx_event *event, const char *tracks, const trkx_metrics_options *choice,
                    trkx_metrics *metrics)
{
    const trkx_hits *hits = trkx_event_hits(event);
    trkx_error error;
    if (!is_of_event(tracks, trkx_event_name(event))) return false;
    int32_t *labels = checked(malloc((hits->count + 1) * sizeof *labels));
    enum trkx_status status = trkx_tracks_read_event(tracks, event, labels, &error);
    bool listed = status == TRKX_OK && count_unlisted(tracks, labels, hits->count);
    if (listed)
        status = trkx_evaluate(labels, hits, trkx_event_truth(event), trkx_event_particles(event), choice,
                               metrics, &error);
    free(labels);
    if (status != TRKX_OK) say_failure(trkx_event_name(event), &error);
    return listed && status == TRKX_OK;
}

/* Truth is required; without a particles file a particle's momentum is that of its first hit. */
static enum trkx_status read_event(const char *prefix, trkx_event **event, trkx_error *error)
{
    unsigned parts = TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES;
    enum trkx_status status = trkx_event_read(prefix, parts | TRKX_EVENT_OPTIONAL, 0, event, error);
    if (status != TRKX_OK || trkx_event_truth(*event) != NULL) return status;
    trkx_event_destroy(*event);
    return trkx_event_read(prefix, parts, 0, event, error); /* says which file is missing */
}

/* A line if a particle has the id 0, which in the truth means noise: ACTS numbers particles from 0. */
static void note_particle_zero(const trkx_event *event, size_t noise)
{
    const trkx_particles *particles = trkx_event_particles(event);
    for (size_t p = 0; particles != NULL && p < particles->count; p++)
        if (particles->particle_id[p] == 0)
            fprintf(
                stderr,
                "trkx: %s: particle_id 0 is listed as a particle, but means noise in the truth: its %zu hits "
                "count as noise\n",
                trkx_event_name(event), noise);
}

/* Whether the score that was asked for is known; prints if not. */
static bool has_score(const char *name, const trkx_metrics *metrics, enum score shown)
{
    if (shown == SCORES || !isnan(score_of(metrics, shown))) return true;
    fprintf(stderr, "trkx: %s: --weights %s needs %s\n", name, SCORE_NAMES[shown],
            isnan(metrics->trackml_score_phase1) ? "a particles file, and true positions in the truth"
                                                 : "particle ids in TrackML's numbering");
    return false;
}

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* The path of an event's tracks, which may be in a directory; the caller frees it. Prints and returns NULL if
 * there is none. */
static char *find_tracks(const char *tracks, const char *name)
{
    char suffix[32], endings[128];
    if (!is_directory(tracks)) return checked(strdup(tracks));
    for (size_t i = 0; trkx_format_ending(i) != NULL; i++) {
        snprintf(suffix, sizeof suffix, "-tracks%s", trkx_format_ending(i));
        char *path = join_path(tracks, name, suffix);
        if (access(path, F_OK) == 0) return path;
        free(path);
    }
    fprintf(stderr, "trkx: %s: no tracks found: there is no %s/%s-tracks%s\n", name, tracks, name,
            trkx_format_list(endings, sizeof endings));
    return NULL;
}

static void evaluate_event(const char *prefix, const char *tracks, const struct settings *settings,
                           bool alone, struct pool *pool)
{
    trkx_event *event = NULL;
    trkx_metrics metrics;
    trkx_error error;
    if (read_event(prefix, &event, &error) != TRKX_OK) {
        failed(&error);
        return;
    }
    const char *name = trkx_event_name(event);
    char *path = find_tracks(tracks, name);
    bool good = path != NULL && measure(event, path, &settings->metrics, &metrics) &&
                has_score(name, &metrics, settings->shown);
    if (good) {
        note_particle_zero(event, metrics.noise_hits);
        (alone ? metrics_print : metrics_print_line)(name, &metrics, settings->shown);
        pool_add(pool, name, &metrics);
    }
    trkx_event_destroy(event);
    free(path);
}

/* Pooled figures and the file are only written if no event failed. */
static int evaluate(const struct events *events, bool several, const char *tracks,
                    const struct settings *settings)
{
    struct pool pool = {0};
    if (several && !is_directory(tracks)) {
        fprintf(stderr, "trkx: %s: must be a directory, as EVENT is one\n", tracks);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < events->count; i++)
        evaluate_event(events->prefixes[i], tracks, settings, !several, &pool);
    bool good = pool.events == events->count;
    if (good && several) {
        pool_finish(&pool);
        pool_print(&pool, settings->shown);
    }
    if (good && settings->json != NULL)
        good = write_json(settings->json,
                          several ? pool_json(&pool) : json_incref(json_array_get(pool.list, 0)));
    json_decref(pool.list);
    print_failures(events->count, events->count - pool.events, pool.events);
    return good ? EXIT_OK : EXIT_FAILED;
}

int command_evaluate(int count, char **arguments)
{
    static const struct command command = {"evaluate", options, apply, help};
    struct settings settings = {.shown = SCORES};
    trkx_metrics_options_init(&settings.metrics);
    int code = read_options(&command, count, arguments, &settings);
    if (code >= 0) return code;
    if (count - optind > 2)
        return misused("evaluate: takes EVENT and TRACKS: \"%s\" is one argument too many",
                       arguments[optind + 2]);
    if (count - optind < 2) return misused("evaluate: EVENT and TRACKS are needed");
    struct events events;
    if (!events_find(arguments + optind, 1, &events)) return EXIT_FAILED;
    code = evaluate(&events, is_directory(arguments[optind]), arguments[optind + 1], &settings);
    events_release(&events);
    return code;
}
