/* Track labelling by weakly connected components: concurrent union-find, and a reference implementation. */
#include "tracks/components.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/options.h"
#include "core/threads.h"
#include "tracks/labels.h"

enum {
    EDGES_PER_THREAD = 400000, /* with less work than this, waking a thread takes longer */
    PARTS = 64,                /* of the edges, so that no thread waits long for another */
    EARLY = 8,                 /* every EARLY-th part comes first */
    BATCH = 256,               /* edges checked before they are connected */
};

/* An edge connects if it has no score or a score > cut; NaN does not. */
static bool connects(const float *scores, size_t e, float cut)
{
    return scores == NULL || scores[e] > cut;
}

/* ---- the reference ---------------------------------------------------------------------------------- */

/* Both directions of the edges that connect: the neighbours of i are to[from[i]..from[i + 1]). */
struct adjacency {
    size_t *from; /* [n+1] */
    uint32_t *to; /* [2m] */
};

static void list_neighbours(size_t n, const trkx_edges *edges, const float *scores, float cut,
                            struct adjacency *adjacency)
{
    size_t *from = adjacency->from, m = edges->count;
    memset(from, 0, (n + 1) * sizeof *from);
    for (size_t e = 0; e < 2 * m; e++)
        if (connects(scores, e % m, cut)) from[edges->index[e]]++;
    for (size_t i = 0; i < n; i++) from[i + 1] += from[i];
    for (size_t e = 0; e < 2 * m; e++)
        if (connects(scores, e % m, cut))
            adjacency->to[--from[edges->index[e]]] = (uint32_t)edges->index[(e + m) % (2 * m)];
}

/* Labels everything reachable from start; returns the number of hits. queue: room for n.
 */
static size_t walk(const struct adjacency *adjacency, size_t start, int32_t label, int32_t *labels,
                   uint32_t *queue)
{
    size_t count = 1;
    queue[0] = (uint32_t)start;
    labels[start] = label;
    for (size_t q = 0; q < count; q++)
        for (size_t a = adjacency->from[queue[q]]; a < adjacency->from[queue[q] + 1]; a++) {
            uint32_t next = adjacency->to[a];
            if (labels[next] != 0) continue;
            labels[next] = label;
            queue[count++] = next;
        }
    return count;
}

enum trkx_status trkx_components_reference(size_t n, const trkx_edges *edges, const float *scores,
                                           const trkx_labelling_options *options, int32_t *labels,
                                           size_t *count, trkx_error *error)
{
    enum { TOO_SHORT = -1 };
    enum trkx_status status = TRKX_OK;
    struct adjacency adjacency = {0};
    uint32_t *queue = NULL;
    size_t tracks = 0;
    TRKX_CHECK(trkx_labelling_check(n, options, error));
    TRKX_CHECK(trkx_edges_check(edges, n, error));
    TRKX_ALLOCATE(adjacency.from, NULL, n + 1, "neighbours");
    TRKX_ALLOCATE(adjacency.to, NULL, 2 * edges->count, "neighbours");
    TRKX_ALLOCATE(queue, NULL, n, "hits");
    list_neighbours(n, edges, scores, options->cut, &adjacency);
    for (size_t i = 0; i < n; i++) labels[i] = 0;
    for (size_t i = 0; i < n; i++) {
        if (labels[i] != 0) continue;
        size_t hits = walk(&adjacency, i, (int32_t)(tracks + 1), labels, queue);
        if (hits >= options->min_hits)
            tracks++;
        else
            for (size_t q = 0; q < hits; q++) labels[queue[q]] = TOO_SHORT;
    }
    for (size_t i = 0; i < n; i++) labels[i] = labels[i] == TOO_SHORT ? 0 : labels[i];
    *count = tracks;
cleanup:
    trkx_release(adjacency.from);
    trkx_release(adjacency.to);
    trkx_release(queue);
    return status;
}

/* ---- union-find ------------------------------------------------------------------------------------- */

/* Each hit points to a lower one of its component, and the lowest, its root, to itself. Any number of threads
 * may connect at once: only roots are hooked under lower ones, by compare-and-swap. Whatever the order, the
 * final roots are the components' first hits. */
typedef _Atomic(uint32_t) parent;

static uint32_t load(parent *p)
{
    return atomic_load_explicit(p, memory_order_relaxed);
}

/* The root of i; halves the path. A lost update of a parent is harmless: the remaining one is also correct.
 * Roots and hits that point to one take the same branches, which are well predicted. */
static inline uint32_t find_root(parent *parents, uint32_t i)
{
    uint32_t up = load(&parents[i]);
    for (uint32_t above = load(&parents[up]); above != up; above = load(&parents[up])) {
        atomic_store_explicit(&parents[i], above, memory_order_relaxed);
        i = up;
        up = above;
    }
    return up;
}

