/* Prints the metrics of events and writes them as JSON. */
#include "programs/evaluate_report.h"

#include <math.h>
#include <stdio.h>

double score_of(const trkx_metrics *metrics, enum score which)
{
    const double scores[SCORES] = {metrics->trackml_score, metrics->trackml_score_phase1,
                                   metrics->trackml_score_phase2};
    return scores[which];
}

/* ---- on the screen ---------------------------------------------------------------------------------- */

static const char *weights_name(enum trkx_weights weights)
{
    return weights == TRKX_WEIGHTS_PHASE1   ? ", which are of phase 1"
           : weights == TRKX_WEIGHTS_PHASE2 ? ", which are of phase 2"
                                            : "";
}

static bool is_shown(const trkx_metrics *metrics, enum score which, enum score shown)
{
    return shown == SCORES ? !isnan(score_of(metrics, which)) : which == shown;
}

/* errors [SCORES]: of the means over events; NULL for a single event. */
static void print_scores(const trkx_metrics *metrics, const double *errors, enum score shown)
{
    static const char *const names[SCORES] = {"TrackML score, given", "TrackML score, phase 1",
                                              "TrackML score, phase 2"};
    static const enum score order[SCORES] = {SCORE_PHASE1, SCORE_PHASE2, SCORE_GIVEN};
    for (int i = 0; i < SCORES; i++) {
        enum score which = order[i];
        if (!is_shown(metrics, which, shown)) continue;
        printf("  %-22s %.4f", names[which], score_of(metrics, which));
        if (errors != NULL && !isnan(errors[which])) printf(" +- %.4f", errors[which]);
        if (errors != NULL) printf("  (mean of the events)");
        if (which == SCORE_GIVEN) printf("  (weights as given%s)", weights_name(metrics->given_weights));
        printf("\n");
    }
}

/* share: of the weight in phase 1; NaN: not printed. */
static void print_efficiency(const char *name, const trkx_efficiency *efficiency, double share)
{
    printf("  %-22s %.4f +- %.4f  (%zu of %zu particles", name, efficiency->efficiency, efficiency->error,
           efficiency->matched, efficiency->particles);
    if (!isnan(share)) printf(", %.3f of the weight in phase 1", share);
    printf(")\n");
}

static void print_kinds(const trkx_metrics *metrics)
{
    if (!metrics->has_kinds) {
        printf("  %-22s unknown: they need a particles file with TrackML's ids\n", "  kinds");
        return;
    }
    print_efficiency("  from the beam", &metrics->from_beam, metrics->beam_weight);
    print_efficiency("  from decays", &metrics->from_decays, metrics->decays_weight);
    print_efficiency("  from material", &metrics->from_material, metrics->material_weight);
}

