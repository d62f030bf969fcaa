/* Track labelling as a bundle asks for it: by one of the methods, completed or not. */
#include "complete.h"
#include "pipeline.h"
#include "tracks.h"

enum trkx_status trkx_pipeline_tracks_in(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                         const trkx_hits *hits, const trkx_edges *edges, const float *scores,
                                         const trkx_edges *candidates, int32_t *labels, size_t *count,
                                         trkx_error *error)
{
    const struct trkx_bundle *bundle = &pipeline->bundle;
    trkx_tracks_options options;
    trkx_complete_options completion = bundle->completion;
    enum trkx_status status = TRKX_OK;
    trkx_tracks_options_init(&options);
    options.cut = bundle->models[TRKX_NETWORK_GNN].cut;
    options.min_hits = bundle->min_hits;
    completion.threads = options.threads = pipeline->threads;
    if (bundle->method == TRKX_METHOD_JOINED)
        TRKX_CHECK(trkx_join_in(memory, hits, edges, scores, &options, labels, count, error));
    else if (bundle->method == TRKX_METHOD_WALKTHROUGH)
        TRKX_CHECK(trkx_walkthrough_in(memory, hits->count, edges, scores, &bundle->walkthrough, labels,
                                       count, error));
    else
        TRKX_CHECK(trkx_tracks_in(memory, hits->count, edges, scores, &options, labels, count, error));
    if (bundle->completes)
        TRKX_CHECK(trkx_complete_in(memory, hits, pipeline->detector, candidates, &completion, labels, count,
                                    error));
cleanup:
    return status;
}

enum trkx_status trkx_pipeline_tracks(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                      const trkx_edges *edges, const float *scores,
                                      const trkx_edges *candidates, int32_t *labels, size_t *count,
                                      trkx_error *error)
{
    return trkx_pipeline_tracks_in(pipeline, NULL, hits, edges, scores, candidates, labels, count, error);
}
