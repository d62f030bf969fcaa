/* The detector of a pipeline, as named by the bundle or the options; and the modules of hits in it. */
#include "pipeline/detector.h"

#include "detector/description.h"
#include "features/features.h"
#include "tracks/labels.h"

static bool needs_detector(const struct trkx_bundle *bundle)
{
    for (int i = 0; i < TRKX_NETWORKS; i++)
        if (trkx_features_need_detector(bundle->models[i].features, bundle->models[i].features_count))
            return true;
    return bundle->completes;
}

/* Those of the hits. */
static bool needs_modules(const struct trkx_bundle *bundle)
{
    for (int i = 0; i < TRKX_NETWORKS; i++)
        if (trkx_features_need_modules(bundle->models[i].features, bundle->models[i].features_count))
            return true;
    return bundle->completes;
}

/* A file of modules only, from the options, uses the bundle's description. */
static enum trkx_status describe_detector(trkx_pipeline *pipeline, trkx_error *error)
{
    const struct trkx_bundle *bundle = &pipeline->bundle;
    if (pipeline->detector->described || !bundle->completes) return TRKX_OK;
    if (bundle->detectors != NULL && trkx_description_is(bundle->detectors))
        return trkx_detector_describe(pipeline->detector, bundle->detectors, error);
    return trkx_fail(
        error, TRKX_ERROR_BUNDLE,
        "%s/bundle.json: the completion of its tracks needs the detector's field and layers, not only "
        "its modules: name a detector.json (docs/bundle.md) in the field detectors or in the options",
        bundle->directory);
}

enum trkx_status trkx_pipeline_load_detector(trkx_pipeline *pipeline, const char *path, trkx_error *error)
{
    const struct trkx_bundle *bundle = &pipeline->bundle;
    if (!needs_detector(bundle)) return TRKX_OK;
    if (path == NULL) path = bundle->detectors;
    if (path == NULL)
        return trkx_fail(
            error, TRKX_ERROR_BUNDLE,
            "%s/bundle.json: its features of cells, modules or the beam, or the completion of its tracks, "
            "need "
            "the detector: name a detector.json (docs/bundle.md), or if only features need it a "
            "detectors.csv, "
            "in "
            "the field detectors or in the options; TrackML's are beside models/default/bundle.json",
            bundle->directory);
    enum trkx_status status = trkx_detector_read(path, &pipeline->detector, error);
    return status == TRKX_OK ? describe_detector(pipeline, error) : status;
}

enum trkx_status trkx_pipeline_find_modules(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                            const trkx_hits *hits, int32_t **modules, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int32_t *found = NULL;
    *modules = NULL;
    if (!needs_modules(&pipeline->bundle) || !trkx_hits_have_modules(hits)) return TRKX_OK;
    TRKX_ALLOCATE(found, memory, hits->count, "the modules of the hits");
    TRKX_CHECK(trkx_modules_find(pipeline->detector, hits, pipeline->threads, found, error));
    *modules = found;
    found = NULL;
cleanup:
    trkx_release(found);
    return status;
}
