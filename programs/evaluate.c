/* trkx evaluate: tracks against the truth. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evaluate_report.h"

struct settings {
    trkx_metrics_options metrics;
    const char *json; /* NULL: not wanted */
};

static void help(void)
{
    trkx_metrics_options defaults;
    trkx_metrics_options_init(&defaults);
    printf(
        "usage: trkx evaluate [OPTIONS] EVENT TRACKS\n\n"
        "Compares TRACKS (hit_id,track_id; 0: no track) with the truth of EVENT: the TrackML score, and by\n"
        "double majority efficiency, fragments, fakes and duplicates. EVENT may be a directory of events; "
        "TRACKS\n"
        "is then one with <event>-tracks.csv (or .csv.gz, .npy) of each, and the events are also taken "
        "together.\n"
        "Tracks with a column event_id have to be of the event whose number the name tells, and so does a\n"
        "file that is called as trkx run calls it. An event that fails is a line on standard error; the "
        "others\n"
        "are done all the same, but not taken together, and the exit code is 1.\n\n"
        "  --json FILE    write the figures there as well\n"
        "  --min-hits N   least hits of tracks and particles (%zu)\n"
        "  --match F      share of hits that makes a majority, > F (%g)\n",
        defaults.min_hits, defaults.match_fraction);
}

enum { JSON, MIN_HITS, MATCH };

