/* trkx model import: a bundle around other people's networks. What the files state is read from them, what a
 * convention fixes is taken from it, the rest has to be given. */

#include "programs/model/import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "onnx/check.h"
#include "onnx/convert.h"
#include "onnx/repair.h"
#include "programs/common.h"
#include "programs/model/bundle.h"
#include "programs/model/check.h"
#include "programs/model/repair.h"

/* ---- conventions ------------------------------------------------------------------------------------ */

/* What the authors' programs fix, and the name of each network's first input by which a convention is
 * recognised; NULL: it cannot be. All scale r, phi, z by 1000 mm, pi, 1000 mm and put the nine cell features,
 * unscaled, before them. docs/import.md names the sources. */
struct convention {
    const char *name, *first_inputs[TRKX_NETWORKS];
    double radius, cuts[TRKX_NETWORKS];
    size_t k;
};

static const struct convention conventions[] = {
    {"acat2021", {"sp_features", "f_nodes", "g_nodes"}, 1.6, {0, 0.21, 0.75}, 500},
    {"ctd2022", {NULL, NULL, NULL}, 1.6, {0, 0.21, 0.75}, 500},
    {"service", {"INPUT__0", "INPUT__0", "INPUT__0"}, 1.6, {0, 0.21, 0.75}, 500}};
enum { CONVENTIONS = sizeof conventions / sizeof *conventions };

static const char positions[] = "r/1000,phi/pi,z/1000";
static const char cells_and_positions[] =
    "cell_count,cell_val,leta,lphi,lx,ly,lz,geta,gphi,r/1000,phi/pi,z/1000";

static const struct convention *convention_of(const struct trkx_adoption *adoption, enum trkx_network network)
{
    for (int i = 0; i < CONVENTIONS; i++) {
        const char *first = conventions[i].first_inputs[network];
        if (first != NULL && strcmp(adoption->inputs[0], first) == 0) return &conventions[i];
    }
    return NULL;
}

/* ---- options ---------------------------------------------------------------------------------------- */

struct settings {
    struct model_settings model; /* out, strict */
    bool repair;
    const struct convention *convention;             /* NULL: by the names of inputs */
    struct feature_list features[TRKX_NETWORKS + 1]; /* the last: for networks without their own */
    double radius, cuts[TRKX_NETWORKS];              /* -1: not given */
    size_t k, dim, min_hits;                         /* 0: not given */
    const char *name, *detector, *detectors;
};

enum { ALL = TRKX_NETWORKS, MOST_DIMENSIONS = 32 /* of the embedding, the search's limit */ };

static void help(void)
{
    printf(
        "usage: trkx model import [OPTIONS] EMBEDDING FILTER GNN --out DIR   three ONNX files\n"
        "       trkx model import [OPTIONS] FOLDER --out DIR                 a folder with the three, under\n"
        "                                                                    their authors' names\n\n"
        "Writes a bundle: copies of the networks and a bundle.json. Names of tensors, the number of "
        "features,\n"
        "the form of the edges and a final sigmoid are read from the files. If the tensors' names follow a\n"
        "known convention, it gives radius, k, cuts and scales; otherwise they have to be given. Each "
        "network\n"
        "is checked as by trkx model check, and nothing is written if there is an error.\n\n"
        "  --out DIR              the bundle's directory\n"
        "  --repair               first repair the networks as trkx model repair does\n"
        "  --strict               warnings count as errors\n"
        "  --convention NAME      acat2021, ctd2022 or service, whatever the names of the tensors\n"
        "  --features LIST        the networks' features, with scales (convention, 3 features: %s;\n"
        "                         12: cell_count,cell_val,leta,lphi,lx,ly,lz,geta,gphi before them)\n"
        "  --filter-features LIST, --gnn-features LIST   if a network's features differ\n"
        "  --radius R, --k K      of the graph in the embedding (conventions: %g, %zu)\n"
        "  --filter-cut C, --gnn-cut C   keep edges with score > C (conventions: %g, %g)\n"
        "  --dim D                dimensions of the embedding, if its file does not say\n"
        "  --min-hits N           drop tracks with fewer hits (3)\n"
        "  --name NAME            of the bundle (the last part of DIR)\n"
        "  --detector NAME        (trackml)\n"
        "  --detectors FILE       a detector.json or detectors.csv[.gz] to put into the bundle, for "
        "features\n"
        "                         of cells and modules (with trackml: the built-in one)\n",
        positions, conventions[0].radius, conventions[0].k, conventions[0].cuts[TRKX_NETWORK_FILTER],
        conventions[0].cuts[TRKX_NETWORK_GNN]);
}

