/* trkx bench pipeline: all steps on an event in memory; and a run whose tensors other parts use. */
#include "programs/bench/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "programs/bench/inputs.h"
#include "programs/bench/report.h"
#include "programs/process.h"

static const char PART[] = "pipeline";

/* ---- outputs of the steps --------------------------------------------------------------------------- */

static void keep(struct bench_run *run, const trkx_step_view *view)
{
    enum trkx_step step = view->record->step;
    size_t n = view->hits->count, m = view->edges->count;
    if (step == TRKX_STEP_EMBED)
        run->embedding = bench_copy(view->embedding, n * view->dim * sizeof *view->embedding);
    if (step >= TRKX_STEP_EDGES && step <= TRKX_STEP_GNN) {
        struct bench_graph *graph = &run->graphs[step];
        graph->edges =
            (trkx_edges){.count = m,
                         .saturated = view->edges->saturated,
                         .index = bench_copy(view->edges->index, 2 * m * sizeof *view->edges->index)};
        if (view->scores != NULL) graph->scores = bench_copy(view->scores, m * sizeof *view->scores);
    }
    if (view->labels != NULL) { /* in the end those of the second pass, if any */
        free(run->labels);
        run->labels = bench_copy(view->labels, n * sizeof *view->labels);
    }
}

static int keep_tensors(void *user, const trkx_step_view *view)
{
    if (view->record != NULL) keep(user, view);
    return interrupted;
}

static int stop_where_interrupted(void *user, const trkx_step_view *view)
{
    (void)user, (void)view;
    return interrupted;
}

/* A run with a hook; "interrupted" if the hook stopped it. */
static enum trkx_status run_once(struct bench *bench, const trkx_pipeline *pipeline, trkx_step_hook hook,
                                 trkx_result **result)
{
    trkx_run_options choice;
    trkx_run_options_init(&choice);
    choice.hook = hook;
    choice.copies = hook == keep_tensors;
    choice.user = &bench->run;
    enum trkx_status status =
        trkx_pipeline_run(pipeline, trkx_event_hits(bench->event), &choice, result, &bench->error);
    return status == TRKX_ERROR_CANCELLED ? bench_go_on(bench) : status;
}

enum trkx_status bench_capture(struct bench *bench)
{
    trkx_result *result = NULL;
    if (bench->run.labels != NULL) return TRKX_OK;
    bench_progress(bench, PART, "one run", "for the outputs of its steps");
    enum trkx_status status = run_once(bench, bench->pipeline, keep_tensors, &result);
    trkx_result_destroy(result);
    return status;
}

/* ---- the part --------------------------------------------------------------------------------------- */

static enum trkx_status same_labels(struct bench *bench, const trkx_result *result, const char *which)
{
    if (bench_same(result->labels, bench->run.labels, result->hits * sizeof *result->labels)) return TRKX_OK;
    return bench_wrong(bench, "%s: %s gives different tracks", PART, which);
}

static enum trkx_status check_threads(struct bench *bench)
{
    trkx_pipeline *pipeline = NULL;
    trkx_result *result = NULL;
    bench_progress(bench, PART, "another number of threads", "checking");
    enum trkx_status status = bench_load_pipeline(bench, bench_other_threads(bench), &pipeline);
    if (status == TRKX_OK) status = run_once(bench, pipeline, stop_where_interrupted, &result);
    if (status == TRKX_OK) status = same_labels(bench, result, "another number of threads");
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
    return status;
}

/* The first hit of each hit's track, -1 without a track: the same for the same tracks, however numbered. */
static int32_t *first_hits(const int32_t *labels, size_t n)
{
    int32_t *first = bench_array((n + 1) * sizeof *first), *of_hit = bench_array(n * sizeof *of_hit);
    for (size_t label = 0; label <= n; label++) first[label] = -1;
    for (size_t i = n; i-- > 0;)
        if (labels[i] > 0) first[labels[i]] = (int32_t)i;
    for (size_t i = 0; i < n; i++) of_hit[i] = labels[i] > 0 ? first[labels[i]] : -1;
    free(first);
    return of_hit;
}

/* Scores differ in their last digits between the kernels, so a few edges may be cut differently. */
static enum trkx_status nearly_same_labels(struct bench *bench, const trkx_result *result)
{
    size_t n = result->hits, others = 0;
    int32_t *own = first_hits(bench->run.labels, n), *stock = first_hits(result->labels, n);
    for (size_t i = 0; i < n; i++) others += own[i] != stock[i];
    free(own);
    free(stock);
    if (100 * others <= n) return TRKX_OK;
    return bench_wrong(bench, "%s: stock ONNX Runtime gives different tracks", PART);
}

/* The device's steps between the networks give the CPU's results, bit for bit. */
static enum trkx_status check_edges(struct bench *bench)
{
    trkx_edges edges = {0};
    enum trkx_status status = trkx_pipeline_edges(bench->pipeline, trkx_event_hits(bench->event),
                                                  bench->run.embedding, &edges, &bench->error);
    if (status == TRKX_OK && !bench_same_edges(&edges, &bench->run.graphs[TRKX_STEP_EDGES].edges))
        status = bench_wrong(bench, "%s: the device finds different edges than the CPU", PART);
    trkx_edges_destroy(&edges);
    return status;
}

