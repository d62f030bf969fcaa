/* Features of the hits for each network. The host computes those that the back end does not. */
#include "pipeline/features.h"

#include "features/features.h"
#include "pipeline/choice.h"
#include "pipeline/needs.h"
#include "tracks/labels.h"

/* modules [n]: those of the hits in the pipeline's detector, or NULL. */
static enum trkx_status describe_hits(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                      enum trkx_network network, const trkx_hits *hits,
                                      const int32_t *modules, struct trkx_estimates *estimates,
                                      float *features, trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[network];
    const struct trkx_placed_hits placed = {hits, pipeline->detector, modules};
    return trkx_features_in(memory, &placed, estimates, model->features, model->features_count,
                            pipeline->threads, features, error);
}

enum trkx_status trkx_pipeline_features(const trkx_pipeline *pipeline, enum trkx_network network,
                                        const trkx_hits *hits, float *features, trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[network];
    unsigned needs = trkx_features_needs(model->features, model->features_count);
    struct trkx_located_hits located;
    struct trkx_estimates estimates = {0};
    if (hits->count > 0 && hits->cell_begin == NULL && (needs & TRKX_NEEDS_CELLS) != 0)
        return trkx_fail_lacking("features", &pipeline->bundle, "cells", hits, error);
    enum trkx_status status = trkx_pipeline_locate(pipeline, NULL, hits, needs, &located, error);
    if (status == TRKX_OK)
        status = describe_hits(pipeline, NULL, network, &located.hits, located.modules, &estimates, features,
                               error);
    trkx_estimates_release(&estimates);
    trkx_located_release(&located);
    return status;
}

/* ---- the step --------------------------------------------------------------------------------------- */

static bool are_same(const struct trkx_model *a, const struct trkx_model *b)
{
    return trkx_features_are_same(a->features, a->features_count, b->features, b->features_count);
}

static bool are_computed_there(const trkx_backend *backend, const struct trkx_model *model)
{
    for (size_t i = 0; i < model->features_count; i++)
        if (!backend->computes(model->features[i].feature)) return false;
    return true;
}

/* Fills the block; via an array of the host if memory is not shared. */
static enum trkx_status bring_features(struct trkx_run *run, enum trkx_network network, size_t count,
                                       float *block)
{
    const trkx_backend *backend = run->place.backend;
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    float *made = block;
    if (!backend->shared) TRKX_ALLOCATE(made, run->memory, count, "features");
    struct trkx_run *whole = run->first != NULL ? run->first : run; /* what is known of all hits */
    TRKX_CHECK(describe_hits(run->pipeline, run->memory, network, run->hits, whole->located.modules,
                             &whole->estimates, made, error));
    if (!backend->shared)
        TRKX_CHECK(backend->upload(run->place.context, block, made, count * sizeof *made, error));
cleanup:
    if (!backend->shared) trkx_release(made);
    return status;
}

static enum trkx_status make_features(struct trkx_run *run, enum trkx_network network)
{
    const struct trkx_model *model = &run->pipeline->bundle.models[network];
    const trkx_backend *backend = run->place.backend;
    size_t count = run->n * model->features_count;
    float **block = &run->features[network];
    enum trkx_status status = trkx_run_allocate(run, count, "features", block);
    if (status != TRKX_OK) return status;
    if (!are_computed_there(backend, model)) return bring_features(run, network, count, *block);
    return backend->features(run->place.context, run->xyz, run->n, model->features, model->features_count,
                             *block, run->error);
}

/* Takes the block of a network with the same list, which may be one of the first pass if that was on the
 * host. */
static enum trkx_status share_or_make(struct trkx_run *run, enum trkx_network network)
{
    const struct trkx_model *models = run->pipeline->bundle.models;
    const struct trkx_run *first = run->first;
    float **block = &run->features[network];
    for (int i = 0; i < (int)network && *block == NULL; i++) {
        if (!are_same(&models[network], &models[i])) continue;
        *block = run->features[i];
        if (*block == NULL && first != NULL && first->place.backend->shared) *block = first->features[i];
    }
    return *block != NULL ? TRKX_OK : make_features(run, network);
}

enum trkx_status trkx_step_features(struct trkx_run *run)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_hits_check_positions(run->hits, run->error));
    TRKX_CHECK(trkx_run_locate(run, trkx_bundle_needs(&run->pipeline->bundle)));
    TRKX_CHECK(trkx_run_lend(run, run->hits->xyz, 3 * run->n, "positions", &run->xyz));
    for (int i = 0; i < TRKX_NETWORKS; i++) TRKX_CHECK(share_or_make(run, (enum trkx_network)i));
cleanup:
    return status;
}

/* ---- of the second pass ----------------------------------------------------------------------------- */

static enum trkx_status find_free_hits(struct trkx_run *run)
{
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    size_t count = run->n - trkx_labels_count(run->labels, run->n);
    TRKX_ALLOCATE(run->rows, run->memory, count, "the hits on no track");
    for (size_t i = 0; i < run->n; i++)
        if (run->labels[i] == 0) run->rows[run->nodes++] = (uint32_t)i;
cleanup:
    return status;
}

/* Of all hits: of features that describe the event as a whole, those of the free hits would be others. */
enum trkx_status trkx_step_second_features(struct trkx_run *run)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(find_free_hits(run));
    TRKX_CHECK(share_or_make(run, run->pass->embedding));
    TRKX_CHECK(share_or_make(run, run->pass->filter));
cleanup:
    return status;
}
