/* trkx model import: writes the bundle's files. */

#include "programs/model/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detector/description.h"
#include "features/features.h"
#include "io/text.h"
#include "pipeline/bundle.h"
#include "programs/common.h"

/* ---- bundle.json ------------------------------------------------------------------------------------ */

static bool same_list(const struct feature_list *a, const struct feature_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->specs[i].feature == b->specs[i].feature && a->specs[i].scale == b->specs[i].scale;
    return same;
}

static json_t *features_json(const struct feature_list *list)
{
    json_t *json = checked(json_array());
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(
            json, checked(json_pack("{s:s, s:f}", "name", trkx_feature_name(list->specs[i].feature), "scale",
                                    list->specs[i].scale)));
    return json;
}

static json_t *network_json(const struct import_bundle *bundle, enum trkx_network network)
{
    const struct import_network *from = &bundle->networks[network];
    const struct trkx_adoption *adoption = &from->adoption;
    char file[32];
    snprintf(file, sizeof file, "%s.onnx", trkx_network_names[network]);
    json_t *inputs = checked(json_array()),
           *json = checked(
               json_pack("{s:s, s:s, s:o}", "file", file, "sha256", from->out_sha256, "inputs", inputs));
    for (size_t i = 0; i < adoption->inputs_count; i++)
        json_array_append_new(inputs, checked(json_string(adoption->inputs[i])));
    if (adoption->transposed) json_object_set_new(json, "edges", checked(json_string("[m,2]")));
    json_object_set_new(json, "output", checked(json_string(adoption->output)));
    if (network == TRKX_NETWORK_EMBEDDING) {
        json_object_set_new(json, "dim", checked(json_integer((json_int_t)bundle->dim)));
        json_object_set_new(json, "radius", checked(json_real(bundle->radius)));
        json_object_set_new(json, "k", checked(json_integer((json_int_t)bundle->k)));
        return json;
    }
    if (!same_list(&from->features, &bundle->networks[TRKX_NETWORK_EMBEDDING].features))
        json_object_set_new(json, "features", features_json(&from->features));
    json_object_set_new(json, "sigmoid_in_model", checked(json_boolean(adoption->sigmoid)));
    json_object_set_new(json, "cut", checked(json_real(from->cut)));
    return json;
}

/* Each network's original file, and what a repair changed. */
static json_t *sources_json(const struct import_bundle *bundle)
{
    json_t *json = checked(json_object());
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        const struct import_network *from = &bundle->networks[i];
        const char *slash = strrchr(from->path, '/');
        json_t *source = checked(json_object());
        json_object_set_new(source, "file", text_json(slash == NULL ? from->path : slash + 1));
        json_object_set_new(source, "sha256", checked(json_string(from->source_sha256)));
        json_object_set_new(source, "changes", checked(json_integer((json_int_t)from->changes.count)));
        json_object_set_new(json, trkx_network_names[i], source);
    }
    return checked(json_pack("{s:o}", "imported", json));
}

/* ---- the detector ----------------------------------------------------------------------------------- */

static bool needs_modules(const struct import_bundle *bundle)
{
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        const struct feature_list *list = &bundle->networks[i].features;
        if ((trkx_features_needs(list->specs, list->count) & TRKX_NEEDS_DETECTOR) != 0) return true;
    }
    return false;
}

/* The built-in detector, if the bundle is for it and needs modules. */
static enum trkx_status use_builtin(struct import_bundle *bundle, trkx_error *error)
{
    enum trkx_status status =
        needs_modules(bundle) ? trkx_detector_builtin(&bundle->described, error) : TRKX_OK;
    if (bundle->described == NULL || strcmp(bundle->described->name, bundle->detector) == 0) return status;
    trkx_detector_destroy(bundle->described);
    bundle->described = NULL;
    return status;
}

/* A file of modules only is copied unchanged. */
static enum trkx_status open_detector(struct import_bundle *bundle, trkx_error *error)
{
    if (bundle->detectors == NULL) return use_builtin(bundle, error);
    if (!trkx_description_is(bundle->detectors)) return TRKX_OK;
    return trkx_detector_read(bundle->detectors, &bundle->described, error);
}

/* Name of the modules' file in the bundle; NULL: none. */
static const char *modules_name(const struct import_bundle *bundle)
{
    if (bundle->described != NULL) return "detectors.csv.gz";
    if (bundle->detectors == NULL) return NULL;
    return trkx_ends_with(bundle->detectors, ".gz") ? "detectors.csv.gz" : "detectors.csv";
}

