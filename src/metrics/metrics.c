/* Evaluates tracks against the truth: which are matched, purity and efficiency. */
#include <math.h>
#include <stdlib.h>

#include "core/keys.h"
#include "core/options.h"
#include "metrics/kinds.h"
#include "metrics/scores.h"

/* ---- tracks ----------------------------------------------------------------------------------------- */

void trkx_metrics_options_init(trkx_metrics_options *options)
{
    *options = (trkx_metrics_options){.size = sizeof *options, .min_hits = 3, .match_fraction = 0.5};
}

/* A particle's share of a track. */
struct share {
    size_t particle; /* group of truth_index.hits; meaningful where hits > 0 */
    size_t hits;
};

/* The largest shares of a track. TrackML's scorer treats noise as a particle. */
struct majority {
    size_t hits;            /* of the track */
    struct share any, real; /* with noise, without */
};

struct evaluation {
    const trkx_metrics_options *options;
    struct trkx_truth_index index;
    struct trkx_groups tracks;   /* hits by label; label 0 is one of them */
    struct majority *majorities; /* [tracks.count] */
    uint32_t *claims;            /* [particles] number of tracks in which the particle has the majority */
    bool *matched;               /* [particles] one of these has the majority of the particle's hits */
};

static void keep_larger(struct share *largest, struct share share)
{
    if (share.hits > largest->hits) *largest = share; /* ties: the first */
}

/* The shares of one group of hits; particles: room for its hits. */
static struct majority find_majority(const struct evaluation *evaluation, size_t track, uint64_t *particles)
{
    const struct trkx_groups *of_particle = &evaluation->index.hits;
    const uint32_t *hits = trkx_groups_members(&evaluation->tracks, track);
    struct majority majority = {.hits = trkx_groups_size(&evaluation->tracks, track)};
    for (size_t i = 0; i < majority.hits; i++) particles[i] = trkx_key(of_particle->group[hits[i]], hits[i]);
    trkx_keys_sort(particles, majority.hits);
    for (size_t i = 0; i < majority.hits;) {
        struct share share = {.particle = trkx_key_high(particles[i])};
        for (; i < majority.hits && trkx_key_high(particles[i]) == share.particle; i++) share.hits++;
        keep_larger(&majority.any, share);
        if (of_particle->values[share.particle] != TRKX_NOISE) keep_larger(&majority.real, share);
    }
    return majority;
}

static bool holds_track(const struct majority *majority, const struct share *share, double fraction)
{
    return (double)share->hits > fraction * (double)majority->hits;
}

/* Double majority is this and holds_track. */
static bool holds_particle(const struct evaluation *evaluation, const struct share *share, double fraction)
{
    return (double)share->hits >
           fraction * (double)trkx_groups_size(&evaluation->index.hits, share->particle);
}

/* As score_event of trackml-library: found are the majority particle's hits in each track matched by double
 * majority. As there, the hits with label 0 form one track, in which usually no particle has half. */
static void mark_found(const struct evaluation *evaluation, bool *found)
{
    for (size_t i = 0; i < evaluation->index.truth->count; i++) {
        const struct majority *majority = &evaluation->majorities[evaluation->tracks.group[i]];
        found[i] = evaluation->index.hits.group[i] == majority->any.particle &&
                   holds_track(majority, &majority->any, 0.5) &&
                   holds_particle(evaluation, &majority->any, 0.5);
    }
}

static enum trkx_status find_scores(const struct evaluation *evaluation, trkx_metrics *metrics,
                                    trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    bool *found = NULL;
    TRKX_ALLOCATE(found, NULL, evaluation->index.truth->count, "the hits found");
    mark_found(evaluation, found);
    TRKX_CHECK(trkx_scores(&evaluation->index, found, metrics, error));
cleanup:
    trkx_release(found);
    return status;
}

static bool is_track(const struct evaluation *evaluation, size_t group)
{
    return evaluation->tracks.values[group] > 0 &&
           trkx_groups_size(&evaluation->tracks, group) >= evaluation->options->min_hits;
}

/* Sorts one track into matched, fragment or fake. */
static void judge_track(struct evaluation *evaluation, const struct majority *majority, trkx_metrics *metrics)
{
    const struct share *share = &majority->real;
    double fraction = evaluation->options->match_fraction;
    metrics->tracks++;
    metrics->hits_on_tracks += majority->hits;
    metrics->hit_purity += (double)share->hits / (double)majority->hits; /* still a sum */
    if (!holds_track(majority, share, fraction)) {
        metrics->fakes++;
        return;
    }
    if (evaluation->claims[share->particle]++ > 0) metrics->duplicates++;
    if (holds_particle(evaluation, share, fraction)) {
        metrics->matched++;
        evaluation->matched[share->particle] = true;
    } else
        metrics->fragments++;
}

