/* Track labelling as a bundle asks for it: by one of the methods, completed or not. */
#include "pipeline/pipeline.h"
#include "tracks/complete.h"
#include "tracks/components.h"

size_t trkx_labels_count(const int32_t *labels, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += labels[i] > 0;
    return count;
}

enum trkx_status trkx_pipeline_tracks_in(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                         const trkx_hits *hits, const trkx_edges *edges, const float *scores,
                                         const trkx_edges *candidates, int32_t *labels,
                                         struct trkx_labelling *outcome, trkx_error *error)
{
    const struct trkx_bundle *bundle = &pipeline->bundle;
    trkx_tracks_options options;
    trkx_walkthrough_options walkthrough = bundle->walkthrough;
    trkx_complete_options completion = bundle->completion;
    enum trkx_status status = TRKX_OK;
    trkx_tracks_options_init(&options);
    options.cut = bundle->models[TRKX_NETWORK_GNN].cut;
    options.min_hits = bundle->min_hits;
    completion.threads = options.threads = pipeline->threads;
    walkthrough.xyz = hits->xyz;
    if (bundle->method == TRKX_METHOD_JOINED)
        TRKX_CHECK(trkx_join_in(memory, hits, edges, scores, &options, labels, &outcome->tracks, error));
    else if (bundle->method == TRKX_METHOD_WALKTHROUGH)
        TRKX_CHECK(trkx_walkthrough_in(memory, hits->count, edges, scores, &walkthrough, labels,
                                       &outcome->tracks, error));
    else
        TRKX_CHECK(
            trkx_tracks_in(memory, hits->count, edges, scores, &options, labels, &outcome->tracks, error));
    outcome->method_tracks = outcome->tracks;
    outcome->method_hits = outcome->hits = trkx_labels_count(labels, hits->count);
    if (bundle->completes) {
        TRKX_CHECK(trkx_complete_in(memory, hits, pipeline->detector, candidates, &completion, labels,
                                    &outcome->tracks, error));
        outcome->hits = trkx_labels_count(labels, hits->count);
    }
cleanup:
    return status;
}

enum trkx_status trkx_pipeline_tracks(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                      const trkx_edges *edges, const float *scores,
                                      const trkx_edges *candidates, int32_t *labels, size_t *count,
                                      trkx_error *error)
{
    struct trkx_labelling outcome;
    enum trkx_status status =
        trkx_pipeline_tracks_in(pipeline, NULL, hits, edges, scores, candidates, labels, &outcome, error);
    if (status == TRKX_OK) *count = outcome.tracks;
    return status;
}
