/* Weighs the found hits: with the weights of the truth, and with those of both phases. */
#include "metrics/scores.h"

#include <math.h>

#include "metrics/kinds.h"
#include "metrics/weights.h"

/* The found share of the weights [n]; 0 where there are none. */
static double score(const double *weights, size_t n, const bool *found)
{
    double all = 0, good = 0;
    for (size_t i = 0; i < n; i++) {
        all += weights[i];
        if (found[i]) good += weights[i];
    }
    return all > 0 ? good / all : 0;
}

/* ---- the two phases ---------------------------------------------------------------------------------- */

/* The weight of each kind. */
static void share_out(const struct trkx_truth_index *index, const double *weights, double shares[TRKX_KINDS])
{
    double all = 0;
    for (size_t p = 0; p < index->hits.count; p++) {
        if (index->hits.values[p] == TRKX_NOISE) continue;
        const uint32_t *hits = trkx_groups_members(&index->hits, p);
        double weight = 0;
        for (size_t i = 0; i < trkx_groups_size(&index->hits, p); i++) weight += weights[hits[i]];
        shares[trkx_kind_of(index, p)] += weight;
        all += weight;
    }
    for (int k = 0; k < TRKX_KINDS && all > 0; k++) shares[k] /= all;
}

static bool is_from_material(const struct trkx_truth_index *index, size_t particle)
{
    return index->hits.values[particle] != TRKX_NOISE && trkx_kind_of(index, particle) == TRKX_FROM_MATERIAL;
}

/* Which weights those of the truth are: what tells are the hits from material that have weight in phase 1. */
static enum trkx_weights name_weights(const struct trkx_truth_index *index, const double *phase1)
{
    size_t telling = 0, weighed = 0;
    double all = 0;
    for (size_t i = 0; i < index->truth->count; i++) {
        all += index->truth->weight[i];
        if (phase1[i] == 0 || !is_from_material(index, index->hits.group[i])) continue;
        telling++;
        weighed += index->truth->weight[i] > 0;
    }
    if (telling == 0 || all == 0) return TRKX_WEIGHTS_UNKNOWN;
    return weighed == telling ? TRKX_WEIGHTS_PHASE1
           : weighed == 0     ? TRKX_WEIGHTS_PHASE2
                              : TRKX_WEIGHTS_UNKNOWN;
}

static void drop_material(const struct trkx_truth_index *index, double *weights)
{
    for (size_t i = 0; i < index->truth->count; i++)
        if (is_from_material(index, index->hits.group[i])) weights[i] = 0;
}

/* ---- together ---------------------------------------------------------------------------------------- */

static void score_phases(const struct trkx_truth_index *index, const bool *found, double *weights,
                         trkx_metrics *metrics)
{
    size_t n = index->truth->count;
    metrics->trackml_score_phase1 = score(weights, n, found);
    if (!trkx_kinds_are_known(index)) return;
    double shares[TRKX_KINDS] = {0};
    share_out(index, weights, shares);
    metrics->beam_weight = shares[TRKX_FROM_BEAM];
    metrics->decays_weight = shares[TRKX_FROM_DECAYS];
    metrics->material_weight = shares[TRKX_FROM_MATERIAL];
    metrics->given_weights = name_weights(index, weights);
    drop_material(index, weights);
    metrics->trackml_score_phase2 = score(weights, n, found);
}

enum trkx_status trkx_scores(const struct trkx_truth_index *index, const bool *found, trkx_metrics *metrics,
                             trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    double *weights = NULL;
    metrics->trackml_score = score(index->truth->weight, index->truth->count, found);
    metrics->trackml_score_phase1 = metrics->trackml_score_phase2 = NAN;
    metrics->beam_weight = metrics->decays_weight = metrics->material_weight = NAN;
    metrics->given_weights = TRKX_WEIGHTS_UNKNOWN;
    if (index->particles == NULL || index->truth->xyz == NULL) return TRKX_OK;
    TRKX_ALLOCATE(weights, NULL, index->truth->count, "the weights of hits");
    TRKX_CHECK(trkx_weigh_hits(index, weights, error));
    score_phases(index, found, weights, metrics);
cleanup:
    trkx_release(weights);
    return status;
}
