/* Reference implementation of track completion: compares every hit with every track, every pair of edges for
 * a triplet, and finds the best chain to a triplet by recursion. It defines what src/tracks/complete.c and
 * src/tracks/chains.c compute. */
#include <math.h>
#include <string.h>

#include "tracks/chains.h"
#include "tracks/complete.h"
#include "tracks/complete_reference.h"

struct plain {
    size_t n, tracks;
    const struct trkx_measurement *measurements;
    struct trkx_layers layers;
    const trkx_edges *candidates, *edges; /* the latter for chains ... */
    double score;                         /* ... with this score */
    const trkx_complete_options *options;
    const struct trkx_description *detector;
    int32_t *labels, *next; /* [n] at the begin of a round, at its end */
    int32_t *claimant;      /* [n] 0: none */
    float *claim;           /* [n] */
    float *present;         /* [n] how well a hit fits its track */
    bool *dissolved;        /* [2n + 1] tracks */
    bool *changed;          /* [2n + 1] tracks */
    bool *changing;         /* [2n + 1] */
    uint32_t *hits;         /* [n] of one track */
};

/* The hits of a track by their distance from the origin, ties by index. */
static size_t hits_of(const struct plain *p, const int32_t *labels, int32_t track)
{
    size_t count = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (labels[i] != track) continue;
        size_t j = count++;
        for (; j > 0 && p->measurements[p->hits[j - 1]].distance2 > p->measurements[i].distance2; j--)
            p->hits[j] = p->hits[j - 1];
        p->hits[j] = (uint32_t)i;
    }
    return count;
}

static bool connected(const struct plain *p, int32_t track, size_t hit)
{
    const int64_t *source = p->candidates->index, *target = source + p->candidates->count;
    for (size_t e = 0; e < p->candidates->count; e++)
        if ((source[e] == (int64_t)hit && p->labels[target[e]] == track) ||
            (target[e] == (int64_t)hit && p->labels[source[e]] == track))
            return true;
    return false;
}

/* Whether the track is expected at a hit beyond one of its ends. p->hits: its hits. */
static bool expected(const struct plain *p, size_t count, size_t hit)
{
    struct trkx_crossing crossings[TRKX_LAYERS_AHEAD];
    for (int end = 0; end < 2 && count >= 3; end++) {
        size_t found =
            trkx_track_crossings(p->measurements, p->hits, count, end, &p->layers, p->detector, crossings);
        for (size_t i = 0; i < found; i++) {
            const struct trkx_layer *layer = &p->layers.layers[crossings[i].layer];
            for (size_t k = layer->begin; k < layer->end; k++)
                if (p->layers.order[k] == hit && trkx_crossing_near(&crossings[i], &p->layers, k))
                    return true;
        }
    }
    return false;
}

static bool exchanges(const struct plain *p)
{
    return p->options->exchange < (double)INFINITY;
}

static bool is_loose(const struct plain *p, size_t hit)
{
    return exchanges(p) && p->present[hit] < (float)TRKX_LOOSE;
}

static void weigh_hits(struct plain *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->labels[i] == 0) continue;
        size_t count = hits_of(p, p->labels, p->labels[i]), place = 0;
        while (p->hits[place] != i) place++;
        p->present[i] =
            (float)trkx_track_match(p->measurements, p->hits, count, place, (uint32_t)i, p->detector);
    }
}

/* Larger, or of the same size and earlier. */
static bool is_stronger(const struct plain *p, int32_t a, int32_t b)
{
    size_t size_a = hits_of(p, p->labels, a), size_b = hits_of(p, p->labels, b);
    return size_a > size_b || (size_a == size_b && a < b);
}

