/* Prints the metrics of events and writes them as JSON. */
#include "programs/evaluate_report.h"

#include <math.h>
#include <stdio.h>

/* ---- on the screen ---------------------------------------------------------------------------------- */

static void print_efficiency(const char *name, const trkx_efficiency *efficiency)
{
    printf("  %-22s %.4f +- %.4f  (%zu of %zu particles)\n", name, efficiency->efficiency, efficiency->error,
           efficiency->matched, efficiency->particles);
}

static void print_efficiencies(const trkx_metrics *metrics)
{
    print_efficiency("efficiency, all", &metrics->all);
    if (!metrics->has_pt) {
        printf("  %-22s unknown: no particles file, and the truth has no momenta\n", "  pT");
        return;
    }
    print_efficiency("  pT > 0.5 GeV", &metrics->above_500_mev);
    print_efficiency("  pT > 1 GeV", &metrics->above_1_gev);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_kinds(const trkx_metrics *metrics)
{
    printf("%zu matched, %zu fragment%s, %zu fake%s\n", metrics->matched, metrics->fragments,
           plural(metrics->fragments), metrics->fakes, plural(metrics->fakes));
}

/* Everything except the score. */
static void print_rest(const trkx_metrics *metrics)
{
    print_efficiencies(metrics);
    printf("  %-22s %zu: ", "tracks", metrics->tracks);
    print_kinds(metrics);
    printf("  %-22s fragment %.4f, fake %.4f, duplicate %.4f\n", "rates", metrics->fragment_rate,
           metrics->fake_rate, metrics->duplicate_rate);
    printf("  %-22s %.4f\n", "hit purity", metrics->hit_purity);
}

void metrics_print(const char *name, const trkx_metrics *metrics)
{
    printf("%s: %zu hits (%zu noise), %zu on tracks\n", name, metrics->hits, metrics->noise_hits,
           metrics->hits_on_tracks);
    printf("  %-22s %.4f\n", "TrackML score", metrics->trackml_score);
    print_rest(metrics);
}

void metrics_print_line(const char *name, const trkx_metrics *metrics)
{
    printf("%s: score %.4f, efficiency %.4f", name, metrics->trackml_score, metrics->all.efficiency);
    if (metrics->has_pt) printf(" (pT > 1 GeV %.4f)", metrics->above_1_gev.efficiency);
    printf(", %zu track%s: ", metrics->tracks, plural(metrics->tracks));
    print_kinds(metrics);
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

json_t *metrics_json(const char *name, const trkx_metrics *m)
{
    return json_pack(
        "{s:o, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:b}", "event",
        text_json(name), "trackml_score", m->trackml_score, "hits", (json_int_t)m->hits, "noise_hits",
        (json_int_t)m->noise_hits, "hits_on_tracks", (json_int_t)m->hits_on_tracks, "tracks",
        (json_int_t)m->tracks, "matched", (json_int_t)m->matched, "fragments", (json_int_t)m->fragments,
        "fakes", (json_int_t)m->fakes, "duplicates", (json_int_t)m->duplicates, "fragment_rate",
        m->fragment_rate, "fake_rate", m->fake_rate, "duplicate_rate", m->duplicate_rate, "hit_purity",
        m->hit_purity, "efficiency_all", efficiency_json(&m->all), "efficiency_above_500_mev",
        efficiency_json(&m->above_500_mev), "efficiency_above_1_gev", efficiency_json(&m->above_1_gev),
        "has_pt", m->has_pt);
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
    sum->has_pt = (pool->events++ == 0 || sum->has_pt) && metrics->has_pt;
    sum->trackml_score += metrics->trackml_score;
    pool->score_squares += metrics->trackml_score * metrics->trackml_score;
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
}

/* As for a single event in src/metrics/metrics.c. */
static void finish_efficiency(trkx_efficiency *sum, bool known)
{
    double particles = (double)sum->particles, e = sum->particles > 0 ? (double)sum->matched / particles : 0;
    sum->efficiency = known ? e : NAN;
    sum->error = !known ? NAN : sum->particles > 0 ? sqrt(e * (1 - e) / particles) : 0;
}

void pool_finish(struct pool *pool)
{
    trkx_metrics *sum = &pool->sum;
    double events = (double)pool->events, tracks = sum->tracks > 0 ? (double)sum->tracks : 1;
    sum->trackml_score /= events;
    double variance = pool->score_squares / events - sum->trackml_score * sum->trackml_score;
    pool->score_error = pool->events > 1 ? sqrt(fmax(variance, 0) / (events - 1)) : NAN;
    sum->fragment_rate = (double)sum->fragments / tracks;
    sum->fake_rate = (double)sum->fakes / tracks;
    sum->duplicate_rate = (double)sum->duplicates / tracks;
    sum->hit_purity /= tracks;
    finish_efficiency(&sum->all, true);
    finish_efficiency(&sum->above_500_mev, sum->has_pt);
    finish_efficiency(&sum->above_1_gev, sum->has_pt);
}

json_t *pool_json(struct pool *pool)
{
    json_t *pooled = checked(metrics_json("", &pool->sum)), *list = pool->list;
    json_object_del(pooled, "event");
    json_object_set_new(pooled, "trackml_score_error", number_json(pool->score_error));
    pool->list = NULL;
    return json_pack("{s:o, s:o}", "events", list, "pooled", pooled);
}

void pool_print(const struct pool *pool)
{
    const trkx_metrics *sum = &pool->sum;
    printf("%zu event%s: %zu hits (%zu noise), %zu on tracks\n", pool->events, plural(pool->events),
           sum->hits, sum->noise_hits, sum->hits_on_tracks);
    printf("  %-22s %.4f", "TrackML score", sum->trackml_score);
    if (pool->events > 1) printf(" +- %.4f", pool->score_error);
    printf("  (mean of the events)\n");
    print_rest(sum);
}
