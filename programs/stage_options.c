/* Reads the options of trkx stage, and refuses those that a step does not take. */
#include "programs/stage_options.h"

#include <stdio.h>
#include <string.h>

#include "pipeline/bundle.h"
#include "programs/bundles.h"
#include "tracks/methods.h"

const char *const step_names[STEPS] = {"features", "embed",  "edges",      "filter", "gnn",
                                       "tracks",   "radius", "components", "join",   "walkthrough"};

static void settings_init(struct stage_settings *settings)
{
    *settings = (struct stage_settings){.bundle = default_bundle()};
    trkx_pipeline_options_init(&settings->pipeline);
    trkx_edges_options_init(&settings->edges);
    trkx_labelling_options_init(&settings->labelling);
    trkx_walkthrough_options_init(&settings->walkthrough);
}

enum {
    BUNDLE,
    OUT,
    NETWORK,
    DETECTORS,
    RADIUS,
    K,
    KEPT,
    CANDIDATES,
    FILTER_CUT,
    GNN_CUT,
    METHOD,
    CUT,
    MIN_SCORE,
    ADD_SCORE,
    MIN_HITS,
    EVENT,
    NODES,
    THREADS,
    KERNELS
};

static const struct option options[] = {{"bundle", 1, NULL, BUNDLE},
                                        {"out", 1, NULL, OUT},
                                        {"network", 1, NULL, NETWORK},
                                        {"detectors", 1, NULL, DETECTORS},
                                        {"radius", 1, NULL, RADIUS},
                                        {"k", 1, NULL, K},
                                        {"kept", 1, NULL, KEPT},
                                        {"candidates", 1, NULL, CANDIDATES},
                                        {"filter-cut", 1, NULL, FILTER_CUT},
                                        {"gnn-cut", 1, NULL, GNN_CUT},
                                        {"method", 1, NULL, METHOD},
                                        {"cut", 1, NULL, CUT},
                                        {"min-score", 1, NULL, MIN_SCORE},
                                        {"add-score", 1, NULL, ADD_SCORE},
                                        {"min-hits", 1, NULL, MIN_HITS},
                                        {"event", 1, NULL, EVENT},
                                        {"nodes", 1, NULL, NODES},
                                        {"threads", 1, NULL, THREADS},
                                        {"kernels", 1, NULL, KERNELS},
                                        DEVICE_OPTIONS,
                                        {"help", 0, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

/* ---- which steps take them --------------------------------------------------------------------------- */

#define TAKES(step) (1U << (step))
enum {
    RUN_A_NETWORK = TAKES(STEP_EMBED) | TAKES(STEP_FILTER) | TAKES(STEP_GNN),
    USE_A_BUNDLE = RUN_A_NETWORK | TAKES(STEP_FEATURES) | TAKES(STEP_EDGES) | TAKES(STEP_TRACKS),
    METHODS = TAKES(STEP_COMPONENTS) | TAKES(STEP_JOIN) | TAKES(STEP_WALKTHROUGH)
};

/* All other options are for all steps. */
static const struct {
    int option;
    unsigned steps;
} takers[] = {{BUNDLE, USE_A_BUNDLE},
              {DETECTORS, USE_A_BUNDLE},
              {NETWORK, TAKES(STEP_FEATURES)},
              {KERNELS, RUN_A_NETWORK},
              {OPTION_DEVICE, RUN_A_NETWORK},
              {OPTION_MAX_MEMORY, RUN_A_NETWORK},
              {OPTION_TF32, RUN_A_NETWORK},
              {FILTER_CUT, TAKES(STEP_FILTER)},
              {GNN_CUT, TAKES(STEP_GNN) | TAKES(STEP_TRACKS)},
              {KEPT, TAKES(STEP_FILTER) | TAKES(STEP_GNN)},
              {CANDIDATES, TAKES(STEP_FILTER)},
              {METHOD, TAKES(STEP_TRACKS)},
              {RADIUS, TAKES(STEP_RADIUS)},
              {K, TAKES(STEP_RADIUS)},
              {CUT, METHODS},
              {MIN_SCORE, TAKES(STEP_WALKTHROUGH)},
              {ADD_SCORE, TAKES(STEP_WALKTHROUGH)},
              {MIN_HITS, METHODS | TAKES(STEP_TRACKS)},
              {EVENT, METHODS},
              {NODES, METHODS}};
enum { TAKERS = sizeof takers / sizeof *takers };

static const char *option_name(int code)
{
    const struct option *option = options;
    while (option->val != code) option++;
    return option->name;
}

static void note_given(struct stage_settings *settings, int option)
{
    for (int i = 0; i < TAKERS; i++)
        if (takers[i].option == option) settings->given |= 1U << i;
}

/* "components, join and walkthrough" */
static const char *list_steps(unsigned steps, char *text, size_t size)
{
    size_t length = 0;
    *text = '\0';
    for (int step = 0; step < STEPS; step++) {
        if ((steps & TAKES(step)) == 0) continue;
        const char *joint = length == 0 ? "" : steps >> step == 1 ? " and " : ", ";
        length += (size_t)snprintf(text + length, size - length, "%s%s", joint, step_names[step]);
    }
    return text;
}

bool stage_options_suit(const struct stage_settings *settings, enum step step)
{
    enum { LONGEST = 128 }; /* all names are shorter together */
    char steps[LONGEST];
    for (int i = 0; i < TAKERS; i++) {
        if ((settings->given & 1U << i) == 0 || (takers[i].steps & TAKES(step)) != 0) continue;
        misused("stage %s: --%s is for %s", step_names[step], option_name(takers[i].option),
                list_steps(takers[i].steps, steps, sizeof steps));
        return false;
    }
    return true;
}

/* ---- help -------------------------------------------------------------------------------------------- */

static void print_takers(void)
{
    for (int step = 0; step < STEPS; step++) {
        size_t column = (size_t)printf("  %-11s", step_names[step]);
        for (int i = 0; i < TAKERS; i++) {
            if ((takers[i].steps & TAKES(step)) == 0) continue;
            const char *name = option_name(takers[i].option);
            if (column + strlen(name) > 96) column = (size_t)printf("\n  %-11s", "") - 1;
            column += (size_t)printf(" --%s", name);
        }
        putchar('\n');
    }
}

static void help(void)
{
    struct stage_settings defaults;
    char methods[256];
    settings_init(&defaults);
    puts("usage: trkx stage STEP IN... --out FILE [OPTIONS]\n\n"
         "The steps of the pipeline:\n\n"
         "  features EVENT                           features [n,F] of a network\n"
         "  embed EVENT                              embedding [n,D]\n"
         "  edges EVENT EMBEDDING                    edges [2,m], outwards\n"
         "  filter FEATURES EDGES                    scores [m]\n"
         "  gnn FEATURES EDGES                       scores [m]\n"
         "  tracks EVENT EDGES SCORES [CANDIDATES]   hit_id,track_id, for trkx evaluate\n\n"
         "These need no bundle. The last three are the track labelling methods; they write labels [n]\n"
         "(0: no track) or, with --event, hit_id,track_id:\n\n"
         "  radius POINTS                            edges [2,m] between any points, each pair once\n"
         "  components EDGES [SCORES]\n"
         "  join EDGES SCORES\n"
         "  walkthrough EDGES SCORES\n\n"
         "Arrays are .npy or, with any other ending, CSV of plain numbers: one row per node; edges: two "
         "rows.\n\n"
         "All steps take --threads. The others are for\n");
    print_takers();
    printf(
        "\n"
        "  --bundle DIR       the networks and settings of the pipeline's steps (%s)\n"
        "  --detectors FILE   a detector.json, or a detectors.csv with other modules (the bundle's own)\n"
        "  --network NAME     whose features: embedding, filter, gnn, or of a second pass second_embedding "
        "or\n"
        "                     second_filter (embedding)\n"
        "  --kernels KERNELS  trkx's execution provider, or stock ONNX Runtime (trkx)\n"
        "  --device DEVICE    cpu, cuda:N or auto (cpu)\n"
        "  --max-memory SIZE  of the GPU (nine tenths of the free memory)\n"
        "  --tf32             let its networks round the factors of products to 10 bits\n"
        "  --filter-cut C     the cut of --kept (the bundle's)\n"
        "  --gnn-cut C        the cut of --kept; tracks are built from edges with a score > C (the "
        "bundle's)\n"
        "  --kept FILE        also write the edges above the cut\n"
        "  --candidates FILE  also write the edges for the completion of tracks\n"
        "  --method METHOD    of labelling: %s (the bundle's)\n"
        "  --radius R         neighbours at distance <= R (%g)\n"
        "  --k K              each node keeps its K nearest (%zu)\n"
        "  --cut C            edges with a score > C connect (%g); walkthrough: are in the graph (%g)\n"
        "  --min-score S      a hit's best edge is followed if its score > S (%g)\n"
        "  --add-score S      and so are all edges with a score > S (%g)\n"
        "  --min-hits N       drop tracks with fewer hits (%zu); tracks: (the bundle's)\n"
        "  --event EVENT      the event whose hits are the nodes; required by join\n"
        "  --nodes N          number of nodes (the largest index in EDGES + 1)\n"
        "  --threads T        number of threads, limited to the number of cores (to 8 on smaller machines);\n"
        "                     0: all cores (%d)\n",
        defaults.bundle != NULL ? defaults.bundle : "none here", trkx_methods_list(methods, sizeof methods),
        defaults.edges.radius, defaults.edges.k, (double)defaults.labelling.cut,
        (double)defaults.walkthrough.cut, (double)defaults.walkthrough.min_score,
        (double)defaults.walkthrough.add_score, defaults.labelling.min_hits, defaults.pipeline.threads);
}

/* ---- values ------------------------------------------------------------------------------------------ */

static bool apply_network(struct stage_settings *settings, const char *value)
{
    for (int i = 0; i < TRKX_ALL_NETWORKS; i++)
        if (strcmp(value, trkx_network_names[i]) == 0) {
            settings->network = (enum trkx_network)i;
            return true;
        }
    misused("--network: \"%s\" is not embedding, filter, gnn, second_embedding or second_filter", value);
    return false;
}

static bool apply_cut(struct stage_settings *settings, const char *value)
{
    double cut = 0;
    if (!get_double("cut", value, -1e30, 1e30, &cut)) return false;
    settings->labelling.cut = settings->walkthrough.cut = (float)cut;
    return true;
}

static bool apply_score(const char *option, const char *value, float *score)
{
    double number = 0;
    if (!get_double(option, value, 0, 1, &number)) return false;
    *score = (float)number;
    return true;
}

static bool apply_min_hits(struct stage_settings *settings, const char *value)
{
    if (!get_size("min-hits", value, 1, INT32_MAX, &settings->labelling.min_hits)) return false;
    settings->walkthrough.min_hits = settings->pipeline.min_hits = settings->labelling.min_hits;
    return true;
}

static bool apply_threads(struct stage_settings *settings, const char *value)
{
    if (!get_int("threads", value, 0, INT32_MAX, &settings->pipeline.threads)) return false;
    settings->edges.threads = settings->labelling.threads = settings->pipeline.threads;
    return true;
}

static bool apply(void *target, int option, const char *value)
{
    struct stage_settings *settings = target;
    trkx_pipeline_options *pipeline = &settings->pipeline;
    note_given(settings, option);
    switch (option) {
    case BUNDLE: settings->bundle = find_bundle(value); return true;
    case OUT: settings->out = value; return true;
    case NETWORK: return apply_network(settings, value);
    case DETECTORS: pipeline->detectors = value; return true;
    case RADIUS:
        return get_double("radius", value, TRKX_RADIUS_MIN, TRKX_RADIUS_MAX, &settings->edges.radius);
    case K: return get_size("k", value, 1, INT32_MAX, &settings->edges.k);
    case KEPT: settings->kept = value; return true;
    case CANDIDATES: settings->candidates = value; return true;
    case FILTER_CUT: return get_double("filter-cut", value, 0, 1, &pipeline->filter_cut);
    case GNN_CUT: return get_double("gnn-cut", value, 0, 1, &pipeline->gnn_cut);
    case METHOD: return get_method(value, &pipeline->method);
    case CUT: return apply_cut(settings, value);
    case MIN_SCORE: return apply_score("min-score", value, &settings->walkthrough.min_score);
    case ADD_SCORE: return apply_score("add-score", value, &settings->walkthrough.add_score);
    case MIN_HITS: return apply_min_hits(settings, value);
    case EVENT: settings->event = value; return true;
    case NODES: return get_size("nodes", value, 1, INT32_MAX, &settings->nodes);
    case THREADS: return apply_threads(settings, value);
    case KERNELS: return get_kernels(value, &pipeline->kernels);
    default: return apply_device(&settings->device, option, value);
    }
}

int stage_options_read(int count, char **arguments, struct stage_settings *settings)
{
    static const struct command command = {"stage", options, apply, help};
    settings_init(settings);
    return read_options(&command, count, arguments, settings);
}
