/* trkx stage: runs a single step on files. */
#include "programs/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "programs/events.h"
#include "programs/stage_options.h"

/* ---- the stages: each reads its inputs, runs its step, writes its output ---------------------------- */

/* A stage's inputs and outputs; released by command_stage in every case. */
struct work {
    const struct stage_settings *settings;
    trkx_pipeline *pipeline;
    trkx_event *event;
    trkx_array a, b, c; /* inputs */
    trkx_array out;
    trkx_edges edges;
    bool out_written, kept_written, candidates_written;
    trkx_error *error;
};

static enum trkx_status load_bundle(struct work *work)
{
    const struct stage_settings *settings = work->settings;
    return load_pipeline(settings->bundle, &settings->device, &settings->pipeline, &work->pipeline,
                         work->error);
}

/* The output array; its memory is malloc's. */
static void *make_output(struct work *work, enum trkx_array_type type, size_t rows, size_t columns, int rank)
{
    static const size_t sizes[] = {[TRKX_FLOAT32] = 4, [TRKX_INT32] = 4, [TRKX_INT64] = 8};
    size_t bytes = rows * columns * sizes[type] + 1;
    work->out = (trkx_array){type, rows, columns, rank, malloc(bytes)};
    if (work->out.data == NULL) {
        fprintf(stderr, "trkx: out of memory: %zu bytes for an output of %zu rows\n", bytes, rows);
        exit(EXIT_FAILED);
    }
    return work->out.data;
}

