/* Reference implementation of the walkthrough: tries all paths one after the other, with the edges in the
 * given order. */
#include "tracks/walkthrough_reference.h"

#include <string.h>

#include "graph/outwards.h"

#define NONE SIZE_MAX

struct plain {
    size_t n;
    const trkx_edges *edges;
    const float *scores;
    const trkx_walkthrough_options *options;
    bool *reached; /* [n] by in_plain_component */
    size_t *track; /* [n] the first hit of the hit's path; NONE: it is free */
    size_t *paths; /* [n,n] a row for each hit on the way */
};

static size_t source_of(const struct plain *p, size_t e)
{
    return (size_t)p->edges->index[e];
}

static size_t target_of(const struct plain *p, size_t e)
{
    return (size_t)p->edges->index[p->edges->count + e];
}

static bool is_edge(const struct plain *p, size_t e)
{
    return p->scores[e] > p->options->cut;
}

/* Whether no hit of start's component has more than one edge in or out. */
static bool in_plain_component(struct plain *p, size_t start)
{
    for (size_t i = 0; i < p->n; i++) p->reached[i] = i == start;
    for (size_t round = 0; round < p->n; round++)
        for (size_t e = 0; e < p->edges->count; e++) {
            size_t a = source_of(p, e), b = target_of(p, e);
            if (is_edge(p, e) && (p->reached[a] || p->reached[b])) p->reached[a] = p->reached[b] = true;
        }
    for (size_t i = 0; i < p->n; i++) {
        size_t in = 0, out = 0;
        for (size_t e = 0; e < p->edges->count; e++) {
            in += is_edge(p, e) && target_of(p, e) == i;
            out += is_edge(p, e) && source_of(p, e) == i;
        }
        if (p->reached[i] && (in > 1 || out > 1)) return false;
    }
    return true;
}

/* By the distance from the origin, then x, y, z, then the index. */
static bool comes_first(const struct plain *p, size_t a, size_t b)
{
    if (p->options->xyz == NULL) return a < b;
    const float *of_a = p->options->xyz + 3 * a, *of_b = p->options->xyz + 3 * b;
    float norm_a = (float)trkx_squared_norm(of_a), norm_b = (float)trkx_squared_norm(of_b);
    if (norm_a != norm_b) return norm_a < norm_b;
    for (size_t d = 0; d < 3; d++)
        if (of_a[d] != of_b[d]) return of_a[d] < of_b[d];
    return a < b;
}

/* Of two edges out of one hit. */
static bool is_better(const struct plain *p, size_t a, size_t b)
{
    if (p->scores[a] != p->scores[b]) return p->scores[a] > p->scores[b];
    return comes_first(p, target_of(p, a), target_of(p, b));
}

/* Whether edge e leads from i to a free hit. */
static bool leads_on(const struct plain *p, size_t e, size_t i)
{
    return is_edge(p, e) && source_of(p, e) == i && p->track[target_of(p, e)] == NONE;
}

/* The longest path from i, into row [n] and, for what comes after, the rows behind it; returns its hits. */
static size_t longest(const struct plain *p, bool plain, size_t i, size_t *row)
{
    size_t best = NONE, chosen = NONE, length = 0;
    for (size_t e = 0; e < p->edges->count; e++)
        if (leads_on(p, e, i) && (best == NONE || is_better(p, e, best))) best = e;
    for (size_t e = 0; e < p->edges->count; e++) {
        bool follows = plain || p->scores[e] > p->options->add_score ||
                       (e == best && p->scores[e] > p->options->min_score);
        if (!leads_on(p, e, i) || !follows) continue;
        size_t hits = longest(p, plain, target_of(p, e), row + p->n);
        if (hits < length || (hits == length && !is_better(p, e, chosen))) continue;
        chosen = e;
        length = hits;
        memcpy(row + 1, row + p->n, hits * sizeof *row);
    }
    row[0] = i;
    return length + 1;
}

/* How many edges the longest way to i has. */
static size_t depth(const struct plain *p, size_t i)
{
    size_t deepest = 0;
    for (size_t e = 0; e < p->edges->count; e++) {
        if (!is_edge(p, e) || target_of(p, e) != i) continue;
        size_t before = depth(p, source_of(p, e)) + 1;
        deepest = before > deepest ? before : deepest;
    }
    return deepest;
}

/* The hit of this depth that comes first after `last` (NONE: of all), or NONE. */
static size_t next_start(const struct plain *p, size_t d, size_t last)
{
    size_t next = NONE;
    for (size_t i = 0; i < p->n; i++) {
        bool later = last == NONE || comes_first(p, last, i);
        if (i != last && later && depth(p, i) == d && (next == NONE || comes_first(p, i, next))) next = i;
    }
    return next;
}

static void walk(struct plain *p, size_t start)
{
    if (p->track[start] != NONE) return;
    size_t hits = longest(p, in_plain_component(p, start), start, p->paths);
    for (size_t h = 0; h < hits && hits >= p->options->min_hits; h++) p->track[p->paths[h]] = start;
}

static size_t number_tracks(const struct plain *p, int32_t *labels)
{
    int32_t tracks = 0;
    for (size_t i = 0; i < p->n; i++) labels[i] = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (p->track[i] == NONE || labels[i] != 0) continue;
        tracks++;
        for (size_t j = i; j < p->n; j++)
            if (p->track[j] == p->track[i]) labels[j] = tracks;
    }
    return (size_t)tracks;
}

enum trkx_status trkx_walkthrough_reference(size_t n, const trkx_edges *edges, const float *scores,
                                            const trkx_walkthrough_options *options, int32_t *labels,
                                            size_t *count, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct plain p = {.n = n, .edges = edges, .scores = scores, .options = options};
    TRKX_ALLOCATE(p.reached, NULL, n, "hits");
    TRKX_ALLOCATE(p.track, NULL, n, "hits");
    TRKX_ALLOCATE(p.paths, NULL, n * n, "paths");
    for (size_t i = 0; i < n; i++) p.track[i] = NONE;
    for (size_t d = 0; d < n; d++)
        for (size_t i = next_start(&p, d, NONE); i != NONE; i = next_start(&p, d, i)) walk(&p, i);
    *count = number_tracks(&p, labels);
cleanup:
    trkx_release(p.reached);
    trkx_release(p.track);
    trkx_release(p.paths);
    return status;
}
