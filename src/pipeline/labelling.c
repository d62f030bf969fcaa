/* A bundle's track labelling: one of the methods, with or without completion. */
#include "pipeline/labelling.h"
#include "pipeline/detector.h"
#include "pipeline/needs.h"
#include "tracks/complete.h"
#include "tracks/labels.h"

trkx_labelling_options trkx_pipeline_labelling(const trkx_pipeline *pipeline)
{
    trkx_labelling_options options;
    trkx_labelling_options_init(&options);
    options.cut = pipeline->bundle.models[TRKX_NETWORK_GNN].cut;
    options.min_hits = pipeline->bundle.min_hits;
    options.threads = pipeline->threads;
    return options;
}

enum trkx_status trkx_pipeline_tracks_in(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                         const trkx_tracks_input *input, const int32_t *modules,
                                         int32_t *labels, struct trkx_labelling *outcome, trkx_error *error)
{
    const struct trkx_bundle *bundle = &pipeline->bundle;
    const trkx_labelling_options options = trkx_pipeline_labelling(pipeline);
    const struct trkx_method_task task = {.memory = memory,
                                          .input = input,
                                          .modules = modules,
                                          .cut = options.cut,
                                          .min_hits = options.min_hits,
                                          .threads = options.threads,
                                          .settings = bundle->method_settings[bundle->method]};
    trkx_complete_options completion = bundle->completion;
    enum trkx_status status = TRKX_OK;
    if (bundle->completes && input->candidates == NULL)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "tracks: the bundle %s completes tracks: candidates are needed (trkx stage filter "
                         "--candidates; in C trkx_edges_over with its candidate_cut)",
                         bundle->name);
    completion.threads = pipeline->threads;
    TRKX_CHECK(trkx_method(bundle->method)->run(&task, labels, &outcome->tracks, error));
    outcome->method_tracks = outcome->tracks;
    outcome->method_hits = outcome->hits = trkx_labels_count(labels, input->hits->count);
    if (bundle->completes) {
        const struct trkx_placed_hits placed = {input->hits, pipeline->detector, modules};
        TRKX_CHECK(trkx_complete_in(memory, &placed, input->candidates, &completion, labels, &outcome->tracks,
                                    error));
        outcome->hits = trkx_labels_count(labels, input->hits->count);
    }
cleanup:
    return status;
}

enum trkx_status trkx_pipeline_tracks(const trkx_pipeline *pipeline, const trkx_tracks_input *input,
                                      int32_t *labels, size_t *count, trkx_error *error)
{
    unsigned needs = trkx_tracks_needs(&pipeline->bundle);
    struct trkx_located_hits located;
    struct trkx_labelling outcome;
    trkx_tracks_input with = *input;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_pipeline_locate(pipeline, NULL, input->hits, needs, &located, error));
    with.hits = &located.hits;
    TRKX_CHECK(trkx_pipeline_tracks_in(pipeline, NULL, &with, located.modules, labels, &outcome, error));
    *count = outcome.tracks;
cleanup:
    trkx_located_release(&located);
    return status;
}
