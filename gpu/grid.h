/* The grid for the search by radius: cells in up to three dimensions, and the points of a cell in the order
 * of a fourth. Only non-empty cells exist, in sorted lists, so their number and distance are not limited. */
#ifndef TRKX_GPU_GRID_H
#define TRKX_GPU_GRID_H

#include <cmath>

#include "core/keys.h"
#include "gpu/device.h"

enum { GRID_LEVELS = 3, GRID_NONE = -1 };

/* Two points are neighbours only if none of their coordinates differ by more than this. d2 <= r2 in float32
 * allows a difference of sqrt(r2), a few roundings of 2^-24, and 2^-74 if squares underflow below 2^-149. The
 * rest is for the rounding of a cell's number. */
inline double grid_width(float r2)
{
    return std::sqrt((double)r2) * (1 + 0x1p-20) + 0x1p-70;
}

/* The number of a coordinate's cell: neighbours are in cells that differ by one at most. Beyond 2^26 cells
 * from 0 floats are farther apart than a cell is wide; there each value is its own cell, numbered by the
 * float's code, which has the same order and is beyond all numbers of near cells. */
TRKX_EVERYWHERE inline uint32_t grid_cell(float x, double width)
{
    double cell = floor((double)x / width);
    if (cell >= -0x1p26 && cell < 0x1p26) return (uint32_t)((int64_t)cell + ((int64_t)1 << 31));
    return trkx_float_code(x);
}

/* Views of a grid's arrays, for bodies. A place is a position in the order of the grid. */
struct grid {
    size_t n, dim;
    double width;
    int axes[GRID_LEVELS +
             1];         /* dimension of each level, GRID_NONE: all points are in cell 0; of the sweep */
    const float *points; /* [n,dim] by place */
    const uint32_t *ids; /* [n] index of the point at a place */
    const uint64_t
        *cells[GRID_LEVELS]; /* [counts[l]] (number of its cell one level up << 32 | cell), ascending */
    size_t counts[GRID_LEVELS];
    const uint64_t
        *sweep; /* [n] (number of the cell in the last level << 32 | code of the coordinate), ascending */
};

/* The place of the first key >= `key`. */
TRKX_EVERYWHERE inline size_t grid_find(const uint64_t *keys, size_t count, uint64_t key)
{
    size_t first = 0;
    while (count > 0) {
        size_t middle = count / 2;
        bool below = keys[first + middle] < key;
        first = below ? first + middle + 1 : first;
        count = below ? count - middle - 1 : middle;
    }
    return first;
}

/* A range of cells, or of places. */
struct grid_range {
    size_t begin, end;
};

/* The cells of a level that are next to `cell`, within cell `up` of the level above. */
TRKX_EVERYWHERE inline grid_range grid_next(const grid &g, int level, size_t up, uint32_t cell)
{
    const uint64_t *cells = g.cells[level];
    size_t count = g.counts[level];
    uint32_t low = cell > 0 ? cell - 1 : 0;
    grid_range range;
    range.begin = grid_find(cells, count, trkx_key((uint32_t)up, low));
    range.end = range.begin;
    while (range.end < count && cells[range.end] <= trkx_key((uint32_t)up, cell + 1)) range.end++;
    return range;
}

TRKX_EVERYWHERE inline uint32_t grid_cell_of(const grid &g, int level, const float *point)
{
    return g.axes[level] == GRID_NONE ? 0 : grid_cell(point[g.axes[level]], g.width);
}

/* visit(q) for each place q > from that may be a neighbour of `place`. */
template <class Visit>
TRKX_EVERYWHERE inline void grid_visit(const grid &g, size_t place, size_t from, const Visit &visit)
{
    const float *point = g.points + place * g.dim;
    double x = (double)point[g.axes[GRID_LEVELS]];
    uint32_t low = trkx_float_code((float)(x - g.width)), high = trkx_float_code((float)(x + g.width));
    size_t own = from == 0 ? 0 : trkx_key_high(g.sweep[from - 1]); /* no q is in an earlier cell */
    grid_range a = grid_next(g, 0, 0, grid_cell_of(g, 0, point));
    for (size_t i = a.begin; i < a.end; i++) {
        grid_range b = grid_next(g, 1, i, grid_cell_of(g, 1, point));
        for (size_t j = b.begin; j < b.end; j++) {
            grid_range c = grid_next(g, 2, j, grid_cell_of(g, 2, point));
            for (size_t k = c.begin < own ? own : c.begin; k < c.end; k++) {
                size_t q = grid_find(g.sweep, g.n, trkx_key((uint32_t)k, low));
                uint64_t last = trkx_key((uint32_t)k, high);
                for (q = q < from ? from : q; q < g.n && g.sweep[q] <= last; q++) visit(q);
            }
        }
    }
}

/* Whether two places are neighbours; *d2 is then the defined one: see trkx_query_d2. It only grows from
 * dimension to dimension, so the sum can stop early. */
TRKX_EVERYWHERE inline bool grid_within(const grid &g, size_t p, size_t q, float r2, float *d2)
{
    const float *a = g.points + p * g.dim, *b = g.points + q * g.dim;
    float sum = 0;
    for (size_t d = 0; d < g.dim; d++) {
        float difference = a[d] - b[d];
        sum += difference * difference;
        if (!(sum <= r2)) return false;
    }
    *d2 = sum;
    return true;
}

/* The arrays of a grid. */
class grid_memory
{
  public:
    /* Of device points [n,dim], n > 0, all finite. */
    grid_memory(trkx_backend_context *context, const float *points, size_t n, size_t dim, float r2);
    const grid &view() const
    {
        return g;
    }

  private:
    void choose_axes(trkx_backend_context *context, const float *points);
    void add_level(trkx_backend_context *context, const float *points, int level);
    void add_sweep(trkx_backend_context *context, const float *points);

    grid g;
    buffer<float> points;
    buffer<uint32_t> order, numbers; /* which point is at a place; which cell of the last level it is in */
    buffer<uint64_t> cells[GRID_LEVELS], sweep;
};

#endif