/* About a file or an event. */
__attribute__((format(printf, 3, 4))) static enum trkx_status complain(struct work *work, const char *path,
                                                                       const char *format, ...)
{
    char message[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    work->error->status = TRKX_ERROR_ARGUMENT;
    snprintf(work->error->message, sizeof work->error->message, "%.800s: stage: %s", path, message);
    return TRKX_ERROR_ARGUMENT;
}

/* With the columns of the hits that the loaded bundle uses. */
static enum trkx_status read_event(struct work *work, const char *event, unsigned parts)
{
    size_t count = 0;
    const char *const *columns =
        work->pipeline != NULL ? trkx_pipeline_columns(work->pipeline, &count) : NULL;
    enum trkx_status status = trkx_event_read_columns(event, parts, work->settings->pipeline.threads, columns,
                                                      count, &work->event, work->error);
    if (status == TRKX_OK) warn_of_units(work->event);
    return status;
}

static enum trkx_status get_features(struct work *work, const char *event, enum trkx_network network)
{
    unsigned parts = TRKX_EVENT_CELLS | TRKX_EVENT_OPTIONAL;
    enum trkx_status status = load_bundle(work);
    if (status == TRKX_OK) status = read_event(work, event, parts);
    if (status != TRKX_OK) return status;
    const trkx_hits *hits = trkx_event_hits(work->event);
    size_t width = trkx_pipeline_features_count(work->pipeline, network);
    float *features = make_output(work, TRKX_FLOAT32, hits->count, width, 2);
    return trkx_pipeline_features(work->pipeline, network, hits, features, work->error);
}

static enum trkx_status stage_features(struct work *work, char **in, int count)
{
    (void)count;
    return get_features(work, in[0], work->settings->network);
}

static enum trkx_status stage_embed(struct work *work, char **in, int count)
{
    (void)count;
    enum trkx_status status = get_features(work, in[0], TRKX_NETWORK_EMBEDDING);
    if (status != TRKX_OK) return status;
    float *features = work->out.data;
    size_t n = work->out.rows;
    float *embedding = make_output(work, TRKX_FLOAT32, n, trkx_pipeline_bundle(work->pipeline)->dim, 2);
    status = trkx_embed(work->pipeline, features, n, embedding, work->error);
    free(features);
    return status;
}

/* edges [2,m] as an array; the array borrows the index. */
static enum trkx_status write_edges(const char *path, const trkx_edges *edges, trkx_error *error)
{
    int64_t none = 0;
    trkx_array array = {TRKX_INT64, 2, edges->count, 2, edges->count > 0 ? edges->index : &none};
    return trkx_array_write(path, &array, error);
}

static enum trkx_status stage_edges(struct work *work, char **in, int count)
{
    (void)count;
    enum trkx_status status = trkx_array_read(in[1], TRKX_FLOAT32, &work->a, work->error);
    if (status == TRKX_OK) status = load_bundle(work);
    if (status == TRKX_OK) status = read_event(work, in[0], 0);
    if (status != TRKX_OK) return status;
    const trkx_hits *hits = trkx_event_hits(work->event);
    size_t dim = trkx_pipeline_bundle(work->pipeline)->dim;
    if (work->a.rows != hits->count)
        return complain(work, in[1], "there are %zu points, but the event has %zu hits", work->a.rows,
                        hits->count);
    if (work->a.columns != dim && hits->count > 0)
        return complain(work, in[1], "the points have %zu dimensions, but the bundle's embedding has %zu",
                        work->a.columns, dim);
    status = trkx_pipeline_edges(work->pipeline, hits, work->a.data, &work->edges, work->error);
    if (status == TRKX_OK) status = write_edges(work->settings->out, &work->edges, work->error);
    return status;
}

static enum trkx_status stage_radius(struct work *work, char **in, int count)
{
    (void)count;
    enum trkx_status status = trkx_array_read(in[0], TRKX_FLOAT32, &work->a, work->error);
    if (status == TRKX_OK)
        status = trkx_radius_graph(work->a.data, work->a.rows, work->a.columns, &work->settings->edges,
                                   &work->edges, work->error);
    if (status == TRKX_OK) status = write_edges(work->settings->out, &work->edges, work->error);
    return status;
}

/* Reads edges [2,m] as a view of work->b. */
static enum trkx_status read_edges(struct work *work, const char *path, trkx_array *array, trkx_edges *edges)
{
    enum trkx_status status = trkx_array_read(path, TRKX_INT64, array, work->error);
    if (status != TRKX_OK) return status;
    if (array->rows != 2 && array->rows * array->columns > 0)
        return complain(work, path, "there are %zu rows; edges are two, sources and targets", array->rows);
    *edges = (trkx_edges){.count = array->rows == 2 ? array->columns : 0, .index = array->data};
    return TRKX_OK;
}

static enum trkx_status check_ends(struct work *work, const char *path, const trkx_edges *edges, size_t n)
{
    for (size_t i = 0; i < 2 * edges->count; i++) {
        long long end = (long long)edges->index[i];
        if (end < 0 || (size_t)end >= n)
            return complain(work, path, "edge %zu ends at %lld, there are %zu nodes", i % edges->count, end,
                            n);
    }
    return TRKX_OK;
}

/* path NULL: nothing. */
static enum trkx_status write_over(struct work *work, const char *path, const trkx_edges *edges,
                                   const float *scores, float cut, bool *written)
{
    trkx_edges over;
    if (path == NULL) return TRKX_OK;
    enum trkx_status status = trkx_edges_over(edges, scores, cut, &over, work->error);
    if (status != TRKX_OK) return status;
    status = write_edges(path, &over, work->error);
    trkx_edges_destroy(&over);
    *written = status == TRKX_OK;
    return status;
}

static enum trkx_status score_edges(struct work *work, char **in, enum trkx_network network)
{
    trkx_edges edges;
    enum trkx_status status = load_bundle(work);
    if (status == TRKX_OK) status = trkx_array_read(in[0], TRKX_FLOAT32, &work->a, work->error);
    if (status == TRKX_OK) status = read_edges(work, in[1], &work->b, &edges);
    if (status != TRKX_OK) return status;
    size_t width = trkx_pipeline_features_count(work->pipeline, network);
    if (work->a.rows > 0 && work->a.columns != width)
        return complain(work, in[0], "there are %zu columns, but the bundle's network takes %zu features",
                        work->a.columns, width);
    status = check_ends(work, in[1], &edges, work->a.rows);
    if (status != TRKX_OK) return status;
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(work->pipeline);
    bool filter = network == TRKX_NETWORK_FILTER;
    float *scores = make_output(work, TRKX_FLOAT32, edges.count, 1, 1);
    status = (filter ? trkx_filter : trkx_gnn)(work->pipeline, work->a.data, work->a.rows, &edges, scores,
                                               work->error);
    if (status != TRKX_OK) return status;
    status = write_over(work, work->settings->kept, &edges, scores,
                        filter ? bundle->filter_cut : bundle->gnn_cut, &work->kept_written);
    if (status != TRKX_OK || !filter) return status;
    return write_over(work, work->settings->candidates, &edges, scores, bundle->candidate_cut,
                      &work->candidates_written);
}

static enum trkx_status stage_filter(struct work *work, char **in, int count)
{
    (void)count;
    return score_edges(work, in, TRKX_NETWORK_FILTER);
}

static enum trkx_status stage_gnn(struct work *work, char **in, int count)
{
    (void)count;
    return score_edges(work, in, TRKX_NETWORK_GNN);
}

static size_t count_nodes(const trkx_edges *edges)
{
    int64_t largest = -1;
    for (size_t i = 0; i < 2 * edges->count; i++)
        if (edges->index[i] > largest) largest = edges->index[i];
    return (size_t)(largest + 1);
}

/* Labels of the event's hits, as `trkx run` writes them. */
static enum trkx_status write_tracks(struct work *work, const int32_t *labels)
{
    work->out_written = true;
    return trkx_tracks_write(work->settings->out, trkx_event_hits(work->event), labels, work->error);
}

/* The number of nodes: the hits of --event, --nodes, or the largest index in the edges + 1. */
static enum trkx_status choose_nodes(struct work *work, const trkx_edges *edges, size_t *n)
{
    const struct stage_settings *settings = work->settings;
    *n = settings->nodes > 0 ? settings->nodes : count_nodes(edges);
    if (settings->event == NULL) return TRKX_OK;
    enum trkx_status status =
        trkx_event_read(settings->event, 0, settings->pipeline.threads, &work->event, work->error);
    if (status != TRKX_OK) return status;
    *n = trkx_event_hits(work->event)->count;
    return settings->nodes == 0 || settings->nodes == *n
               ? TRKX_OK
               : complain(work, settings->event, "--nodes is %zu, but the event has %zu hits",
                          settings->nodes, *n);
}

/* Of the file whose scores are work->b. */
static enum trkx_status check_scores(struct work *work, const char *path, const trkx_edges *edges)
{
    size_t scores = work->b.rows * work->b.columns;
    if (scores == edges->count) return TRKX_OK;
    return complain(work, path, "there are %zu scores, but %zu edges", scores, edges->count);
}

/* The networks of a second pass may use cells. */
static unsigned parts_for_tracks(const struct work *work)
{
    bool second = trkx_pipeline_bundle(work->pipeline)->has_second;
    return second ? TRKX_EVENT_CELLS | TRKX_EVENT_OPTIONAL : 0;
}

static enum trkx_status stage_tracks(struct work *work, char **in, int count)
{
    trkx_edges edges, candidates;
    size_t tracks = 0;
    enum trkx_status status = load_bundle(work);
    if (status == TRKX_OK) status = read_event(work, in[0], parts_for_tracks(work));
    if (status == TRKX_OK) status = read_edges(work, in[1], &work->a, &edges);
    if (status == TRKX_OK) status = trkx_array_read(in[2], TRKX_FLOAT32, &work->b, work->error);
    if (status == TRKX_OK && count > 3) status = read_edges(work, in[3], &work->c, &candidates);
    if (status == TRKX_OK) status = check_scores(work, in[2], &edges);
    if (status != TRKX_OK) return status;
    const trkx_hits *hits = trkx_event_hits(work->event);
    int32_t *labels = make_output(work, TRKX_INT32, hits->count, 1, 1);
    const trkx_tracks_input input = {hits, &edges, work->b.data, count > 3 ? &candidates : NULL};
    status = trkx_pipeline_tracks(work->pipeline, &input, labels, &tracks, work->error);
    return status == TRKX_OK ? write_tracks(work, labels) : status;
}

/* ---- the methods of track labelling ------------------------------------------------------------------ */

/* What a method works on. */
struct graph {
    size_t n;
    const trkx_hits *hits; /* NULL without --event */
    trkx_edges edges;
    const float *scores; /* NULL: none are given */
};

static enum trkx_status components(struct work *work, const struct graph *graph, int32_t *labels)
{
    size_t tracks = 0;
    return trkx_components(graph->n, &graph->edges, graph->scores, &work->settings->labelling, labels,
                           &tracks, work->error);
}

static enum trkx_status join(struct work *work, const struct graph *graph, int32_t *labels)
{
    size_t tracks = 0;
    return trkx_join(graph->hits, &graph->edges, graph->scores, &work->settings->labelling, labels, &tracks,
                     work->error);
}

static enum trkx_status walkthrough(struct work *work, const struct graph *graph, int32_t *labels)
{
    trkx_walkthrough_options choice = work->settings->walkthrough;
    size_t tracks = 0;
    if (graph->hits != NULL) choice.xyz = graph->hits->xyz;
    return trkx_walkthrough(graph->n, &graph->edges, graph->scores, &choice, labels, &tracks, work->error);
}

static enum trkx_status label_by(struct work *work, char **in, int count,
                                 enum trkx_status (*method)(struct work *work, const struct graph *graph,
                                                            int32_t *labels))
{
    struct graph graph = {0};
    enum trkx_status status = read_edges(work, in[0], &work->a, &graph.edges);
    if (status == TRKX_OK && count > 1) status = trkx_array_read(in[1], TRKX_FLOAT32, &work->b, work->error);
    if (status == TRKX_OK) status = choose_nodes(work, &graph.edges, &graph.n);
    if (status == TRKX_OK && count > 1) status = check_scores(work, in[1], &graph.edges);
    if (status != TRKX_OK) return status;
    if (count > 1) graph.scores = work->b.data;
    if (work->event != NULL) graph.hits = trkx_event_hits(work->event);
    int32_t *labels = make_output(work, TRKX_INT32, graph.n, 1, 1);
    status = method(work, &graph, labels);
    if (status == TRKX_OK && work->event != NULL) status = write_tracks(work, labels);
    return status;
}

static enum trkx_status stage_components(struct work *work, char **in, int count)
{
    return label_by(work, in, count, components);
}

static enum trkx_status stage_join(struct work *work, char **in, int count)
{
    return label_by(work, in, count, join);
}

static enum trkx_status stage_walkthrough(struct work *work, char **in, int count)
{
    return label_by(work, in, count, walkthrough);
}

/* ---- which stage ------------------------------------------------------------------------------------- */

static const struct stage {
    const char *inputs;
    int least, most; /* how many */
    enum trkx_status (*run)(struct work *work, char **in, int count);
} stages[STEPS] = {[STEP_FEATURES] = {"EVENT", 1, 1, stage_features},
                   [STEP_EMBED] = {"EVENT", 1, 1, stage_embed},
                   [STEP_EDGES] = {"EVENT EMBEDDING", 2, 2, stage_edges},
                   [STEP_FILTER] = {"FEATURES EDGES", 2, 2, stage_filter},
                   [STEP_GNN] = {"FEATURES EDGES", 2, 2, stage_gnn},
                   [STEP_TRACKS] = {"EVENT EDGES SCORES [CANDIDATES]", 3, 4, stage_tracks},
                   [STEP_RADIUS] = {"POINTS", 1, 1, stage_radius},
                   [STEP_COMPONENTS] = {"EDGES [SCORES]", 1, 2, stage_components},
                   [STEP_JOIN] = {"EDGES SCORES", 2, 2, stage_join},
                   [STEP_WALKTHROUGH] = {"EDGES SCORES", 2, 2, stage_walkthrough}};

/* Names the event if the message does not. */
static int stage_failed(const struct work *work)
{
    if (work->event != NULL) trkx_fail_in_event(work->error, trkx_event_name(work->event));
    return failed(work->error);
}

static int run_stage(const struct stage_settings *settings, const struct stage *stage, char **in, int count)
{
    trkx_error error;
    struct work work = {.settings = settings, .error = &error};
    enum trkx_status status = stage->run(&work, in, count);
    if (status == TRKX_OK && work.out.data != NULL && !work.out_written)
        status = trkx_array_write(settings->out, &work.out, &error);
    if (status != TRKX_OK && work.kept_written) take_back(settings->kept); /* all files or none */
    if (status != TRKX_OK && work.candidates_written) take_back(settings->candidates);
    int code = status == TRKX_OK ? EXIT_OK : stage_failed(&work);
    trkx_pipeline_destroy(work.pipeline);
    trkx_event_destroy(work.event);
    trkx_array_destroy(&work.a);
    trkx_array_destroy(&work.b);
    trkx_array_destroy(&work.c);
    trkx_edges_destroy(&work.edges);
    free(work.out.data);
    return code;
}

/* Whether two paths, NULL for none, are the same file, so that one would overwrite the other. Devices and
 * pipes are fine. */
static bool collide(const char *one, const char *other)
{
    struct stat file, again;
    if (one == NULL || other == NULL) return false;
    bool there = stat(one, &file) == 0;
    if (there && !S_ISREG(file.st_mode)) return false;
    if (strcmp(one, other) == 0) return true;
    return there && stat(other, &again) == 0 && file.st_dev == again.st_dev && file.st_ino == again.st_ino;
}

static bool outputs_differ(const struct stage_settings *settings)
{
    const char *twin = NULL;
    if (collide(settings->out, settings->kept) || collide(settings->out, settings->candidates))
        twin = settings->out;
    else if (collide(settings->kept, settings->candidates))
        twin = settings->kept;
    if (twin != NULL) misused("stage: %s: would be written twice; give each output its own file", twin);
    return twin == NULL;
}

/* Whether no output is an input. Of an event only the named path is known. */
static bool inputs_stay(const struct stage_settings *settings, char *const *in, int count)
{
    const char *const outputs[] = {settings->out, settings->kept, settings->candidates};
    for (size_t o = 0; o < sizeof outputs / sizeof *outputs; o++)
        for (int i = 0; i <= count; i++) {
            const char *input = i < count ? in[i] : settings->event;
            if (!collide(outputs[o], input)) continue;
            misused("stage: %s: is an input, which would be overwritten", outputs[o]);
            return false;
        }
    return true;
}

/* Checks that the step's inputs and output are given, and no others. */
static int check_and_run(const struct stage_settings *settings, enum step step, char **in, int count)
{
    const struct stage *stage = &stages[step];
    const char *name = step_names[step];
    if (count < stage->least) return misused("stage %s: needs %s", name, stage->inputs);
    if (count > stage->most)
        return misused("stage %s: takes %s: \"%s\" is one argument too many", name, stage->inputs,
                       in[stage->most]);
    if (settings->out == NULL) return misused("stage %s: --out FILE is needed", name);
    if (!stage_options_suit(settings, step) || !device_suits(&settings->device)) return EXIT_USAGE;
    if (step == STEP_JOIN && settings->event == NULL) return misused("stage join: --event EVENT is needed");
    if (!outputs_differ(settings) || !inputs_stay(settings, in, count)) return EXIT_USAGE;
    return run_stage(settings, stage, in, count);
}

static int choose_and_run(const struct stage_settings *settings, char **in, int count)
{
    if (count < 1)
        return misused(
            "stage: name one of features, embed, edges, filter, gnn, tracks, radius, components, join and "
            "walkthrough");
    for (int step = 0; step < STEPS; step++)
        if (strcmp(in[0], step_names[step]) == 0)
            return check_and_run(settings, (enum step)step, in + 1, count - 1);
    return misnamed("stage", "there is no step", "", in[0], step_names, STEPS);
}

int command_stage(int count, char **arguments)
{
    struct stage_settings settings;
    int code = stage_options_read(count, arguments, &settings);
    if (code < 0) code = choose_and_run(&settings, arguments + optind, count - optind);
    return code;
}
