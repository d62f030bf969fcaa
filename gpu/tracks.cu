/* Weakly connected components, as ECL-CC finds them (Jaiganesh, Burtscher: A High-Performance Connected
 * Components Implementation for GPUs, 2018): every hit points to a lower one of its component, and the
 * lowest, the root, to itself. A root is hooked under a lower one by compare-and-swap, and paths are halved
 * on the way. Whatever the order, the roots at the end are the components' lowest hits. */
#include "gpu/tracks.h"

#include "core/keys.h"
#include "gpu/device.h"
#include "gpu/failure.h"
#include "gpu/primitives.h"

TRKX_EVERYWHERE inline uint32_t load(uint32_t &parent)
{
    return shared(parent).load(cuda::memory_order_relaxed);
}

/* The root of i; halves the path. A lost update of a parent is harmless: the one that remains is correct,
 * too. */
TRKX_EVERYWHERE inline uint32_t find_root(uint32_t *parents, uint32_t i)
{
    uint32_t up = load(parents[i]);
    for (uint32_t above = load(parents[up]); above != up; above = load(parents[up])) {
        shared(parents[i]).store(above, cuda::memory_order_relaxed);
        i = up;
        up = above;
    }
    return up;
}

TRKX_EVERYWHERE inline void connect(uint32_t *parents, uint32_t a, uint32_t b)
{
    for (;;) {
        a = find_root(parents, a);
        b = find_root(parents, b);
        if (a == b) return;
        uint32_t low = a < b ? a : b, high = a < b ? b : a, root = high;
        if (shared(parents[high]).compare_exchange_strong(root, low, cuda::memory_order_relaxed)) return;
    }
}

struct stand_alone {
    uint32_t *parents;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        parents[i] = (uint32_t)i;
    }
};

struct connect_edges {
    const uint64_t *pairs;
    const float *scores; /* or nullptr */
    float cut;
    size_t n;
    uint32_t *parents;
    uint64_t *lowest_bad;
    TRKX_EVERYWHERE void operator()(size_t e) const
    {
        uint32_t a = trkx_key_high(pairs[e]), b = trkx_key_low(pairs[e]);
        if (a >= n || b >= n)
            mark_bad(lowest_bad, e);
        else if (scores == nullptr || scores[e] > cut)
            connect(parents, a, b);
    }
};

struct point_to_root {
    uint32_t *parents;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        uint32_t root = find_root(parents, (uint32_t)i);
        shared(parents[i]).store(root, cuda::memory_order_relaxed);
    }
};

static void find_roots(trkx_backend_context *context, size_t n, const trkx_backend_edges *edges, float cut,
                       uint32_t *labels)
{
    uint64_t e;
    first_bad bad(context);
    each(context, n, stand_alone{labels});
    each(context, edges->count, connect_edges{edges->pairs, edges->scores, cut, n, labels, bad.get()});
    if (bad.found(&e)) {
        uint64_t pair = read(context, edges->pairs + e);
        fail(TRKX_ERROR_ARGUMENT, "tracks: edge %zu runs from %u to %u, but there are %zu hits", (size_t)e,
             trkx_key_high(pair), trkx_key_low(pair), n);
    }
    each(context, n, point_to_root{labels});
}

/* ---- tracks ----------------------------------------------------------------------------------------- */

struct count_hits {
    const uint32_t *roots;
    uint32_t *hits; /* [n] of the component of each root */
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        shared(hits[roots[i]]).fetch_add(1u, cuda::memory_order_relaxed);
    }
};

/* In place: 1 for the first hit of a track. */
struct mark_tracks {
    size_t min_hits;
    uint32_t *hits;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        hits[i] = hits[i] >= min_hits;
    }
};

/* A root's number is the number of tracks that begin up to it. */
struct number_tracks {
    const uint32_t *roots;
    const uint64_t *begun; /* [n+1] */
    int32_t *labels;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        uint32_t root = roots[i];
        labels[i] = begun[root] == begun[root + 1] ? 0 : (int32_t)begun[root + 1];
    }
};

void step_components(trkx_backend_context *context, size_t n, const trkx_backend_edges *edges,
                     const trkx_labelling_options *options, int32_t *labels, size_t *count)
{
    buffer<uint32_t> roots(context, n, "the components"), hits(context, n, "the components");
    buffer<uint64_t> begun(context, n + 1, "the components");
    find_roots(context, n, edges, options->cut, roots.get());
    runtime::clear(hits.get(), n * sizeof(uint32_t), context->stream);
    each(context, n, count_hits{roots.get(), hits.get()});
    each(context, n, mark_tracks{options->min_hits, hits.get()});
    size_t tracks = sum_up(context, hits.get(), n, begun.get());
    each(context, n, number_tracks{roots.get(), begun.get(), labels});
    *count = tracks;
}
