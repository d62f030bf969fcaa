/* Turns the crossings of particles with modules into clusters of cells. */
#include "sim/digitize.h"

#include <math.h>

/* The model was derived from TrackML's cells: in the disks a cluster consists of the cells crossed by the
 * track's path through the sensor; in the barrel, of those crossed by the path through half the thickness,
 * sheared by the drift of the charge in the magnetic field. The position is the cells' centre of gravity, in
 * the barrel corrected by the mean drift over the whole thickness: twice too much.
 *
 * These are the cells of the throughput phase. Those of the accuracy phase are longer in the pixel barrel, as
 * if the whole thickness made the cluster there: then the correction is right. */

static const double FLUCTUATION = 0.1; /* of the charge of a pixel, relative */
static const double MAX_SLOPE = 20;    /* of a track against the normal: limits the length of clusters */

/* Tangent of the Lorentz angle, and the side towards which charge drifts: with w or against it. */
struct drift {
    double tangent, side;
};
static const struct drift DRIFTS[] = {
    [TRKX_PIXELS] = {0.12, -1}, [TRKX_SHORT_STRIPS] = {0.12, 1}, [TRKX_LONG_STRIPS] = {0.08, 1}};

static struct drift drift_of(const struct trkx_module *module)
{
    if (!trkx_module_in_barrel(module)) return (struct drift){0, 0};
    return DRIFTS[trkx_module_sensor(module)];
}

/* Mean shift of u along a track through this depth of the sensor (mm). */
static double mean_drift(const struct trkx_module *module, double depth)
{
    struct drift drift = drift_of(module);
    return 0.5 * drift.side * drift.tangent * depth;
}

/* mm: the depth of sensor that makes a cluster. */
static double depth_of(const struct trkx_module *module, double pixel_barrel)
{
    if (!trkx_module_in_barrel(module)) return 2 * module->thickness;
    return module->thickness * (trkx_module_sensor(module) == TRKX_PIXELS ? pixel_barrel : 1);
}

/* The part of the track in the sensor, in units of channels. */
struct segment {
    double from[2], step[2]; /* position at the start; from start to end */
    double length;           /* mm */
    int channels[2];         /* 0 <= channel < channels */
};

static double clamp(double value, double low, double high)
{
    return value > low ? (value < high ? value : high) : low; /* NaN: low */
}

static struct segment make_segment(const struct trkx_module *module, const struct trkx_crossing *crossing,
                                   double depth)
{
    double local[3];
    trkx_module_direction(module, crossing->momentum, local);
    double slope_u = clamp(local[0] / local[2], -MAX_SLOPE, MAX_SLOPE);
    double slope_v = clamp(local[1] / local[2], -MAX_SLOPE, MAX_SLOPE);
    double du = (slope_u - drift_of(module).tangent) * depth, dv = slope_v * depth;
    return (struct segment){
        .from = {(crossing->u + mean_drift(module, depth) - 0.5 * du + module->max_hu) / module->pitch_u,
                 (crossing->v - 0.5 * dv + module->hv) / module->pitch_v},
        .step = {du / module->pitch_u, dv / module->pitch_v},
        .length = depth * sqrt(1 + slope_u * slope_u + slope_v * slope_v),
        .channels = {(int)lround(2 * module->max_hu / module->pitch_u),
                     (int)lround(2 * module->hv / module->pitch_v)},
    };
}

/* Share of the segment at which it leaves `channel` on an axis. */
static double leaves(const struct segment *segment, int axis, int channel)
{
    double step = segment->step[axis];
    if (step == 0) return INFINITY;
    return (channel + (step > 0) - segment->from[axis]) / step;
}

static bool in_sensor(const struct segment *segment, const int channel[2])
{
    return channel[0] >= 0 && channel[0] < segment->channels[0] && channel[1] >= 0 &&
           channel[1] < segment->channels[1];
}

/* Follows the segment from cell to cell; value is the path in the cell. */
static size_t walk_cells(const struct segment *segment, struct trkx_cell *cells)
{
    int channel[2] = {(int)floor(segment->from[0]), (int)floor(segment->from[1])};
    size_t count = 0;
    double at = 0;
    while (at < 1 && count < TRKX_CELLS_MAX) {
        double next[2] = {leaves(segment, 0, channel[0]), leaves(segment, 1, channel[1])};
        int axis = next[1] < next[0];
        double end = clamp(next[axis], at, 1);
        if (end > at && in_sensor(segment, channel))
            cells[count++] =
                (struct trkx_cell){channel[0], channel[1], (float)((end - at) * segment->length)};
        at = next[axis] < 1 ? end : 1;
        channel[axis] += segment->step[axis] > 0 ? 1 : -1;
    }
    return count;
}

/* The cell nearest to the middle of a segment that has drifted over the edge of the sensor. */
static void nearest_cell(const struct segment *segment, struct trkx_cell *cell)
{
    double middle[2];
    for (int i = 0; i < 2; i++)
        middle[i] = clamp(floor(segment->from[i] + 0.5 * segment->step[i]), 0, segment->channels[i] - 1);
    *cell = (struct trkx_cell){(int32_t)middle[0], (int32_t)middle[1], (float)segment->length};
}

static void read_out(const struct trkx_module *module, struct trkx_random *random, struct trkx_cell *cell)
{
    if (trkx_module_sensor(module) != TRKX_PIXELS)
        cell->value = 1;
    else
        cell->value *= (float)fmax(1 + FLUCTUATION * trkx_random_normal(random), 0.1);
}

void trkx_digitize(const struct trkx_module *module, const struct trkx_crossing *crossing,
                   double pixel_barrel, struct trkx_random *random, struct trkx_cluster *cluster)
{
    struct segment segment = make_segment(module, crossing, depth_of(module, pixel_barrel));
    double sum = 0, sum0 = 0, sum1 = 0;
    cluster->count = walk_cells(&segment, cluster->cells);
    if (cluster->count == 0) nearest_cell(&segment, &cluster->cells[cluster->count++]);
    for (size_t i = 0; i < cluster->count; i++) {
        struct trkx_cell *cell = &cluster->cells[i];
        read_out(module, random, cell);
        sum += cell->value;
        sum0 += cell->value * (cell->ch0 + 0.5);
        sum1 += cell->value * (cell->ch1 + 0.5);
    }
    cluster->u = sum0 / sum * module->pitch_u - module->max_hu - mean_drift(module, 2 * module->thickness);
    cluster->v = sum1 / sum * module->pitch_v - module->hv;
}
