/* A bundle's track labelling in the first pass: one of the methods, with or without completion. */
#include "pipeline/labelling.h"
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

static enum trkx_status complete(struct trkx_run *run, const trkx_edges *candidates, size_t *tracks)
{
    const trkx_pipeline *pipeline = run->pipeline;
    const struct trkx_placed_hits placed = {run->hits, pipeline->detector, run->located.modules};
    trkx_complete_options options = pipeline->bundle.completion;
    options.threads = pipeline->threads;
    if (!pipeline->bundle.has_second)
        return trkx_complete_in(run->memory, &placed, candidates, &options, run->labels, tracks, run->error);
    enum trkx_status status = trkx_completion_create(run->memory, &placed, candidates, &options, run->labels,
                                                     &run->completion, run->error);
    if (status == TRKX_OK) *tracks = trkx_completion_number(run->completion);
    return status;
}

enum trkx_status trkx_run_label(struct trkx_run *run, const trkx_tracks_input *input)
{
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    const trkx_labelling_options options = trkx_pipeline_labelling(run->pipeline);
    const struct trkx_method_task task = {.memory = run->memory,
                                          .input = input,
                                          .modules = run->located.modules,
                                          .cut = options.cut,
                                          .min_hits = options.min_hits,
                                          .threads = options.threads,
                                          .settings = bundle->method_settings[bundle->method]};
    struct trkx_labelling *found = &run->labelling;
    enum trkx_status status = TRKX_OK;
    if (bundle->completes && input->candidates == NULL)
        return trkx_fail(run->error, TRKX_ERROR_ARGUMENT,
                         "tracks: the bundle %s completes tracks: candidates are needed (trkx stage filter "
                         "--candidates; in C trkx_edges_over with its candidate_cut)",
                         bundle->name);
    TRKX_CHECK(trkx_method(bundle->method)->run(&task, run->labels, &found->method_tracks, run->error));
    found->tracks = found->method_tracks;
    found->method_hits = trkx_labels_count(run->labels, run->n);
    if (bundle->completes) TRKX_CHECK(complete(run, input->candidates, &found->tracks));
    found->hits = trkx_labels_count(run->labels, run->n);
    found->first_tracks = found->tracks;
    found->first_hits = found->hits;
cleanup:
    return status;
}
