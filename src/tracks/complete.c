/* Completes tracks in rounds. The network's graph finds most of a track; missing hits are on the helix
 * through the found ones. Candidate edges, most of which the network has rejected, lead to many of them; the
 * search on the next layers that the track crosses finds the rest. */
#include "tracks/complete.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <string.h>

#include "core/keys.h"
#include "core/options.h"
#include "core/threads.h"
#include "tracks/chains.h"
#include "tracks/labels.h"

enum { EDGES_PER_THREAD = 1 << 14 }; /* with less work than this, starting a thread takes longer */
/* The largest azimuth, and a little more. */
static const double FARTHEST = TRKX_PI + 1e-6;

enum { AHEAD = 8 }; /* candidates whose hits are prefetched */

void trkx_complete_options_init(trkx_complete_options *options)
{
    *options = (trkx_complete_options){.size = sizeof *options,
                                       .match = -3,
                                       .search = 0.5,
                                       .exchange = INFINITY,
                                       .rounds = 2,
                                       .chain_hits = 4,
                                       .chain_score = 6,
                                       .min_hits = 3,
                                       .threads = 0};
}

/* ---- a hit and a track ------------------------------------------------------------------------------ */

/* Of `count` hits in order, those around the place `k` of a further one: three for the circle, two for the
 * line. Beyond the ends every other hit, if there are enough, for a longer lever arm. */
static void choose_hits(size_t count, size_t k, size_t circle[3], size_t line[2])
{
    if (k == 0) {
        size_t middle = count > 4 ? 2 : 1, last = count > 5 ? 4 : count - 1;
        memcpy(circle, (size_t[3]){0, middle, last}, 3 * sizeof *circle);
        memcpy(line, (size_t[2]){0, count > 3 ? 2 : count - 1}, 2 * sizeof *line);
    } else if (k == count) {
        size_t middle = count > 4 ? count - 3 : count - 2, first = count > 5 ? count - 5 : 0;
        memcpy(circle, (size_t[3]){first, middle, count - 1}, 3 * sizeof *circle);
        memcpy(line, (size_t[2]){count > 3 ? count - 3 : 0, count - 1}, 2 * sizeof *line);
    } else {
        size_t far = k + 2 < count ? k + 2 : k >= 3 ? k - 3 : k + 1 < count ? k + 1 : k - 2;
        memcpy(circle, far > k ? (size_t[3]){k - 1, k, far} : (size_t[3]){far, k - 1, k}, 3 * sizeof *circle);
        memcpy(line, (size_t[2]){k - 1, k}, 2 * sizeof *line);
    }
}

/* The helix that predicts a hit at place `k` among the `count` hits of a track except track[without]; false
 * if there is none. */
static bool helix_at(const struct trkx_measurement *measurements, const uint32_t *track, size_t count,
                     size_t without, size_t k, const struct trkx_description *detector,
                     struct trkx_helix *helix)
{
    const struct trkx_measurement *circle[3], *line[2];
    size_t circle_at[3], line_at[2];
    choose_hits(count, k, circle_at, line_at);
    for (int i = 0; i < 3; i++) circle[i] = &measurements[track[circle_at[i] + (circle_at[i] >= without)]];
    for (int i = 0; i < 2; i++) line[i] = &measurements[track[line_at[i] + (line_at[i] >= without)]];
    return trkx_helix_through(circle, line, detector, helix);
}

double trkx_track_match(const struct trkx_measurement *measurements, const uint32_t *track, size_t count,
                        size_t without, uint32_t hit, const struct trkx_description *detector)
{
    const struct trkx_measurement *m = &measurements[hit];
    struct trkx_helix helix;
    size_t k = 0, others = count - (without < count);
    if (others < 3) return TRKX_NO_MATCH;
    for (size_t i = 0; i < count; i++) {
        if (i == without) continue;
        if (measurements[track[i]].module == m->module) return TRKX_NO_MATCH;
        k += measurements[track[i]].distance2 < m->distance2;
    }
    if (!helix_at(measurements, track, others, without, k, detector, &helix)) return TRKX_NO_MATCH;
    return trkx_helix_match(&helix, m);
}