static void print_efficiencies(const trkx_metrics *metrics)
{
    print_efficiency("efficiency, all", &metrics->all, NAN);
    if (!metrics->has_pt) {
        printf("  %-22s unknown: no particles file, and the truth has no momenta\n", "  pT");
        return;
    }
    print_efficiency("  pT > 0.5 GeV", &metrics->above_500_mev, NAN);
    print_efficiency("  pT > 1 GeV", &metrics->above_1_gev, NAN);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_matches(const trkx_metrics *metrics)
{
    printf("%zu matched, %zu fragment%s, %zu fake%s\n", metrics->matched, metrics->fragments,
           plural(metrics->fragments), metrics->fakes, plural(metrics->fakes));
}

/* Everything except the scores. */
static void print_rest(const trkx_metrics *metrics)
{
    print_efficiencies(metrics);
    print_kinds(metrics);
    printf("  %-22s %zu: ", "tracks", metrics->tracks);
    print_matches(metrics);
    printf("  %-22s fragment %.4f, fake %.4f, duplicate %.4f\n", "rates", metrics->fragment_rate,
           metrics->fake_rate, metrics->duplicate_rate);
    printf("  %-22s %.4f\n", "hit purity", metrics->hit_purity);
}

void metrics_print(const char *name, const trkx_metrics *metrics, enum score shown)
{
    printf("%s: %zu hits (%zu noise), %zu on tracks\n", name, metrics->hits, metrics->noise_hits,
           metrics->hits_on_tracks);
    print_scores(metrics, NULL, shown);
    print_rest(metrics);
}

/* Of several scores those of the phases. */
static void print_scores_line(const trkx_metrics *metrics, enum score shown)
{
    static const char *const names[SCORES] = {"given", "phase 1", "phase 2"};
    bool phases = is_shown(metrics, SCORE_PHASE1, shown) || is_shown(metrics, SCORE_PHASE2, shown);
    const char *before = "";
    for (enum score which = phases ? SCORE_PHASE1 : SCORE_GIVEN; which < SCORES; which++) {
        if (!is_shown(metrics, which, shown)) continue;
        printf("%s%.4f (%s)", before, score_of(metrics, which), names[which]);
        before = ", ";
    }
}

void metrics_print_line(const char *name, const trkx_metrics *metrics, enum score shown)
{
    printf("%s: score ", name);
    print_scores_line(metrics, shown);
    printf(", efficiency %.4f", metrics->all.efficiency);
    if (metrics->has_pt) printf(" (pT > 1 GeV %.4f)", metrics->above_1_gev.efficiency);
    printf(", %zu track%s: ", metrics->tracks, plural(metrics->tracks));
    print_matches(metrics);
}

/* ---- as JSON ---------------------------------------------------------------------------------------- */

static json_t *number_json(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *efficiency_json(const trkx_efficiency *efficiency)
{
    return json_pack("{s:f, s:I, s:I, s:o, s:o}", "min_pt", efficiency->min_pt, "particles",
                     (json_int_t)efficiency->particles, "matched", (json_int_t)efficiency->matched,
                     "efficiency", number_json(efficiency->efficiency), "error",
                     number_json(efficiency->error));
}

static json_t *kind_json(const trkx_efficiency *efficiency, double share)
{
    json_t *json = checked(efficiency_json(efficiency));
    json_object_set_new(json, "weight", number_json(share));
    return json;
}

static json_t *weights_json(enum trkx_weights weights)
{
    return weights == TRKX_WEIGHTS_UNKNOWN
               ? json_null()
               : json_string(weights == TRKX_WEIGHTS_PHASE1 ? "phase1" : "phase2");
}

json_t *metrics_json(const char *name, const trkx_metrics *m)
{
    json_t *json = json_pack(
        "{s:o, s:f, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f}", "event",
        text_json(name), "trackml_score", m->trackml_score, "trackml_score_phase1",
        number_json(m->trackml_score_phase1), "trackml_score_phase2", number_json(m->trackml_score_phase2),
        "given_weights", weights_json(m->given_weights), "hits", (json_int_t)m->hits, "noise_hits",
        (json_int_t)m->noise_hits, "hits_on_tracks", (json_int_t)m->hits_on_tracks, "tracks",
        (json_int_t)m->tracks, "matched", (json_int_t)m->matched, "fragments", (json_int_t)m->fragments,
        "fakes", (json_int_t)m->fakes, "duplicates", (json_int_t)m->duplicates, "fragment_rate",
        m->fragment_rate, "fake_rate", m->fake_rate, "duplicate_rate", m->duplicate_rate, "hit_purity",
        m->hit_purity);
    json_t *efficiencies =
        json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:b}", "efficiency_all", efficiency_json(&m->all),
                  "efficiency_above_500_mev", efficiency_json(&m->above_500_mev), "efficiency_above_1_gev",
                  efficiency_json(&m->above_1_gev), "has_pt", m->has_pt, "efficiency_from_beam",
                  kind_json(&m->from_beam, m->beam_weight), "efficiency_from_decays",
                  kind_json(&m->from_decays, m->decays_weight), "efficiency_from_material",
                  kind_json(&m->from_material, m->material_weight), "has_kinds", m->has_kinds);
    json_object_update(checked(json), checked(efficiencies));
    json_decref(efficiencies);
    return json;
}

/* ---- several events --------------------------------------------------------------------------------- */

static void add_efficiency(trkx_efficiency *sum, const trkx_efficiency *efficiency)
{
    sum->min_pt = efficiency->min_pt;
    sum->particles += efficiency->particles;
    sum->matched += efficiency->matched;
}

