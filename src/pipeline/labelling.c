/* Track labelling as a bundle asks for it: by one of the methods, completed or not. */
#include "pipeline/pipeline.h"
#include "tracks/complete.h"
#include "tracks/components.h"
#include "tracks/join.h"
#include "tracks/labels.h"
#include "tracks/walkthrough.h"

enum trkx_status trkx_pipeline_tracks_in(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                         const trkx_hits *hits, const trkx_edges *edges, const float *scores,
                                         const trkx_edges *candidates, int32_t *labels,
                                         struct trkx_labelling *outcome, trkx_error *error)
{
    const struct trkx_bundle *bundle = &pipeline->bundle;
    trkx_labelling_options options;
    trkx_walkthrough_options walkthrough = bundle->walkthrough;
    trkx_complete_options completion = bundle->completion;
    enum trkx_status status = TRKX_OK;
    if (bundle->completes && candidates == NULL)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "tracks: the bundle %s completes tracks: candidates are needed", bundle->name);
    trkx_labelling_options_init(&options);
    options.cut = bundle->models[TRKX_NETWORK_GNN].cut;
    options.min_hits = bundle->min_hits;
    completion.threads = options.threads = pipeline->threads;
    walkthrough.xyz = hits->xyz;
    if (bundle->method == TRKX_METHOD_JOIN)
        TRKX_CHECK(trkx_join_in(memory, hits, edges, scores, &options, labels, &outcome->tracks, error));
    else if (bundle->method == TRKX_METHOD_WALKTHROUGH)
        TRKX_CHECK(trkx_walkthrough_in(memory, hits->count, edges, scores, &walkthrough, labels,
                                       &outcome->tracks, error));
    else
        TRKX_CHECK(trkx_components_in(memory, hits->count, edges, scores, &options, labels, &outcome->tracks,
                                      error));
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