static void claim_hits(struct plain *p)
{
    memset(p->claimant, 0, p->n * sizeof *p->claimant);
    if (exchanges(p)) weigh_hits(p);
    for (int32_t t = 1; (size_t)t <= p->tracks; t++) {
        for (size_t i = 0; i < p->n && p->changed[t]; i++) {
            int32_t other = p->labels[i];
            if (other == t) continue;
            if (other != 0 && is_stronger(p, other, t) && !is_loose(p, i)) continue;
            bool close = connected(p, t, i);
            size_t size = hits_of(p, p->labels, t);
            if (!close && !expected(p, size, i)) continue;
            double score = trkx_track_match(p->measurements, p->hits, size, size, (uint32_t)i, p->detector);
            if (!(score >= (close ? p->options->match : p->options->search))) continue;
            if (p->claimant[i] != 0 && (float)score <= p->claim[i]) continue;
            p->claimant[i] = t;
            p->claim[i] = (float)score;
        }
    }
}

static void move(struct plain *p, size_t hit, int32_t track)
{
    p->changing[p->next[hit]] = p->changing[track] = true;
    p->next[hit] = track;
}

static void dissolve(struct plain *p, int32_t track)
{
    size_t count = 0, most = 0;
    int32_t into = 0;
    for (int32_t t = 1; (size_t)t <= p->tracks; t++) {
        size_t votes = 0;
        if (!is_stronger(p, t, track)) continue;
        count = hits_of(p, p->labels, track);
        for (size_t i = 0; i < count; i++) votes += p->claimant[p->hits[i]] == t;
        if (votes > most) {
            most = votes;
            into = t;
        }
    }
    p->dissolved[track] = into != 0 && 3 * most >= count;
    if (!p->dissolved[track]) return;
    hits_of(p, p->labels, track);
    for (size_t i = 0; i < count; i++) move(p, p->hits[i], p->claimant[p->hits[i]] == into ? into : 0);
}

static void exchange(struct plain *p, size_t hit)
{
    int32_t track = p->labels[hit], to = p->claimant[hit];
    if (track == 0 || to == 0 || !is_loose(p, hit) || p->dissolved[track] || p->dissolved[to]) return;
    if (p->claim[hit] > (float)p->options->exchange && p->claim[hit] > p->present[hit]) move(p, hit, to);
}

/* Whether the same track takes a better hit on the same module. */
static bool has_better(const struct plain *p, size_t hit)
{
    for (size_t i = 0; i < p->n; i++) {
        if (i == hit || p->next[i] != p->next[hit] || p->next[i] == p->labels[i]) continue;
        if (p->measurements[i].module != p->measurements[hit].module) continue;
        if (p->claim[i] > p->claim[hit] || (p->claim[i] == p->claim[hit] && i < hit)) return true;
    }
    return false;
}

static bool complete_once(struct plain *p)
{
    bool any = false;
    memset(p->changing, 0, (2 * p->n + 1) * sizeof *p->changing);
    memcpy(p->next, p->labels, p->n * sizeof *p->next);
    claim_hits(p);
    for (int32_t t = 1; (size_t)t <= p->tracks; t++) dissolve(p, t);
    for (size_t i = 0; i < p->n; i++)
        if (p->labels[i] == 0 && p->claimant[i] != 0) move(p, i, p->claimant[i]);
    for (size_t i = 0; i < p->n; i++) exchange(p, i);
    for (size_t i = p->n; i-- > 0;)
        if (p->next[i] != p->labels[i] && p->next[i] != 0 && has_better(p, i)) move(p, i, 0);
    memcpy(p->labels, p->next, p->n * sizeof *p->labels);
    memcpy(p->changed, p->changing, (2 * p->n + 1) * sizeof *p->changed);
    for (size_t t = 0; t <= p->tracks; t++) any |= p->changed[t];
    return any;
}

static void complete_rounds(struct plain *p)
{
    for (size_t r = 0; r < p->options->rounds && complete_once(p); r++) {
    }
}

static void complete_all(struct plain *p)
{
    memset(p->changed, 1, (2 * p->n + 1) * sizeof *p->changed);
    complete_rounds(p);
}

/* ---- chains ----------------------------------------------------------------------------------------- */

struct link {
    size_t first, second; /* edges a -> b, b -> c */
    double score;         /* of the best chain that ends so */
    size_t hits;
    size_t before; /* SIZE_MAX: none */
    bool done;
};

static size_t from(const struct plain *p, size_t e)
{
    return (size_t)p->edges->index[e];
}

static size_t to(const struct plain *p, size_t e)
{
    return (size_t)p->edges->index[p->edges->count + e];
}