size_t trkx_track_crossings(const struct trkx_measurement *measurements, const uint32_t *track, size_t count,
                            int end, const struct trkx_layers *layers,
                            const struct trkx_description *detector,
                            struct trkx_crossing crossings[TRKX_LAYERS_AHEAD])
{
    size_t k = end == 0 ? 0 : count, circle[3], line[2];
    choose_hits(count, k, circle, line);
    const struct trkx_measurement *ends[3],
        *points[2] = {&measurements[track[line[0]]], &measurements[track[line[1]]]};
    for (int i = 0; i < 3; i++) ends[i] = &measurements[track[circle[end == 0 ? i : 2 - i]]];
    if (end == 0) {
        const struct trkx_measurement *first = points[0];
        points[0] = points[1];
        points[1] = first;
    }
    return trkx_crossings(layers, ends, points, detector, crossings);
}

/* ---- claims ----------------------------------------------------------------------------------------- */

/* The best claim on a hit: (code of the score, ~track), so that ties go to the lower track; 0: none. */
typedef _Atomic(uint64_t) best_claim;

static uint32_t claimant(uint64_t claim)
{
    return claim == 0 ? 0 : ~trkx_key_low(claim);
}

static void raise_claim(best_claim *claim, uint64_t to)
{
    uint64_t before = atomic_load_explicit(claim, memory_order_relaxed);
    while (before < to && !atomic_compare_exchange_weak_explicit(claim, &before, to, memory_order_relaxed,
                                                                 memory_order_relaxed)) {
    }
}

/* The hits of each track, in their order along it. */
struct track_list {
    size_t tracks;
    size_t *begin;  /* [tracks + 2] hits of track t >= 1: hits[begin[t]..begin[t + 1]) */
    uint32_t *hits; /* [n] */
};

/* What is needed of every hit near a track, in one cache line: for most hits nothing more is needed. */
struct spot {
    double distance2;
    uint64_t strength; /* of its track; 0 if any other may claim it */
    int32_t module;
    float present; /* how well it fits its track's other hits, if hits are exchanged */
};

/* The state of a completion. */
struct trkx_completion {
    struct trkx_memory *memory;
    size_t n, tracks;
    struct trkx_measurement *measurements; /* [n] */
    struct trkx_layers layers;
    size_t *near_begin; /* [n + 2] begins in `near` of the hits joined with each hit by candidate edges */
    uint32_t *near;     /* [2m] */
    trkx_complete_options options;
    const struct trkx_description *detector;
    int threads;
    int32_t *labels;          /* [n] */
    struct track_list list;   /* of the labels at the round's begin */
    size_t capacity;          /* most tracks */
    struct spot *spots;       /* [n] */
    bool *changed, *changing; /* [capacity + 1] in the last round, in this one */
    bool *dissolved;          /* [capacity + 1] in this one */
    bool *weighed;            /* [capacity + 1] whether `present` of its hits is known */
    best_claim *claims;       /* [n] */
    int32_t *last;            /* [threads, n] the track that a thread last compared each hit with */
    int32_t *next;            /* [n] labels at the round's end */
    int32_t *numbers;         /* [capacity + 1] new ones of the tracks */
};

static size_t size_of(const struct track_list *list, int32_t track)
{
    return list->begin[track + 1] - list->begin[track];
}

/* A track may take a hit that is free or of a weaker track: a smaller one, or a later one of the same size.
 */
static uint64_t strength_of(const struct trkx_completion *c, int32_t track)
{
    return track == 0 ? 0 : trkx_key((uint32_t)size_of(&c->list, track), ~(uint32_t)track);
}

/* A track that searches for hits, with data that is needed repeatedly. */
enum { HELICES = 32, WAITING = 32 };
struct seeker {
    int32_t track;
    uint64_t strength;
    const uint32_t *hits; /* [count] */
    size_t count;
    double distance2[HELICES]; /* of the hits, where there are so few */
    int32_t module[HELICES];
    enum { HELIX_UNKNOWN, HELIX_NONE, HELIX_KNOWN } known[HELICES + 1]; /* by place of a further hit */
    struct trkx_helix helices[HELICES + 1];
    int32_t *last; /* [n] */
    size_t waiting_count;
    uint32_t waiting[WAITING]; /* hits to be compared with it */
};

