/* trkx run: runs the pipeline on events and writes tracks and a ledger for each. */
#include "programs/run.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "core/threads.h"
#include "io/formats.h"
#include "pipeline/defaults.h"
#include "programs/bundles.h"
#include "programs/common.h"
#include "programs/events.h"
#include "programs/jobs.h"
#include "programs/process.h"
#include "tracks/methods.h"

struct settings {
    const char *bundle; /* NULL: the first of the default bundles that suits the event */
    const char *out;
    trkx_pipeline_options pipeline;
    struct device_choice device;
    struct jobs_options jobs; /* at_once 0: not given */
    bool verbose;
    bool tracks_npy; /* instead of .csv */
};

static void settings_init(struct settings *settings)
{
    *settings = (struct settings){.bundle = chosen_bundle(), .out = ".", .verbose = isatty(STDOUT_FILENO)};
    trkx_pipeline_options_init(&settings->pipeline);
}

/* The default of --bundle. */
static const char *describe_bundle(const char *chosen, char *text, size_t size)
{
    const char *first = default_bundle();
    if (chosen != NULL || first == NULL) return chosen != NULL ? chosen : "none here";
    int length = snprintf(text, size, "the first that suits the event of %s", first);
    for (size_t i = 1; trkx_default_name(i) != NULL && length >= 0 && (size_t)length < size; i++)
        length += snprintf(text + length, size - (size_t)length, ", %s", trkx_default_name(i));
    return text;
}

static void help(void)
{
    struct settings defaults;
    char methods[256], endings[128], bundle[PATH_MAX + 128];
    settings_init(&defaults);
    printf(
        "usage: trkx run [OPTIONS] EVENT...\n\n"
        "Finds the tracks of events. EVENT is the path prefix of a TrackML event (dir/event000001000), one\n"
        "of its files, or a directory of events. The files end in %s.\n"
        "Writes DIR/<event>-tracks.csv and DIR/<event>-ledger.json. An event that fails gives a line on\n"
        "standard error; the others are still processed, and the exit code is 1.\n\n"
        "  --bundle DIR        the networks and their settings: a directory, or the name of a bundle that\n"
        "                      comes with trkx: default, which needs the hits' cells; positions; "
        "acat2021-like\n"
        "                      (%s)\n"
        "  --out DIR           created if missing (%s)\n"
        "  --format FORMAT     of the tracks: csv or npy (csv)\n"
        "  --threads T         number of threads for each event, limited to the number of cores (to 8 on\n"
        "                      smaller machines); 0: all cores (%d)\n"
        "  --jobs J            events at once, each with its own memory (1; with GPUs one on each)\n"
        "  --stop-on-error     stop at the first event that fails\n"
        "  --kernels KERNELS   run the networks with trkx's execution provider, or with stock ONNX Runtime\n"
        "                      (trkx)\n" DEVICE_HELP
        "  --filter-cut C      keep edges with a filter score > C (the bundle's)\n"
        "  --gnn-cut C         build tracks from edges with a GNN score > C (the bundle's)\n"
        "  --method METHOD     of labelling: %s (the bundle's)\n"
        "  --min-hits N        drop tracks with fewer hits (the bundle's)\n"
        "  --filter-batch N    edges per call of the filter; 0: automatic (%zu)\n"
        "  --detectors FILE    a detector.json, or a detectors.csv with other modules (the bundle's own)\n"
        "  --verbose           print each event's steps (on a terminal)\n",
        trkx_format_list(endings, sizeof endings), describe_bundle(defaults.bundle, bundle, sizeof bundle),
        defaults.out, defaults.pipeline.threads, trkx_methods_list(methods, sizeof methods),
        defaults.pipeline.filter_batch);
}

enum {
    BUNDLE,
    OUT,
    THREADS,
    JOBS,
    STOP_ON_ERROR,
    KERNELS,
    FILTER_CUT,
    GNN_CUT,
    METHOD,
    MIN_HITS,
    FILTER_BATCH,
    DETECTORS,
    VERBOSE,
    FORMAT
};

