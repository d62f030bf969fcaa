/* trkx evaluate: tracks against the truth. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

struct settings {
    trkx_metrics_options metrics;
    const char *json; /* NULL: not wanted */
};

static void help(void)
{
    trkx_metrics_options defaults;
    trkx_metrics_options_init(&defaults);
    printf(
        "usage: trkx evaluate [OPTIONS] EVENT TRACKS\n\n"
        "Compares TRACKS (hit_id,track_id; 0: no track) with the truth of EVENT: the TrackML score, and by\n"
        "double majority efficiency, fragments, fakes and duplicates.\n\n"
        "  --json FILE    write the figures there as well\n"
        "  --min-hits N   least hits of tracks and particles (%zu)\n"
        "  --match F      share of hits that makes a majority, > F (%g)\n",
        defaults.min_hits, defaults.match_fraction);
}

enum { JSON, MIN_HITS, MATCH };

static const struct option options[] = {{"json", 1, NULL, JSON},
                                        {"min-hits", 1, NULL, MIN_HITS},
                                        {"match", 1, NULL, MATCH},
                                        {"help", 0, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

static bool apply(void *target, int option, const char *value)
{
    struct settings *settings = target;
    switch (option) {
    case JSON: settings->json = value; return true;
    case MIN_HITS: return get_size("min-hits", value, 1, 1000000, &settings->metrics.min_hits);
    default: return get_double("match", value, 0.5, 0.999999, &settings->metrics.match_fraction);
    }
}

static void print_efficiency(const char *name, const trkx_efficiency *efficiency)
{
    printf("  %-22s %.4f +- %.4f  (%zu of %zu particles)\n", name, efficiency->efficiency, efficiency->error,
           efficiency->matched, efficiency->particles);
}

static void print_metrics(const char *name, const trkx_metrics *metrics)
{
    printf("%s: %zu hits (%zu noise), %zu on tracks\n", name, metrics->hits, metrics->noise_hits,
           metrics->hits_on_tracks);
    printf("  %-22s %.4f\n", "TrackML score", metrics->trackml_score);
    print_efficiency("efficiency, all", &metrics->all);
    print_efficiency("  pT > 0.5 GeV", &metrics->above_500_mev);
    print_efficiency("  pT > 1 GeV", &metrics->above_1_gev);
    printf("  %-22s %zu: %zu matched, %zu fragments, %zu fakes\n", "tracks", metrics->tracks,
           metrics->matched, metrics->fragments, metrics->fakes);
    printf("  %-22s fragment %.4f, fake %.4f, duplicate %.4f\n", "rates", metrics->fragment_rate,
           metrics->fake_rate, metrics->duplicate_rate);
    printf("  %-22s %.4f\n", "hit purity", metrics->hit_purity);
}

static json_t *efficiency_json(const trkx_efficiency *efficiency)
{
    return json_pack("{s:f, s:I, s:I, s:f, s:f}", "min_pt", efficiency->min_pt, "particles",
                     (json_int_t)efficiency->particles, "matched", (json_int_t)efficiency->matched,
                     "efficiency", efficiency->efficiency, "error", efficiency->error);
}

static json_t *metrics_json(const char *name, const trkx_metrics *m)
{
    return json_pack("{s:o, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:o, s:o, s:o}",
                     "event", text_json(name), "trackml_score", m->trackml_score, "hits", (json_int_t)m->hits,
                     "noise_hits", (json_int_t)m->noise_hits, "hits_on_tracks", (json_int_t)m->hits_on_tracks,
                     "tracks", (json_int_t)m->tracks, "matched", (json_int_t)m->matched, "fragments",
                     (json_int_t)m->fragments, "fakes", (json_int_t)m->fakes, "duplicates",
                     (json_int_t)m->duplicates, "fragment_rate", m->fragment_rate, "fake_rate", m->fake_rate,
                     "duplicate_rate", m->duplicate_rate, "hit_purity", m->hit_purity, "efficiency_all",
                     efficiency_json(&m->all), "efficiency_above_500_mev", efficiency_json(&m->above_500_mev),
                     "efficiency_above_1_gev", efficiency_json(&m->above_1_gev));
}

static enum trkx_status measure(const trkx_event *event, const char *tracks,
                                const trkx_metrics_options *choice, trkx_metrics *metrics, trkx_error *error)
{
    const trkx_hits *hits = trkx_event_hits(event);
    int32_t *labels = checked(malloc((hits->count + 1) * sizeof *labels));
    enum trkx_status status = trkx_tracks_read(tracks, hits, labels, error);
    if (status == TRKX_OK)
        status = trkx_evaluate(labels, hits, trkx_event_truth(event), trkx_event_particles(event), choice,
                               metrics, error);
    free(labels);
    return status;
}

/* Truth is needed; without the particles' file a particle's momentum is that of its first hit. */
static enum trkx_status read_event(const char *prefix, trkx_event **event, trkx_error *error)
{
    unsigned parts = TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES;
    enum trkx_status status = trkx_event_read(prefix, parts | TRKX_EVENT_OPTIONAL, 0, event, error);
    if (status != TRKX_OK || trkx_event_truth(*event) != NULL) return status;
    trkx_event_destroy(*event);
    return trkx_event_read(prefix, parts, 0, event, error); /* says which file is missing */
}

static int evaluate(const char *prefix, const char *tracks, const struct settings *settings)
{
    trkx_event *event = NULL;
    trkx_metrics metrics;
    trkx_error error;
    int code = EXIT_OK;
    if (read_event(prefix, &event, &error) != TRKX_OK) return failed(&error);
    if (measure(event, tracks, &settings->metrics, &metrics, &error) != TRKX_OK)
        code = failed(&error);
    else {
        const char *name = trkx_event_name(event);
        print_metrics(name, &metrics);
        if (settings->json != NULL && !write_json(settings->json, metrics_json(name, &metrics)))
            code = EXIT_FAILED;
    }
    trkx_event_destroy(event);
    return code;
}

int command_evaluate(int count, char **arguments)
{
    static const struct command command = {"evaluate", options, apply, help};
    struct settings settings = {0};
    trkx_metrics_options_init(&settings.metrics);
    int code = read_options(&command, count, arguments, &settings);
    if (code >= 0) return code;
    if (count - optind != 2) return misused("evaluate: EVENT and TRACKS are needed");
    return evaluate(arguments[optind], arguments[optind + 1], &settings);
}
