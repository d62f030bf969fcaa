/* trkx bench: times the parts of trkx on this machine. Each part has its own file. */
#include "programs/bench/bench.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "programs/bench/components.h"
#include "programs/bench/edges.h"
#include "programs/bench/inputs.h"
#include "programs/bench/machine.h"
#include "programs/bench/networks.h"
#include "programs/bench/pipeline.h"
#include "programs/bench/read.h"
#include "programs/bench/report.h"
#include "programs/bundles.h"
#include "programs/process.h"

enum { EVENT_NUMBER = 1000 }; /* trkx simulate's first */

static void settings_init(struct bench *bench)
{
    *bench = (struct bench){.bundle = default_bundle(), .repeat = 7, .show = isatty(STDERR_FILENO)};
    trkx_edges_options_init(&bench->search);
}

static const struct part {
    const char *name;
    enum trkx_status (*run)(struct bench *bench);
    bool bundle; /* needs one */
} parts[] = {{"read", bench_read, false},       {"embed", bench_embed, true},
             {"edges", bench_edges, true},      {"filter", bench_filter, true},
             {"gnn", bench_gnn, true},          {"components", bench_components, true},
             {"pipeline", bench_pipeline, true}};
enum { PARTS = sizeof parts / sizeof *parts };

static void help(void)
{
    struct bench defaults;
    settings_init(&defaults);
    printf(
        "usage: trkx bench [OPTIONS] [PART]...\n\n"
        "Times parts of trkx on this machine, after their results have been checked. PART (all of them):\n\n"
        "  read        the files of an event, plain and gzipped\n"
        "  embed       network 1, on the event's hits\n"
        "  edges       neighbours of 100,000 random points, and in the event's embedding\n"
        "  filter      network 2, on the embedding's graph\n"
        "  gnn         network 3, on the edges that the filter keeps\n"
        "  components  of the edges that the GNN keeps, and of the embedding's graph\n"
        "  pipeline    all steps from features to tracks\n\n"
        "  --event EVENT       (a simulated full-density event)\n"
        "  --bundle DIR        the networks and their settings (%s)\n"
        "  --detectors FILE    a detector.json, or a detectors.csv with other modules (the bundle's own)\n"
        "  --kernels KERNELS   run the networks with trkx's execution provider, alternating with stock ONNX\n"
        "                      Runtime for comparison, or with stock ONNX Runtime only (trkx)\n"
        "  --device DEVICE     cpu, cuda:N or auto (cpu). On a GPU only the part pipeline runs\n"
        "  --max-memory SIZE   of the GPU (nine tenths of the free memory)\n"
        "  --tf32              let its networks round the factors of products to 10 bits\n"
        "  --points FILE       edges: use these points; .npy or CSV, one row per point\n"
        "  --radius R          with --points: neighbours at distance <= R (%g)\n"
        "  --k K               with --points: each point keeps its K nearest (%zu)\n"
        "  --threads T         number of threads, limited to the number of cores; 0: all cores (%d)\n"
        "  --repeat N          timed runs of each case (%zu)\n"
        "  --csv FILE          also write the figures to FILE\n",
        defaults.bundle != NULL ? defaults.bundle : "none here", defaults.search.radius, defaults.search.k,
        defaults.threads, defaults.repeat);
}

enum { EVENT, BUNDLE, DETECTORS, KERNELS, POINTS, RADIUS, K, THREADS, REPEAT, CSV };