void pool_add(struct pool *pool, const char *name, const trkx_metrics *metrics)
{
    trkx_metrics *sum = &pool->sum;
    if (pool->list == NULL) pool->list = checked(json_array());
    json_array_append_new(pool->list, checked(metrics_json(name, metrics)));
    bool first = pool->events++ == 0;
    sum->has_pt = (first || sum->has_pt) && metrics->has_pt;
    sum->has_kinds = (first || sum->has_kinds) && metrics->has_kinds;
    if (first || sum->given_weights == metrics->given_weights)
        sum->given_weights = metrics->given_weights;
    else
        sum->given_weights = TRKX_WEIGHTS_UNKNOWN;
    sum->trackml_score += metrics->trackml_score;
    sum->trackml_score_phase1 += metrics->trackml_score_phase1;
    sum->trackml_score_phase2 += metrics->trackml_score_phase2;
    for (enum score which = SCORE_GIVEN; which < SCORES; which++)
        pool->score_squares[which] += score_of(metrics, which) * score_of(metrics, which);
    sum->beam_weight += metrics->beam_weight;
    sum->decays_weight += metrics->decays_weight;
    sum->material_weight += metrics->material_weight;
    sum->hits += metrics->hits;
    sum->noise_hits += metrics->noise_hits;
    sum->hits_on_tracks += metrics->hits_on_tracks;
    sum->tracks += metrics->tracks;
    sum->matched += metrics->matched;
    sum->fragments += metrics->fragments;
    sum->fakes += metrics->fakes;
    sum->duplicates += metrics->duplicates;
    sum->hit_purity += metrics->hit_purity * (double)metrics->tracks;
    add_efficiency(&sum->all, &metrics->all);
    add_efficiency(&sum->above_500_mev, &metrics->above_500_mev);
    add_efficiency(&sum->above_1_gev, &metrics->above_1_gev);
    add_efficiency(&sum->from_beam, &metrics->from_beam);
    add_efficiency(&sum->from_decays, &metrics->from_decays);
    add_efficiency(&sum->from_material, &metrics->from_material);
}

/* As for a single event in src/metrics/metrics.c. */
static void finish_efficiency(trkx_efficiency *sum, bool known)
{
    double particles = (double)sum->particles, e = sum->particles > 0 ? (double)sum->matched / particles : 0;
    sum->efficiency = known ? e : NAN;
    sum->error = !known ? NAN : sum->particles > 0 ? sqrt(e * (1 - e) / particles) : 0;
}

/* Of the mean of numbers with this mean and this sum of squares. */
static double error_of_mean(double mean, double squares, size_t count)
{
    double n = (double)count, variance = squares / n - mean * mean;
    return count < 2 || isnan(variance) ? NAN : sqrt(fmax(variance, 0) / (n - 1));
}

static void finish_means(struct pool *pool)
{
    trkx_metrics *sum = &pool->sum;
    double *const means[] = {&sum->trackml_score, &sum->trackml_score_phase1, &sum->trackml_score_phase2,
                             &sum->beam_weight,   &sum->decays_weight,        &sum->material_weight};
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++) *means[i] /= (double)pool->events;
    for (enum score which = SCORE_GIVEN; which < SCORES; which++)
        pool->score_errors[which] =
            error_of_mean(score_of(sum, which), pool->score_squares[which], pool->events);
}

void pool_finish(struct pool *pool)
{
    trkx_metrics *sum = &pool->sum;
    double tracks = sum->tracks > 0 ? (double)sum->tracks : 1;
    finish_means(pool);
    sum->fragment_rate = (double)sum->fragments / tracks;
    sum->fake_rate = (double)sum->fakes / tracks;
    sum->duplicate_rate = (double)sum->duplicates / tracks;
    sum->hit_purity /= tracks;
    finish_efficiency(&sum->all, true);
    finish_efficiency(&sum->above_500_mev, sum->has_pt);
    finish_efficiency(&sum->above_1_gev, sum->has_pt);
    finish_efficiency(&sum->from_beam, sum->has_kinds);
    finish_efficiency(&sum->from_decays, sum->has_kinds);
    finish_efficiency(&sum->from_material, sum->has_kinds);
}

json_t *pool_json(struct pool *pool)
{
    json_t *pooled = checked(metrics_json("", &pool->sum)), *list = pool->list;
    json_object_del(pooled, "event");
    json_object_set_new(pooled, "trackml_score_error", number_json(pool->score_errors[SCORE_GIVEN]));
    json_object_set_new(pooled, "trackml_score_phase1_error", number_json(pool->score_errors[SCORE_PHASE1]));
    json_object_set_new(pooled, "trackml_score_phase2_error", number_json(pool->score_errors[SCORE_PHASE2]));
    pool->list = NULL;
    return json_pack("{s:o, s:o}", "events", list, "pooled", pooled);
}

void pool_print(const struct pool *pool, enum score shown)
{
    const trkx_metrics *sum = &pool->sum;
    printf("%zu event%s: %zu hits (%zu noise), %zu on tracks\n", pool->events, plural(pool->events),
           sum->hits, sum->noise_hits, sum->hits_on_tracks);
    print_scores(sum, pool->score_errors, shown);
    print_rest(sum);
}