static const struct option options[] = {{"json", 1, NULL, JSON},
                                        {"min-hits", 1, NULL, MIN_HITS},
                                        {"match", 1, NULL, MATCH},
                                        {"help", 0, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

static bool apply(void *target, int option, const char *value)
{
    struct settings *settings = target;
    switch (option) {
    case JSON: settings->json = value; return true;
    case MIN_HITS: return get_size("min-hits", value, 1, 1000000, &settings->metrics.min_hits);
    default: return get_double("match", value, 0.5, 0.999999, &settings->metrics.match_fraction);
    }
}

static enum trkx_status measure(const trkx_event *event, const char *tracks,
                                const trkx_metrics_options *choice, trkx_metrics *metrics, trkx_error *error)
{
    const trkx_hits *hits = trkx_event_hits(event);
    int32_t *labels = checked(malloc((hits->count + 1) * sizeof *labels));
    enum trkx_status status = trkx_tracks_read_event(tracks, event, labels, error);
    if (status == TRKX_OK)
        status = trkx_evaluate(labels, hits, trkx_event_truth(event), trkx_event_particles(event), choice,
                               metrics, error);
    free(labels);
    return status;
}

/* Truth is needed; without the particles' file a particle's momentum is that of its first hit. */
static enum trkx_status read_event(const char *prefix, trkx_event **event, trkx_error *error)
{
    unsigned parts = TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES;
    enum trkx_status status = trkx_event_read(prefix, parts | TRKX_EVENT_OPTIONAL, 0, event, error);
    if (status != TRKX_OK || trkx_event_truth(*event) != NULL) return status;
    trkx_event_destroy(*event);
    return trkx_event_read(prefix, parts, 0, event, error); /* says which file is missing */
}

/* One line where particles have the id 0, which in the truth is noise: ACTS counts them from 0. */
static void note_particle_zero(const trkx_event *event, size_t noise)
{
    const trkx_particles *particles = trkx_event_particles(event);
    for (size_t p = 0; particles != NULL && p < particles->count; p++)
        if (particles->particle_id[p] == 0)
            fprintf(stderr,
                    "trkx: %s: there is a particle with the id 0, which cannot be told from noise: the %zu "
                    "hits with "
                    "particle_id 0 count as noise\n",
                    trkx_event_name(event), noise);
}

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* The file of an event's tracks, which may be in a directory; the caller frees it. NULL, and a line, where
 * there is none. */
static char *find_tracks(const char *tracks, const char *name)
{
    static const char *const endings[] = {"-tracks.csv", "-tracks.csv.gz", "-tracks.npy"};
    if (!is_directory(tracks)) return checked(strdup(tracks));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char *path = join_path(tracks, name, endings[i]);
        if (access(path, F_OK) == 0) return path;
        free(path);
    }
    fprintf(stderr, "trkx: %s/%s-tracks.csv (or .csv.gz, .npy): there are no tracks of the event\n", tracks,
            name);
    return NULL;
}

/* The number of "event000001000", of which `end` is what follows it; -1 for other names. */
static long long event_number(const char *name, char **end)
{
    static const char first[] = "event";
    if (strncmp(name, first, strlen(first)) != 0 || !isdigit((unsigned char)name[strlen(first)])) return -1;
    return strtoll(name + strlen(first), end, 10);
}

/* Whether a file is called as `trkx run` calls the tracks of another event; a line where it is. */
static bool is_of_another_event(const char *path, const char *event)
{
    const char *slash = strrchr(path, '/');
    char *end = "", *rest = "";
    long long number = event_number(event, &end);
    long long named = event_number(slash != NULL ? slash + 1 : path, &rest);
    if (number < 0 || *end != '\0' || named < 0 || strncmp(rest, "-tracks.", strlen("-tracks.")) != 0 ||
        number == named)
        return false;
    fprintf(stderr,
            "trkx: %s: these are the tracks of another event than %s; under another name they are taken\n",
            path, event);
    return true;
}

/* Names the event, where the message names no file. */
static void say_failure(const char *name, const trkx_error *error)
{
    bool told = error->status == TRKX_ERROR_FORMAT || error->status == TRKX_ERROR_IO;
    fprintf(stderr, "trkx: %s%s%s\n", told ? "" : name, told ? "" : ": ", error->message);
}

static bool evaluate_event(const char *prefix, const char *tracks, const struct settings *settings,
                           bool alone, struct pool *pool)
{
    trkx_event *event = NULL;
    trkx_metrics metrics;
    trkx_error error;
    if (read_event(prefix, &event, &error) != TRKX_OK) return failed(&error) == EXIT_OK;
    const char *name = trkx_event_name(event);
    char *path = find_tracks(tracks, name);
    bool chosen = path != NULL && !is_of_another_event(path, name);
    bool good = chosen && measure(event, path, &settings->metrics, &metrics, &error) == TRKX_OK;
    if (good) {
        note_particle_zero(event, metrics.noise_hits);
        (alone ? metrics_print : metrics_print_line)(name, &metrics);
        pool_add(pool, name, &metrics);
    } else if (chosen)
        say_failure(name, &error);
    trkx_event_destroy(event);
    free(path);
    return good;
}

/* Whether there are tracks of all events of a directory, before anything is computed. */
static bool have_tracks(const struct events *events, const char *tracks)
{
    bool all = true;
    if (!is_directory(tracks)) {
        fprintf(stderr, "trkx: %s: is no directory, as EVENT is\n", tracks);
        return false;
    }
    for (size_t i = 0; i < events->count; i++) {
        char *path = find_tracks(tracks, strrchr(events->prefixes[i], '/') + 1);
        all &= path != NULL;
        free(path);
    }
    return all;
}

static int evaluate(const struct events *events, bool several, const char *tracks,
                    const struct settings *settings)
{
    struct pool pool = {0};
    bool good = true;
    if (several && !have_tracks(events, tracks)) return EXIT_FAILED;
    for (size_t i = 0; i < events->count; i++) /* one that fails keeps no other from being told */
        good &= evaluate_event(events->prefixes[i], tracks, settings, !several, &pool);
    if (good && several) {
        pool_finish(&pool);
        pool_print(&pool);
    }
    if (good && settings->json != NULL)
        good = write_json(settings->json,
                          several ? pool_json(&pool) : json_incref(json_array_get(pool.list, 0)));
    json_decref(pool.list);
    return good ? EXIT_OK : EXIT_FAILED;
}

int command_evaluate(int count, char **arguments)
{
    static const struct command command = {"evaluate", options, apply, help};
    struct settings settings = {0};
    trkx_metrics_options_init(&settings.metrics);
    int code = read_options(&command, count, arguments, &settings);
    if (code >= 0) return code;
    if (count - optind != 2) return misused("evaluate: EVENT and TRACKS are needed");
    struct events events;
    if (!events_find(arguments + optind, 1, &events)) return EXIT_FAILED;
    code = evaluate(&events, is_directory(arguments[optind]), arguments[optind + 1], &settings);
    events_release(&events);
    return code;
}