/* The hits and edges to connect, and the number of threads. */
struct forest {
    size_t n;
    const trkx_edges *edges;
    const float *scores; /* [m] or NULL */
    float cut;
    int threads;
    parent *parents; /* [n] */
};

/* alone: no other thread is connecting. */
static inline void connect(parent *parents, uint32_t a, uint32_t b, bool alone)
{
    while (load(&parents[a]) != load(&parents[b])) {
        a = find_root(parents, a);
        b = find_root(parents, b);
        if (a == b) return;
        uint32_t low = a < b ? a : b, high = a < b ? b : a, root = high;
        if (alone)
            atomic_store_explicit(&parents[high], low, memory_order_relaxed);
        else /* or another thread has hooked `high` */
            atomic_compare_exchange_strong_explicit(&parents[high], &root, low, memory_order_relaxed,
                                                    memory_order_relaxed);
    }
}

/* Points the higher end of every step-th of the edges first..last to the lowest other end, unless another
 * thread overwrites it: a branch-free first guess. */
static void hook(const struct forest *forest, size_t first, size_t last, size_t step)
{
    const struct forest f = *forest; /* a copy, which no store can change */
    const trkx_edges edges = *f.edges;
    for (size_t e = first; e < last; e += step) {
        if (!trkx_edge_is_valid(&edges, e, f.n)) continue;
        uint32_t a = (uint32_t)edges.index[e], b = (uint32_t)edges.index[edges.count + e];
        uint32_t low = a < b ? a : b, high = a < b ? b : a, up = load(&f.parents[high]);
        bool closer = (low < up) & connects(f.scores, e, f.cut);
        atomic_store_explicit(&f.parents[high], closer ? low : up, memory_order_relaxed);
    }
}

/* Points all hits to the root of their parent, which comes before them. */
static void flatten(size_t n, parent *parents)
{
    for (size_t i = 0; i < n; i++)
        atomic_store_explicit(&parents[i], load(&parents[load(&parents[i])]), memory_order_relaxed);
}

/* The parents of edges' ends, where they differ. */
struct crossing {
    size_t count;
    uint32_t a[BATCH + 1], b[BATCH + 1]; /* one place beyond the last is written to */
};

/* Lists those of the edges first..last, at most BATCH, that may still join components; branch-free. Returns
 * the first edge with an end out of range, or last. */
static size_t list_crossing(const struct forest *forest, size_t first, size_t last, struct crossing *crossing)
{
    const struct forest f = *forest;
    const trkx_edges edges = *f.edges;
    size_t count = 0, e = first;
    for (; e < last && trkx_edge_is_valid(&edges, e, f.n); e++) {
        uint32_t a = load(&f.parents[edges.index[e]]), b = load(&f.parents[edges.index[edges.count + e]]);
        crossing->a[count] = a;
        crossing->b[count] = b;
        count += (a != b) & connects(f.scores, e, f.cut);
    }
    crossing->count = count;
    return e;
}

/* Connects along the edges first..last. Returns the first with an end out of range, or m. */
static size_t connect_edges(const struct forest *forest, size_t first, size_t last)
{
    struct crossing crossing;
    bool alone = forest->threads == 1;
    for (size_t e = first, end; e < last; e = end) {
        end = e + BATCH < last ? e + BATCH : last;
        size_t reached = list_crossing(forest, e, end, &crossing);
        for (size_t c = 0; c < crossing.count; c++)
            connect(forest->parents, crossing.a[c], crossing.b[c], alone);
        if (reached < end) return reached;
    }
    return forest->edges->count;
}

/* Connects along every step-th part of the edges, or along all other parts. Returns as connect_edges. */
static size_t connect_parts(const struct forest *forest, size_t step, bool others)
{
    size_t m = forest->edges->count, bad = m, threads = (size_t)forest->threads;
#pragma omp parallel for num_threads(forest->threads) schedule(dynamic) reduction(min : bad) if (threads > 1)
    for (size_t t = 0; t < PARTS; t++) {
        if ((t % step == 0) == others) continue;
        size_t wrong = connect_edges(forest, m * t / PARTS, m * (t + 1) / PARTS);
        bad = wrong < bad ? wrong : bad;
    }
    return bad;
}

/* About four edges per hit are enough to find most of a component (Sutton, Ben-Nun, Barak: Afforest, 2018).
 * If there are more, some are connected first, so that the rest find hits closer to their roots. Returns the
 * first edge with an end out of range, or m. */
