/* Reads bundle.json, and checks it field by field. */
#include "pipeline/bundle.h"

#include <math.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "core/spelling.h"
#include "io/bytes.h"
#include "io/event_read.h"
#include "io/json.h"

/* ---- feature lists ---------------------------------------------------------------------------------- */

static enum trkx_status unknown_feature(const struct trkx_place *entry, const char *name)
{
    const char *known[TRKX_FEATURE_KINDS];
    char cause[192];
    for (unsigned i = 0; i < TRKX_FEATURE_KINDS; i++) known[i] = trkx_feature_name((enum trkx_feature)i);
    const char *meant = trkx_meant(name, known, TRKX_FEATURE_KINDS);
    if (meant != NULL)
        snprintf(cause, sizeof cause, "\"%.60s\" is not a known feature: did you mean %s?", name, meant);
    else
        snprintf(cause, sizeof cause,
                 "\"%.60s\" is not a known feature; a column of the hits is {\"column\": ...}", name);
    return trkx_json_wrong(entry, "name", cause);
}

/* A feature by its name. */
static enum trkx_status parse_name(const struct trkx_place *entry, trkx_feature_spec *spec)
{
    const char *name = json_string_value(json_object_get(entry->object, "name"));
    if (name == NULL) return trkx_json_wrong(entry, "name", "is missing or not a text");
    return trkx_feature_find(name, &spec->feature) ? TRKX_OK : unknown_feature(entry, name);
}

/* A standard column of hits: the position, volume and layer are features, the others only tell hits and
 * modules apart. */
static enum trkx_status refuse_standard(const struct trkx_place *entry, const char *column)
{
    char name[16], cause[128];
    enum trkx_feature feature;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(column, "_"), column); /* volume_id is "volume" */
    if (trkx_feature_find(name, &feature))
        snprintf(cause, sizeof cause, "\"%s\" is a feature: write {\"name\": \"%s\"}", column, name);
    else
        snprintf(cause, sizeof cause,
                 "\"%s\" is not for networks: to use it all the same, repeat it under another name", column);
    return trkx_json_wrong(entry, "column", cause);
}

/* A column of the hits. */
static enum trkx_status parse_column(const struct trkx_place *entry, trkx_feature_spec *spec)
{
    char *name = NULL;
    if (trkx_json_has(entry, "name"))
        return trkx_json_wrong(entry, "column", "cannot be combined with a name");
    enum trkx_status status = trkx_json_string(entry, "column", &name);
    if (status != TRKX_OK) return status;
    spec->feature = TRKX_FEATURE_COLUMN;
    spec->column = name;
    return trkx_hits_own_column(name) ? refuse_standard(entry, name) : TRKX_OK;
}

/* No position within 1e18 mm divided by it, on any device, exceeds a float32. */
#define LEAST_SCALE 1e-20

static enum trkx_status parse_feature(const struct trkx_place *place, size_t index, const json_t *node,
                                      trkx_feature_spec *spec)
{
    static const char *const known[] = {"name", "column", "scale"};
    char field[64];
    snprintf(field, sizeof field, "%sfeatures[%zu].", place->section, index);
    const struct trkx_place entry = {place->file, field, node, place->error};
    const json_t *scale = json_object_get(node, "scale");
    enum trkx_status status = TRKX_JSON_KEYS(&entry, known);
    if (status == TRKX_OK)
        status = trkx_json_has(&entry, "column") ? parse_column(&entry, spec) : parse_name(&entry, spec);
    if (status != TRKX_OK) return status;
    if (!json_is_number(scale)) return trkx_json_wrong(&entry, "scale", "is missing or not a number");
    spec->scale = json_number_value(scale);
    if (!(fabs(spec->scale) >= LEAST_SCALE && fabs(spec->scale) <= 1 / LEAST_SCALE))
        return trkx_json_wrong(&entry, "scale", "does not have a magnitude from 1e-20 to 1e20");
    return TRKX_OK;
}

