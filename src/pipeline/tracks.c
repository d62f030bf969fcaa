/* Track labelling: on the back end if it supports the bundle's method, otherwise on the host, which reads the
 * edges. */
#include "pipeline/tracks.h"

#include "pipeline/labelling.h"
#include "tracks/components.h"
#include "tracks/labels.h"

static enum trkx_status label_there(struct trkx_run *run)
{
    const trkx_backend *backend = run->place.backend;
    const trkx_labelling_options options = trkx_pipeline_labelling(run->pipeline);
    struct trkx_labelling *found = &run->labelling;
    size_t bytes = run->n * sizeof *run->labels;
    enum trkx_status status = TRKX_OK;
    void *labels = NULL;
    TRKX_CHECK(backend->allocate(run->place.context, bytes, "labels", &labels, run->error));
    TRKX_CHECK(backend->components(run->place.context, run->n, &run->edges, &options, labels, &found->tracks,
                                   run->error));
    TRKX_CHECK(trkx_run_fetch(run, run->labels, labels, bytes));
    found->method_tracks = found->first_tracks = found->tracks;
    found->method_hits = found->first_hits = found->hits = trkx_labels_count(run->labels, run->n);
cleanup:
    trkx_run_release(run, labels);
    return status;
}

static enum trkx_status label_here(struct trkx_run *run)
{
    struct trkx_edges_read edges = {.scores = NULL}, candidates = {.scores = NULL};
    trkx_tracks_input input = {.hits = run->hits, .edges = &edges.edges, .candidates = &candidates.edges};
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_run_read_edges(run, &run->edges, true, &edges));
    TRKX_CHECK(trkx_run_read_edges(run, &run->candidates, false, &candidates));
    input.scores = edges.scores;
    TRKX_CHECK(trkx_run_label(run, &input));
cleanup:
    trkx_run_read_edges_end(run, &edges);
    trkx_run_read_edges_end(run, &candidates);
    return status;
}

enum trkx_status trkx_step_tracks(struct trkx_run *run)
{
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    bool components = trkx_method(bundle->method) == &trkx_method_components && !bundle->completes;
    return components && run->place.backend->components != NULL ? label_there(run) : label_here(run);
}

enum trkx_status trkx_step_second_tracks(struct trkx_run *run)
{
    const trkx_edges edges = {.count = run->edges.count, .index = run->edges.index};
    struct trkx_completion *completion = run->first->completion;
    struct trkx_labelling *found = &run->first->labelling;
    enum trkx_status status =
        trkx_completion_chains(completion, &edges, run->pipeline->bundle.second_chain_score, run->error);
    if (status != TRKX_OK) return status;
    found->tracks = trkx_completion_number(completion);
    found->hits = trkx_labels_count(run->labels, run->n);
    return TRKX_OK;
}
