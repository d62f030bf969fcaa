/* Edges and their scores on the device: as the networks take them, turned outwards, cut. */
#include <algorithm>
#include <cmath>
#include <vector>

#include "gpu/device.h"
#include "gpu/failure.h"
#include "graph/outwards.h"
#include "gpu/steps.h"

/* ---- to and from the host --------------------------------------------------------------------------- */

static const size_t STAGED = (size_t)1 << 20; /* edges that are on their way at a time */

static uint64_t pair_of(int64_t source, int64_t target, size_t e)
{
    if (source < 0 || source > INT32_MAX || target < 0 || target > INT32_MAX)
        fail(TRKX_ERROR_ARGUMENT, "edges: edge %zu runs from %lld to %lld: hits are 0 to 2^31 - 1", e,
             (long long)source, (long long)target);
    return trkx_key((uint32_t)source, (uint32_t)target);
}

static void upload_pairs(trkx_cuda_context *context, const int64_t *index, size_t m, uint64_t *pairs)
{
    std::vector<uint64_t> staged(std::min(m, STAGED));
    for (size_t first = 0; first < m; first += STAGED) {
        size_t count = std::min(STAGED, m - first);
        for (size_t e = 0; e < count; e++)
            staged[e] = pair_of(index[first + e], index[m + first + e], first + e);
        runtime::copy_in(pairs + first, staged.data(), count * sizeof *pairs, context->stream);
    }
}

void step_edges_upload(trkx_cuda_context *context, const int64_t *index, const float *scores, size_t m,
                       trkx_cuda_edges *edges)
{
    *edges = {};
    if (m == 0) return;
    buffer<uint64_t> pairs(context, m, "edges");
    buffer<float> own(context);
    upload_pairs(context, index, m, pairs.get());
    if (scores != nullptr) {
        own.allocate(m, "scores");
        runtime::copy_in(own.get(), scores, m * sizeof *scores, context->stream);
    }
    *edges = {m, 0, pairs.take(), own.take()};
}

void step_edges_download(trkx_cuda_context *context, const trkx_cuda_edges *edges, int64_t *index,
                         float *scores)
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
    if (scores != nullptr && edges->scores != nullptr)
        runtime::copy_out(scores, edges->scores, m * sizeof *scores, context->stream);
}

void step_edges_release(trkx_cuda_context *context, trkx_cuda_edges *edges)
{
    context->pool.release(edges->pairs);
    context->pool.release(edges->scores);
    *edges = {};
}

/* ---- outwards --------------------------------------------------------------------------------------- */

struct norms_of {
    const float *xyz;
    double *norms;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        norms[i] = trkx_squared_norm(xyz + 3 * i);
    }
};

void find_norms(trkx_cuda_context *context, const float *xyz, size_t n, double *norms)
{
    each(context, n, norms_of{xyz, norms});
}

struct turn {
    const uint64_t *pairs;
    size_t n;
    const double *norms;
    uint64_t *turned, *lowest_bad;
    TRKX_EVERYWHERE void operator()(size_t e) const
    {
        uint64_t pair = pairs[e];
        if (trkx_key_high(pair) < n && trkx_key_low(pair) < n)
            turned[e] = trkx_turn_outwards(norms, pair);
        else
            mark_bad(lowest_bad, e);
    }
};

void step_orient(trkx_cuda_context *context, const float *xyz, size_t n, trkx_cuda_edges *edges)
{
    uint64_t e;
    if (edges->scores != nullptr) fail(TRKX_ERROR_ARGUMENT, "edges: they have scores, and cannot be sorted");
    if (edges->count == 0) return;
    first_bad bad(context);
    buffer<double> norms(context, n, "the hits' distances");
    buffer<uint64_t> turned(context, edges->count, "edges");
    find_norms(context, xyz, n, norms.get());
    each(context, edges->count, turn{edges->pairs, n, norms.get(), turned.get(), bad.get()});
    if (bad.found(&e)) {
        uint64_t pair = read(context, edges->pairs + e);
        fail(TRKX_ERROR_ARGUMENT, "edges: edge %zu runs from %u to %u, there are %zu hits", (size_t)e,
             trkx_key_high(pair), trkx_key_low(pair), n);
    }
    norms.release();
    sort(context, turned.get(), edges->count);
    context->pool.release(edges->pairs);
    edges->pairs = turned.take();
}

