/* A pipeline's life: a bundle is read, its networks are loaded and checked against it. */
#include "parallel.h"
#include "pipeline.h"

#include <string.h>

/* Edges a call of the filter: ONNX Runtime's own kernels keep each layer's outputs of a whole call, and
 * pairs of features are gathered for a whole call. */
static size_t suiting_batch(const trkx_pipeline *pipeline)
{
    bool small =
        pipeline->kernels == TRKX_KERNELS_STOCK || pipeline->bundle.models[TRKX_NETWORK_FILTER].pairs;
    return small ? (size_t)1 << 16 : (size_t)1 << 20;
}

void trkx_pipeline_options_init(trkx_pipeline_options *options)
{
    *options = (trkx_pipeline_options){.size = sizeof *options, .kernels = TRKX_KERNELS_TRKX};
}

/* What the model must look like: node features [n,F], for filter and GNN also edges [2,m] or [m,2]; or, of a
 * filter, pairs [b,2F] alone. */
static enum trkx_status load_network(trkx_pipeline *pipeline, enum trkx_network network, trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[network];
    int64_t width = (int64_t)model->features_count * (model->pairs ? 2 : 1);
    struct trkx_tensor_spec inputs[2] = {{model->inputs[0], TRKX_ELEMENT_FLOAT, 2, {-1, width}},
                                         {model->inputs[1], TRKX_ELEMENT_INT64, 2, {2, -1}}};
    if (model->transposed) inputs[1].shape[0] = -1, inputs[1].shape[1] = 2;
    struct trkx_session_spec spec = {.file = model->path,
                                     .inputs = inputs,
                                     .inputs_count = model->inputs_count,
                                     .output = {model->output, TRKX_ELEMENT_FLOAT, 1, {-1}},
                                     .threads = pipeline->threads,
                                     .kernels = pipeline->kernels};
    if (network == TRKX_NETWORK_EMBEDDING) {
        spec.output.rank = 2;
        spec.output.shape[1] = (int64_t)pipeline->bundle.dim;
    }
    void *bytes = NULL;
    enum trkx_status status = trkx_model_read(model, &bytes, &spec.model_bytes, error);
    if (status != TRKX_OK) return status;
    spec.model = bytes;
    status = trkx_session_create(&spec, &pipeline->sessions[network], error);
    trkx_release(bytes);
    return status;
}

static enum trkx_status load_detector(trkx_pipeline *pipeline, const char *path, trkx_error *error)
{
    bool needed = pipeline->bundle.completes;
    for (int i = 0; i < TRKX_NETWORKS; i++)
        needed |= trkx_features_need_detector(pipeline->bundle.models[i].features,
                                              pipeline->bundle.models[i].features_count);
    if (path == NULL) path = pipeline->bundle.detectors;
    if (!needed) return TRKX_OK;
    if (path != NULL) return trkx_detector_read(path, &pipeline->detector, error);
    if (strcmp(pipeline->bundle.detector, "trackml") == 0)
        return trkx_detector_builtin(&pipeline->detector, error);
    return trkx_fail(
        error, TRKX_ERROR_BUNDLE,
        "%s/bundle.json: its features of cells or modules, or the completion of its tracks, need a "
        "detectors.csv: name one in the field detectors or in the options (of \"trackml\" alone the "
        "modules are built in)",
        pipeline->bundle.directory);
}

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
                                        .filter_cut = bundle->models[TRKX_NETWORK_FILTER].cut,
                                        .gnn_cut = bundle->models[TRKX_NETWORK_GNN].cut,
                                        .min_hits = bundle->min_hits};
}

enum trkx_status trkx_pipeline_create(const char *bundle, const trkx_pipeline_options *options,
                                      trkx_pipeline **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_pipeline *pipeline = NULL;
    trkx_pipeline_options defaults;
    *result = NULL;
    trkx_pipeline_options_init(&defaults);
    if (options == NULL) options = &defaults;
    if (options->size != sizeof *options || options->threads < 0 || options->kernels > TRKX_KERNELS_STOCK)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "pipeline: options not initialised, threads negative or kernels unknown");
    pipeline = trkx_allocate_zero(NULL, 1, sizeof *pipeline);
    if (pipeline == NULL) return trkx_fail_memory(error, "a pipeline", sizeof *pipeline);
    pipeline->threads = trkx_threads(options->threads);
    pipeline->kernels = options->kernels;
    pipeline->runs = trkx_arenas_create();
    pipeline->events = trkx_arenas_create();
    if (pipeline->runs == NULL || pipeline->events == NULL)
        TRKX_CHECK(trkx_fail_memory(error, "a pipeline", sizeof *pipeline));
    TRKX_CHECK(trkx_bundle_read(bundle, &pipeline->bundle, error));
    pipeline->filter_batch = options->filter_batch > 0 ? options->filter_batch : suiting_batch(pipeline);
    TRKX_CHECK(load_detector(pipeline, options->detectors, error));
    for (int i = 0; i < TRKX_NETWORKS; i++) TRKX_CHECK(load_network(pipeline, (enum trkx_network)i, error));
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

enum trkx_status trkx_pipeline_features(const trkx_pipeline *pipeline, enum trkx_network network,
                                        const trkx_hits *hits, float *features, trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[network];
    return trkx_features(hits, pipeline->detector, model->features, model->features_count, pipeline->threads,
                         features, error);
}
