#include "trkx.h"

#include <math.h>
#include <stdlib.h>

#include "core/groups.h"
#include "core/keys.h"
#include "graph/edges.h"
#include "metrics/metrics.h"

enum { NOISE = 0 }; /* the particle_id of hits that no particle made */

/* ---- particles -------------------------------------------------------------------------------------- */

/* What the truth says of an event: the hits of each particle. */
struct truth_index {
    const trkx_truth *truth;
    const trkx_particles *particles; /* may be NULL */
    struct trkx_groups hits;         /* rows of truth by particle_id */
    struct trkx_groups rows;         /* rows of particles by particle_id; empty where there are none */
};

static void index_destroy(struct truth_index *index)
{
    trkx_groups_destroy(&index->hits);
    trkx_groups_destroy(&index->rows);
}

static bool are_finite(const float *row) /* [3], NULL: not known */
{
    return row == NULL || (isfinite(row[0]) && isfinite(row[1]) && isfinite(row[2]));
}

static const float *row_of(const float *rows, size_t i) /* [n,3] */
{
    return rows == NULL ? NULL : rows + 3 * i;
}

static enum trkx_status check_truth(const trkx_truth *truth, trkx_error *error)
{
    if (truth->count > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "metrics: %zu hits, at most %d are possible",
                         truth->count, INT32_MAX);
    for (size_t i = 0; i < truth->count; i++)
        if (!are_finite(row_of(truth->xyz, i)) || !are_finite(row_of(truth->pxyz, i)))
            return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                             "metrics: truth row %zu has a position or momentum that is not finite", i);
    return TRKX_OK;
}

/* Positions order the hits of a particle. */
static enum trkx_status check_positions(const trkx_truth *truth, trkx_error *error)
{
    if (truth->xyz != NULL || truth->count == 0) return TRKX_OK;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                     "metrics: truth has no positions, by which the hits of a particle are put in order");
}

/* Every particle is listed once, and those of the truth are among them. */
static enum trkx_status check_particles(const struct truth_index *index, trkx_error *error)
{
    const trkx_particles *particles = index->particles;
    for (size_t p = 0; p < particles->count; p++) {
        const char *wrong = index->rows.group[p] != p ? "is listed twice" : NULL;
        if (!are_finite(row_of(particles->vxyz, p)) || !are_finite(row_of(particles->pxyz, p)))
            wrong = "has a vertex or momentum that is not finite";
        if (wrong != NULL)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "metrics: row %zu: particle %lld %s", p,
                             (long long)particles->particle_id[p], wrong);
    }
    for (size_t g = 0; g < index->hits.count; g++) {
        int64_t id = index->hits.values[g];
        if (id == NOISE || trkx_groups_find(&index->rows, id) != TRKX_NO_GROUP) continue;
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "metrics: particle %lld of truth row %zu is not among the %zu particles",
                         (long long)id, (size_t)*trkx_groups_members(&index->hits, g),
                         index->particles->count);
    }
    return TRKX_OK;
}

static enum trkx_status index_create(struct trkx_memory *memory, const trkx_truth *truth,
                                     const trkx_particles *particles, struct truth_index *index,
                                     trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *index = (struct truth_index){.truth = truth, .particles = particles};
    TRKX_CHECK(check_truth(truth, error));
    TRKX_CHECK(trkx_groups_create(memory, truth->particle_id, truth->count, &index->hits, error));
    if (particles == NULL) goto cleanup;
    TRKX_CHECK(trkx_groups_create(memory, particles->particle_id, particles->count, &index->rows, error));
    TRKX_CHECK(check_particles(index, error));
cleanup:
    if (status != TRKX_OK) index_destroy(index);
    return status;
}

/* The row of a particle in the table of particles. */
static size_t particle_row(const struct truth_index *index, size_t particle)
{
    uint32_t group = trkx_groups_find(&index->rows, index->hits.values[particle]);
    return *trkx_groups_members(&index->rows, group);
}

static double squared_distance(const float *a, const float *b) /* [3] mm each */
{
    double x = (double)a[0] - b[0], y = (double)a[1] - b[1], z = (double)a[2] - b[2];
    return x * x + y * y + z * z;
}

/* mm [3]: where a particle was produced; the origin where that is not known. */
static const float *production_vertex(const struct truth_index *index, size_t particle)
{
    static const float origin[3] = {0, 0, 0};
    return index->particles == NULL ? origin : index->particles->vxyz + 3 * particle_row(index, particle);
}

