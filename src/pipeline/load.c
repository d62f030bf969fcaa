/* A pipeline's life: a bundle is read, its networks are loaded and checked against it. */
#include "core/options.h"
#include "core/threads.h"
#include "features/features.h"
#include "pipeline/detector.h"

#include <string.h>

/* Edges a call of the filter: ONNX Runtime's own kernels keep each layer's outputs of a whole call, and
 * pairs of features are gathered for a whole call. A device has the memory, and takes 5 us to start each
 * kernel. */
static size_t suiting_batch(const trkx_pipeline *pipeline)
{
    bool small =
        pipeline->kernels == TRKX_KERNELS_STOCK || pipeline->bundle.models[TRKX_NETWORK_FILTER].pairs;
    return small && pipeline->devices == NULL ? (size_t)1 << 16 : (size_t)1 << 20;
}

void trkx_pipeline_options_init(trkx_pipeline_options *options)
{
    *options = (trkx_pipeline_options){
        .size = sizeof *options, .kernels = TRKX_KERNELS_TRKX, .filter_cut = -1, .gnn_cut = -1};
}

/* What the model must look like: node features [n,F], for filter and GNN also edges [2,m] or [m,2]; or, of a
 * filter, pairs [b,2F] alone. */
static enum trkx_status load_network(const trkx_pipeline *pipeline, enum trkx_network network,
                                     const struct trkx_device *device, struct trkx_session **session,
                                     trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[network];
    int64_t width = (int64_t)model->features_count * (model->pairs ? 2 : 1);
    struct trkx_tensor_spec inputs[2] = {{model->inputs[0], TRKX_ELEMENT_FLOAT, 2, {-1, width}},
                                         {model->inputs[1], TRKX_ELEMENT_INT64, 2, {2, -1}}};
    if (model->transposed) inputs[1].shape[0] = -1, inputs[1].shape[1] = 2;
    struct trkx_session_spec spec = {.file = model->path,
                                     .data = &model->data,
                                     .inputs = inputs,
                                     .inputs_count = model->inputs_count,
                                     .output = {model->output, TRKX_ELEMENT_FLOAT, 1, {-1}},
                                     .threads = pipeline->threads,
                                     .kernels = pipeline->kernels,
                                     .device = device};
    if (network == TRKX_NETWORK_EMBEDDING) {
        spec.output.rank = 2;
        spec.output.shape[1] = (int64_t)pipeline->bundle.dim;
    }
    void *bytes = NULL;
    enum trkx_status status = trkx_model_read(model, &bytes, &spec.model_bytes, error);
    if (status != TRKX_OK) return status;
    spec.model = bytes;
    status = trkx_session_create(&spec, session, error);
    trkx_release(bytes);
    return status;
}

/* device NULL: the CPU. */
static enum trkx_status load_networks(const trkx_pipeline *pipeline, const struct trkx_device *device,
                                      struct trkx_session **sessions, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    for (int i = 0; i < TRKX_NETWORKS && status == TRKX_OK; i++)
        status = load_network(pipeline, (enum trkx_network)i, device, &sessions[i], error);
    return status;
}

/* ---- where it runs ---------------------------------------------------------------------------------- */

/* Errors: MODEL (a network wants its edges as a device does not have them). */
static enum trkx_status check_for_devices(const trkx_pipeline *pipeline, trkx_error *error)
{
    for (int i = 0; i < TRKX_NETWORKS; i++)
        if (pipeline->bundle.models[i].transposed)
            return trkx_fail(
                error, TRKX_ERROR_MODEL,
                "%s: takes edges as [m,2]; on a device networks take them as [2,m]: export it so, "
                "or choose the device cpu",
                pipeline->bundle.models[i].path);
    return TRKX_OK;
}

/* The devices with their networks, or none of them. */
static enum trkx_status open_devices(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                     const char *names, trkx_error *error)
{
    const struct trkx_devices_spec spec = {names, options->max_memory, options->tf32};
    enum trkx_status status = check_for_devices(pipeline, error);
    if (status == TRKX_OK) status = trkx_devices_open(&spec, &pipeline->devices, error);
    if (status != TRKX_OK) return status;
    for (size_t i = 0; i < trkx_devices_count(pipeline->devices) && status == TRKX_OK; i++) {
        struct trkx_device *device = trkx_devices_at(pipeline->devices, i);
        status = load_networks(pipeline, device, device->sessions, error);
    }
    if (status == TRKX_OK) return status;
    trkx_devices_close(pipeline->devices);
    pipeline->devices = NULL;
    return status;
}