static const struct option options[] = {
    {"bundle", 1, NULL, BUNDLE},
    {"out", 1, NULL, OUT},
    {"format", 1, NULL, FORMAT},
    {"threads", 1, NULL, THREADS},
    {"jobs", 1, NULL, JOBS},
    {"stop-on-error", 0, NULL, STOP_ON_ERROR},
    {"kernels", 1, NULL, KERNELS},
    {"filter-cut", 1, NULL, FILTER_CUT},
    {"gnn-cut", 1, NULL, GNN_CUT},
    {"method", 1, NULL, METHOD},
    {"min-hits", 1, NULL, MIN_HITS},
    {"filter-batch", 1, NULL, FILTER_BATCH},
    {"detectors", 1, NULL, DETECTORS},
    {"verbose", 0, NULL, VERBOSE},
    DEVICE_OPTIONS,
    {"help", 0, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static bool apply_format(struct settings *settings, const char *value)
{
    settings->tracks_npy = strcmp(value, "npy") == 0;
    if (settings->tracks_npy || strcmp(value, "csv") == 0) return true;
    misused("--format: \"%s\" is neither csv nor npy", value);
    return false;
}

static bool apply(void *target, int option, const char *value)
{
    struct settings *settings = target;
    trkx_pipeline_options *pipeline = &settings->pipeline;
    switch (option) {
    case BUNDLE: settings->bundle = find_bundle(value); return true;
    case OUT: settings->out = value; return true;
    case FORMAT: return apply_format(settings, value);
    case THREADS: return get_int("threads", value, 0, INT32_MAX, &pipeline->threads);
    case JOBS: return get_int("jobs", value, 1, 1024, &settings->jobs.at_once);
    case STOP_ON_ERROR: settings->jobs.stop_on_error = true; return true;
    case KERNELS: return get_kernels(value, &pipeline->kernels);
    case FILTER_CUT: return get_double("filter-cut", value, 0, 1, &pipeline->filter_cut);
    case GNN_CUT: return get_double("gnn-cut", value, 0, 1, &pipeline->gnn_cut);
    case METHOD: return get_method(value, &pipeline->method);
    case MIN_HITS: return get_size("min-hits", value, 1, INT32_MAX, &pipeline->min_hits);
    case FILTER_BATCH: return get_size("filter-batch", value, 0, INT32_MAX, &pipeline->filter_batch);
    case DETECTORS: pipeline->detectors = value; return true;
    case VERBOSE: settings->verbose = true; return true;
    default: return apply_device(&settings->device, option, value);
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

/* As written in the bundle or the option: float32 has seven digits. */
static json_t *cut_json(float cut)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.7g", (double)cut);
    return json_real(strtod(digits, NULL));
}

static json_t *settings_json(const trkx_bundle_info *used)
{
    return checked(json_pack("{s:o, s:o, s:s, s:b, s:I}", "filter_cut", cut_json(used->filter_cut), "gnn_cut",
                             cut_json(used->gnn_cut), "method", used->method, "completes", used->completes,
                             "min_hits", (json_int_t)used->min_hits));
}

/* For the steps that label hits. */
static void add_tracks(json_t *step, size_t tracks, size_t hits)
{
    json_object_set_new(step, "tracks", json_integer((json_int_t)tracks));
    json_object_set_new(step, "hits_on_tracks", json_integer((json_int_t)hits));
}

/* For the step `tracks`: the result of the method, and after completion. */
static void add_labelling(json_t *step, const trkx_bundle_info *used, const trkx_result *result)
{
    json_t *method = checked(json_pack("{s:s, s:I, s:I}", "name", used->method, "tracks",
                                       (json_int_t)result->method_tracks, "hits_on_tracks",
                                       (json_int_t)result->method_hits));
    json_object_set_new(step, "method", method);
    add_tracks(step, result->first_tracks, result->first_hits);
}

static json_t *steps_json(const trkx_bundle_info *used, const trkx_result *result)
{
    json_t *steps = checked(json_array());
    for (size_t i = 0; i < result->steps_count; i++) {
        enum trkx_step which = result->steps[i].step;
        json_t *step = record_json(&result->steps[i], trkx_step_name(which));
        if (which == TRKX_STEP_TRACKS) add_labelling(step, used, result);
        if (which == TRKX_STEP_SECOND_TRACKS) add_tracks(step, result->tracks, result->hits_on_tracks);
        json_array_append_new(steps, step);
    }
    return steps;
}

static json_t *ledger_json(const trkx_pipeline *pipeline, const trkx_event *event, const trkx_result *result,
                           int threads)
{
    const trkx_bundle_info *used = trkx_pipeline_bundle(result->pipeline);
    json_t *json =
        json_pack("{s:o, s:s, s:s, s:s, s:o, s:s, s:i, s:I, s:I, s:I, s:o, s:o}", "event",
                  text_json(trkx_event_name(event)), "trkx", trkx_version(), "onnxruntime",
                  trkx_runtime_version(), "bundle", used->name, "settings", settings_json(used), "device",
                  trkx_pipeline_device(pipeline)->device, "threads", trkx_threads(threads), "hits",
                  (json_int_t)result->hits, "tracks", (json_int_t)result->tracks, "saturated_hits",
                  (json_int_t)result->saturated, "steps", steps_json(used, result), "total",
                  record_json(&result->total, "total"));
    if (result->truth_note != NULL)
        json_object_set_new(checked(json), "truth_note", text_json(result->truth_note));
    if (result->bundle_note != NULL)
        json_object_set_new(checked(json), "bundle_note", text_json(result->bundle_note));
    if (result->found_modules) json_object_set_new(checked(json), "modules", json_string("from positions"));
    return json;
}

static void print_record(const trkx_step_record *record, const char *name)
{
    printf("  %-15s %9zu %9zu %9.3f %9.3f %9.1f", name, record->nodes, record->edges, record->seconds,
           record->cpu_seconds, (double)record->peak_bytes / 1048576);
    if (record->has_truth) printf("   %.4f  %.4f", record->edge_efficiency, record->edge_purity);
    putchar('\n');
}

static void print_labelling(const trkx_result *result)
{
    const trkx_bundle_info *used = trkx_pipeline_bundle(result->pipeline);
    printf("  bundle %s: filter cut %g, gnn cut %g, %s, at least %zu hits: %zu tracks with %zu hits",
           used->name, (double)used->filter_cut, (double)used->gnn_cut, used->method, used->min_hits,
           result->method_tracks, result->method_hits);
    if (used->completes)
        printf("; completed: %zu tracks with %zu hits", result->first_tracks, result->first_hits);
    if (used->has_second)
        printf("; second pass: %zu tracks with %zu hits", result->tracks, result->hits_on_tracks);
    putchar('\n');
}

static void print_result(const trkx_event *event, const trkx_result *result)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s: %zu hits, %zu tracks\n", trkx_event_name(event), result->hits, result->tracks);
    printf("  %-15s %9s %9s %9s %9s %9s   %s\n", "step", "hits", "edges", "seconds", "cpu s", "peak MiB",
           "edge efficiency, purity");
    for (size_t i = 0; i < result->steps_count; i++)
        print_record(&result->steps[i], trkx_step_name(result->steps[i].step));
    print_record(&result->total, "total");
    print_labelling(result);
    if (result->saturated > 0)
        printf("  %zu hits have more than k neighbours within the radius and keep the k nearest\n",
               result->saturated);
    printf("  peak memory of the process %.1f MiB\n", (double)usage.ru_maxrss / 1024);
}

/* ---- events ----------------------------------------------------------------------------------------- */

/* Tracks first, the ledger last: if there is a ledger, the event is done. */
static bool write_results(const struct settings *settings, const trkx_pipeline *pipeline,
                          const trkx_event *event, const trkx_result *result)
{
    trkx_error error;
    char *tracks = join_path(settings->out, trkx_event_name(event),
                             settings->tracks_npy ? "-tracks.npy" : "-tracks.csv");
    char *ledger = join_path(settings->out, trkx_event_name(event), "-ledger.json");
    bool written = trkx_tracks_write(tracks, trkx_event_hits(event), result->labels, &error) == TRKX_OK;
    if (!written)
        failed(&error);
    else if (!write_json(ledger, ledger_json(pipeline, event, result, settings->pipeline.threads))) {
        take_back(tracks);
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

/* ONNX Runtime's scatter kernel allocates 150 MB in each of its six calls in a full-density event. malloc
 * would map this anew every time and the system clear it: a tenth of the run time. */
static void keep_freed_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1); /* other arenas map all large blocks */
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, INT32_MAX);
#endif
}

struct run {
    const struct settings *settings;
    const trkx_pipeline *pipeline;
    const trkx_pipeline *used; /* for the previous event */
    bool found_modules;        /* of an earlier event */
    size_t failed;             /* events, not those that were interrupted */
};

/* A line for the first event whose modules were found. */
static void tell_modules(struct run *run, const struct job *job)
{
    if (!job->result->found_modules || run->found_modules) return;
    run->found_modules = true;
    fprintf(stderr, "trkx: %s: no modules: found from the positions\n", trkx_event_name(job->event));
}

/* A line where the bundle changes from one event to the next; at first it is the pipeline's own. */
static void tell_bundle(struct run *run, const struct job *job)
{
    const trkx_result *result = job->result;
    const char *directory = trkx_pipeline_bundle(result->pipeline)->directory,
               *name = strrchr(directory, '/');
    if (result->pipeline == run->used) return;
    run->used = result->pipeline;
    fprintf(stderr, "trkx: %s: %s%susing the bundle %s\n", trkx_event_name(job->event),
            result->bundle_note != NULL ? result->bundle_note : "", result->bundle_note != NULL ? ": " : "",
            name != NULL ? name + 1 : directory);
}

static bool finish_event(void *user, const struct job *job)
{
    struct run *run = user;
    if (job->status == TRKX_ERROR_CANCELLED) {
        fprintf(stderr, "trkx: %s: interrupted\n", job->prefix);
        return false;
    }
    if (job->status == TRKX_OK) {
        warn_of_units(job->event);
        tell_bundle(run, job);
        tell_modules(run, job);
    }
    if (job->status == TRKX_OK && job->result->truth_note != NULL)
        fprintf(stderr, "trkx: %s: not compared with the truth: %s\n", trkx_event_name(job->event),
                job->result->truth_note);
    if (job->status != TRKX_OK) failed(&job->error);
    bool good =
        job->status == TRKX_OK && write_results(run->settings, run->pipeline, job->event, job->result);
    run->failed += !good;
    return good;
}

/* A device runs one event at a time. */
static int jobs_of(const struct settings *settings, const trkx_pipeline *pipeline)
{
    size_t devices = trkx_pipeline_device(pipeline)->count;
    if (settings->jobs.at_once > 0) return settings->jobs.at_once;
    return devices > 0 ? (int)devices : 1;
}

static int run_events(const struct settings *settings, const struct events *events)
{
    trkx_pipeline *pipeline = NULL;
    trkx_error error;
    keep_freed_memory();
    if (load_pipeline(settings->bundle, &settings->device, &settings->pipeline, &pipeline, &error) != TRKX_OK)
        return failed(&error);
    struct run run = {.settings = settings, .pipeline = pipeline, .used = pipeline};
    struct jobs_options jobs = settings->jobs;
    jobs.at_once = jobs_of(settings, pipeline);
    watch_interrupts();
    bool abandoned;
    size_t done = jobs_run(pipeline, events, &jobs, finish_event, &run, &abandoned);
    print_failures(events->count, run.failed, done);
    if (abandoned) { /* a thread still uses the pipeline */
        fflush(stdout);
        _exit(EXIT_FAILED);
    }
    trkx_pipeline_destroy(pipeline);
    return done == events->count ? EXIT_OK : EXIT_FAILED;
}

int command_run(int count, char **arguments)
{
    static const struct command command = {"run", options, apply, help};
    struct settings settings;
    struct events events;
    settings_init(&settings);
    int code = read_options(&command, count, arguments, &settings);
    if (code < 0 && !device_suits(&settings.device)) code = EXIT_USAGE;
    if (code < 0 && optind == count) code = misused("run: no EVENT given");
    if (code < 0 && !events_find(arguments + optind, (size_t)(count - optind), &events)) code = EXIT_FAILED;
    if (code < 0) {
        bool ready = events_differ_in_name(&events) && make_directory(settings.out);
        code = ready ? run_events(&settings, &events) : EXIT_FAILED;
        events_release(&events);
    }
    return code;
}