static bool is_free(const struct plain *p, size_t e)
{
    return p->labels[from(p, e)] == 0 && p->labels[to(p, e)] == 0 &&
           p->measurements[from(p, e)].module != p->measurements[to(p, e)].module;
}

static double score_alone(const struct plain *p, size_t first, size_t second)
{
    const struct trkx_measurement *m = p->measurements;
    const struct trkx_measurement *const hits[3] = {&m[from(p, first)], &m[to(p, first)], &m[to(p, second)]};
    struct trkx_arc arc;
    if (hits[0]->module == hits[2]->module || !trkx_helix_arc(hits, &arc)) return TRKX_NO_MATCH;
    if (fabs(arc.curvature) * p->detector->min_radius > 1) return TRKX_NO_MATCH;
    return trkx_helix_middle(hits, &arc, p->detector->reach, p->detector);
}

/* Triplets in the order of their second edges, then of the first. Returns their number. */
static size_t find_links(const struct plain *p, struct link *links)
{
    size_t count = 0;
    for (size_t second = 0; second < p->edges->count; second++)
        for (size_t first = 0; first < p->edges->count; first++) {
            if (to(p, first) != from(p, second) || !is_free(p, first) || !is_free(p, second)) continue;
            double score = score_alone(p, first, second);
            if (score == TRKX_NO_MATCH) continue;
            if (links != NULL) links[count] = (struct link){first, second, score, 3, SIZE_MAX, false};
            count++;
        }
    return count;
}

/* The best chain that ends with a triplet. Edges run outwards, so the recursion ends. */
static void find_best(const struct plain *p, struct link *links, size_t count, size_t t)
{
    const struct trkx_measurement *m = p->measurements, *next = &m[to(p, links[t].second)];
    double best = 0;
    if (links[t].done) return;
    links[t].done = true;
    for (size_t u = 0; u < count; u++) {
        if (links[u].second != links[t].first) continue;
        find_best(p, links, count, u);
        const struct trkx_measurement *const circle[3] = {
            &m[from(p, links[u].first)], &m[to(p, links[u].first)], &m[to(p, links[u].second)]};
        const struct trkx_measurement *const line[2] = {circle[1], circle[2]};
        if (circle[0]->module == next->module) continue;
        struct trkx_helix helix;
        bool found = trkx_helix_through(circle, line, p->detector, &helix);
        double score = (double)(float)(found ? trkx_helix_match(&helix, next) : TRKX_NO_MATCH);
        if (score < TRKX_CHAIN_WORST || links[u].score + score <= best) continue;
        best = links[u].score + score;
        links[t].before = u;
        links[t].hits = links[u].hits + 1;
    }
    if (links[t].before != SIZE_MAX) links[t].score = best;
}

/* Labels the chain if it is long, good and free. */
static void take_chain(struct plain *p, const struct link *links, size_t last)
{
    size_t count = 0;
    p->hits[count++] = (uint32_t)to(p, links[last].second);
    p->hits[count++] = (uint32_t)from(p, links[last].second);
    for (size_t t = last; t != SIZE_MAX; t = links[t].before)
        p->hits[count++] = (uint32_t)from(p, links[t].first);
    for (size_t i = 0; i < count; i++)
        if (p->labels[p->hits[i]] != 0) return;
    p->changed[++p->tracks] = true;
    for (size_t i = 0; i < count; i++) p->labels[p->hits[i]] = (int32_t)p->tracks;
}

static enum trkx_status find_chains(struct plain *p, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct link *links = NULL;
    size_t count = find_links(p, NULL);
    TRKX_ALLOCATE(links, NULL, count, "triplets");
    find_links(p, links);
    for (size_t t = 0; t < count; t++) find_best(p, links, count, t);
    for (;;) { /* the best not yet visited, ties: the first */
        size_t best = SIZE_MAX;
        for (size_t t = 0; t < count; t++)
            if (links[t].done && links[t].hits >= p->options->chain_hits && links[t].score >= p->score &&
                (best == SIZE_MAX || (float)links[t].score > (float)links[best].score))
                best = t;
        if (best == SIZE_MAX) break;
        links[best].done = false;
        take_chain(p, links, best);
    }
cleanup:
    trkx_release(links);
    return status;
}