static size_t connect_all(const struct forest *forest)
{
    size_t m = forest->edges->count, parts = (size_t)forest->threads, step = 1 + m / (4 * forest->n + 1);
#pragma omp parallel for num_threads(forest->threads) if (parts > 1)
    for (size_t t = 0; t < parts; t++) hook(forest, m * t / parts, m * (t + 1) / parts, step);
    flatten(forest->n, forest->parents);
    if (step == 1) return connect_parts(forest, 1, false);
    size_t bad = connect_parts(forest, EARLY, false);
    flatten(forest->n, forest->parents);
    size_t other_bad = connect_parts(forest, EARLY, true);
    return bad < other_bad ? bad : other_bad;
}

/* Numbers the components with enough hits in the order of their roots, which are their first hits. A hit's
 * parent comes before it, so the parent's parent is the root. Returns the number of tracks. */
static size_t number_tracks(size_t n, parent *parents, size_t min_hits, int32_t *labels)
{
    size_t tracks = 0;
    for (size_t i = 0; i < n; i++) { /* at a root: the number of hits */
        uint32_t root = load(&parents[load(&parents[i])]);
        atomic_store_explicit(&parents[i], root, memory_order_relaxed);
        labels[i] = 0;
        labels[root]++;
    }
    for (size_t i = 0; i < n; i++) { /* root <= i has its label, or is i; branch-free */
        uint32_t root = load(&parents[i]);
        int32_t found = labels[root];
        bool is_root = root == i, is_track = is_root & ((size_t)found >= min_hits);
        tracks += is_track;
        int32_t own = (int32_t)tracks & -(int32_t)is_track, root_mask = -(int32_t)is_root;
        labels[i] = (own & root_mask) | (found & ~root_mask);
    }
    return tracks;
}

/* The place of the parents in `block`, which has room for another page: half a page off the labels.
 * Processors that compare only the lower address bits of loads and pending stores would see conflicts between
 * the two arrays, which are scanned together: 1.5 times the time on Zen 4. */
enum { PAGE = 4096 };
static parent *place_parents(void *block, const int32_t *labels)
{
    uintptr_t off = ((uintptr_t)labels + PAGE / 2 - (uintptr_t)block) % PAGE;
    return (parent *)(void *)((char *)block + off / sizeof(parent) * sizeof(parent));
}

enum trkx_status trkx_components_in(struct trkx_memory *memory, const trkx_tracks_input *input,
                                    const trkx_labelling_options *given, int32_t *labels, size_t *count,
                                    trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const trkx_edges *edges = input->edges;
    size_t n = input->hits->count;
    parent *block = NULL;
    trkx_labelling_options options;
    trkx_labelling_options_init(&options);
    TRKX_CHECK(trkx_options_take("tracks", given, &options, sizeof options, error));
    TRKX_CHECK(trkx_labelling_check(n, &options, error));
    TRKX_ALLOCATE(block, memory, n + PAGE / sizeof *block, "the components");
    struct forest forest = {
        .n = n,
        .edges = edges,
        .scores = input->scores,
        .cut = options.cut,
        .threads = trkx_worthwhile_threads(trkx_threads(options.threads), edges->count, EDGES_PER_THREAD),
        .parents = place_parents(block, labels)};
    for (size_t i = 0; i < n; i++) atomic_init(&forest.parents[i], (uint32_t)i);
    size_t bad = connect_all(&forest);
    if (bad < edges->count) TRKX_CHECK(trkx_edges_check(edges, n, error));
    *count = number_tracks(n, forest.parents, options.min_hits, labels);
cleanup:
    trkx_release(block);
    return status;
}

enum trkx_status trkx_components(size_t n, const trkx_edges *edges, const float *scores,
                                 const trkx_labelling_options *options, int32_t *labels, size_t *count,
                                 trkx_error *error)
{
    const trkx_hits hits = {.count = n};
    const trkx_tracks_input input = {.hits = &hits, .edges = edges, .scores = scores};
    return trkx_components_in(NULL, &input, options, labels, count, error);
}

/* ---- its entry in the table -------------------------------------------------------------------------- */

static enum trkx_status run(const struct trkx_method_task *task, int32_t *labels, size_t *count,
                            trkx_error *error)
{
    trkx_labelling_options options = trkx_labelling_options_of(task);
    return trkx_components_in(task->memory, task->input, &options, labels, count, error);
}

static enum trkx_status run_reference(const struct trkx_method_task *task, int32_t *labels, size_t *count,
                                      trkx_error *error)
{
    trkx_labelling_options options = trkx_labelling_options_of(task);
    return trkx_components_reference(task->input->hits->count, task->input->edges, task->input->scores,
                                     &options, labels, count, error);
}

const struct trkx_method trkx_method_components = {
    .name = "components", .run = run, .reference = run_reference};