static json_t *bundle_json(const struct import_bundle *bundle)
{
    json_t *json =
        checked(json_pack("{s:i, s:o, s:o, s:s, s:o}", "schema", 1, "name", text_json(bundle->name),
                          "detector", text_json(bundle->detector), "orientation", "outwards", "features",
                          features_json(&bundle->networks[TRKX_NETWORK_EMBEDDING].features)));
    const char *detectors = bundle->described != NULL ? "detector.json" : modules_name(bundle);
    if (detectors != NULL) json_object_set_new(json, "detectors", checked(json_string(detectors)));
    for (int i = 0; i < TRKX_NETWORKS; i++)
        json_object_set_new(json, trkx_network_names[i], network_json(bundle, (enum trkx_network)i));
    json_object_set_new(
        json, "tracks",
        checked(json_pack("{s:s, s:I}", "method", "components", "min_hits", (json_int_t)bundle->min_hits)));
    json_object_set_new(json, "training", sources_json(bundle));
    return json;
}

/* ---- files ------------------------------------------------------------------------------------------ */

/* Copied byte for byte, unless a repair changed it or it had data in other files, which then move inside. */
static enum trkx_status write_network(struct import_network *network, const char *to, trkx_error *error)
{
    struct trkx_onnx written = {0};
    bool changed = network->changes.count > 0 || network->file.data.count > 0;
    enum trkx_status status =
        changed ? trkx_onnx_write(&network->file, to, error) : trkx_file_copy(network->path, to, error);
    if (status == TRKX_OK) status = trkx_onnx_read(to, &written, error);
    if (status == TRKX_OK) memcpy(network->out_sha256, written.sha256, sizeof network->out_sha256);
    trkx_onnx_release(&written);
    return status;
}

/* The bundle's files: its networks, bundle.json, and, if any, the detector's modules and description. */
enum { BUNDLE_JSON = TRKX_NETWORKS, MODULES, DESCRIPTION, FILES };

static void name_files(const struct import_bundle *bundle, char **paths)
{
    for (int i = 0; i < TRKX_NETWORKS; i++) paths[i] = join_path(bundle->out, trkx_network_names[i], ".onnx");
    paths[BUNDLE_JSON] = join_path(bundle->out, "bundle.json", "");
    if (modules_name(bundle) != NULL) paths[MODULES] = join_path(bundle->out, modules_name(bundle), "");
    if (bundle->described != NULL) paths[DESCRIPTION] = join_path(bundle->out, "detector.json", "");
}

/* Whether one of them exists: files written here may be removed again, so they have to be new. */
static bool is_taken(char *const *paths)
{
    struct stat there;
    for (int i = 0; i < FILES; i++)
        if (paths[i] != NULL && lstat(paths[i], &there) == 0) {
            fprintf(stderr, "trkx: %s: exists already\n", paths[i]);
            return true;
        }
    return false;
}

static enum trkx_status write_parts(struct import_bundle *bundle, char *const *paths, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    for (int i = 0; i < TRKX_NETWORKS && status == TRKX_OK; i++)
        status = write_network(&bundle->networks[i], paths[i], error);
    if (status != TRKX_OK) return status;
    if (bundle->described != NULL) return trkx_detector_write(bundle->described, bundle->out, error);
    return bundle->detectors == NULL ? TRKX_OK : trkx_file_copy(bundle->detectors, paths[MODULES], error);
}

static enum trkx_status try_bundle(const char *directory, trkx_error *error)
{
    trkx_pipeline *pipeline = NULL;
    enum trkx_status status = trkx_pipeline_create(directory, NULL, &pipeline, error);
    trkx_pipeline_destroy(pipeline);
    return status;
}

static int write_files(struct import_bundle *bundle, char *const *paths)
{
    /* float64 takes 17 digits; 16 are enough for what people write, and keep 1.6 as it is */
    enum { DIGITS = 16 };
    trkx_error error;
    if (write_parts(bundle, paths, &error) != TRKX_OK) return failed(&error);
    if (!write_json_precisely(paths[BUNDLE_JSON], bundle_json(bundle), DIGITS)) return EXIT_FAILED;
    if (try_bundle(bundle->out, &error) != TRKX_OK) return failed(&error);
    printf("%s: written\n", paths[BUNDLE_JSON]);
    return EXIT_OK;
}

static int write_new(struct import_bundle *bundle, char *const *paths)
{
    bool there = access(bundle->out, F_OK) == 0;
    if (is_taken(paths) || !make_directory(bundle->out)) return EXIT_FAILED;
    int code = write_files(bundle, paths);
    for (int i = 0; i < FILES && code != EXIT_OK; i++)
        if (paths[i] != NULL) unlink(paths[i]);
    if (code != EXIT_OK && !there) rmdir(bundle->out);
    return code;
}

int import_write(struct import_bundle *bundle)
{
    char *paths[FILES] = {NULL};
    trkx_error error;
    if (open_detector(bundle, &error) != TRKX_OK) return failed(&error);
    name_files(bundle, paths);
    int code = write_new(bundle, paths);
    for (int i = 0; i < FILES; i++) free(paths[i]);
    trkx_detector_destroy(bundle->described);
    return code;
}