static const struct option options[] = {{"event", 1, NULL, EVENT},
                                        {"bundle", 1, NULL, BUNDLE},
                                        {"detectors", 1, NULL, DETECTORS},
                                        {"points", 1, NULL, POINTS},
                                        {"radius", 1, NULL, RADIUS},
                                        {"k", 1, NULL, K},
                                        {"threads", 1, NULL, THREADS},
                                        {"repeat", 1, NULL, REPEAT},
                                        {"csv", 1, NULL, CSV},
                                        {"kernels", 1, NULL, KERNELS},
                                        DEVICE_OPTIONS,
                                        {"help", 0, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

static bool apply(void *target, int option, const char *value)
{
    struct bench *bench = target;
    bench->search_given |= option == RADIUS || option == K;
    switch (option) {
    case EVENT: bench->event_path = value; return true;
    case BUNDLE: bench->bundle = find_bundle(value); return true;
    case DETECTORS: bench->detectors = value; return true;
    case KERNELS: return get_kernels(value, &bench->kernels);
    case POINTS: bench->points_path = value; return true;
    case RADIUS: return get_double("radius", value, TRKX_RADIUS_MIN, TRKX_RADIUS_MAX, &bench->search.radius);
    case K: return get_size("k", value, 1, INT32_MAX, &bench->search.k);
    case THREADS: return get_int("threads", value, 0, INT32_MAX, &bench->threads);
    case REPEAT: return get_size("repeat", value, 1, 1000000, &bench->repeat);
    case CSV: bench->csv_path = value; return true;
    default: return apply_device(&bench->device, option, value);
    }
}

static bool runs_on_device(const struct part *part)
{
    return part->run == bench_pipeline;
}

static int check_device(const struct bench *bench, const bool *chosen)
{
    if (!device_suits(&bench->device)) return EXIT_USAGE;
    if (!is_on_device(&bench->device)) return -1;
    for (int p = 0; p < PARTS; p++)
        if (chosen[p] && !runs_on_device(&parts[p]))
            return misused("bench: the part %s runs on the CPU only; --device is for pipeline",
                           parts[p].name);
    return -1;
}

/* Finds the named parts; -1, or the exit code if one of them does not exist. */
static int choose_parts(const struct bench *bench, char **names, int count, bool *chosen)
{
    bool device = is_on_device(&bench->device);
    const char *known[PARTS];
    for (int p = 0; p < PARTS; p++) chosen[p] = count == 0 && (!device || runs_on_device(&parts[p]));
    for (int p = 0; p < PARTS; p++) known[p] = parts[p].name;
    for (int i = 0; i < count; i++) {
        int p = 0;
        while (p < PARTS && strcmp(names[i], parts[p].name) != 0) p++;
        if (p == PARTS) return misnamed("bench", "there is no part", "", names[i], known, PARTS);
        chosen[p] = true;
    }
    return -1;
}

static bool is_edges(const struct part *part)
{
    return part->run == bench_edges;
}

static int check_points(const struct bench *bench, const bool *chosen)
{
    bool edges = false;
    for (int p = 0; p < PARTS; p++) edges |= chosen[p] && is_edges(&parts[p]);
    if (bench->points_path == NULL && bench->search_given)
        return misused("bench: --radius and --k need --points");
    if (bench->points_path != NULL && !edges)
        return misused("bench: --points is for the part edges, which is not selected");
    return -1;
}

/* ---- inputs ----------------------------------------------------------------------------------------- */

static enum trkx_status simulate(struct bench *bench)
{
    trkx_simulate_options choice;
    trkx_simulate_options_init(&choice);
    choice.threads = bench->threads;
    bench_progress(bench, "event", "full density", "simulating");
    enum trkx_status status = trkx_simulate(&choice, EVENT_NUMBER, &bench->event, &bench->error);
    bench_end_progress(bench);
    return status;
}

static enum trkx_status get_event(struct bench *bench)
{
    const unsigned all = TRKX_EVENT_CELLS | TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES | TRKX_EVENT_OPTIONAL;
    enum trkx_status status = bench->event_path == NULL
                                  ? simulate(bench)
                                  : bench_read_event(bench, bench->event_path, all, &bench->event);
    if (status == TRKX_OK && trkx_event_hits(bench->event)->count == 0)
        status =
            bench_wrong(bench, "%s has no hits: there is nothing to time", trkx_event_name(bench->event));
    return status;
}

static enum trkx_status get_points(struct bench *bench)
{
    enum trkx_status status =
        trkx_array_read(bench->points_path, TRKX_FLOAT32, &bench->points, &bench->error);
    if (status == TRKX_OK && bench->points.rows == 0)
        status = bench_wrong(bench, "%s has no points: there is nothing to time", bench->points_path);
    return status;
}

static enum trkx_status get_inputs(struct bench *bench, const bool *chosen)
{
    bool event = false, bundle = false;
    enum trkx_status status = TRKX_OK;
    for (int p = 0; p < PARTS; p++) {
        bool own_points = is_edges(&parts[p]) && bench->points_path != NULL;
        event |= chosen[p] && !own_points;
        bundle |= chosen[p] && !own_points && parts[p].bundle;
    }
    if (bench->points_path != NULL) status = get_points(bench);
    if (status == TRKX_OK && bundle) status = bench_load_pipeline(bench, bench->threads, &bench->pipeline);
    if (status == TRKX_OK && event) status = get_event(bench);
    return status;
}

static void release(struct bench *bench)
{
    for (int s = 0; s < TRKX_STEPS; s++) {
        free(bench->run.graphs[s].edges.index);
        free(bench->run.graphs[s].scores);
    }
    free(bench->run.embedding);
    free(bench->run.labels);
    trkx_pipeline_destroy(bench->pipeline);
    trkx_pipeline_destroy(bench->stock);
    trkx_array_destroy(&bench->points);
    trkx_event_destroy(bench->event);
}

/* ---- the report ------------------------------------------------------------------------------------- */

static void print_head(const struct bench *bench)
{
    const struct bench_machine *machine = &bench->machine;
    double load = 0; /* 0 if unknown */
    getloadavg(&load, 1);
    printf("trkx %s, ONNX Runtime %s, %d thread%s, %s\n", trkx_version(), trkx_runtime_version(),
           bench->threads, bench->threads == 1 ? "" : "s", machine->processor);
    printf("  memory      %6.1f GB/s one core, %6.1f all threads: the sum of an array in memory\n",
           1e-9 * machine->one.bytes, 1e-9 * machine->all.bytes);
    printf("  arithmetic  %6.1f GFLOP/s one core, %6.1f all threads: float32 multiply-adds, %s\n",
           1e-9 * machine->one.operations, 1e-9 * machine->all.operations, machine->instructions);
    printf("  load        %6.1f, mean of the last minute: other processes disturb the measurement\n", load);
    if (bench->event != NULL)
        printf("%s, %s: %zu hits\n", trkx_event_name(bench->event),
               bench->event_path == NULL ? "simulated" : bench->event_path,
               trkx_event_hits(bench->event)->count);
    if (bench->pipeline != NULL) {
        const trkx_device_info *device = trkx_pipeline_device(bench->pipeline);
        printf("bundle %s\n", trkx_pipeline_bundle(bench->pipeline)->name);
        printf("device %s%s%s\n", device->device, device->count > 0 ? ", " : "", device->description);
    }
    printf(
        "Timed runs of each case: %zu, after a checked one. M: millions per second, from the median.\n"
        "bound: shortest possible time at these rates of what no method avoids; its share of the median.\n",
        bench->repeat);
}

static enum trkx_status run_parts(struct bench *bench, const bool *chosen)
{
    enum trkx_status status = TRKX_OK;
    bench_progress(bench, "machine", "memory and arithmetic", "measuring");
    bench_measure_machine(&bench->machine, bench->threads);
    bench_end_progress(bench);
    print_head(bench);
    for (int p = 0; p < PARTS && status == TRKX_OK; p++)
        if (chosen[p]) status = parts[p].run(bench);
    bench_end_progress(bench);
    return status;
}

static int run_bench(struct bench *bench, const bool *chosen)
{
    char *csv = NULL;
    size_t length = 0;
    bench->csv = checked(open_memstream(&csv, &length));
    bench_begin_csv(bench);
    enum trkx_status status = get_inputs(bench, chosen);
    if (status == TRKX_OK) status = run_parts(bench, chosen);
    fclose(bench->csv);
    if (status == TRKX_OK && bench->csv_path != NULL)
        status = trkx_text_write(bench->csv_path, csv, &bench->error);
    free(csv);
    release(bench);
    return status == TRKX_OK ? EXIT_OK : failed(&bench->error);
}

int command_bench(int count, char **arguments)
{
    static const struct command command = {"bench", options, apply, help};
    struct bench bench;
    bool chosen[PARTS];
    settings_init(&bench);
    int code = read_options(&command, count, arguments, &bench);
    if (code < 0) code = choose_parts(&bench, arguments + optind, count - optind, chosen);
    if (code < 0) code = check_device(&bench, chosen);
    if (code < 0) code = check_points(&bench, chosen);
    if (code < 0) {
        int processors = omp_get_num_procs();
        if (bench.threads == 0 || bench.threads > processors) bench.threads = processors;
        watch_interrupts();
        code = run_bench(&bench, chosen);
    }
    return code;
}
