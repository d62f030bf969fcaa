/* trkx evaluate: tracks against the truth. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static int help(const trkx_metrics_options *defaults)
{
    printf(
        "usage: trkx evaluate [OPTIONS] EVENT TRACKS\n\n"
        "Compares TRACKS (hit_id,track_id; 0: no track) with the truth of EVENT: the TrackML score, and by\n"
        "double majority efficiency, fragments, fakes and duplicates.\n\n"
        "  --json FILE    write the figures there as well\n"
        "  --min-hits N   least hits of tracks and particles (%zu)\n"
        "  --match F      share of hits that makes a majority, > F (%g)\n",
        defaults->min_hits, defaults->match_fraction);
    return EXIT_OK;
}

enum { JSON, MIN_HITS, MATCH, HELP };

static const struct option options[] = {{"json", 1, NULL, JSON},
                                        {"min-hits", 1, NULL, MIN_HITS},
                                        {"match", 1, NULL, MATCH},
                                        {"help", 0, NULL, HELP},
                                        {NULL, 0, NULL, 0}};

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
    return json_pack("{s:s, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:o, s:o, s:o}",
                     "event", name, "trackml_score", m->trackml_score, "hits", (json_int_t)m->hits,
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

static int evaluate(const char *prefix, const char *tracks, const trkx_metrics_options *choice,
                    const char *json)
{
    trkx_event *event = NULL;
    trkx_metrics metrics;
    trkx_error error;
    int code = EXIT_OK;
    if (trkx_event_read(prefix, TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES, &event, &error) != TRKX_OK)
        return failed(&error);
    if (measure(event, tracks, choice, &metrics, &error) != TRKX_OK)
        code = failed(&error);
    else {
        print_metrics(trkx_event_name(event), &metrics);
        if (json != NULL && !write_json(json, metrics_json(trkx_event_name(event), &metrics)))
            code = EXIT_FAILED;
    }
    trkx_event_destroy(event);
    return code;
}

int command_evaluate(int count, char **arguments)
{
    trkx_metrics_options choice, defaults;
    const char *json = NULL;
    trkx_metrics_options_init(&choice);
    trkx_metrics_options_init(&defaults);
    for (int option; (option = getopt_long(count, arguments, ":", options, NULL)) != -1;) {
        bool good = true;
        switch (option) {
        case JSON: json = optarg; break;
        case MIN_HITS: good = get_size("min-hits", optarg, 1, 1000000, &choice.min_hits); break;
        case MATCH: good = get_double("match", optarg, 0.5, 0.999999, &choice.match_fraction); break;
        case HELP: return help(&defaults);
        default: return misused_option("evaluate", arguments, option);
        }
        if (!good) return EXIT_USAGE;
    }
    if (count - optind != 2) return misused("evaluate: EVENT and TRACKS are needed");
    return evaluate(arguments[optind], arguments[optind + 1], &choice, json);
}
