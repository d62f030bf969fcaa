/*
 * Estimates the width of the luminous region from triplets of hits on the three innermost layers of the
 * barrel, without knowing any track.
 *
 * A pair on layers 1 and 2 that is straight enough in the transverse plane gives a line in (r, z), whose
 * intercept z0 on the beam axis would be its particle's vertex; a hit on layer 3 near that line and the
 * bending confirms it. Triplets by chance are as frequent near the line as a little beside it, at all z0: the
 * difference of the two counts, in bins of |z0|, is that of the particles, and their 68.3 % quantile is
 * sigma_z. About the origin, not about the mean: the networks see z relative to it.
 */
#include "features/beam.h"

#include <math.h>
#include <string.h>

#include "core/threads.h"
#include "detector/barrel.h"

#define PI 3.14159265358979323846

enum {
    LAYERS = 3,
    ROW_BITS = 10,
    ROWS = 1 << ROW_BITS,      /* cells of azimuth, of 6 mrad */
    SLICES = 64,               /* cells of z; of 16 mm in TrackML */
    CELLS = ROWS * SLICES,     /* a full TrackML event has a hit in every seventh */
    ROW_SHIFT = 32 - ROW_BITS, /* an azimuth's upper bits are its row */
    MOST = 32,                 /* hits of a row that are tried; a row of a full TrackML event has 7 */
    MOST_FIRST = 2048,       /* hits on layer 1 that are tried: the vertices, about 200, limit the accuracy */
    DISTANCES = 300,         /* bins of |z0|, of 1 mm */
    HITS_PER_PART = 1 << 13, /* of the event, to a thread */
    LEAST_EXCESS = 10,       /* see quantile */
};

/* Chosen on simulated TrackML events: of the triplets of a particle above 0.6 GeV nine of ten are within. */
#define BEND 5e-4F     /* rad / mm: dphi / dr of a line is less, as on circles of 1 m radius */
#define NEAR_PHI 2e-3F /* rad, from the line's bending to the third hit */
#define NEAR_Z 0.15F   /* mm, from the line to it, times 1 + |dz / dr|: paths grow with the slope */
#define BESIDE_Z 0.5F  /* mm, likewise: from here the background is counted, over the same range */

/* A hit on a layer. */
struct spot {
    uint32_t turn; /* azimuth: 2^32 are a turn, so that differences wrap around by themselves */
    float r, z;    /* mm */
};

/* The hits of a layer, sorted into cells of azimuth and z. */
struct ring {
    size_t count;
    struct spot *spots;  /* [count] in the hits' order */
    struct spot *sorted; /* [count] by cells */
    float low, high;     /* mm: least and largest r */
    float half_length;   /* mm: |z| is less */
    uint32_t begin[CELLS + 1];
};

struct layers {
    double low2[LAYERS + 1]; /* mm^2: the hits of layer l have low2[l] <= r^2 < low2[l + 1] */
    struct ring rings[LAYERS];
};

/* ---- the hits of the layers ------------------------------------------------------------------------- */

/* Layers meet halfway. A fourth limits the third, if there is one. */
static void set_limits(struct layers *layers, const struct trkx_cylinder *cylinders, size_t count)
{
    for (size_t l = 0; l <= LAYERS; l++) {
        double below = l > 0 ? cylinders[l - 1].radius : 0;
        double radius = l < count ? cylinders[l].radius : 2 * below - cylinders[l - 2].radius;
        layers->low2[l] = (below + radius) / 2 * (below + radius) / 2;
        if (l < LAYERS) layers->rings[l].half_length = (float)cylinders[l].half_length;
    }
}

/* LAYERS: none. */
static size_t layer_of(const struct layers *layers, const float *xyz)
{
    double x = (double)xyz[0], y = (double)xyz[1], r2 = x * x + y * y;
    if (!(r2 >= layers->low2[0] && r2 < layers->low2[LAYERS])) return LAYERS;
    size_t l = (size_t)(r2 >= layers->low2[1]) + (r2 >= layers->low2[2]);
    return fabsf(xyz[2]) < layers->rings[l].half_length ? l : LAYERS;
}

static uint32_t turn_of(double phi)
{
    return (uint32_t)(int64_t)(phi * (0x1p31 / PI));
}

