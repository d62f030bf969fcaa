/* The detector of a pipeline, as named by the bundle or the options; and the modules of hits in it. */
#include "pipeline/detector.h"

#include "detector/description.h"
#include "detector/locate.h"
#include "features/table.h"
#include "pipeline/needs.h"

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
    unsigned needs = trkx_bundle_needs(bundle);
    if ((needs & (TRKX_NEEDS_IDS | TRKX_NEEDS_DETECTOR)) == 0) return TRKX_OK;
    if (path == NULL) path = bundle->detectors;
    if (path == NULL && (needs & TRKX_NEEDS_DETECTOR) == 0) return TRKX_OK;
    if (path == NULL)
        return trkx_fail(
            error, TRKX_ERROR_BUNDLE,
            "%s/bundle.json: its features of cells, modules or the beam, or the completion of its tracks, "
            "need the detector: name a detector.json (docs/bundle.md), or if only features need it a "
            "detectors.csv, in the field detectors or in the options; TrackML's are beside "
            "models/default/bundle.json",
            bundle->directory);
    enum trkx_status status = trkx_detector_read(path, &pipeline->detector, error);
    return status == TRKX_OK ? describe_detector(pipeline, error) : status;
}

static enum trkx_status find_modules(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                     struct trkx_located_hits *located, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(located->modules, memory, located->hits.count, "the modules of the hits");
    status =
        trkx_modules_find(pipeline->detector, &located->hits, pipeline->threads, located->modules, error);
cleanup:
    return status;
}

/* From the positions; the hits get the ids of their modules. */
static enum trkx_status locate_modules(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                       struct trkx_located_hits *located, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_hits *hits = &located->hits;
    size_t n = hits->count;
    TRKX_ALLOCATE(located->modules, memory, n, "the modules of the hits");
    TRKX_ALLOCATE(located->ids, memory, 3 * n, "the modules of the hits");
    TRKX_CHECK(
        trkx_modules_locate(memory, pipeline->detector, hits, pipeline->threads, located->modules, error));
    for (size_t i = 0; i < n; i++) {
        const struct trkx_module *module = &pipeline->detector->modules[located->modules[i]];
        located->ids[i] = module->volume;
        located->ids[n + i] = module->layer;
        located->ids[2 * n + i] = module->module;
    }
    hits->volume_id = located->ids;
    hits->layer_id = located->ids + n;
    hits->module_id = located->ids + 2 * n;
cleanup:
    return status;
}

enum trkx_status trkx_pipeline_locate(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                      const trkx_hits *hits, unsigned needs,
                                      struct trkx_located_hits *located, trkx_error *error)
{
    *located = (struct trkx_located_hits){.hits = *hits};
    if (pipeline->detector == NULL || hits->count == 0) return TRKX_OK;
    if (trkx_ids_lacking(needs, hits) != 0) return locate_modules(pipeline, memory, located, error);
    bool needed = (needs & TRKX_NEEDS_MODULE) == TRKX_NEEDS_MODULE;
    return needed ? find_modules(pipeline, memory, located, error) : TRKX_OK;
}

void trkx_located_release(struct trkx_located_hits *located)
{
    trkx_release(located->modules);
    trkx_release(located->ids);
}