static void start_seeking(const struct trkx_completion *c, int32_t track, int32_t *last,
                          struct seeker *seeker)
{
    seeker->track = track;
    seeker->strength = strength_of(c, track);
    seeker->hits = c->list.hits + c->list.begin[track];
    seeker->count = size_of(&c->list, track);
    seeker->last = last;
    seeker->waiting_count = 0;
    for (size_t i = 0; i < seeker->count && i < HELICES; i++) {
        __builtin_prefetch(&c->near_begin[seeker->hits[i]]);
        seeker->distance2[i] = c->spots[seeker->hits[i]].distance2;
        seeker->module[i] = c->spots[seeker->hits[i]].module;
    }
    memset(seeker->known, 0, sizeof seeker->known);
}

/* As trkx_track_match with the whole track. */
static double match(const struct trkx_completion *c, struct seeker *seeker, uint32_t hit)
{
    const struct spot spot = c->spots[hit];
    size_t k = 0, same = 0, count = seeker->count;
    if (count > HELICES)
        return trkx_track_match(c->measurements, seeker->hits, count, count, hit, c->detector);
    for (size_t i = 0; i < count; i++) {
        same += seeker->module[i] == spot.module;
        k += seeker->distance2[i] < spot.distance2;
    }
    if (same > 0) return TRKX_NO_MATCH;
    if (seeker->known[k] == HELIX_UNKNOWN)
        seeker->known[k] =
            helix_at(c->measurements, seeker->hits, count, count, k, c->detector, &seeker->helices[k])
                ? HELIX_KNOWN
                : HELIX_NONE;
    return seeker->known[k] == HELIX_KNOWN ? trkx_helix_match(&seeker->helices[k], &c->measurements[hit])
                                           : TRKX_NO_MATCH;
}

/* Compares the waiting hits, which are in the cache by now. */
static void match_waiting(struct trkx_completion *c, struct seeker *seeker, double least)
{
    for (size_t i = 0; i < seeker->waiting_count; i++) {
        uint32_t hit = seeker->waiting[i];
        double score = match(c, seeker, hit);
        if (!(score >= least)) continue;
        raise_claim(&c->claims[hit], trkx_key(trkx_float_code((float)score), ~(uint32_t)seeker->track));
    }
    seeker->waiting_count = 0;
}

static inline void consider(struct trkx_completion *c, struct seeker *seeker, uint32_t hit, double least)
{
    if (seeker->last[hit] == seeker->track || c->spots[hit].strength >= seeker->strength) return;
    seeker->last[hit] = seeker->track;
    const char *measurement = (const char *)&c->measurements[hit];
    __builtin_prefetch(measurement);
    __builtin_prefetch(measurement + sizeof *c->measurements - 1);
    seeker->waiting[seeker->waiting_count++] = hit;
    if (seeker->waiting_count == WAITING) match_waiting(c, seeker, least);
}

/* Checks the hits of a layer around a crossing, between two azimuths. */
static void consider_range(struct trkx_completion *c, struct seeker *seeker,
                           const struct trkx_crossing *crossing, double low, double high)
{
    const struct trkx_layer *layer = &c->layers.layers[crossing->layer];
    size_t first = layer->begin, end = layer->end;
    if (high < -FARTHEST || low > FARTHEST) return;
    while (first < end) {
        size_t middle = (first + end) / 2;
        if ((double)c->layers.phi[middle] < low)
            first = middle + 1;
        else
            end = middle;
    }
    for (size_t k = first; k < layer->end && (double)c->layers.phi[k] <= high; k++)
        if (trkx_crossing_near(crossing, &c->layers, k))
            consider(c, seeker, c->layers.order[k], c->options.search);
}

/* Checks all hits where the track is expected beyond its ends. */
static void follow_track(struct trkx_completion *c, struct seeker *seeker)
{
    const double turn = 2 * TRKX_PI, slack = 1e-6;
    for (int end = 0; end < 2; end++) {
        struct trkx_crossing crossings[TRKX_LAYERS_AHEAD];
        size_t found = trkx_track_crossings(c->measurements, seeker->hits, seeker->count, end, &c->layers,
                                            c->detector, crossings);
        for (size_t i = 0; i < found; i++) {
            double width = fmin(crossings[i].width_phi, turn / 2) + slack;
            for (int t = -1; t <= 1; t++)
                consider_range(c, seeker, &crossings[i], crossings[i].phi - width + t * turn,
                               crossings[i].phi + width + t * turn);
        }
    }
}