static struct spot spot_of(const float *xyz)
{
    double x = (double)xyz[0], y = (double)xyz[1];
    return (struct spot){turn_of(atan2(y, x)), (float)sqrt(x * x + y * y), xyz[2]};
}

/* A range of the event's hits. */
struct part {
    size_t begin, end;
    size_t
        places[LAYERS + 1]; /* how many of its hits are on each layer; then the next one's place in spots */
};

/* Part p of `count`. */
static void count_part(const struct layers *layers, const trkx_hits *hits, size_t p, size_t count,
                       struct part *part)
{
    *part = (struct part){.begin = hits->count * p / count, .end = hits->count * (p + 1) / count};
    for (size_t i = part->begin; i < part->end; i++) part->places[layer_of(layers, hits->xyz + 3 * i)]++;
}

static void fill_part(struct layers *layers, const trkx_hits *hits, struct part *part)
{
    for (size_t i = part->begin; i < part->end; i++) {
        size_t l = layer_of(layers, hits->xyz + 3 * i);
        if (l < LAYERS) layers->rings[l].spots[part->places[l]++] = spot_of(hits->xyz + 3 * i);
    }
}

/* Counts become places. Returns the number of hits on all layers. */
static size_t place_parts(struct layers *layers, struct part *parts, size_t count)
{
    size_t all = 0;
    for (size_t l = 0; l < LAYERS; l++) {
        size_t place = 0;
        for (size_t p = 0; p < count; p++) {
            size_t hits = parts[p].places[l];
            parts[p].places[l] = place;
            place += hits;
        }
        layers->rings[l].count = place;
        all += place;
    }
    return all;
}

static uint32_t row_of(uint32_t turn)
{
    return turn >> ROW_SHIFT;
}

/* The nearest one, for a z beyond the layer. */
static uint32_t slice_of(const struct ring *ring, float z)
{
    float slice = (z / ring->half_length + 1) * (SLICES / 2);
    if (!(slice > 0)) return 0;
    return slice < SLICES ? (uint32_t)slice : SLICES - 1;
}

static uint32_t cell_of(const struct ring *ring, const struct spot *spot)
{
    return row_of(spot->turn) * SLICES + slice_of(ring, spot->z);
}

/* Counts, then fills: begin[c + 1] is the next place in cell c. */
static void sort_ring(struct ring *ring)
{
    uint32_t *next = ring->begin + 1, before = 0;
    memset(ring->begin, 0, sizeof ring->begin);
    for (size_t i = 0; i < ring->count; i++) next[cell_of(ring, &ring->spots[i])]++;
    for (size_t c = 0; c < CELLS; c++) {
        uint32_t count = next[c];
        next[c] = before;
        before += count;
    }
    for (size_t i = 0; i < ring->count; i++) {
        const struct spot *spot = &ring->spots[i];
        ring->sorted[next[cell_of(ring, spot)]++] = *spot;
        ring->low = i == 0 || spot->r < ring->low ? spot->r : ring->low;
        ring->high = i == 0 || spot->r > ring->high ? spot->r : ring->high;
    }
}

/* ---- triplets --------------------------------------------------------------------------------------- */

/* What is counted: the same in any order, as all are integers. */
struct counts {
    int64_t excess[DISTANCES]; /* triplets near lines less those beside, by |z0| */
    int64_t triplets;          /* of both kinds */
};

/* Where a line from a hit leads: dphi / dr and dz / dr are in these ranges, phi and z up to a margin. */
struct course {
    struct spot from;
    float bending[2], margin_phi; /* rad / mm, rad */
    float slope[2], margin_z;     /* mm */
};

/* The cells that it may reach on a ring. */
struct window {
    uint32_t row, rows;   /* the first, modulo ROWS, and their number; 0: none */
    uint32_t slice, last; /* of z */
};

/* Range of `rate` dr, for dr in its range. */
static void spread(const float rate[2], const float dr[2], float margin, float range[2])
{
    float low[2] = {rate[0] * dr[0], rate[0] * dr[1]}, high[2] = {rate[1] * dr[0], rate[1] * dr[1]};
    range[0] = (low[0] < low[1] ? low[0] : low[1]) - margin;
    range[1] = (high[0] > high[1] ? high[0] : high[1]) + margin;
}