static enum trkx_status parse_features(const struct trkx_place *place, trkx_feature_spec **features,
                                       size_t *count)
{
    const json_t *list = json_object_get(place->object, "features");
    enum { MOST = 256 };
    if (list == NULL) return trkx_json_wrong(place, "features", "is missing");
    if (!json_is_array(list)) return trkx_json_wrong(place, "features", "is not a list");
    if (json_array_size(list) < 1 || json_array_size(list) > MOST)
        return trkx_json_wrong(place, "features", "does not have 1 to 256 entries");
    *features = trkx_allocate_zero(NULL, json_array_size(list), sizeof **features);
    if (*features == NULL)
        return trkx_fail_memory(place->error, "features", json_array_size(list) * sizeof **features);
    *count = json_array_size(list);
    for (size_t i = 0; i < *count; i++) {
        enum trkx_status status = parse_feature(place, i, json_array_get(list, i), &(*features)[i]);
        if (status != TRKX_OK) return status;
    }
    return TRKX_OK;
}

/* ---- models ----------------------------------------------------------------------------------------- */

static enum trkx_status parse_inputs(const struct trkx_place *place, enum trkx_network network,
                                     struct trkx_model *model)
{
    static const struct {
        size_t least, most;
        const char *otherwise;
    } takes[TRKX_NETWORKS] = {{1, 1, "is not a list of one tensor name"},
                              {1, 2, "is not a list of one or two tensor names"},
                              {2, 2, "is not a list of two tensor names"}};
    const json_t *list = json_object_get(place->object, "inputs");
    size_t count = json_array_size(list);
    if (list == NULL) return trkx_json_wrong(place, "inputs", "is missing");
    if (count < takes[network].least || count > takes[network].most)
        return trkx_json_wrong(place, "inputs", takes[network].otherwise);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL) return trkx_json_wrong(place, "inputs", "contains something that is not a text");
        model->inputs[i] = trkx_duplicate(name);
        if (model->inputs[i] == NULL) return trkx_fail_memory(place->error, "inputs", strlen(name));
    }
    model->inputs_count = count;
    model->pairs = network == TRKX_NETWORK_FILTER && count == 1;
    return TRKX_OK;
}

/* The layout of edges in their tensor; by default [2,m]. */
static enum trkx_status parse_edges(const struct trkx_place *place, struct trkx_model *model)
{
    const json_t *node = json_object_get(place->object, "edges");
    const char *layout = json_string_value(node);
    if (node == NULL) return TRKX_OK;
    if (model->inputs_count < 2)
        return trkx_json_wrong(place, "edges", "is given, but inputs names no tensor of edges");
    model->transposed = layout != NULL && strcmp(layout, "[m,2]") == 0;
    if (model->transposed || (layout != NULL && strcmp(layout, "[2,m]") == 0)) return TRKX_OK;
    return trkx_json_wrong(place, "edges", "is not \"[2,m]\" or \"[m,2]\"");
}

static enum trkx_status get_digest(const struct trkx_place *place, char **digest)
{
    enum trkx_status status = trkx_json_string(place, "sha256", digest);
    if (status != TRKX_OK) return status;
    if (strlen(*digest) == 64 && strspn(*digest, "0123456789abcdef") == 64) return TRKX_OK;
    return trkx_json_wrong(place, "sha256", "is not 64 lower-case hexadecimal digits");
}

static enum trkx_status parse_data_file(const struct trkx_place *network, size_t index, const json_t *node,
                                        struct trkx_data_list *data)
{
    static const char *const known[] = {"file", "sha256"};
    enum trkx_status status = TRKX_OK;
    char section[64];
    snprintf(section, sizeof section, "%sdata[%zu].", network->section, index);
    const struct trkx_place place = {network->file, section, node, network->error};
    struct trkx_data_file *file = &data->files[data->count++];
    TRKX_CHECK(TRKX_JSON_KEYS(&place, known));
    TRKX_CHECK(trkx_json_file_name(&place, "file", &file->name));
    TRKX_CHECK(get_digest(&place, &file->sha256));
    for (size_t i = 0; i + 1 < data->count; i++)
        if (strcmp(data->files[i].name, file->name) == 0)
            return trkx_json_wrong(&place, "file", "is named again");
cleanup:
    return status;
}