/* All claims of a track: on hits joined to its own by candidate edges, and where it is expected. */
static void claim_for(struct trkx_completion *c, int32_t track, int32_t *last)
{
    struct seeker seeker;
    if (!c->changed[track] || size_of(&c->list, track) < 3) return;
    start_seeking(c, track, last, &seeker);
    for (size_t i = 0; i < seeker.count; i++) {
        uint32_t hit = seeker.hits[i], next = seeker.hits[i + 1 < seeker.count ? i + 1 : i];
        __builtin_prefetch(&c->near[c->near_begin[next]]);
        for (size_t k = c->near_begin[hit]; k < c->near_begin[hit + 1]; k++) {
            __builtin_prefetch(&c->spots[c->near[k + AHEAD]]);
            consider(c, &seeker, c->near[k], c->options.match);
        }
    }
    match_waiting(c, &seeker, c->options.match);
    follow_track(c, &seeker);
    match_waiting(c, &seeker, c->options.search);
}

/* How well each hit of a track fits the others. */
static void weigh_hits(struct trkx_completion *c)
{
#pragma omp parallel for num_threads(c->threads) schedule(dynamic, 64)
    for (size_t t = 1; t <= c->list.tracks; t++) {
        const uint32_t *hits = c->list.hits + c->list.begin[t];
        size_t count = size_of(&c->list, (int32_t)t);
        for (size_t i = 0; i < count && !c->weighed[t]; i++)
            c->spots[hits[i]].present =
                (float)trkx_track_match(c->measurements, hits, count, i, hits[i], c->detector);
        c->weighed[t] = true;
    }
}

static bool exchanges(const struct trkx_completion *c)
{
    return c->options.exchange < INFINITY;
}

static bool is_loose(const struct trkx_completion *c, size_t i)
{
    return exchanges(c) && c->spots[i].present < (float)TRKX_LOOSE;
}

static void claim_hits(struct trkx_completion *c)
{
    size_t n = c->n;
    if (exchanges(c)) weigh_hits(c);
    for (size_t i = 0; i < n; i++) {
        atomic_init(&c->claims[i], 0);
        c->spots[i].strength = is_loose(c, i) ? 0 : strength_of(c, c->labels[i]);
    }
    memset(c->last, 0, (size_t)c->threads * n * sizeof *c->last);
#pragma omp parallel for num_threads(c->threads) schedule(dynamic, 64)
    for (size_t t = 1; t <= c->list.tracks; t++)
        claim_for(c, (int32_t)t, c->last + (size_t)omp_get_thread_num() * n);
}

/* ---- decisions -------------------------------------------------------------------------------------- */

static void relabel(struct trkx_completion *c, uint32_t hit, int32_t track)
{
    c->changing[c->next[hit]] = c->changing[track] = true;
    c->weighed[c->next[hit]] = c->weighed[track] = false;
    c->next[hit] = track;
}

/* The stronger track that claims most hits of another, if at least a third. */
static int32_t most_frequent_claimant(const struct trkx_completion *c, const uint32_t *hits, size_t count)
{
    size_t most = 0;
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t track = claimant(c->claims[hits[i]]);
        size_t votes = 0;
        if (strength_of(c, (int32_t)track) < strength_of(c, c->labels[hits[i]])) continue;
        for (size_t j = 0; j < count; j++) votes += claimant(c->claims[hits[j]]) == track;
        if (votes > most || (votes == most && votes > 0 && track < found)) {
            most = votes;
            found = track;
        }
    }
    return 3 * most >= count ? (int32_t)found : 0;
}

/* A track is absorbed by another that claims at least a third of its hits; hits it does not claim become
 * free. */
