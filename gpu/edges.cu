/* Edges and their scores on the device: from and to the host, as the networks take them, cut. */
#include "gpu/edges.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/keys.h"
#include "gpu/device.h"
#include "gpu/failure.h"
#include "gpu/primitives.h"

/* ---- to and from the host --------------------------------------------------------------------------- */

static const size_t STAGED = (size_t)1 << 20; /* edges in transfer at a time */

static uint64_t pair_of(int64_t source, int64_t target, size_t e)
{
    if (source < 0 || source > INT32_MAX || target < 0 || target > INT32_MAX)
        fail(TRKX_ERROR_ARGUMENT, "edges: edge %zu runs from %lld to %lld: hits are 0 to 2^31 - 1", e,
             (long long)source, (long long)target);
    return trkx_key((uint32_t)source, (uint32_t)target);
}

static void upload_pairs(trkx_backend_context *context, const int64_t *index, size_t m, uint64_t *pairs)
{
    std::vector<uint64_t> staged(std::min(m, STAGED));
    for (size_t first = 0; first < m; first += STAGED) {
        size_t count = std::min(STAGED, m - first);
        for (size_t e = 0; e < count; e++)
            staged[e] = pair_of(index[first + e], index[m + first + e], first + e);
        runtime::copy_in(pairs + first, staged.data(), count * sizeof *pairs, context->stream);
    }
}

void step_upload_edges(trkx_backend_context *context, const int64_t *index, size_t m,
                       trkx_backend_edges *edges)
{
    *edges = {};
    if (m == 0) return;
    buffer<uint64_t> pairs(context, m, "edges");
    upload_pairs(context, index, m, pairs.get());
    edges->count = m;
    edges->pairs = pairs.take();
}

void step_download_edges(trkx_backend_context *context, const trkx_backend_edges *edges, int64_t *index)
{
    size_t m = edges->count;
    std::vector<uint64_t> staged(std::min(m, STAGED));
    for (size_t first = 0; first < m; first += STAGED) {
        size_t count = std::min(STAGED, m - first);
        runtime::copy_out(staged.data(), edges->pairs + first, count * sizeof(uint64_t), context->stream);
        for (size_t e = 0; e < count; e++) {
            index[first + e] = trkx_key_high(staged[e]);
            index[m + first + e] = trkx_key_low(staged[e]);
        }
    }
}

void step_release_edges(trkx_backend_context *context, trkx_backend_edges *edges)
{
    context->pool.release(edges->pairs);
    context->pool.release(edges->scores);
    *edges = {};
}

/* ---- for the networks ------------------------------------------------------------------------------- */

static void check_range(const trkx_backend_edges *edges, size_t first, size_t count)
{
    if (first > edges->count || count > edges->count - first)
        fail(TRKX_ERROR_ARGUMENT, "edges: %zu from number %zu on, but there are %zu", count, first,
             edges->count);
}

/* Edge e goes to to[e * edge] and to[e * edge + end]. */
template <class Index> struct split_pairs {
    const uint64_t *pairs;
    size_t edge, end;
    Index *to;
    TRKX_EVERYWHERE void operator()(size_t e) const
    {
        to[e * edge] = (Index)trkx_key_high(pairs[e]);
        to[e * edge + end] = (Index)trkx_key_low(pairs[e]);
    }
};

struct gather_rows {
    const uint64_t *pairs;
    const float *features;
    size_t width;
    float *to; /* [count,2 width] */
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        uint64_t pair = pairs[i / (2 * width)];
        size_t column = i % (2 * width);
        size_t hit = column < width ? trkx_key_high(pair) : trkx_key_low(pair);
        to[i] = features[hit * width + column % width];
    }
};

void step_edge_tensor(trkx_backend_context *context, const trkx_backend_edges *edges, size_t first,
                      size_t count, const trkx_edge_form *form, void *to)
{
    check_range(edges, first, count);
    const uint64_t *pairs = edges->pairs + first;
    size_t width = form->width, edge = form->transposed ? 2 : 1, end = form->transposed ? 1 : count;
    if (form->pairs)
        each(context, 2 * width * count, gather_rows{pairs, form->features, width, (float *)to});
    else if (form->narrow)
        each(context, count, split_pairs<int32_t>{pairs, edge, end, (int32_t *)to});
    else
        each(context, count, split_pairs<int64_t>{pairs, edge, end, (int64_t *)to});
}

/* ---- scores and cuts -------------------------------------------------------------------------------- */

struct sigmoid {
    float *scores;
    TRKX_EVERYWHERE void operator()(size_t e) const
    {
        scores[e] = 1.0f / (1.0f + expf(-scores[e]));
    }
};

void step_sigmoid(trkx_backend_context *context, float *scores, size_t m)
{
    each(context, m, sigmoid{scores});
}

/* Edges are cut in runs of this many, one body each: a body reads a few cache lines, and counts are kept per
 * run only. */
enum { RUN = 32 };

struct count_over {
    const float *scores;
    size_t m;
    float cut;
    uint32_t *counts; /* [runs] */
    TRKX_EVERYWHERE void operator()(size_t run) const
    {
        uint32_t count = 0;
        for (size_t e = run * RUN; e < m && e < (run + 1) * RUN; e++) count += scores[e] > cut;
        counts[run] = count;
    }
};

struct copy_over {
    const uint64_t *pairs;
    const float *scores;
    size_t m;
    float cut;
    const uint64_t *offsets; /* [runs] */
    uint64_t *to_pairs;
    float *to_scores; /* or nullptr */
    TRKX_EVERYWHERE void operator()(size_t run) const
    {
        uint64_t to = offsets[run];
        for (size_t e = run * RUN; e < m && e < (run + 1) * RUN; e++) {
            if (!(scores[e] > cut)) continue;
            to_pairs[to] = pairs[e];
            if (to_scores != nullptr) to_scores[to] = scores[e];
            to++;
        }
    }
};

static trkx_backend_edges copy_edges(trkx_backend_context *context, const trkx_backend_edges *edges,
                                     float cut, bool with_scores)
{
    trkx_backend_edges none = {}, over = {};
    none.saturated = over.saturated = edges->saturated;
    if (edges->count == 0) return none;
    if (edges->scores == nullptr) fail(TRKX_ERROR_ARGUMENT, "edges: they have no scores to cut at");
    size_t runs = (edges->count + RUN - 1) / RUN;
    buffer<uint32_t> counts(context, runs, "the places of edges");
    buffer<uint64_t> offsets(context, runs + 1, "the places of edges"), pairs(context);
    buffer<float> scores(context);
    each(context, runs, count_over{edges->scores, edges->count, cut, counts.get()});
    size_t count = sum_up(context, counts.get(), runs, offsets.get());
    if (count == 0) return none;
    pairs.allocate(count, "edges over a cut");
    if (with_scores) scores.allocate(count, "scores over a cut");
    each(context, runs,
         copy_over{edges->pairs, edges->scores, edges->count, cut, offsets.get(), pairs.get(), scores.get()});
    over.count = count;
    over.pairs = pairs.take();
    over.scores = scores.take();
    return over;
}

void step_cut(trkx_backend_context *context, trkx_backend_edges *edges, float cut)
{
    trkx_backend_edges over = copy_edges(context, edges, cut, true);
    step_release_edges(context, edges);
    *edges = over;
}

void step_over(trkx_backend_context *context, const trkx_backend_edges *edges, float cut,
               trkx_backend_edges *over)
{
    *over = copy_edges(context, edges, cut, false);
}
