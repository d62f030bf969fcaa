/* Scores edges with a network, in batches and in the form of its input. */
#include "pipeline/scores.h"

#include <math.h>

/* ---- a network -------------------------------------------------------------------------------------- */

/* All edges at once and in the host's form: nothing has to be copied. */
static bool are_as_they_are(const struct trkx_scoring *scoring, size_t batch)
{
    const struct trkx_run *run = scoring->run;
    return run->place.backend->shared && batch == run->edges.count && trkx_edge_form_is_plain(&scoring->form);
}

enum trkx_status trkx_scoring_begin(struct trkx_scoring *scoring, const struct trkx_run *run,
                                    enum trkx_network network, size_t batch)
{
    const struct trkx_workplace *place = &run->place;
    enum trkx_status status = TRKX_OK;
    *scoring = (struct trkx_scoring){.run = run, .network = network};
    TRKX_CHECK(trkx_edge_form_of(&run->pipeline->bundle.models[network], place->sessions[network],
                                 run->features[network], run->n, &scoring->form, run->error));
    if (are_as_they_are(scoring, batch)) return TRKX_OK;
    TRKX_CHECK(place->backend->allocate(place->context, batch * trkx_edge_form_bytes(&scoring->form),
                                        "a batch of edges", &scoring->room, run->error));
cleanup:
    return status;
}

static bool has_nan(const float *scores, size_t count)
{
    bool found = false;
    for (size_t e = 0; e < count; e++) found |= isnan(scores[e]);
    return found;
}

/* On the host, whose cache still has them. A cut would drop these edges without a word. */
static enum trkx_status check_scores(const struct trkx_scoring *scoring, size_t first, size_t count)
{
    const struct trkx_run *run = scoring->run;
    const float *scores = run->edges.scores;
    size_t e = first;
    if (!run->place.backend->shared || !has_nan(scores + first, count)) return TRKX_OK;
    while (!isnan(scores[e])) e++;
    return trkx_fail(run->error, TRKX_ERROR_MODEL, "%s: the network's score of edge %zu is not a number",
                     scoring->network == TRKX_NETWORK_GNN ? "gnn" : "filter", e);
}

enum trkx_status trkx_scoring_call(const struct trkx_scoring *scoring, size_t first, size_t count)
{
    const struct trkx_run *run = scoring->run;
    const struct trkx_workplace *place = &run->place;
    const trkx_edge_form *form = &scoring->form;
    void *put = scoring->room != NULL ? scoring->room : run->edges.index;
    struct trkx_tensor in[2];
    const struct trkx_tensor out = {run->edges.scores + first, TRKX_ELEMENT_FLOAT, 1, {(int64_t)count}};
    enum trkx_status status = TRKX_OK;
    if (scoring->room != NULL)
        TRKX_CHECK(
            place->backend->edge_tensor(place->context, &run->edges, first, count, form, put, run->error));
    trkx_edge_tensors_view(form, run->n, count, put, in);
    TRKX_CHECK(trkx_session_run(place->sessions[scoring->network], run->memory, in, &out, run->error));
    TRKX_CHECK(check_scores(scoring, first, count));
cleanup:
    return status;
}

void trkx_scoring_end(struct trkx_scoring *scoring)
{
    trkx_run_release(scoring->run, scoring->room);
}

/* ---- scores ----------------------------------------------------------------------------------------- */

enum trkx_status trkx_scores_allocate(struct trkx_run *run)
{
    if (run->edges.scores != NULL) return TRKX_OK;
    return trkx_run_allocate(run, run->edges.count, "scores", &run->edges.scores);
}

enum trkx_status trkx_scores_finish(const struct trkx_run *run, enum trkx_network network)
{
    if (run->pipeline->bundle.models[network].sigmoid_in_model) return TRKX_OK;
    return run->place.backend->sigmoid(run->place.context, run->edges.scores, run->edges.count, run->error);
}

/* ---- as single steps -------------------------------------------------------------------------------- */

static enum trkx_status lend_edges(struct trkx_run *run, const trkx_edges *edges)
{
    const trkx_backend *backend = run->place.backend;
    if (!backend->shared)
        return backend->upload_edges(run->place.context, edges->index, edges->count, &run->edges, run->error);
    run->edges = (trkx_backend_edges){.count = edges->count, .index = edges->index};
    return TRKX_OK;
}

enum trkx_status trkx_scores_by_itself(const trkx_pipeline *pipeline, const struct trkx_scorer *scorer,
                                       const float *features, size_t n, const trkx_edges *edges,
                                       float *scores, trkx_error *error)
{
    size_t width = pipeline->bundle.models[scorer->network].features_count,
           bytes = edges->count * sizeof *scores;
    struct trkx_run run = {.lent = true};
    enum trkx_status status = TRKX_OK;
    void *block = NULL;
    if (edges->count == 0) return TRKX_OK;
    trkx_run_begin(&run, pipeline, NULL, n, error);
    TRKX_CHECK(trkx_run_lend(&run, features, n * width, "features", &run.features[scorer->network]));
    TRKX_CHECK(lend_edges(&run, edges));
    TRKX_CHECK(trkx_run_stand_in(&run, scores, bytes, "scores", &block));
    run.edges.scores = block;
    TRKX_CHECK(scorer->score(&run));
    TRKX_CHECK(trkx_run_fetch(&run, scores, block, bytes));
cleanup:
    trkx_run_end(&run);
    return status;
}