static void dissolve_tracks(struct trkx_completion *c)
{
    for (size_t t = 1; t <= c->list.tracks; t++) {
        const uint32_t *hits = c->list.hits + c->list.begin[t];
        size_t count = size_of(&c->list, (int32_t)t);
        int32_t into = most_frequent_claimant(c, hits, count);
        c->dissolved[t] = into != 0;
        for (size_t i = 0; i < count && into != 0; i++)
            relabel(c, hits[i], claimant(c->claims[hits[i]]) == (uint32_t)into ? into : 0);
    }
}

static void take_free_hits(struct trkx_completion *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->labels[i] == 0 && claimant(c->claims[i]) != 0)
            relabel(c, (uint32_t)i, (int32_t)claimant(c->claims[i]));
}

/* Hits that fit their track badly move to the track that they fit better, unless either has been merged.
 */
static void exchange_hits(struct trkx_completion *c)
{
    for (size_t i = 0; i < c->n; i++) {
        uint32_t to = claimant(c->claims[i]);
        if (c->labels[i] == 0 || to == 0 || !is_loose(c, i)) continue;
        if (c->dissolved[c->labels[i]] || c->dissolved[to]) continue;
        float least = fmaxf((float)c->options.exchange, c->spots[i].present);
        if (trkx_key_high(c->claims[i]) > trkx_float_code(least)) relabel(c, (uint32_t)i, (int32_t)to);
    }
}

/* Of the hits on one module that a track has taken, it keeps the best. */
static void keep_one_a_module(struct trkx_completion *c)
{
    const struct track_list *list = &c->list;
    for (size_t t = 1; t <= list->tracks; t++) {
        if (!c->changing[t]) continue;
        const uint32_t *hits = list->hits + list->begin[t];
        size_t count = size_of(list, (int32_t)t);
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < count; j++) {
                uint32_t a = hits[i], b = hits[j];
                bool both = c->labels[a] != c->next[a] && c->labels[b] != c->next[b] &&
                            c->next[a] == c->next[b] && a != b;
                if (both && c->measurements[a].module == c->measurements[b].module &&
                    (c->claims[a] > c->claims[b] || (c->claims[a] == c->claims[b] && a < b)))
                    relabel(c, b, 0);
            }
    }
}

/* ---- rounds ----------------------------------------------------------------------------------------- */

/* Hits of a track by distance from the origin, ties by index. */
static void sort_hits(const struct trkx_measurement *measurements, uint32_t *hits, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint32_t hit = hits[i];
        size_t j = i;
        for (; j > 0 && measurements[hits[j - 1]].distance2 > measurements[hit].distance2; j--)
            hits[j] = hits[j - 1];
        hits[j] = hit;
    }
}

/* In the order of their rows. */
static void list_hits(const struct trkx_completion *c, const int32_t *labels, size_t tracks,
                      struct track_list *list)
{
    list->tracks = tracks;
    memset(list->begin, 0, (tracks + 2) * sizeof *list->begin);
    for (size_t i = 0; i < c->n; i++)
        if (labels[i] > 0) list->begin[labels[i] + 1]++;
    for (size_t t = 1; t <= tracks; t++) list->begin[t + 1] += list->begin[t];
    for (size_t i = 0; i < c->n; i++)
        if (labels[i] > 0) list->hits[list->begin[labels[i]]++] = (uint32_t)i;
    memmove(list->begin + 1, list->begin, (tracks + 1) * sizeof *list->begin);
    list->begin[1] = 0;
}

static void sort_tracks(const struct trkx_completion *c, struct track_list *list)
{
#pragma omp parallel for num_threads(c->threads) schedule(static)
    for (size_t t = 1; t <= list->tracks; t++)
        sort_hits(c->measurements, list->hits + list->begin[t], list->begin[t + 1] - list->begin[t]);
}

/* False if nothing changed. */
static bool complete_once(struct trkx_completion *c, size_t tracks)
{
    bool any = false;
    list_hits(c, c->labels, tracks, &c->list);
    sort_tracks(c, &c->list);
    claim_hits(c);
    memcpy(c->next, c->labels, c->n * sizeof *c->next);
    memset(c->changing, 0, (c->capacity + 1) * sizeof *c->changing);
    dissolve_tracks(c);
    take_free_hits(c);
    if (exchanges(c)) exchange_hits(c);
    list_hits(c, c->next, tracks, &c->list);
    keep_one_a_module(c);
    memcpy(c->labels, c->next, c->n * sizeof *c->labels);
    memcpy(c->changed, c->changing, (c->capacity + 1) * sizeof *c->changed);
    for (size_t t = 0; t <= tracks; t++) any |= c->changed[t];
    return any;
}

