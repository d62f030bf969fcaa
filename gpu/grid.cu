/* Sorts points into the cells of the grid. */
#include "gpu/grid.h"

#include <algorithm>

#include "gpu/failure.h"
#include "gpu/primitives.h"
#include "graph/check.h"

/* ---- which dimensions ------------------------------------------------------------------------------- */

/* The number of pairs, in a sample of the points, that a dimension does not separate: the fewer, the better.
 * Insensitive to outliers. */
enum { SAMPLE = 256 };

struct count_together {
    const float *points;
    size_t n, dim, sample;
    double width;
    uint32_t *together; /* [dim] */
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        size_t d = i / sample, a = i % sample;
        float x = points[a * n / sample * dim + d];
        uint32_t count = 0;
        for (size_t b = 0; b < sample; b++) {
            float y = points[b * n / sample * dim + d];
            count += (double)x - (double)y <= width && (double)y - (double)x <= width;
        }
        shared(together[d]).fetch_add(count, cuda::memory_order_relaxed);
    }
};

void grid_memory::choose_axes(trkx_backend_context *context, const float *from)
{
    uint32_t counts[TRKX_DIM_MAX];
    int by_count[TRKX_DIM_MAX];
    size_t sample = std::min(g.n, (size_t)SAMPLE);
    buffer<uint32_t> together(context, g.dim, "the choice of dimensions");
    runtime::clear(together.get(), g.dim * sizeof *counts, context->stream);
    each(context, g.dim * sample, count_together{from, g.n, g.dim, sample, g.width, together.get()});
    runtime::copy_out(counts, together.get(), g.dim * sizeof *counts, context->stream);
    for (int d = 0; d < (int)g.dim; d++) by_count[d] = d;
    std::stable_sort(by_count, by_count + g.dim, [&](int a, int b) { return counts[a] < counts[b]; });
    /* the sweep searches two widths, cells three, so the best dimension is for the sweep; one that separates
     * nothing is useless */
    g.axes[GRID_LEVELS] = by_count[0];
    for (size_t l = 0; l < GRID_LEVELS; l++) {
        bool useful = l + 1 < g.dim && counts[by_count[l + 1]] < sample * sample;
        g.axes[l] = useful ? by_count[l + 1] : GRID_NONE;
    }
}

/* ---- building --------------------------------------------------------------------------------------- */

struct start_order {
    uint32_t *order, *numbers;
    TRKX_EVERYWHERE void operator()(size_t p) const
    {
        order[p] = (uint32_t)p;
        numbers[p] = 0;
    }
};

/* The sort key of points at a level: their cell there, within the cells above. */
struct level_keys {
    const float *points;
    size_t dim;
    int axis;
    double width;
    const uint32_t *order, *numbers;
    uint64_t *keys;
    TRKX_EVERYWHERE void operator()(size_t p) const
    {
        uint32_t cell = axis == GRID_NONE ? 0 : grid_cell(points[order[p] * dim + (size_t)axis], width);
        keys[p] = trkx_key(numbers[p], cell);
    }
};

/* 1 at the end of each cell, so that the running sum is the number of a place's cell. */
struct cell_ends {
    const uint64_t *keys;
    size_t n;
    uint32_t *ends;
    TRKX_EVERYWHERE void operator()(size_t p) const
    {
        ends[p] = p + 1 == n || keys[p] != keys[p + 1];
    }
};

struct list_cells {
    const uint64_t *keys, *offsets;
    uint32_t *numbers;
    uint64_t *cells;
    TRKX_EVERYWHERE void operator()(size_t p) const
    {
        numbers[p] = (uint32_t)offsets[p];
        if (offsets[p] != offsets[p + 1]) cells[offsets[p]] = keys[p];
    }
};

void grid_memory::add_level(trkx_backend_context *context, const float *from, int level)
{
    buffer<uint64_t> keys(context, g.n, "the cells of points");
    each(context, g.n,
         level_keys{from, g.dim, g.axes[level], g.width, order.get(), numbers.get(), keys.get()});
    if (g.axes[level] != GRID_NONE) sort_with(context, keys.get(), order.get(), g.n);
    buffer<uint64_t> offsets(context, g.n + 1, "the cells of points");
    buffer<uint32_t> ends(context, g.n, "the cells of points");
    each(context, g.n, cell_ends{keys.get(), g.n, ends.get()});
    g.counts[level] = sum_up(context, ends.get(), g.n, offsets.get());
    cells[level].allocate(g.counts[level], "cells");
    each(context, g.n, list_cells{keys.get(), offsets.get(), numbers.get(), cells[level].get()});
    g.cells[level] = cells[level].get();
}

struct sweep_keys {
    const float *points;
    size_t dim, axis;
    const uint32_t *order, *numbers;
    uint64_t *keys;
    TRKX_EVERYWHERE void operator()(size_t p) const
    {
        keys[p] = trkx_key(numbers[p], trkx_float_code(points[order[p] * dim + axis]));
    }
};

struct gather_points {
    const float *from;
    size_t dim;
    const uint32_t *order;
    float *points;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        points[i] = from[order[i / dim] * dim + i % dim];
    }
};

void grid_memory::add_sweep(trkx_backend_context *context, const float *from)
{
    sweep.allocate(g.n, "the order of points");
    each(context, g.n,
         sweep_keys{from, g.dim, (size_t)g.axes[GRID_LEVELS], order.get(), numbers.get(), sweep.get()});
    sort_with(context, sweep.get(), order.get(), g.n);
    numbers.release();
    points.allocate(g.n * g.dim, "points in the order of the grid");
    each(context, g.n * g.dim, gather_points{from, g.dim, order.get(), points.get()});
    g.points = points.get();
    g.ids = order.get();
    g.sweep = sweep.get();
}

grid_memory::grid_memory(trkx_backend_context *context, const float *from, size_t n, size_t dim, float r2)
    : g{}, points(context), order(context, n, "the order of points"),
      numbers(context, n, "the cells of points"), cells{buffer<uint64_t>(context), buffer<uint64_t>(context),
                                                        buffer<uint64_t>(context)},
      sweep(context)
{
    g.n = n;
    g.dim = dim;
    g.width = grid_width(r2);
    choose_axes(context, from);
    each(context, n, start_order{order.get(), numbers.get()});
    for (int level = 0; level < GRID_LEVELS; level++) add_level(context, from, level);
    add_sweep(context, from);
}