/* [{"file": "gnn.onnx.data", "sha256": "..."}, ...]: the network's further files; optional. */
static enum trkx_status parse_data(const struct trkx_place *place, struct trkx_data_list *data)
{
    const json_t *list = json_object_get(place->object, "data");
    enum trkx_status status = TRKX_OK;
    trkx_error *error = place->error;
    if (list == NULL) return TRKX_OK;
    if (!json_is_array(list)) return trkx_json_wrong(place, "data", "is not a list");
    data->files = trkx_allocate_zero(NULL, json_array_size(list), sizeof *data->files);
    if (data->files == NULL) return trkx_fail_memory(error, "a list of files", json_array_size(list));
    for (size_t i = 0; i < json_array_size(list) && status == TRKX_OK; i++)
        status = parse_data_file(place, i, json_array_get(list, i), data);
    return status;
}

static enum trkx_status parse_model(const struct trkx_place *place, const char *directory,
                                    enum trkx_network network, const json_t *root, struct trkx_model *model)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_place top = {place->file, "", root, place->error};
    double cut = 0;
    TRKX_CHECK(trkx_json_file(place, "file", directory, &model->path));
    TRKX_CHECK(get_digest(place, &model->sha256));
    TRKX_CHECK(parse_data(place, &model->data));
    TRKX_CHECK(parse_inputs(place, network, model));
    TRKX_CHECK(parse_edges(place, model));
    TRKX_CHECK(trkx_json_string(place, "output", &model->output));
    bool own = json_object_get(place->object, "features") != NULL;
    TRKX_CHECK(parse_features(own ? place : &top, &model->features, &model->features_count));
    if (network == TRKX_NETWORK_EMBEDDING) return TRKX_OK;
    TRKX_CHECK(trkx_json_flag(place, "sigmoid_in_model", &model->sigmoid_in_model));
    TRKX_CHECK(trkx_json_number(place, "cut", 0, 1, &cut));
    model->cut = (float)cut;
cleanup:
    return status;
}

/* The embedding has no cut; the others score edges. */
static enum trkx_status check_network_keys(const struct trkx_place *place, enum trkx_network network)
{
    static const char *const embedding[] = {"file",     "sha256", "data",   "inputs", "output",
                                            "features", "dim",    "radius", "k",      "k_of_volumes"};
    static const char *const scoring[] = {"file",     "sha256",           "data", "inputs", "edges", "output",
                                          "features", "sigmoid_in_model", "cut"};
    return network == TRKX_NETWORK_EMBEDDING ? TRKX_JSON_KEYS(place, embedding)
                                             : TRKX_JSON_KEYS(place, scoring);
}

static bool is_listed(const struct trkx_bundle *bundle, const char *column)
{
    for (size_t i = 0; i < bundle->columns_count; i++)
        if (strcmp(bundle->columns[i], column) == 0) return true;
    return false;
}

/* Collects the columns of all lists of features. */
static enum trkx_status list_columns(struct trkx_bundle *bundle, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t most = 0;
    for (size_t i = 0; i < bundle->networks; i++) most += bundle->models[i].features_count;
    TRKX_ALLOCATE(bundle->columns, NULL, most, "the columns of features");
    for (size_t i = 0; i < bundle->networks; i++)
        for (size_t f = 0; f < bundle->models[i].features_count; f++) {
            const char *column = bundle->models[i].features[f].column;
            if (column != NULL && !is_listed(bundle, column))
                bundle->columns[bundle->columns_count++] = column;
        }
cleanup:
    return status;
}

const char *const trkx_network_names[TRKX_ALL_NETWORKS] = {"embedding", "filter", "gnn", "second_embedding",
                                                           "second_filter"};

enum trkx_network trkx_network_kind(enum trkx_network network)
{
    return network < TRKX_NETWORKS ? network : (enum trkx_network)(network - TRKX_NETWORKS);
}