/* For the tracks that changed. */
static void complete_rounds(struct trkx_completion *c)
{
    for (size_t r = 0; r < c->options.rounds && complete_once(c, c->tracks); r++) {
    }
}

static void complete_all(struct trkx_completion *c)
{
    memset(c->changed, 1, (c->capacity + 1) * sizeof *c->changed);
    complete_rounds(c);
}

/* ---- the whole -------------------------------------------------------------------------------------- */

static enum trkx_status check_options(const trkx_complete_options *options, trkx_error *error)
{
    if (isnan(options->match) || isnan(options->search) || isnan(options->exchange) ||
        isnan(options->chain_score))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "tracks: match, search, exchange or chain_score is not a number");
    if (options->chain_hits < 4)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "tracks: chain_hits is %zu, but chains need at least 4 hits", options->chain_hits);
    if (options->threads < 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: %d threads", options->threads);
    return TRKX_OK;
}

static enum trkx_status check_input(const trkx_hits *hits, const trkx_detector *detector,
                                    const trkx_edges *candidates, const int32_t *labels, trkx_error *error)
{
    size_t n = hits->count;
    enum trkx_status status = trkx_labels_check_count(n, error);
    if (status != TRKX_OK) return status;
    if (!trkx_hits_have_modules(hits))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "tracks: completion needs the hits' modules (volume_id, layer_id, module_id)");
    if (!detector->described)
        return trkx_fail(
            error, TRKX_ERROR_ARGUMENT,
            "tracks: completion needs the field and the layers of the detector, not only its modules: use a "
            "detector.json (docs/bundle.md)");
    for (size_t i = 0; i < 3 * n; i++)
        if (!isfinite(hits->xyz[i]))
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: hit %zu: %c is not finite", i / 3,
                             "xyz"[i % 3]);
    for (size_t i = 0; i < n; i++)
        if (labels[i] < 0 || (size_t)labels[i] > n)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: hit %zu has the label %d", i, labels[i]);
    return trkx_edges_check(candidates, n, error);
}

/* Lists the hits joined by candidate edges with the hits first <= i < end; near_begin[i + 1] is the number
 * before hit i's, and serves as the next place. */
static void list_near_part(struct trkx_completion *c, const trkx_edges *candidates, size_t first, size_t end)
{
    size_t m = candidates->count, *next = c->near_begin + 1;
    const int64_t *source = candidates->index, *target = source + m;
    for (size_t e = 0; e < m; e++) {
        size_t a = (size_t)source[e], b = (size_t)target[e];
        if (a >= first && a < end) c->near[next[a]++] = (uint32_t)b;
        if (b >= first && b < end) c->near[next[b]++] = (uint32_t)a;
    }
}

static enum trkx_status list_near(struct trkx_completion *c, const trkx_edges *candidates, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const int64_t *ends = candidates->index;
    size_t m = candidates->count, parts = (size_t)c->threads, *count;
    TRKX_ALLOCATE(c->near_begin, c->memory, c->n + 2, "candidates");
    TRKX_ALLOCATE(c->near, c->memory, 2 * m + AHEAD, "candidates");
    memset(c->near + 2 * m, 0, AHEAD * sizeof *c->near);
    count = c->near_begin + 2;
    memset(c->near_begin, 0, (c->n + 2) * sizeof *count);
    for (size_t e = 0; e < 2 * m; e++) count[ends[e]]++;
    for (size_t i = 1; i < c->n; i++) count[i] += count[i - 1];
#pragma omp parallel for num_threads(c->threads) schedule(static, 1)
    for (size_t p = 0; p < parts; p++)
        list_near_part(c, candidates, c->n * p / parts, c->n * (p + 1) / parts);
cleanup:
    return status;
}