enum {
    OUT,
    REPAIR,
    STRICT,
    CONVENTION,
    FEATURES,
    FILTER_FEATURES,
    GNN_FEATURES,
    RADIUS,
    K,
    FILTER_CUT,
    GNN_CUT,
    DIM,
    MIN_HITS,
    NAME,
    DETECTOR,
    DETECTORS
};

static const struct option options[] = {{"out", 1, NULL, OUT},
                                        {"repair", 0, NULL, REPAIR},
                                        {"strict", 0, NULL, STRICT},
                                        {"convention", 1, NULL, CONVENTION},
                                        {"features", 1, NULL, FEATURES},
                                        {"filter-features", 1, NULL, FILTER_FEATURES},
                                        {"gnn-features", 1, NULL, GNN_FEATURES},
                                        {"radius", 1, NULL, RADIUS},
                                        {"k", 1, NULL, K},
                                        {"filter-cut", 1, NULL, FILTER_CUT},
                                        {"gnn-cut", 1, NULL, GNN_CUT},
                                        {"dim", 1, NULL, DIM},
                                        {"min-hits", 1, NULL, MIN_HITS},
                                        {"name", 1, NULL, NAME},
                                        {"detector", 1, NULL, DETECTOR},
                                        {"detectors", 1, NULL, DETECTORS},
                                        {"help", 0, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

static bool apply_convention(struct settings *settings, const char *value)
{
    for (int i = 0; i < CONVENTIONS; i++)
        if (strcmp(value, conventions[i].name) == 0) {
            settings->convention = &conventions[i];
            return true;
        }
    misused("--convention: \"%s\" is not acat2021, ctd2022 or service", value);
    return false;
}

/* "r/1000", "phi/pi", "cell_count". */
static bool read_feature(const char *text, trkx_feature_spec *spec)
{
    char name[32];
    const char *slash = strchr(text, '/');
    size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);
    if (length >= sizeof name) return false;
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    if (!trkx_feature_find(name, &spec->feature)) return false;
    spec->scale = 1;
    if (slash == NULL) return true;
    char *end = NULL;
    bool pi = strcmp(slash + 1, "pi") == 0;
    spec->scale = pi ? acos(-1) : strtod(slash + 1, &end);
    return (pi || (end != slash + 1 && *end == '\0')) && isfinite(spec->scale) && spec->scale != 0;
}

static bool read_features(const char *option, const char *text, struct feature_list *list)
{
    char *copy = checked(strdup(text)), *rest = NULL;
    bool right = true;
    list->count = 0;
    for (char *item = strtok_r(copy, ",", &rest); right && item != NULL; item = strtok_r(NULL, ",", &rest)) {
        right = list->count < MOST_FEATURES && read_feature(item, &list->specs[list->count++]);
        if (!right)
            misused("--%s: \"%s\" is not a feature with its scale, as in %s", option, item, positions);
    }
    if (right && list->count == 0) misused("--%s: the list is empty", option);
    free(copy);
    return right && list->count > 0;
}

static bool apply(void *target, int option, const char *value)
{
    struct settings *settings = target;
    switch (option) {
    case OUT: settings->model.out = value; return true;
    case REPAIR: settings->repair = true; return true;
    case STRICT: settings->model.strict = true; return true;
    case CONVENTION: return apply_convention(settings, value);
    case FEATURES: return read_features("features", value, &settings->features[ALL]);
    case FILTER_FEATURES:
        return read_features("filter-features", value, &settings->features[TRKX_NETWORK_FILTER]);
    case GNN_FEATURES: return read_features("gnn-features", value, &settings->features[TRKX_NETWORK_GNN]);
    case RADIUS: return get_double("radius", value, TRKX_RADIUS_MIN, TRKX_RADIUS_MAX, &settings->radius);
    case K: return get_size("k", value, 1, 1000000000, &settings->k);
    case FILTER_CUT: return get_double("filter-cut", value, 0, 1, &settings->cuts[TRKX_NETWORK_FILTER]);
    case GNN_CUT: return get_double("gnn-cut", value, 0, 1, &settings->cuts[TRKX_NETWORK_GNN]);
    case DIM: return get_size("dim", value, 1, MOST_DIMENSIONS, &settings->dim);
    case MIN_HITS: return get_size("min-hits", value, 1, 1000000000, &settings->min_hits);
    case NAME: settings->name = value; return true;
    case DETECTOR: settings->detector = value; return true;
    default: settings->detectors = value; return true;
    }
}

/* ---- the files -------------------------------------------------------------------------------------- */

/* The authors' names for their networks; the last are a Triton repository's. */
static const char *const file_names[TRKX_NETWORKS][5] = {
    {"embedding.onnx", "embed.onnx", "metric_learning.onnx", "embed/1/model.onnx", "embedding/1/model.onnx"},
    {"filter.onnx", "filtering.onnx", "filter/1/model.onnx", "filtering/1/model.onnx", NULL},
    {"gnn.onnx", "gnn/1/model.onnx", NULL}};

static char *find_file(const char *folder, enum trkx_network network)
{
    for (int i = 0; i < 5 && file_names[network][i] != NULL; i++) {
        char *path = join_path(folder, file_names[network][i], "");
        if (access(path, R_OK) == 0) return path;
        free(path);
    }
    fprintf(stderr, "trkx: %s: contains no %s: name the three files one by one\n", folder,
            file_names[network][0]);
    return NULL;
}

static bool find_files(const char *folder, char **paths)
{
    for (int i = 0; i < TRKX_NETWORKS; i++)
        if ((paths[i] = find_file(folder, (enum trkx_network)i)) == NULL) return false;
    return true;
}

static enum trkx_status read_network(const struct settings *settings, enum trkx_network which,
                                     struct import_network *network, trkx_error *error)
{
    enum trkx_status status = trkx_onnx_read(network->path, &network->file, error);
    if (status != TRKX_OK) return status;
    memcpy(network->source_sha256, network->file.sha256, sizeof network->source_sha256);
    if (settings->repair) status = trkx_onnx_repair(&network->file, NULL, 0, &network->changes, error);
    if (status == TRKX_OK) status = trkx_onnx_adopt(&network->file, which, &network->adoption, error);
    return status;
}

/* ---- contents of the bundle ------------------------------------------------------------------------- */

static int lacking(const char *option, const char *what)
{
    return misused(
        "model import: --%s is needed: the networks' names follow no known convention, and their files do "
        "not state %s",
        option, what);
}

static void by_convention(size_t width, struct feature_list *list)
{
    if (width == 3) read_features("features", positions, list);
    if (width == 12) read_features("features", cells_and_positions, list);
}

static int settle_features(const struct settings *settings, enum trkx_network which,
                           const struct convention *convention, struct import_network *network)
{
    static const char *const own[TRKX_NETWORKS] = {"features", "filter-features", "gnn-features"};
    size_t width = network->adoption.features;
    const struct feature_list *given = &settings->features[which];
    if (given->count == 0) given = &settings->features[ALL];
    network->features = *given;
    if (given->count == 0 && convention != NULL) by_convention(width, &network->features);
    if (network->features.count == 0 && width == 0)
        return misused("model import: --%s is needed: %s does not say how many features it takes", own[which],
                       network->path);
    if (network->features.count == 0)
        return misused("model import: --%s is needed: %s takes %zu features, and no convention says which",
                       own[which], network->path, width);
    if (width != 0 && width != network->features.count)
        return misused("model import: --%s: %s takes %zu features, but %zu are listed", own[which],
                       network->path, width, network->features.count);
    return EXIT_OK;
}

static int settle_cut(const struct settings *settings, enum trkx_network which,
                      const struct convention *convention, struct import_network *network)
{
    network->cut = settings->cuts[which];
    if (network->cut < 0 && convention != NULL) network->cut = convention->cuts[which];
    if (network->cut >= 0 || which == TRKX_NETWORK_EMBEDDING) return EXIT_OK;
    return which == TRKX_NETWORK_FILTER ? lacking("filter-cut", "the cut") : lacking("gnn-cut", "the cut");
}

static int settle_graph(const struct settings *settings, const struct convention *convention,
                        struct import_bundle *bundle)
{
    const struct import_network *embedding = &bundle->networks[TRKX_NETWORK_EMBEDDING];
    bundle->radius = settings->radius;
    bundle->k = settings->k;
    if (bundle->radius < 0 && convention != NULL) bundle->radius = convention->radius;
    if (bundle->k == 0 && convention != NULL) bundle->k = convention->k;
    if (bundle->radius < 0) return lacking("radius", "the radius");
    if (bundle->k == 0) return lacking("k", "the number of neighbours");
    bundle->dim = settings->dim > 0 ? settings->dim : embedding->adoption.dim;
    if (embedding->adoption.dim > 0 && embedding->adoption.dim != bundle->dim)
        return misused("model import: --dim: the output of %s has %zu dimensions", embedding->path,
                       embedding->adoption.dim);
    if (bundle->dim == 0)
        return misused("model import: --dim is needed: %s does not say how many dimensions its output has",
                       embedding->path);
    if (bundle->dim > MOST_DIMENSIONS)
        return misused("model import: the output of %s has %zu dimensions; the search takes at most %d",
                       embedding->path, bundle->dim, MOST_DIMENSIONS);
    return EXIT_OK;
}

static int settle(const struct settings *settings, struct import_bundle *bundle)
{
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        enum trkx_network which = (enum trkx_network)i;
        struct import_network *network = &bundle->networks[i];
        const struct convention *convention = settings->convention;
        if (convention == NULL) convention = convention_of(&network->adoption, which);
        int code = settle_features(settings, which, convention, network);
        if (code == EXIT_OK) code = settle_cut(settings, which, convention, network);
        if (code == EXIT_OK && which == TRKX_NETWORK_EMBEDDING)
            code = settle_graph(settings, convention, bundle);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static int check_network(const struct settings *settings, const struct import_bundle *bundle,
                         enum trkx_network which)
{
    const struct import_network *network = &bundle->networks[which];
    struct trkx_findings findings = {0};
    trkx_error error;
    const struct trkx_contract contract =
        trkx_adoption_contract(&network->adoption, which, network->features.count, bundle->dim);
    int code = EXIT_OK;
    if (trkx_onnx_check(&network->file, &contract, &findings, &error) != TRKX_OK) {
        code = failed(&error);
    } else {
        if (settings->repair) print_changes(network->path, &network->changes);
        print_findings(network->path, &findings);
        print_summary(network->path, &findings);
        code = model_passes(&findings, &settings->model) ? EXIT_OK : EXIT_FAILED;
    }
    trkx_findings_release(&findings);
    return code;
}

static int import_networks(const struct settings *settings, struct import_bundle *bundle)
{
    trkx_error error;
    for (int i = 0; i < TRKX_NETWORKS; i++)
        if (read_network(settings, (enum trkx_network)i, &bundle->networks[i], &error) != TRKX_OK)
            return failed(&error);
    int worst = settle(settings, bundle);
    if (worst != EXIT_OK) return worst;
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        int code = check_network(settings, bundle, (enum trkx_network)i);
        if (code > worst) worst = code;
    }
    return worst != EXIT_OK ? worst : import_write(bundle);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static int import_paths(const struct settings *settings, char *const *paths)
{
    struct import_bundle bundle = {.out = settings->model.out,
                                   .name = settings->name != NULL ? settings->name
                                                                  : last_part(settings->model.out),
                                   .detector = settings->detector,
                                   .detectors = settings->detectors,
                                   .min_hits = settings->min_hits};
    for (int i = 0; i < TRKX_NETWORKS; i++) bundle.networks[i].path = paths[i];
    int code = import_networks(settings, &bundle);
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        trkx_findings_release(&bundle.networks[i].changes);
        trkx_onnx_release(&bundle.networks[i].file);
    }
    return code;
}

static int import_folder(const struct settings *settings, const char *folder)
{
    char *paths[TRKX_NETWORKS] = {NULL};
    int code = find_files(folder, paths) ? import_paths(settings, paths) : EXIT_FAILED;
    for (int i = 0; i < TRKX_NETWORKS; i++) free(paths[i]);
    return code;
}

int command_model_import(int count, char **arguments)
{
    static const struct command command = {"model import", options, apply, help};
    struct settings settings = {.radius = -1, .cuts = {-1, -1, -1}, .min_hits = 3, .detector = "trackml"};
    int code = read_options(&command, count, arguments, &settings);
    if (code >= 0) return code;
    int paths = count - optind;
    if (paths != 1 && paths != TRKX_NETWORKS)
        return misused("model import: EMBEDDING FILTER GNN are needed, or a folder that contains them");
    if (settings.model.out == NULL) return misused("model import: --out DIR is needed");
    return paths == 1 ? import_folder(&settings, arguments[optind])
                      : import_paths(&settings, arguments + optind);
}