const struct trkx_pass *trkx_pass_of(const struct trkx_bundle *bundle, enum trkx_network network)
{
    return network < TRKX_NETWORKS ? &bundle->first : &bundle->second;
}

/* The entry of a network in `pass`, the root or its member "second". */
static enum trkx_status parse_network(const struct trkx_place *pass, const json_t *root,
                                      const char *directory, enum trkx_network network,
                                      struct trkx_bundle *bundle)
{
    const char *name = trkx_network_names[trkx_network_kind(network)];
    enum trkx_status status = TRKX_OK;
    char section[64];
    snprintf(section, sizeof section, "%s%s.", pass->section, name);
    const struct trkx_place place = {pass->file, section, json_object_get(pass->object, name), pass->error};
    if (!json_is_object(place.object)) return trkx_json_wrong(pass, name, "is missing or not an object");
    TRKX_CHECK(check_network_keys(&place, trkx_network_kind(network)));
    TRKX_CHECK(parse_model(&place, directory, trkx_network_kind(network), root, &bundle->models[network]));
cleanup:
    return status;
}

/* ---- the file --------------------------------------------------------------------------------------- */

/* Adds a volume; `field` names its place in messages. */
static enum trkx_status add_volume(const struct trkx_place *place, const char *field, const json_t *node,
                                   size_t k, struct trkx_pass *pass)
{
    json_int_t volume = json_integer_value(node);
    if (!json_is_integer(node) || volume < INT32_MIN || volume > INT32_MAX)
        return trkx_json_wrong(place, field, "contains something that is not a volume_id");
    for (size_t v = 0; v < pass->volumes_count; v++)
        if (pass->volumes[v].volume == volume) return trkx_json_wrong(place, field, "repeats a volume");
    struct trkx_volume_k *last = &pass->volumes[pass->volumes_count++];
    last->volume = (int32_t)volume;
    last->k = (uint32_t)k;
    return TRKX_OK;
}

static size_t count_volumes(const json_t *list)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        count += json_array_size(json_object_get(json_array_get(list, i), "volumes"));
    return count;
}

/* [{"volumes": [7, 8], "k": 24}, ...]; optional. */
static enum trkx_status parse_volumes(const struct trkx_place *graph, struct trkx_pass *pass)
{
    static const char *const known[] = {"volumes", "k"};
    const json_t *list = json_object_get(graph->object, "k_of_volumes");
    trkx_error *error = graph->error;
    enum trkx_status status = TRKX_OK;
    if (list == NULL) return TRKX_OK;
    if (!json_is_array(list)) return trkx_json_wrong(graph, "k_of_volumes", "is not a list");
    TRKX_ALLOCATE(pass->volumes, NULL, count_volumes(list), "volumes");
    for (size_t i = 0; i < json_array_size(list); i++) {
        char section[64];
        size_t k = 0;
        snprintf(section, sizeof section, "%sk_of_volumes[%zu].", graph->section, i);
        struct trkx_place place = {graph->file, section, json_array_get(list, i), graph->error};
        TRKX_CHECK(TRKX_JSON_KEYS(&place, known));
        const json_t *volumes = json_object_get(place.object, "volumes");
        if (!json_is_array(volumes)) return trkx_json_wrong(&place, "volumes", "is missing or not a list");
        TRKX_CHECK(trkx_json_count(&place, "k", 1e9, &k));
        for (size_t v = 0; v < json_array_size(volumes); v++)
            TRKX_CHECK(add_volume(&place, "volumes", json_array_get(volumes, v), k, pass));
    }
cleanup:
    return status;
}

static enum trkx_status parse_graph(const struct trkx_place *top, struct trkx_pass *pass)
{
    char section[64];
    snprintf(section, sizeof section, "%sembedding.", top->section);
    struct trkx_place place = {top->file, section, json_object_get(top->object, "embedding"), top->error};
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_json_count(&place, "dim", 32, &pass->dim));
    TRKX_CHECK(trkx_json_number(&place, "radius", TRKX_RADIUS_MIN, TRKX_RADIUS_MAX, &pass->radius));
    TRKX_CHECK(trkx_json_count(&place, "k", 1e9, &pass->k));
    TRKX_CHECK(parse_volumes(&place, pass));