static void judge_tracks(struct evaluation *evaluation, trkx_metrics *metrics)
{
    for (size_t t = 0; t < evaluation->tracks.count; t++)
        if (is_track(evaluation, t)) judge_track(evaluation, &evaluation->majorities[t], metrics);
    if (metrics->tracks == 0) return;
    double tracks = (double)metrics->tracks;
    metrics->fragment_rate = (double)metrics->fragments / tracks;
    metrics->fake_rate = (double)metrics->fakes / tracks;
    metrics->duplicate_rate = (double)metrics->duplicates / tracks;
    metrics->hit_purity /= tracks;
}

/* ---- efficiency ------------------------------------------------------------------------------------- */

/* The particle's hit nearest to the origin; ties: the first. */
static size_t first_hit(const struct trkx_truth_index *index, size_t particle)
{
    const uint32_t *hits = trkx_groups_members(&index->hits, particle);
    static const float origin[3] = {0, 0, 0};
    size_t first = hits[0];
    for (size_t i = 1; i < trkx_groups_size(&index->hits, particle); i++)
        if (trkx_squared_distance(index->truth->xyz + 3 * (size_t)hits[i], origin) <
            trkx_squared_distance(index->truth->xyz + 3 * first, origin))
            first = hits[i];
    return first;
}

static bool has_momenta(const struct trkx_truth_index *index)
{
    return index->particles != NULL || index->truth->pxyz != NULL;
}

/* GeV: at the production vertex, or if unknown at the first true hit; NaN if both are unknown. */
static double transverse_momentum(const struct trkx_truth_index *index, size_t particle)
{
    if (!has_momenta(index)) return NAN;
    const float *p = index->particles != NULL ? index->particles->pxyz + 3 * trkx_truth_row(index, particle)
                                              : index->truth->pxyz + 3 * first_hit(index, particle);
    return hypot(p[0], p[1]);
}

/* pt: NaN if unknown. */
static void count_particle(trkx_efficiency *efficiency, double pt, bool matched)
{
    if (!(pt > efficiency->min_pt) && !(isnan(pt) && efficiency->min_pt == 0)) return;
    efficiency->particles++;
    efficiency->matched += matched;
}

/* The binomial standard error, sqrt(e (1 - e) / particles). */
static void finish_efficiency(trkx_efficiency *efficiency)
{
    if (efficiency->particles == 0) return;
    double particles = (double)efficiency->particles, e = (double)efficiency->matched / particles;
    efficiency->efficiency = e;
    efficiency->error = sqrt(e * (1 - e) / particles);
}

static void is_unknown(trkx_efficiency *efficiency)
{
    efficiency->efficiency = efficiency->error = NAN;
}

static bool is_of_interest(const struct evaluation *evaluation, size_t particle)
{
    const struct trkx_groups *hits = &evaluation->index.hits;
    return hits->values[particle] != TRKX_NOISE &&
           trkx_groups_size(hits, particle) >= evaluation->options->min_hits;
}

static void judge_by_pt(const struct evaluation *evaluation, trkx_metrics *metrics)
{
    trkx_efficiency *const efficiencies[] = {&metrics->all, &metrics->above_500_mev, &metrics->above_1_gev};
    metrics->above_500_mev.min_pt = 0.5;
    metrics->above_1_gev.min_pt = 1;
    for (size_t p = 0; p < evaluation->index.hits.count; p++) {
        if (!is_of_interest(evaluation, p)) continue;
        double pt = transverse_momentum(&evaluation->index, p);
        for (size_t e = 0; e < 3; e++) count_particle(efficiencies[e], pt, evaluation->matched[p]);
    }
    for (size_t e = 0; e < 3; e++) finish_efficiency(efficiencies[e]);
    metrics->has_pt = has_momenta(&evaluation->index);
    for (size_t e = 1; e < 3 && !metrics->has_pt; e++) is_unknown(efficiencies[e]);
}

static void judge_by_kind(const struct evaluation *evaluation, trkx_metrics *metrics)
{
    trkx_efficiency *const efficiencies[TRKX_KINDS] = {&metrics->from_beam, &metrics->from_decays,
                                                       &metrics->from_material};
    const struct trkx_truth_index *index = &evaluation->index;
    metrics->has_kinds = trkx_kinds_are_known(index);
    for (size_t p = 0; p < index->hits.count && metrics->has_kinds; p++)
        if (is_of_interest(evaluation, p))
            count_particle(efficiencies[trkx_kind_of(index, p)], transverse_momentum(index, p),
                           evaluation->matched[p]);
    for (int k = 0; k < TRKX_KINDS; k++)
        (metrics->has_kinds ? finish_efficiency : is_unknown)(efficiencies[k]);
}