/* Room for as many tracks as chains of free hits could add. */
static enum trkx_status prepare(struct trkx_completion *c, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_memory *memory = c->memory;
    c->capacity = c->tracks + c->n / c->options.chain_hits;
    TRKX_ALLOCATE(c->list.begin, memory, c->capacity + 2, "the hits of tracks");
    TRKX_ALLOCATE(c->list.hits, memory, c->n, "the hits of tracks");
    TRKX_ALLOCATE(c->spots, memory, c->n, "hits by track");
    for (size_t i = 0; i < c->n; i++)
        c->spots[i] =
            (struct spot){.distance2 = c->measurements[i].distance2, .module = c->measurements[i].module};
    TRKX_ALLOCATE(c->changed, memory, c->capacity + 1, "tracks");
    TRKX_ALLOCATE(c->changing, memory, c->capacity + 1, "tracks");
    TRKX_ALLOCATE(c->dissolved, memory, c->capacity + 1, "tracks");
    TRKX_ALLOCATE(c->weighed, memory, c->capacity + 1, "tracks");
    memset(c->weighed, 0, (c->capacity + 1) * sizeof *c->weighed);
    TRKX_ALLOCATE(c->claims, memory, c->n, "claims on hits");
    TRKX_ALLOCATE(c->last, memory, (size_t)c->threads * c->n, "hits that were compared");
    TRKX_ALLOCATE(c->next, memory, c->n, "labels");
    TRKX_ALLOCATE(c->numbers, memory, c->capacity + 1, "tracks");
cleanup:
    return status;
}

static size_t largest_label(const int32_t *labels, size_t n)
{
    int32_t largest = 0;
    for (size_t i = 0; i < n; i++) largest = labels[i] > largest ? labels[i] : largest;
    return (size_t)largest;
}

/* From the modules of the hits, which are found if they are not given. */
static enum trkx_status measure(struct trkx_completion *c, const struct trkx_placed_hits *placed,
                                trkx_error *error)
{
    const trkx_hits *hits = placed->hits;
    const int32_t *modules = placed->modules;
    int32_t *found = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(c->measurements, c->memory, hits->count, "measurements");
    if (modules == NULL) {
        TRKX_ALLOCATE(found, c->memory, hits->count, "the modules of the hits");
        TRKX_CHECK(trkx_modules_find(placed->detector, hits, c->options.threads, found, error));
        modules = found;
    }
    TRKX_CHECK(trkx_measure(c->memory, hits, placed->detector, modules, c->measurements, error));
    TRKX_CHECK(trkx_layers_create(c->memory, c->measurements, hits->count, &c->layers, error));
cleanup:
    trkx_release(found);
    return status;
}

static enum trkx_status begin(struct trkx_completion *c, const struct trkx_placed_hits *placed,
                              const trkx_edges *candidates, const trkx_complete_options *options,
                              trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_complete_options_init(&c->options);
    TRKX_CHECK(trkx_options_take("tracks", options, &c->options, sizeof c->options, error));
    TRKX_CHECK(check_options(&c->options, error));
    TRKX_CHECK(check_input(placed->hits, placed->detector, candidates, c->labels, error));
    c->n = placed->hits->count;
    c->tracks = largest_label(c->labels, c->n);
    c->detector = &placed->detector->description;
    c->threads =
        trkx_worthwhile_threads(trkx_threads(c->options.threads), candidates->count, EDGES_PER_THREAD);
    TRKX_CHECK(measure(c, placed, error));
    TRKX_CHECK(prepare(c, error));
    TRKX_CHECK(list_near(c, candidates, error));
    complete_all(c);
cleanup:
    return status;
}

void trkx_completion_destroy(struct trkx_completion *c)
{
    if (c == NULL) return;
    trkx_layers_destroy(&c->layers);
    trkx_release(c->measurements);
    trkx_release(c->near_begin);
    trkx_release(c->near);
    trkx_release(c->list.begin);
    trkx_release(c->list.hits);
    trkx_release(c->spots);
    trkx_release(c->changed);
    trkx_release(c->changing);
    trkx_release(c->dissolved);
    trkx_release(c->weighed);
    trkx_release(c->claims);
    trkx_release(c->last);
    trkx_release(c->next);
    trkx_release(c->numbers);
    trkx_release(c);
}