cleanup:
    return status;
}

static enum trkx_status parse_first(const struct trkx_place *top, const char *directory,
                                    struct trkx_bundle *bundle)
{
    enum trkx_status status = TRKX_OK;
    bundle->first = (struct trkx_pass){.embedding = TRKX_NETWORK_EMBEDDING, .filter = TRKX_NETWORK_FILTER};
    for (int i = 0; i < TRKX_NETWORKS; i++)
        TRKX_CHECK(parse_network(top, top->object, directory, (enum trkx_network)i, bundle));
    bundle->networks = TRKX_NETWORKS;
    TRKX_CHECK(parse_graph(top, &bundle->first));
cleanup:
    return status;
}

/* Optional. It finds its tracks as chains, which belong to completion. */
static enum trkx_status parse_second(const struct trkx_place *top, const char *directory,
                                     struct trkx_bundle *bundle)
{
    static const char *const known[] = {"embedding", "filter", "chain_score"};
    const struct trkx_place place = {top->file, "second.", json_object_get(top->object, "second"),
                                     top->error};
    enum trkx_status status = TRKX_OK;
    if (place.object == NULL) return TRKX_OK;
    if (!json_is_object(place.object)) return trkx_json_wrong(top, "second", "is not an object");
    if (!bundle->completes)
        return trkx_json_wrong(top, "second", "needs tracks.completion, which is missing");
    TRKX_CHECK(TRKX_JSON_KEYS(&place, known));
    bundle->second =
        (struct trkx_pass){.embedding = TRKX_NETWORK_SECOND_EMBEDDING, .filter = TRKX_NETWORK_SECOND_FILTER};
    for (int i = TRKX_NETWORKS; i < TRKX_ALL_NETWORKS; i++)
        TRKX_CHECK(parse_network(&place, top->object, directory, (enum trkx_network)i, bundle));
    bundle->networks = TRKX_ALL_NETWORKS;
    TRKX_CHECK(parse_graph(&place, &bundle->second));
    bundle->second_chain_score = bundle->completion.chain_score;
    TRKX_CHECK(trkx_json_optional(&place, "chain_score", -1e3, 1e9, &bundle->second_chain_score));
    bundle->has_second = true;
cleanup:
    return status;
}

/* Choices with a single value in this version; a bundle may only state that value. */
static enum trkx_status check_choice(const struct trkx_place *place, const char *field, const char *only)
{
    const json_t *node = json_object_get(place->object, field);
    const char *value = json_string_value(node);
    char cause[96];
    if (node == NULL || (value != NULL && strcmp(value, only) == 0)) return TRKX_OK;
    snprintf(cause, sizeof cause, "is not \"%s\"", only);
    return trkx_json_wrong(place, field, cause);
}

static enum trkx_status parse_completion(const struct trkx_place *place, struct trkx_bundle *bundle)
{
    enum trkx_status status = TRKX_OK;
    static const char *const known[] = {"candidate_cut", "match",      "search",     "exchange",
                                        "rounds",        "chain_hits", "chain_score"};
    static const char *const moved[] = {"field", "coil_radius", "coil_half_length", "scattering"};
    trkx_complete_options *options = &bundle->completion;
    double candidate_cut = 0;
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++)
        if (trkx_json_has(place, moved[i]))
            return trkx_json_wrong(place, moved[i], "belongs in detector.json (docs/bundle.md)");
    TRKX_CHECK(TRKX_JSON_KEYS(place, known));
    TRKX_CHECK(trkx_json_number(place, "candidate_cut", 0, 1, &candidate_cut));
    bundle->candidate_cut = (float)candidate_cut;
    TRKX_CHECK(trkx_json_optional(place, "match", -1e3, 1e3, &options->match));
    TRKX_CHECK(trkx_json_optional(place, "search", -1e3, 1e9, &options->search));
    TRKX_CHECK(trkx_json_optional(place, "exchange", -1e3, 1e9, &options->exchange));
    TRKX_CHECK(trkx_json_optional_count(place, "rounds", 0, 100, &options->rounds));
    TRKX_CHECK(trkx_json_optional_count(place, "chain_hits", 4, 1e9, &options->chain_hits));
    TRKX_CHECK(trkx_json_optional(place, "chain_score", -1e3, 1e9, &options->chain_score));