static enum trkx_status check_labels(struct bench *bench)
{
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(bench->pipeline);
    const struct bench_graph *graph = &bench->run.graphs[TRKX_STEP_GNN];
    size_t n = trkx_event_hits(bench->event)->count, count = 0;
    trkx_labelling_options choice;
    if (strcmp(bundle->method, "components") != 0 || bundle->completes) return TRKX_OK; /* the CPU's work */
    trkx_labelling_options_init(&choice);
    choice.cut = bundle->gnn_cut;
    choice.min_hits = bundle->min_hits;
    int32_t *labels = bench_array(n * sizeof *labels);
    enum trkx_status status =
        trkx_components(n, &graph->edges, graph->scores, &choice, labels, &count, &bench->error);
    if (status == TRKX_OK && !bench_same(labels, bench->run.labels, n * sizeof *labels))
        status = bench_wrong(bench, "%s: the device finds different tracks than the CPU", PART);
    free(labels);
    return status;
}

static enum trkx_status check_device(struct bench *bench)
{
    bench_progress(bench, PART, "edges and tracks", "checking");
    enum trkx_status status = check_edges(bench);
    return status == TRKX_OK ? check_labels(bench) : status;
}

enum { RECORDS = TRKX_STEPS + 1 }; /* of each step, then of all */

struct records {
    double *seconds; /* [RECORDS, repeat] */
    size_t others; /* runs with different tracks than the first; a device's networks may round differently */
    size_t peak_bytes[RECORDS];
};

static void add_record(struct records *records, const struct bench *bench, size_t run, size_t which,
                       const trkx_step_record *record)
{
    records->seconds[which * bench->repeat + run] = record->seconds;
    if (record->peak_bytes > records->peak_bytes[which]) records->peak_bytes[which] = record->peak_bytes;
}

static enum trkx_status time_run(struct bench *bench, const trkx_pipeline *pipeline, struct records *records,
                                 size_t run)
{
    trkx_result *result = NULL;
    enum trkx_status status = run_once(bench, pipeline, stop_where_interrupted, &result);
    if (status == TRKX_OK && pipeline == bench->stock)
        status = nearly_same_labels(bench, result);
    else if (status == TRKX_OK && !bench_on_device(bench))
        status = same_labels(bench, result, "a second run");
    if (status == TRKX_OK) {
        size_t bytes = result->hits * sizeof *result->labels;
        records->others += !bench_same(result->labels, bench->run.labels, bytes);
        for (size_t s = 0; s < result->steps_count; s++)
            add_record(records, bench, run, result->steps[s].step, &result->steps[s]);
        add_record(records, bench, run, TRKX_STEPS, &result->total);
    }
    trkx_result_destroy(result);
    return status;
}

static struct bench_row row_of(const struct bench *bench, const struct records *records, size_t which)
{
    size_t n = trkx_event_hits(bench->event)->count;
    return (struct bench_row){.part = PART,
                              .name = which < TRKX_STEPS ? trkx_step_name((enum trkx_step)which) : "total",
                              .nodes = n,
                              .size = n,
                              .unit = "hits",
                              .peak_bytes = records->peak_bytes[which]};
}

/* The hits are already in memory, so the step that reads them is left out. */
static void report(struct bench *bench, const struct records *own, const struct records *stock)
{
    size_t total = TRKX_STEPS * bench->repeat;
    size_t end = trkx_pipeline_bundle(bench->pipeline)->has_second ? TRKX_STEPS : TRKX_STEP_SECOND_FEATURES;
    for (size_t r = TRKX_STEP_FEATURES; r < end; r++) {
        const struct bench_row row = row_of(bench, own, r);
        bench_add(bench, &row, own->seconds + r * bench->repeat);
    }
    struct bench_row rows[2] = {row_of(bench, own, TRKX_STEPS), row_of(bench, stock, TRKX_STEPS)};
    rows[1].name = "stock-runtime";
    if (bench->stock == NULL)
        bench_add(bench, &rows[0], own->seconds + total);
    else
        bench_add_both(bench, rows, (double *[]){own->seconds + total, stock->seconds + total});
    if (bench_on_device(bench))
        bench_note("%zu of %zu runs gave different tracks than the first: its networks may round differently "
                   "each time",
                   own->others, bench->repeat);
}

static struct records make_records(const struct bench *bench)
{
    return (struct records){.seconds = bench_array(RECORDS * bench->repeat * sizeof(double))};
}

enum trkx_status bench_pipeline(struct bench *bench)
{
    struct records own = make_records(bench), stock = make_records(bench);
    enum trkx_status status = bench_capture(bench);
    if (status == TRKX_OK) status = bench_on_device(bench) ? check_device(bench) : check_threads(bench);
    if (status == TRKX_OK && bench->kernels == TRKX_KERNELS_TRKX && !bench_on_device(bench))
        status = bench_load_stock(bench);
    if (status == TRKX_OK) {
        bench_begin(bench, PART,
                    bench_on_device(bench)
                        ? "checked: the CPU's edges and tracks for the same embedding and scores"
                        : "checked: the same tracks each time, and with another number of threads");
        bench_progress(bench, PART, "all steps", "timing");
    }
    for (size_t r = 0; r < bench->repeat && status == TRKX_OK; r++) {
        status = time_run(bench, bench->pipeline, &own, r);
        if (status == TRKX_OK && bench->stock != NULL) status = time_run(bench, bench->stock, &stock, r);
    }
    if (status == TRKX_OK) report(bench, &own, &stock);
    free(own.seconds);
    free(stock.seconds);
    return status;
}