static enum trkx_status create(struct trkx_memory *memory, const struct trkx_placed_hits *placed,
                               const trkx_edges *candidates, const trkx_complete_options *options,
                               int32_t *labels, struct trkx_completion **completion, trkx_error *error)
{
    struct trkx_completion *c = trkx_allocate_zero(memory, 1, sizeof *c);
    *completion = NULL;
    if (c == NULL) return trkx_fail_memory(error, "a completion", sizeof *c);
    c->memory = memory;
    c->labels = labels;
    enum trkx_status status = begin(c, placed, candidates, options, error);
    if (status == TRKX_OK)
        *completion = c;
    else
        trkx_completion_destroy(c);
    return status;
}

/* Moves what is noted of each track to its new number. */
static void renumber(struct trkx_completion *c, bool *noted)
{
    memset(c->changing, 0, (c->capacity + 1) * sizeof *c->changing);
    for (size_t t = 1; t <= c->tracks; t++)
        if (c->numbers[t] != 0) c->changing[-c->numbers[t]] = noted[t];
    memcpy(noted, c->changing, (c->capacity + 1) * sizeof *noted);
}

size_t trkx_completion_number(struct trkx_completion *c)
{
    size_t count = trkx_labels_number(c->labels, c->n, c->numbers, c->tracks, c->options.min_hits);
    renumber(c, c->changed);
    renumber(c, c->weighed);
    return c->tracks = count;
}

/* New tracks from the free hits, which count as changed. */
static enum trkx_status find_chains(struct trkx_completion *c, const trkx_edges *edges, double score,
                                    trkx_error *error)
{
    const struct trkx_chains_input input = {.measurements = c->measurements,
                                            .n = c->n,
                                            .edges = edges,
                                            .detector = c->detector,
                                            .hits = c->options.chain_hits,
                                            .score = score,
                                            .threads = c->threads};
    size_t before = c->tracks;
    enum trkx_status status = trkx_find_chains(c->memory, &input, c->labels, &c->tracks, error);
    for (size_t t = before + 1; t <= c->tracks; t++) {
        c->changed[t] = true;
        c->weighed[t] = false;
    }
    return status;
}

enum trkx_status trkx_completion_create(struct trkx_memory *memory, const struct trkx_placed_hits *placed,
                                        const trkx_edges *candidates, const trkx_complete_options *options,
                                        int32_t *labels, struct trkx_completion **completion,
                                        trkx_error *error)
{
    enum trkx_status status = create(memory, placed, candidates, options, labels, completion, error);
    struct trkx_completion *c = *completion;
    if (status != TRKX_OK || !(c->options.chain_score < INFINITY)) return status;
    status = find_chains(c, candidates, c->options.chain_score, error);
    if (status == TRKX_OK) {
        complete_rounds(c);
        return TRKX_OK;
    }
    trkx_completion_destroy(c);
    *completion = NULL;
    return status;
}

enum trkx_status trkx_completion_chains(struct trkx_completion *c, const trkx_edges *edges, double score,
                                        trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_edges_check(edges, c->n, error));
    TRKX_CHECK(find_chains(c, edges, score, error));
    complete_rounds(c);
cleanup:
    return status;
}

enum trkx_status trkx_complete_in(struct trkx_memory *memory, const struct trkx_placed_hits *placed,
                                  const trkx_edges *candidates, const trkx_complete_options *options,
                                  int32_t *labels, size_t *count, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_completion *c = NULL;
    TRKX_CHECK(create(memory, placed, candidates, options, labels, &c, error));
    if (c->options.chain_score < INFINITY) {
        TRKX_CHECK(find_chains(c, candidates, c->options.chain_score, error));
        complete_all(c);
    }
    *count = trkx_completion_number(c);
cleanup:
    trkx_completion_destroy(c);
    return status;
}

enum trkx_status trkx_complete(const trkx_hits *hits, const trkx_detector *detector,
                               const trkx_edges *candidates, const trkx_complete_options *options,
                               int32_t *labels, size_t *count, trkx_error *error)
{
    const struct trkx_placed_hits placed = {.hits = hits, .detector = detector};
    return trkx_complete_in(NULL, &placed, candidates, options, labels, count, error);
}