cleanup:
    return status;
}

static enum trkx_status parse_method(const struct trkx_place *place, size_t *method)
{
    const json_t *node = json_object_get(place->object, "method");
    const char *name = json_string_value(node);
    char cause[256];
    *method = 0;
    if (node == NULL || trkx_method_find(name, method)) return TRKX_OK;
    return trkx_json_wrong(place, "method",
                           name == NULL ? "is not a text" : trkx_method_unknown(name, cause, sizeof cause));
}

/* Reads the settings of all methods: the options may choose a different one. */
static enum trkx_status parse_method_settings(const struct trkx_place *place, struct trkx_bundle *bundle)
{
    enum trkx_status status = TRKX_OK;
    trkx_error *error = place->error;
    TRKX_ALLOCATE(bundle->method_settings, NULL, trkx_methods_count(), "settings of methods");
    for (size_t m = 0; m < trkx_methods_count(); m++)
        for (size_t i = 0; i < trkx_method(m)->settings_count; i++) {
            const struct trkx_method_setting *setting = &trkx_method(m)->settings[i];
            double *value = &bundle->method_settings[m][i];
            *value = setting->standard;
            TRKX_CHECK(trkx_json_optional(place, setting->name, setting->low, setting->high, value));
        }
cleanup:
    return status;
}

/* The keys of all methods, and those common to all. */
static enum trkx_status check_tracks_keys(const struct trkx_place *place)
{
    enum { MOST = 64 };
    const char *known[MOST] = {"method", "min_hits", "completion"};
    size_t count = 3;
    for (size_t m = 0; m < trkx_methods_count(); m++)
        for (size_t i = 0; i < trkx_method(m)->settings_count && count < MOST; i++)
            known[count++] = trkx_method(m)->settings[i].name;
    return trkx_json_keys(place, known, count);
}

static enum trkx_status parse_tracks(const struct trkx_place *top, struct trkx_bundle *bundle)
{
    struct trkx_place place = {top->file, "tracks.", json_object_get(top->object, "tracks"), top->error};
    struct trkx_place completion = {top->file, "tracks.completion.", NULL, top->error};
    enum trkx_status status = TRKX_OK;
    if (!json_is_object(place.object)) return trkx_json_wrong(top, "tracks", "is missing or not an object");
    TRKX_CHECK(check_tracks_keys(&place));
    TRKX_CHECK(parse_method(&place, &bundle->method));
    TRKX_CHECK(trkx_json_count(&place, "min_hits", 1e9, &bundle->min_hits));
    TRKX_CHECK(parse_method_settings(&place, bundle));
    trkx_complete_options_init(&bundle->completion);
    bundle->completion.min_hits = bundle->min_hits;
    completion.object = json_object_get(place.object, "completion");
    bundle->completes = completion.object != NULL;
    if (!bundle->completes) return TRKX_OK;
    if (!json_is_object(completion.object)) return trkx_json_wrong(&place, "completion", "is not an object");
    TRKX_CHECK(parse_completion(&completion, bundle));
cleanup:
    return status;
}

