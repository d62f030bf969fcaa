/* Scores of edges, by the filter or the graph network. */
#ifndef TRKX_PIPELINE_SCORES_H
#define TRKX_PIPELINE_SCORES_H

#include "pipeline/edge_tensors.h"
#include "pipeline/run.h"

/* A network on the edges of a run. */
struct trkx_scoring {
    const struct trkx_run *run;
    enum trkx_network network;
    trkx_edge_form form;
    void *room; /* block for the edges of one call; NULL: the network takes them in place */
};

/* *scoring must be ended, also on failure. batch: most edges per call. Errors: ARGUMENT, MEMORY. */
enum trkx_status trkx_scoring_begin(struct trkx_scoring *scoring, const struct trkx_run *run,
                                    enum trkx_network network, size_t batch);
/* Runs the network on `count` edges and writes its outputs to their scores, which have to exist. */
enum trkx_status trkx_scoring_call(const struct trkx_scoring *scoring, size_t first, size_t count);
void trkx_scoring_end(struct trkx_scoring *scoring);

/* Memory for the edges' scores, if they have none. Errors: MEMORY. */
enum trkx_status trkx_scores_allocate(struct trkx_run *run);
/* Turns the outputs for all edges into scores from 0 to 1, unless the network does. */
enum trkx_status trkx_scores_finish(const struct trkx_run *run, enum trkx_network network);

/* A step that scores edges: it fills the scores of run->edges. */
struct trkx_scorer {
    enum trkx_network network;
    enum trkx_status (*score)(const struct trkx_run *run);
};

/* The public steps, on arrays of the host. */
enum trkx_status trkx_scores_by_itself(const trkx_pipeline *pipeline, const struct trkx_scorer *scorer,
                                       const float *features, size_t n, const trkx_edges *edges,
                                       float *scores, trkx_error *error);

#endif