/* ---- the whole -------------------------------------------------------------------------------------- */

/* Numbers the tracks with enough hits in the order of their first hits; that they changed goes with them. */
static size_t renumber(struct plain *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->n; i++) p->next[i] = 0;
    memset(p->changing, 0, (2 * p->n + 1) * sizeof *p->changing);
    for (size_t i = 0; i < p->n; i++) {
        int32_t track = p->labels[i];
        if (track == 0 || p->next[i] != 0 || hits_of(p, p->labels, track) < p->options->min_hits) continue;
        p->changing[++count] = p->changed[track];
        for (size_t j = i; j < p->n; j++)
            if (p->labels[j] == track) p->next[j] = (int32_t)count;
    }
    memcpy(p->labels, p->next, p->n * sizeof *p->next);
    memcpy(p->changed, p->changing, (2 * p->n + 1) * sizeof *p->changed);
    return p->tracks = count;
}

static enum trkx_status prepare(struct plain *p, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(p->next, NULL, p->n, "labels");
    TRKX_ALLOCATE(p->claimant, NULL, p->n, "claims");
    TRKX_ALLOCATE(p->claim, NULL, p->n, "claims");
    TRKX_ALLOCATE(p->present, NULL, p->n, "hits");
    TRKX_ALLOCATE(p->dissolved, NULL, 2 * p->n + 1, "tracks");
    TRKX_ALLOCATE(p->changed, NULL, 2 * p->n + 1, "tracks");
    TRKX_ALLOCATE(p->changing, NULL, 2 * p->n + 1, "tracks");
    TRKX_ALLOCATE(p->hits, NULL, p->n, "hits of a track");
cleanup:
    return status;
}

/* Chains of the candidates, and of further edges. */
static enum trkx_status find_all_chains(struct plain *p, const trkx_edges *further, double score,
                                        trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    if (p->score < (double)INFINITY) {
        TRKX_CHECK(find_chains(p, error));
        if (further != NULL)
            complete_rounds(p);
        else
            complete_all(p);
    }
    if (further == NULL) return TRKX_OK;
    renumber(p);
    p->edges = further;
    p->score = score;
    TRKX_CHECK(find_chains(p, error));
    complete_rounds(p);
cleanup:
    return status;
}

enum trkx_status trkx_complete_reference(const trkx_hits *hits, const trkx_detector *detector,
                                         const trkx_edges *candidates, const trkx_complete_options *options,
                                         const trkx_edges *further, double score, int32_t *labels,
                                         size_t *count, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_measurement *measurements = NULL;
    int32_t *modules = NULL;
    struct plain p = {.n = hits->count,
                      .candidates = candidates,
                      .edges = candidates,
                      .score = options->chain_score,
                      .options = options,
                      .detector = &detector->description,
                      .labels = labels};
    TRKX_ALLOCATE(measurements, NULL, hits->count, "measurements");
    TRKX_ALLOCATE(modules, NULL, hits->count, "the modules of the hits");
    TRKX_CHECK(trkx_modules_find(detector, hits, 1, modules, error));
    TRKX_CHECK(trkx_measure(NULL, hits, detector, modules, measurements, error));
    TRKX_CHECK(trkx_layers_create(NULL, measurements, hits->count, &p.layers, error));
    p.measurements = measurements;
    TRKX_CHECK(prepare(&p, error));
    for (size_t i = 0; i < p.n; i++)
        if ((size_t)labels[i] > p.tracks) p.tracks = (size_t)labels[i];
    complete_all(&p);
    TRKX_CHECK(find_all_chains(&p, further, score, error));
    *count = renumber(&p);
cleanup:
    trkx_layers_destroy(&p.layers);
    trkx_release(measurements);
    trkx_release(modules);
    trkx_release(p.next);
    trkx_release(p.claimant);
    trkx_release(p.claim);
    trkx_release(p.present);
    trkx_release(p.dissolved);
    trkx_release(p.changed);
    trkx_release(p.changing);
    trkx_release(p.hits);
    return status;
}