static struct window window_of(const struct ring *ring, const struct course *course)
{
    const float widest = 0.1F; /* rad, to either side */
    const struct spot *from = &course->from;
    float dr[2] = {ring->low - from->r, ring->high - from->r}, phi[2], z[2];
    spread(course->slope, dr, course->margin_z, z);
    if (from->z + z[0] > ring->half_length || from->z + z[1] < -ring->half_length) return (struct window){0};
    spread(course->bending, dr, course->margin_phi, phi);
    uint32_t first = row_of(from->turn + turn_of((double)(phi[0] > -widest ? phi[0] : -widest)));
    uint32_t last = row_of(from->turn + turn_of((double)(phi[1] < widest ? phi[1] : widest)));
    return (struct window){first, ((last - first) & (ROWS - 1)) + 1, slice_of(ring, from->z + z[0]),
                           slice_of(ring, from->z + z[1])};
}

/* Hits of a row of the window: begin, begin + step, ... before end. */
struct range {
    uint32_t begin, end, step;
};

/* Of too many hits, every second, third, ...: which ones does not depend on their z0. */
static struct range range_of(const struct ring *ring, const struct window *window, uint32_t row)
{
    const uint32_t *begin = ring->begin + ((window->row + row) & (ROWS - 1)) * SLICES;
    struct range range = {begin[window->slice], begin[window->last + 1], 1};
    range.step += (range.end - range.begin) / MOST;
    return range;
}

static float angle_between(const struct spot *from, const struct spot *to)
{
    return (float)(int32_t)(to->turn - from->turn) * (float)(PI / 0x1p31);
}

/* 1: near a line, as far as z says; -1: beside it; 0: neither. */
static int side_of(const struct course *line, const struct spot *third)
{
    float dr = third->r - line->from.r, scale = 1 + fabsf(line->slope[0]);
    float dphi = fabsf(angle_between(&line->from, third) - line->bending[0] * dr);
    float dz = fabsf(third->z - line->from.z - line->slope[0] * dr) / scale;
    if (!(dphi < NEAR_PHI)) return 0;
    return dz < NEAR_Z ? 1 : dz >= BESIDE_Z && dz < BESIDE_Z + NEAR_Z ? -1 : 0;
}

/* The third hits of a line through the first two. */
static void count_thirds(const struct ring *ring, const struct course *line, int64_t *excess,
                         int64_t *triplets)
{
    struct window window = window_of(ring, line);
    for (uint32_t row = 0; row < window.rows; row++) {
        struct range range = range_of(ring, &window, row);
        for (uint32_t k = range.begin; k < range.end; k += range.step) {
            int side = side_of(line, &ring->sorted[k]);
            *excess += side;
            *triplets += side != 0;
        }
    }
}

/* A pair of hits on layers 1 and 2. If their r differ only by rounding, it has no line: comparisons fail. */
static void count_pair(const struct ring *third, const struct spot *a, const struct spot *b,
                       struct counts *counts)
{
    float dr = b->r - a->r, bending = angle_between(a, b) / dr, slope = (b->z - a->z) / dr;
    float z0 = fabsf(a->z - a->r * slope), margin = (BESIDE_Z + NEAR_Z) * (1 + fabsf(slope));
    if (!(fabsf(bending) < BEND && z0 < DISTANCES)) return;
    const struct course line = {*b, {bending, bending}, NEAR_PHI, {slope, slope}, margin};
    count_thirds(third, &line, &counts->excess[(size_t)z0], &counts->triplets);
}

/* Those of a hit on layer 1. */
static void count_pairs(const struct layers *layers, const struct spot *first, struct counts *counts)
{
    const struct ring *second = &layers->rings[1];
    float least = (first->z - DISTANCES) / first->r, most = (first->z + DISTANCES) / first->r;
    const struct course course = {*first, {-BEND, BEND}, 0, {least, most}, 0};
    struct window window = window_of(second, &course);
    for (uint32_t row = 0; row < window.rows; row++) {
        struct range range = range_of(second, &window, row);
        for (uint32_t k = range.begin; k < range.end; k += range.step)
            count_pair(&layers->rings[2], first, &second->sorted[k], counts);
    }
}

static void add_counts(struct counts *to, const struct counts *from)
{
    for (size_t d = 0; d < DISTANCES; d++) to->excess[d] += from->excess[d];
    to->triplets += from->triplets;
}