static size_t count_noise(const struct trkx_truth_index *index)
{
    uint32_t noise = trkx_groups_find(&index->hits, TRKX_NOISE);
    return noise == TRKX_NO_GROUP ? 0 : trkx_groups_size(&index->hits, noise);
}

/* ---- together --------------------------------------------------------------------------------------- */

static enum trkx_status check_evaluation(const int32_t *labels, const trkx_hits *hits,
                                         const trkx_truth *truth, const trkx_metrics_options *options,
                                         trkx_error *error)
{
    if (!(options->match_fraction >= 0.5 && options->match_fraction < 1))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "metrics: match_fraction is %g, it must be in [0.5, 1)",
                         options->match_fraction);
    if (hits->count != truth->count)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "metrics: %zu hits, but truth for %zu", hits->count,
                         truth->count);
    for (size_t i = 0; i < truth->count; i++) {
        if (labels[i] < 0)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "metrics: row %zu has the label %d", i, labels[i]);
        if (!isfinite(truth->weight[i]) || truth->weight[i] < 0)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "metrics: row %zu has the weight %g", i,
                             truth->weight[i]);
    }
    return TRKX_OK;
}

static enum trkx_status group_tracks(const int32_t *labels, size_t n, struct trkx_groups *tracks,
                                     trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int64_t *values;
    TRKX_ALLOCATE(values, NULL, n, "labels");
    for (size_t i = 0; i < n; i++) values[i] = labels[i];
    TRKX_CHECK(trkx_groups_create(NULL, values, n, tracks, error));
cleanup:
    trkx_release(values);
    return status;
}

static enum trkx_status find_majorities(struct evaluation *evaluation, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    uint64_t *particles = NULL;
    TRKX_ALLOCATE(particles, NULL, evaluation->index.truth->count, "the particles of a track");
    TRKX_ALLOCATE(evaluation->majorities, NULL, evaluation->tracks.count, "the majorities of tracks");
    for (size_t t = 0; t < evaluation->tracks.count; t++)
        evaluation->majorities[t] = find_majority(evaluation, t, particles);
cleanup:
    trkx_release(particles);
    return status;
}

static enum trkx_status allocate_particles(struct evaluation *evaluation, trkx_error *error)
{
    size_t particles = evaluation->index.hits.count;
    evaluation->claims = trkx_allocate_zero(NULL, particles, sizeof *evaluation->claims);
    evaluation->matched = trkx_allocate_zero(NULL, particles, sizeof *evaluation->matched);
    if (evaluation->claims != NULL && evaluation->matched != NULL) return TRKX_OK;
    return trkx_fail_memory(error, "the particles' matches", particles * sizeof *evaluation->claims);
}

enum trkx_status trkx_evaluate(const int32_t *labels, const trkx_hits *hits, const trkx_truth *truth,
                               const trkx_particles *particles, const trkx_metrics_options *given,
                               trkx_metrics *metrics, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_metrics_options options;
    struct evaluation evaluation = {.options = &options};
    *metrics = (trkx_metrics){0};
    trkx_metrics_options_init(&options);
    TRKX_CHECK(trkx_options_take("metrics", given, &options, sizeof options, error));
    TRKX_CHECK(check_evaluation(labels, hits, truth, &options, error));
    if (particles == NULL && truth->pxyz != NULL) TRKX_CHECK(trkx_truth_check_positions(truth, error));
    TRKX_CHECK(trkx_truth_create(NULL, truth, particles, &evaluation.index, error));
    TRKX_CHECK(group_tracks(labels, truth->count, &evaluation.tracks, error));
    TRKX_CHECK(find_majorities(&evaluation, error));
    TRKX_CHECK(allocate_particles(&evaluation, error));
    TRKX_CHECK(find_scores(&evaluation, metrics, error));
    metrics->hits = truth->count;
    metrics->noise_hits = count_noise(&evaluation.index);
    judge_tracks(&evaluation, metrics);
    judge_by_pt(&evaluation, metrics);
    judge_by_kind(&evaluation, metrics);
cleanup:
    trkx_truth_destroy(&evaluation.index);
    trkx_groups_destroy(&evaluation.tracks);
    trkx_release(evaluation.majorities);
    trkx_release(evaluation.claims);
    trkx_release(evaluation.matched);
    return status;
}