/* ---- for the networks ------------------------------------------------------------------------------- */

static void check_range(const trkx_cuda_edges *edges, size_t first, size_t count)
{
    if (first > edges->count || count > edges->count - first)
        fail(TRKX_ERROR_ARGUMENT, "edges: %zu from number %zu on, there are %zu", count, first, edges->count);
}

template <class Index> struct split_pairs {
    const uint64_t *pairs;
    size_t count;
    Index *to; /* [2,count] */
    TRKX_EVERYWHERE void operator()(size_t e) const
    {
        to[e] = (Index)trkx_key_high(pairs[e]);
        to[count + e] = (Index)trkx_key_low(pairs[e]);
    }
};

void step_index64(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first, size_t count,
                  int64_t *to)
{
    check_range(edges, first, count);
    each(context, count, split_pairs<int64_t>{edges->pairs + first, count, to});
}

void step_index32(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first, size_t count,
                  int32_t *to)
{
    check_range(edges, first, count);
    each(context, count, split_pairs<int32_t>{edges->pairs + first, count, to});
}

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

void step_rows(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first, size_t count,
               const float *features, size_t width, float *to)
{
    check_range(edges, first, count);
    each(context, 2 * width * count, gather_rows{edges->pairs + first, features, width, to});
}

/* ---- scores and cuts -------------------------------------------------------------------------------- */

void step_scores_allocate(trkx_cuda_context *context, trkx_cuda_edges *edges)
{
    if (edges->scores == nullptr)
        edges->scores = (float *)context->pool.allocate(edges->count * sizeof(float), "scores");
}

struct sigmoid {
    float *scores;
    TRKX_EVERYWHERE void operator()(size_t e) const
    {
        scores[e] = 1.0f / (1.0f + expf(-scores[e]));
    }
};

void step_sigmoid(trkx_cuda_context *context, float *scores, size_t m)
{
    each(context, m, sigmoid{scores});
}

/* Edges are cut in runs of so many, one body each: what a body reads fills a few lines of the cache, and
 * there is a count only for each run. */
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

static trkx_cuda_edges copy_edges(trkx_cuda_context *context, const trkx_cuda_edges *edges, float cut,
                                  bool with_scores)
{
    if (edges->count == 0) return {0, edges->saturated, nullptr, nullptr};
    if (edges->scores == nullptr) fail(TRKX_ERROR_ARGUMENT, "edges: they have no scores to cut at");
    size_t runs = (edges->count + RUN - 1) / RUN;
    buffer<uint32_t> counts(context, runs, "the places of edges");
    buffer<uint64_t> offsets(context, runs + 1, "the places of edges"), pairs(context);
    buffer<float> scores(context);
    each(context, runs, count_over{edges->scores, edges->count, cut, counts.get()});
    size_t count = sum_up(context, counts.get(), runs, offsets.get());
    if (count == 0) return {0, edges->saturated, nullptr, nullptr};
    pairs.allocate(count, "edges over a cut");
    if (with_scores) scores.allocate(count, "scores over a cut");
    each(context, runs,
         copy_over{edges->pairs, edges->scores, edges->count, cut, offsets.get(), pairs.get(), scores.get()});
    return {count, edges->saturated, pairs.take(), scores.take()};
}

void step_cut(trkx_cuda_context *context, trkx_cuda_edges *edges, float cut)
{
    trkx_cuda_edges over = copy_edges(context, edges, cut, true);
    step_edges_release(context, edges);
    *edges = over;
}

void step_over(trkx_cuda_context *context, const trkx_cuda_edges *edges, float cut, trkx_cuda_edges *over)
{
    *over = copy_edges(context, edges, cut, false);
}
