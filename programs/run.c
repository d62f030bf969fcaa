/* trkx run: the whole pipeline on events, tracks and a ledger for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common.h"

struct settings {
    const char *bundle;
    const char *out;
    trkx_pipeline_options pipeline;
    bool verbose;
};

static void settings_init(struct settings *settings)
{
    *settings = (struct settings){.bundle = default_bundle(), .out = ".", .verbose = isatty(STDOUT_FILENO)};
    trkx_pipeline_options_init(&settings->pipeline);
}

static void help(void)
{
    struct settings defaults;
    settings_init(&defaults);
    printf(
        "usage: trkx run [OPTIONS] EVENT...\n\n"
        "Finds the tracks of events. EVENT is the path prefix of a TrackML event (dir/event000001000), one\n"
        "of its files, or a directory of events. Writes DIR/<event>-tracks.csv and "
        "DIR/<event>-ledger.json.\n\n"
        "  --bundle DIR        the networks and their settings (%s)\n"
        "  --out DIR           made where it is missing (%s)\n"
        "  --threads T         0: all cores (%d)\n"
        "  --filter-batch N    edges a call of the filter (%zu)\n"
        "  --detectors FILE    a detectors.csv, for bundles with cell features (the bundle's own)\n"
        "  --verbose           print each event's steps (on a terminal)\n",
        defaults.bundle, defaults.out, defaults.pipeline.threads, defaults.pipeline.filter_batch);
}

enum { BUNDLE, OUT, THREADS, FILTER_BATCH, DETECTORS, VERBOSE };

static const struct option options[] = {
    {"bundle", 1, NULL, BUNDLE},       {"out", 1, NULL, OUT},
    {"threads", 1, NULL, THREADS},     {"filter-batch", 1, NULL, FILTER_BATCH},
    {"detectors", 1, NULL, DETECTORS}, {"verbose", 0, NULL, VERBOSE},
    {"help", 0, NULL, OPTION_HELP},           {NULL, 0, NULL, 0}};

static bool apply(void *target, int option, const char *value)
{
    struct settings *settings = target;
    switch (option) {
    case BUNDLE: settings->bundle = value; return true;
    case OUT: settings->out = value; return true;
    case THREADS: return get_int("threads", value, 0, 4096, &settings->pipeline.threads);
    case FILTER_BATCH: return get_size("filter-batch", value, 1, INT32_MAX, &settings->pipeline.filter_batch);
    case DETECTORS: settings->pipeline.detectors = value; return true;
    case VERBOSE: settings->verbose = true; return true;
    default: return false;
    }
}

/* ---- the ledger ------------------------------------------------------------------------------------- */

static json_t *record_json(const trkx_step_record *record, const char *name)
{
    json_t *json =
        checked(json_pack("{s:s, s:I, s:I, s:f, s:f, s:I}", "name", name, "nodes", (json_int_t)record->nodes,
                          "edges", (json_int_t)record->edges, "seconds", record->seconds, "cpu_seconds",
                          record->cpu_seconds, "peak_bytes", (json_int_t)record->peak_bytes));
    if (record->has_truth) {
        json_object_set_new(json, "edge_efficiency", json_real(record->edge_efficiency));
        json_object_set_new(json, "edge_purity", json_real(record->edge_purity));
    }
    return json;
}

static json_t *ledger_json(const trkx_pipeline *pipeline, const trkx_event *event, const trkx_result *result,
                           int threads)
{
    json_t *steps = checked(json_array());
    for (size_t i = 0; i < result->steps_count; i++)
        json_array_append_new(steps, record_json(&result->steps[i], trkx_step_name(result->steps[i].step)));
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:o, s:o}", "event", trkx_event_name(event),
                     "trkx", trkx_version(), "onnxruntime", trkx_runtime_version(), "bundle",
                     trkx_pipeline_bundle(pipeline)->name, "threads", threads, "hits",
                     (json_int_t)result->hits, "tracks", (json_int_t)result->tracks, "saturated_hits",
                     (json_int_t)result->saturated, "steps", steps, "total",
                     record_json(&result->total, "total"));
}

static void print_record(const trkx_step_record *record, const char *name)
{
    printf("  %-9s %9zu %9zu %9.3f %9.3f %9.1f", name, record->nodes, record->edges, record->seconds,
           record->cpu_seconds, (double)record->peak_bytes / 1048576);
    if (record->has_truth) printf("   %.4f  %.4f", record->edge_efficiency, record->edge_purity);
    putchar('\n');
}