static enum trkx_status use_cpu(trkx_pipeline *pipeline, trkx_error *error)
{
    pipeline->device = (trkx_device_info){.device = "cpu", .description = "", .fallback = pipeline->fallback};
    return load_networks(pipeline, NULL, pipeline->sessions, error);
}

static enum trkx_status use_devices(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                    const char *names, trkx_error *error)
{
    pipeline->device_names = trkx_duplicate(names);
    if (pipeline->device_names == NULL) return trkx_fail_memory(error, "a name", strlen(names));
    enum trkx_status status = open_devices(pipeline, options, names, error);
    if (status != TRKX_OK) return status;
    pipeline->device = (trkx_device_info){.device = pipeline->device_names,
                                          .count = trkx_devices_count(pipeline->devices),
                                          .description = trkx_devices_description(pipeline->devices)};
    return TRKX_OK;
}

/* The first GPU; the CPU where something that it needs is missing, which is remembered. */
static enum trkx_status use_what_there_is(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                          trkx_error *error)
{
    trkx_error missing;
    enum trkx_status status = use_devices(pipeline, options, "cuda:0", &missing);
    if (status == TRKX_OK) return status;
    if (status != TRKX_ERROR_DEVICE) return trkx_fail(error, status, "%s", missing.message);
    pipeline->fallback = trkx_duplicate(missing.message);
    if (pipeline->fallback == NULL) return trkx_fail_memory(error, "a message", strlen(missing.message));
    return use_cpu(pipeline, error);
}

static enum trkx_status choose_device(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                      trkx_error *error)
{
    const char *device = options->device != NULL ? options->device : "cpu";
    if (strcmp(device, "auto") == 0) return use_what_there_is(pipeline, options, error);
    if (strcmp(device, "cpu") != 0) return use_devices(pipeline, options, device, error);
    if (options->max_memory > 0 || options->tf32)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "pipeline: max_memory and tf32 are for devices, and the device is the cpu");
    return use_cpu(pipeline, error);
}

const trkx_device_info *trkx_pipeline_device(const trkx_pipeline *pipeline)
{
    return &pipeline->device;
}

/* ---- what the options say instead of the bundle ------------------------------------------------------ */

static enum trkx_status override_cut(const char *name, double cut, float *bundle_cut, trkx_error *error)
{
    if (cut == -1) return TRKX_OK;
    if (!(cut >= 0 && cut <= 1))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "pipeline: %s is %g: it is from 0 to 1, or -1 for the bundle's", name, cut);
    *bundle_cut = (float)cut;
    return TRKX_OK;
}

static enum trkx_status override_bundle(const trkx_pipeline_options *options, struct trkx_bundle *bundle,
                                        trkx_error *error)
{
    struct trkx_model *models = bundle->models;
    enum trkx_status status = TRKX_OK;
    char unknown[256];
    TRKX_CHECK(override_cut("filter_cut", options->filter_cut, &models[TRKX_NETWORK_FILTER].cut, error));
    TRKX_CHECK(override_cut("gnn_cut", options->gnn_cut, &models[TRKX_NETWORK_GNN].cut, error));
    if (options->min_hits > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "pipeline: min_hits %zu is more than 2^31 - 1",
                         options->min_hits);
    if (options->min_hits > 0) bundle->min_hits = options->min_hits;
    if (options->method != NULL && !trkx_method_find(options->method, &bundle->method))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "pipeline: method %s",
                         trkx_method_unknown(options->method, unknown, sizeof unknown));
    bundle->completion.min_hits = bundle->min_hits;
cleanup:
    return status;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static void describe(trkx_pipeline *pipeline)
{
    const struct trkx_bundle *bundle = &pipeline->bundle;
    const struct trkx_model *embedding = &bundle->models[TRKX_NETWORK_EMBEDDING];
    pipeline->info = (trkx_bundle_info){.directory = bundle->directory,
                                        .name = bundle->name,
                                        .detector = bundle->detector,
                                        .features = embedding->features,
                                        .features_count = embedding->features_count,
                                        .method = trkx_method_name(bundle->method),
                                        .completes = bundle->completes,
                                        .candidate_cut = bundle->candidate_cut,
                                        .dim = bundle->dim,
                                        .radius = bundle->radius,
                                        .k = bundle->k,
                                        .own_ks = bundle->volumes_count > 0,
                                        .filter_cut = bundle->models[TRKX_NETWORK_FILTER].cut,
                                        .gnn_cut = bundle->models[TRKX_NETWORK_GNN].cut,
                                        .min_hits = bundle->min_hits};
}