static enum trkx_status parse_root(const struct trkx_place *top, const char *directory,
                                   struct trkx_bundle *bundle)
{
    static const char *const known[] = {"schema",   "name",      "detector",  "orientation",
                                        "features", "detectors", "embedding", "filter",
                                        "gnn",      "second",    "tracks",    "training"};
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_json_schema(top, TRKX_BUNDLE_SCHEMA));
    TRKX_CHECK(TRKX_JSON_KEYS(top, known)); /* no unknown keys */
    TRKX_CHECK(trkx_json_string(top, "name", &bundle->name));
    TRKX_CHECK(trkx_json_string(top, "detector", &bundle->detector));
    TRKX_CHECK(check_choice(top, "orientation", "outwards"));
    TRKX_CHECK(parse_first(top, directory, bundle));
    TRKX_CHECK(parse_tracks(top, bundle));
    TRKX_CHECK(parse_second(top, directory, bundle));
    TRKX_CHECK(list_columns(bundle, top->error));
    if (json_object_get(top->object, "detectors") != NULL)
        TRKX_CHECK(trkx_json_file(top, "detectors", directory, &bundle->detectors));
cleanup:
    return status;
}

enum trkx_status trkx_bundle_parse(const char *text, size_t length, const char *name, const char *directory,
                                   struct trkx_bundle *bundle, trkx_error *error)
{
    json_t *root = NULL;
    *bundle = (struct trkx_bundle){0};
    enum trkx_status status = trkx_json_parse(text, length, name, &root, error);
    const struct trkx_place top = {name, "", root, error};
    if (status == TRKX_OK) {
        bundle->directory = trkx_duplicate(directory);
        status = bundle->directory != NULL ? parse_root(&top, directory, bundle)
                                           : trkx_fail_memory(error, "a bundle", strlen(directory));
    }
    json_decref(root);
    if (status != TRKX_OK) trkx_bundle_release(bundle);
    return status;
}

/* ---- files ------------------------------------------------------------------------------------------ */

enum trkx_status trkx_bundle_read(const char *directory, struct trkx_bundle *bundle, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t bytes = strlen(directory) + sizeof "/bundle.json", length = 0;
    char *path = NULL;
    void *text = NULL;
    *bundle = (struct trkx_bundle){0};
    TRKX_ALLOCATE(path, NULL, bytes, "a path");
    snprintf(path, bytes, "%s/bundle.json", directory);
    TRKX_CHECK(trkx_bytes_read(path, &text, &length, error));
    TRKX_CHECK(trkx_bundle_parse(text, length, path, directory, bundle, error));
cleanup:
    trkx_release(text);
    trkx_release(path);
    return status;
}

enum trkx_status trkx_model_read(const struct trkx_model *model, void **bytes, size_t *count,
                                 trkx_error *error)
{
    char digest[SHA256_DIGEST_STRING_LENGTH];
    *bytes = NULL;
    enum trkx_status status = trkx_bytes_read(model->path, bytes, count, error);
    if (status != TRKX_OK) return status;
    SHA256Data(*bytes, *count, digest);
    if (strcmp(digest, model->sha256) == 0) return TRKX_OK;
    trkx_release(*bytes);
    *bytes = NULL;
    return trkx_fail(error, TRKX_ERROR_MODEL, "%s: SHA-256 is %s, but bundle.json says %s", model->path,
                     digest, model->sha256);
}

static void release_model(struct trkx_model *model)
{
    for (size_t i = 0; i < model->data.count; i++) {
        trkx_release(model->data.files[i].name);
        trkx_release(model->data.files[i].sha256);
    }
    trkx_release(model->data.files);
    trkx_release(model->path);
    trkx_release(model->sha256);
    trkx_release(model->inputs[0]);
    trkx_release(model->inputs[1]);
    trkx_release(model->output);
    for (size_t i = 0; i < model->features_count; i++)
        trkx_release((char *)(uintptr_t)model->features[i].column);
    trkx_release(model->features);
}

void trkx_bundle_release(struct trkx_bundle *bundle)
{
    for (int i = 0; i < TRKX_ALL_NETWORKS; i++) release_model(&bundle->models[i]);
    trkx_release(bundle->directory);
    trkx_release(bundle->name);
    trkx_release(bundle->detector);
    trkx_release(bundle->detectors);
    trkx_release(bundle->first.volumes);
    trkx_release(bundle->second.volumes);
    trkx_release(bundle->method_settings);
    trkx_release(bundle->columns);
    *bundle = (struct trkx_bundle){0};
}