/* ---- true edges ------------------------------------------------------------------------------------- */

/* A hit on the way of its particle. */
struct crossing {
    double distance; /* mm^2, squared, from the production vertex */
    uint32_t hit;
};

static int outwards(const void *left, const void *right)
{
    const struct crossing *a = left, *b = right;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    return (a->hit > b->hit) - (a->hit < b->hit);
}

/* Pairs of consecutive hits of one particle; returns their number. way: room for its hits. */
static size_t particle_pairs(const struct truth_index *index, size_t particle, struct crossing *way,
                             uint64_t *pairs)
{
    const uint32_t *hits = trkx_groups_members(&index->hits, particle);
    const float *vertex = production_vertex(index, particle);
    size_t count = trkx_groups_size(&index->hits, particle);
    for (size_t i = 0; i < count; i++)
        way[i] =
            (struct crossing){squared_distance(index->truth->xyz + 3 * (size_t)hits[i], vertex), hits[i]};
    qsort(way, count, sizeof *way, outwards);
    for (size_t i = 1; i < count; i++) {
        uint32_t a = way[i - 1].hit, b = way[i].hit;
        pairs[i - 1] = a < b ? trkx_key(a, b) : trkx_key(b, a);
    }
    return count - 1;
}

enum trkx_status trkx_true_edges_in(struct trkx_memory *memory, const trkx_truth *truth,
                                    const trkx_particles *particles, size_t min_hits, trkx_edges *edges,
                                    trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct truth_index index = {0};
    struct crossing *way = NULL;
    struct trkx_pairs all = {0};
    *edges = (trkx_edges){0};
    TRKX_CHECK(check_positions(truth, error));
    TRKX_CHECK(index_create(memory, truth, particles, &index, error));
    TRKX_ALLOCATE(way, memory, truth->count, "the hits of a particle");
    TRKX_ALLOCATE(all.pairs, memory, truth->count, "true edges");
    for (size_t p = 0; p < index.hits.count; p++)
        if (index.hits.values[p] != NOISE && trkx_groups_size(&index.hits, p) >= min_hits)
            all.count += particle_pairs(&index, p, way, all.pairs + all.count);
    TRKX_CHECK(trkx_edges_from_pairs(memory, &all, 1, truth->count, NULL, 1, NULL, NULL, edges, error));
cleanup:
    index_destroy(&index);
    trkx_release(way);
    trkx_release(all.pairs);
    return status;
}

enum trkx_status trkx_true_edges(const trkx_truth *truth, const trkx_particles *particles, size_t min_hits,
                                 trkx_edges *edges, trkx_error *error)
{
    return trkx_true_edges_in(NULL, truth, particles, min_hits, edges, error);
}

/* ---- tracks ----------------------------------------------------------------------------------------- */

void trkx_metrics_options_init(trkx_metrics_options *options)
{
    *options = (trkx_metrics_options){.size = sizeof *options, .min_hits = 3, .match_fraction = 0.5};
}

/* How much of a track one particle holds. */
struct share {
    size_t particle; /* group of truth_index.hits; meaningful where hits > 0 */
    size_t hits;
    double weight;
};

/* The largest shares of a track. The scorer of TrackML takes noise for a particle like any other. */
struct majority {
    size_t hits;            /* of the track */
    struct share any, real; /* with noise, without */
};

