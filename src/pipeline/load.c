/* Loads pipelines: reads a bundle, applies the options, and loads the parts. */
#include "pipeline/load.h"

#include "core/threads.h"
#include "pipeline/detector.h"
#include "pipeline/workplace.h"

#include <string.h>

void trkx_pipeline_options_init(trkx_pipeline_options *options)
{
    *options = (trkx_pipeline_options){
        .size = sizeof *options, .kernels = TRKX_KERNELS_TRKX, .filter_cut = -1, .gnn_cut = -1};
}

/* ---- options that override the bundle ---------------------------------------------------------------- */

static enum trkx_status override_cut(const char *name, double cut, float *bundle_cut, trkx_error *error)
{
    if (cut == -1) return TRKX_OK;
    if (!(cut >= 0 && cut <= 1))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "pipeline: %s is %g: it must be from 0 to 1, or -1 for the bundle's", name, cut);
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
                                        .dim = bundle->first.dim,
                                        .radius = bundle->first.radius,
                                        .k = bundle->first.k,
                                        .own_ks = bundle->first.volumes_count > 0,
                                        .filter_cut = bundle->models[TRKX_NETWORK_FILTER].cut,
                                        .gnn_cut = bundle->models[TRKX_NETWORK_GNN].cut,
                                        .min_hits = bundle->min_hits,
                                        .has_second = bundle->has_second};
}

enum trkx_status trkx_pipeline_load(const char *bundle, const trkx_pipeline_options *options,
                                    trkx_pipeline **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_pipeline *pipeline = NULL;
    if (*bundle == '\0') /* which would mean the root directory */
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "pipeline: the path of the bundle is empty");
    if (options->threads < 0 || options->kernels > TRKX_KERNELS_STOCK)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "pipeline: threads negative or kernels unknown");
    pipeline = trkx_allocate_zero(NULL, 1, sizeof *pipeline);
    if (pipeline == NULL) return trkx_fail_memory(error, "a pipeline", sizeof *pipeline);
    pipeline->threads = trkx_threads(options->threads);
    pipeline->kernels = options->kernels;
    pipeline->runs = trkx_arenas_create();
    pipeline->events = trkx_arenas_create();
    if (pipeline->runs == NULL || pipeline->events == NULL)
        TRKX_CHECK(trkx_fail_memory(error, "a pipeline", sizeof *pipeline));
    TRKX_CHECK(trkx_bundle_read(bundle, &pipeline->bundle, error));
    TRKX_CHECK(override_bundle(options, &pipeline->bundle, error));
    TRKX_CHECK(trkx_pipeline_load_detector(pipeline, options->detectors, error));
    TRKX_CHECK(trkx_workplace_open(pipeline, options, error));
    pipeline->filter_batch = options->filter_batch;
    describe(pipeline);
    *result = pipeline;
    pipeline = NULL;
cleanup:
    trkx_pipeline_unload(pipeline);
    return status;
}

void trkx_pipeline_unload(trkx_pipeline *pipeline)
{
    if (pipeline == NULL) return;
    trkx_workplace_close(pipeline);
    trkx_arenas_close(pipeline->runs);
    trkx_arenas_close(pipeline->events);
    trkx_detector_destroy(pipeline->detector);
    trkx_bundle_release(&pipeline->bundle);
    trkx_release(pipeline);
}

const trkx_device_info *trkx_pipeline_device(const trkx_pipeline *pipeline)
{
    return &pipeline->device;
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

const char *const *trkx_pipeline_columns(const trkx_pipeline *pipeline, size_t *count)
{
    *count = pipeline->bundle.columns_count;
    return pipeline->bundle.columns;
}