static void count_all(const struct layers *layers, int threads, struct counts *counts)
{
    const struct ring *first = &layers->rings[0];
    size_t step = 1 + first->count / MOST_FIRST;
#pragma omp parallel num_threads(threads)
    {
        struct counts own = {{0}, 0};
#pragma omp for schedule(static) nowait
        for (size_t i = 0; i < first->count; i += step) count_pairs(layers, &first->sorted[i], &own);
#pragma omp critical(trkx_beam_counts)
        add_counts(counts, &own);
    }
}

/* ---- the estimate ----------------------------------------------------------------------------------- */

/* The excess has to be sqrt(LEAST_EXCESS) = 3.2 standard deviations; without background that is LEAST_EXCESS
 * triplets. Its sum is followed to the first bin that reaches the quantile: background that is subtracted in
 * excess makes it fall before, which does not matter. */
static double quantile(const struct counts *counts)
{
    const double within_sigma = 0.6827; /* of a normal distribution */
    int64_t all = 0, before = 0;
    size_t bin = 0;
    for (size_t d = 0; d < DISTANCES; d++) all += counts->excess[d];
    if (all <= 0 || (double)all * (double)all < LEAST_EXCESS * (double)counts->triplets)
        return TRKX_BEAM_SIGMA_Z_UNKNOWN;
    double wanted = within_sigma * (double)all;
    while ((double)(before + counts->excess[bin]) < wanted) before += counts->excess[bin++];
    double sigma_z = (double)bin + (wanted - (double)before) / (double)counts->excess[bin];
    return fmin(fmax(sigma_z, TRKX_BEAM_SIGMA_Z_MIN), TRKX_BEAM_SIGMA_Z_MAX);
}

/* Arrays [m] become those of the rings. */
static void divide(struct layers *layers, struct spot *spots, struct spot *sorted)
{
    for (size_t l = 0; l < LAYERS; l++) {
        struct ring *ring = &layers->rings[l];
        ring->spots = spots;
        ring->sorted = sorted;
        spots += ring->count;
        sorted += ring->count;
    }
}

/* Limits are set. */
static enum trkx_status estimate(struct trkx_memory *memory, const trkx_hits *hits, struct layers *layers,
                                 int threads, double *sigma_z, trkx_error *error)
{
    const char *purpose = "the hits of the innermost layers";
    enum trkx_status status = TRKX_OK;
    struct spot *spots = NULL, *sorted = NULL;
    struct part *parts = NULL;
    struct counts counts = {{0}, 0};
    size_t parts_count = hits->count / HITS_PER_PART + 1;
    threads = trkx_worthwhile_threads(trkx_threads(threads), hits->count, HITS_PER_PART);
    TRKX_ALLOCATE(parts, memory, parts_count, purpose);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t p = 0; p < parts_count; p++) count_part(layers, hits, p, parts_count, &parts[p]);
    size_t m = place_parts(layers, parts, parts_count);
    TRKX_ALLOCATE(spots, memory, m, purpose);
    TRKX_ALLOCATE(sorted, memory, m, purpose);
    divide(layers, spots, sorted);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t p = 0; p < parts_count; p++) fill_part(layers, hits, &parts[p]);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t l = 0; l < LAYERS; l++) sort_ring(&layers->rings[l]);
    count_all(layers, threads, &counts);
    *sigma_z = quantile(&counts);
cleanup:
    trkx_release(parts);
    trkx_release(spots);
    trkx_release(sorted);
    return status;
}

enum trkx_status trkx_beam_sigma_z(struct trkx_memory *memory, const trkx_hits *hits,
                                   const struct trkx_detector *detector, int threads, double *sigma_z,
                                   trkx_error *error)
{
    struct trkx_cylinder cylinders[LAYERS + 1];
    struct layers *layers = NULL;
    size_t count = 0;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_barrel_inner(memory, detector, cylinders, LAYERS + 1, &count, error));
    *sigma_z = TRKX_BEAM_SIGMA_Z_UNKNOWN;
    if (count < LAYERS) return TRKX_OK;
    TRKX_ALLOCATE(layers, memory, 1, "the innermost layers");
    set_limits(layers, cylinders, count);
    status = estimate(memory, hits, layers, threads, sigma_z, error);
cleanup:
    trkx_release(layers);
    return status;
}