struct evaluation {
    const trkx_metrics_options *options;
    struct truth_index index;
    struct trkx_groups tracks;   /* hits by label; label 0 is one of them */
    struct majority *majorities; /* [tracks.count] */
    uint32_t *claims;            /* [particles] tracks of which the particle holds the majority */
    bool *matched;               /* [particles] one of them holds the majority of the particle */
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
        for (; i < majority.hits && trkx_key_high(particles[i]) == share.particle; i++) {
            share.hits++;
            share.weight += evaluation->index.truth->weight[trkx_key_low(particles[i])];
        }
        keep_larger(&majority.any, share);
        if (of_particle->values[share.particle] != NOISE) keep_larger(&majority.real, share);
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

/* score_event of trackml-library: the weights of the majority particle's hits in each track that it shares
 * with it by double majority, over all weights. As there, the hits with label 0 are one track, of which
 * usually no particle holds half. */
static double trackml_score(const struct evaluation *evaluation)
{
    double total = 0, found = 0;
    const trkx_truth *truth = evaluation->index.truth;
    for (size_t i = 0; i < truth->count; i++) total += truth->weight[i];
    for (size_t t = 0; t < evaluation->tracks.count; t++) {
        const struct majority *majority = &evaluation->majorities[t];
        if (holds_track(majority, &majority->any, 0.5) && holds_particle(evaluation, &majority->any, 0.5))
            found += majority->any.weight;
    }
    return total > 0 ? found / total : 0;
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
    metrics->hit_purity += (double)share->hits / (double)majority->hits; /* a sum, so far */
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

/* The particle's hit next to the origin; ties: the first. */
static size_t first_hit(const struct truth_index *index, size_t particle)
{
    const uint32_t *hits = trkx_groups_members(&index->hits, particle);
    static const float origin[3] = {0, 0, 0};
    size_t first = hits[0];
    for (size_t i = 1; i < trkx_groups_size(&index->hits, particle); i++)
        if (squared_distance(index->truth->xyz + 3 * (size_t)hits[i], origin) <
            squared_distance(index->truth->xyz + 3 * first, origin))
            first = hits[i];
    return first;
}

static bool has_momenta(const struct truth_index *index)
{
    return index->particles != NULL || index->truth->pxyz != NULL;
}

/* GeV: at the production vertex, or at the first true hit where that is not known; NaN where neither is. */
static double transverse_momentum(const struct truth_index *index, size_t particle)
{
    if (!has_momenta(index)) return NAN;
    const float *p = index->particles != NULL ? index->particles->pxyz + 3 * particle_row(index, particle)
                                              : index->truth->pxyz + 3 * first_hit(index, particle);
    return hypot(p[0], p[1]);
}

/* pt: NaN where it is not known. */
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

static void lacks_momenta(trkx_efficiency *efficiency)
{
    efficiency->efficiency = efficiency->error = NAN;
}

static void judge_particles(const struct evaluation *evaluation, trkx_metrics *metrics)
{
    const struct trkx_groups *hits = &evaluation->index.hits;
    trkx_efficiency *const efficiencies[] = {&metrics->all, &metrics->above_500_mev, &metrics->above_1_gev};
    metrics->above_500_mev.min_pt = 0.5;
    metrics->above_1_gev.min_pt = 1;
    for (size_t p = 0; p < hits->count; p++) {
        size_t count = trkx_groups_size(hits, p);
        if (hits->values[p] == NOISE) metrics->noise_hits = count;
        if (hits->values[p] == NOISE || count < evaluation->options->min_hits) continue;
        double pt = transverse_momentum(&evaluation->index, p);
        for (size_t e = 0; e < 3; e++) count_particle(efficiencies[e], pt, evaluation->matched[p]);
    }
    for (size_t e = 0; e < 3; e++) finish_efficiency(efficiencies[e]);
    metrics->has_pt = has_momenta(&evaluation->index);
    for (size_t e = 1; e < 3 && !metrics->has_pt; e++) lacks_momenta(efficiencies[e]);
}

/* ---- together --------------------------------------------------------------------------------------- */

static enum trkx_status check_evaluation(const int32_t *labels, const trkx_hits *hits,
                                         const trkx_truth *truth, const trkx_metrics_options *options,
                                         trkx_error *error)
{
    if (options->size != sizeof *options)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "metrics: options have size %zu instead of %zu: not initialised?", options->size,
                         sizeof *options);
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
                               const trkx_particles *particles, const trkx_metrics_options *options,
                               trkx_metrics *metrics, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_metrics_options defaults;
    trkx_metrics_options_init(&defaults);
    if (options == NULL) options = &defaults;
    struct evaluation evaluation = {.options = options};
    *metrics = (trkx_metrics){0};
    TRKX_CHECK(check_evaluation(labels, hits, truth, options, error));
    if (particles == NULL && truth->pxyz != NULL) TRKX_CHECK(check_positions(truth, error));
    TRKX_CHECK(index_create(NULL, truth, particles, &evaluation.index, error));
    TRKX_CHECK(group_tracks(labels, truth->count, &evaluation.tracks, error));
    TRKX_CHECK(find_majorities(&evaluation, error));
    TRKX_CHECK(allocate_particles(&evaluation, error));
    metrics->hits = truth->count;
    metrics->trackml_score = trackml_score(&evaluation);
    judge_tracks(&evaluation, metrics);
    judge_particles(&evaluation, metrics);
cleanup:
    index_destroy(&evaluation.index);
    trkx_groups_destroy(&evaluation.tracks);
    trkx_release(evaluation.majorities);
    trkx_release(evaluation.claims);
    trkx_release(evaluation.matched);
    return status;
}