enum trkx_status trkx_pipeline_create(const char *bundle, const trkx_pipeline_options *given,
                                      trkx_pipeline **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_pipeline *pipeline = NULL;
    trkx_pipeline_options options;
    *result = NULL;
    trkx_pipeline_options_init(&options);
    TRKX_CHECK(trkx_options_take("pipeline", given, &options, sizeof options, error));
    if (bundle == NULL || *bundle == '\0') /* which would be the root's */
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "pipeline: no bundle is named: its path is empty");
    if (options.threads < 0 || options.kernels > TRKX_KERNELS_STOCK)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "pipeline: threads negative or kernels unknown");
    pipeline = trkx_allocate_zero(NULL, 1, sizeof *pipeline);
    if (pipeline == NULL) return trkx_fail_memory(error, "a pipeline", sizeof *pipeline);
    pipeline->threads = trkx_threads(options.threads);
    pipeline->kernels = options.kernels;
    pipeline->runs = trkx_arenas_create();
    pipeline->events = trkx_arenas_create();
    if (pipeline->runs == NULL || pipeline->events == NULL)
        TRKX_CHECK(trkx_fail_memory(error, "a pipeline", sizeof *pipeline));
    TRKX_CHECK(trkx_bundle_read(bundle, &pipeline->bundle, error));
    TRKX_CHECK(override_bundle(&options, &pipeline->bundle, error));
    TRKX_CHECK(trkx_pipeline_load_detector(pipeline, options.detectors, error));
    TRKX_CHECK(choose_device(pipeline, &options, error));
    pipeline->filter_batch = options.filter_batch > 0 ? options.filter_batch : suiting_batch(pipeline);
    describe(pipeline);
    *result = pipeline;
    pipeline = NULL;
cleanup:
    trkx_pipeline_destroy(pipeline);
    return status;
}

void trkx_pipeline_destroy(trkx_pipeline *pipeline)
{
    if (pipeline == NULL) return;
    for (int i = 0; i < TRKX_NETWORKS; i++) trkx_session_destroy(pipeline->sessions[i]);
    trkx_devices_close(pipeline->devices);
    trkx_release(pipeline->device_names);
    trkx_release(pipeline->fallback);
    trkx_arenas_close(pipeline->runs);
    trkx_arenas_close(pipeline->events);
    trkx_detector_destroy(pipeline->detector);
    trkx_bundle_release(&pipeline->bundle);
    trkx_release(pipeline);
}

const trkx_bundle_info *trkx_pipeline_bundle(const trkx_pipeline *pipeline)
{
    return &pipeline->info;
}

size_t trkx_pipeline_features_count(const trkx_pipeline *pipeline, enum trkx_network network)
{
    return pipeline->bundle.models[network].features_count;
}

const trkx_feature_spec *trkx_pipeline_feature_specs(const trkx_pipeline *pipeline, enum trkx_network network)
{
    return pipeline->bundle.models[network].features;
}

enum trkx_status trkx_pipeline_features_in(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                           enum trkx_network network, const trkx_hits *hits,
                                           const int32_t *modules, float *features, trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[network];
    if (hits->count > 0 && hits->cell_begin == NULL &&
        trkx_features_need_cells(model->features, model->features_count))
        return trkx_fail(
            error, TRKX_ERROR_ARGUMENT,
            "features: the bundle %s needs the hits' cells, which are missing (of a TrackML event: "
            "the file -cells.csv); one that needs none works, as models/acat2021-like (trkx run "
            "--bundle acat2021-like)",
            pipeline->bundle.directory);
    return trkx_features_in(memory, hits, pipeline->detector, modules, model->features, model->features_count,
                            pipeline->threads, features, error);
}

enum trkx_status trkx_pipeline_features(const trkx_pipeline *pipeline, enum trkx_network network,
                                        const trkx_hits *hits, float *features, trkx_error *error)
{
    return trkx_pipeline_features_in(pipeline, NULL, network, hits, NULL, features, error);
}

const char *const *trkx_pipeline_columns(const trkx_pipeline *pipeline, size_t *count)
{
    *count = pipeline->bundle.columns_count;
    return pipeline->bundle.columns;
}