static void print_result(const trkx_event *event, const trkx_result *result)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s: %zu hits, %zu tracks, %zu hits with more neighbours than k\n", trkx_event_name(event),
           result->hits, result->tracks, result->saturated);
    printf("  %-9s %9s %9s %9s %9s %9s   %s\n", "step", "hits", "edges", "seconds", "cpu s", "peak MiB",
           "efficiency, purity of the edges");
    for (size_t i = 0; i < result->steps_count; i++)
        print_record(&result->steps[i], trkx_step_name(result->steps[i].step));
    print_record(&result->total, "total");
    printf("  peak memory of the process %.1f MiB\n", (double)usage.ru_maxrss / 1024);
}

/* ---- events ----------------------------------------------------------------------------------------- */

static int show_progress(void *user, const trkx_step_view *view)
{
    const char *event = user;
    if (event != NULL && view->record != NULL)
        fprintf(stderr, "\r\033[K%s: %s done, %.2f s", event, trkx_step_name(view->record->step),
                view->record->seconds);
    return interrupted;
}

/* Tracks first, the ledger last: where there is a ledger, the event is done. */
static bool write_results(const struct settings *settings, const trkx_pipeline *pipeline,
                          const trkx_event *event, const trkx_result *result)
{
    trkx_error error;
    char *tracks = join_path(settings->out, trkx_event_name(event), "-tracks.csv");
    char *ledger = join_path(settings->out, trkx_event_name(event), "-ledger.json");
    bool written = trkx_tracks_write(tracks, trkx_event_hits(event), result->labels, &error) == TRKX_OK;
    if (!written)
        failed(&error);
    else if (!write_json(ledger, ledger_json(pipeline, event, result, settings->pipeline.threads))) {
        unlink(tracks);
        written = false;
    }
    if (written && settings->verbose) {
        print_result(event, result);
        printf("  wrote %s\n  wrote %s\n", tracks, ledger);
    }
    free(tracks);
    free(ledger);
    return written;
}

static int run_event(const struct settings *settings, const trkx_pipeline *pipeline, char *prefix)
{
    bool show = isatty(STDERR_FILENO);
    trkx_run_options run;
    trkx_event *event = NULL;
    trkx_result *result = NULL;
    trkx_error error;
    trkx_run_options_init(&run);
    run.hook = show_progress;
    run.user = show ? prefix : NULL;
    enum trkx_status status = trkx_pipeline_run_file(pipeline, prefix, &run, &event, &result, &error);
    if (show) fputs("\r\033[K", stderr);
    int code = EXIT_OK;
    if (status != TRKX_OK) {
        fprintf(stderr, "trkx: %s%s%s\n", status == TRKX_ERROR_CANCELLED ? prefix : "",
                status == TRKX_ERROR_CANCELLED ? ": interrupted: " : "", error.message);
        code = EXIT_FAILED;
    } else if (!write_results(settings, pipeline, event, result))
        code = EXIT_FAILED;
    trkx_result_destroy(result);
    trkx_event_destroy(event);
    return code;
}

static int run_events(const struct settings *settings, const struct events *events)
{
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    int code = EXIT_OK;
    if (trkx_pipeline_create(settings->bundle, &settings->pipeline, &pipeline, &error) != TRKX_OK)
        return failed(&error);
    watch_interrupts();
    for (size_t i = 0; i < events->count && code == EXIT_OK; i++)
        code = run_event(settings, pipeline, events->prefixes[i]);
    trkx_pipeline_destroy(pipeline);
    return code;
}

int command_run(int count, char **arguments)
{
    static const struct command command = {"run", options, apply, help};
    struct settings settings;
    struct events events;
    settings_init(&settings);
    int code = read_options(&command, count, arguments, &settings);
    if (code < 0 && optind == count) code = misused("run: no EVENT given");
    if (code < 0 && !events_find(arguments + optind, (size_t)(count - optind), &events)) code = EXIT_FAILED;
    if (code < 0) {
        code = make_directory(settings.out) ? run_events(&settings, &events) : EXIT_FAILED;
        events_release(&events);
    }
    return code;
}
