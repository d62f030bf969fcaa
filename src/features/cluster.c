/* Estimates how long the clusters of an event are. */
#include "features/cluster.h"

#include <math.h>
#include <string.h>

static const double LEAST_SLOPE = 1.5, MOST_SLOPE = 6; /* of the hits that tell the depth */
static const double LEAST_PITCHES = 4;                 /* of their path along v in the sensor */
static const double LEAST_DEPTH = 0.1, MOST_DEPTH = 10;
static const double STEEPEST = 20; /* slope */
enum { NOMINAL_CHANNELS = 200 };

/* What a hit tells. */
struct sample {
    uint32_t depth;  /* bits of the float: positive ones are in the order of their bits */
    uint32_t weight; /* channels */
};

struct volume {
    struct sample nominal, *samples;
    size_t count;
};

static uint32_t bits_of(double depth)
{
    float rounded = (float)depth;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    return bits;
}

static double depth_of(uint32_t bits)
{
    float depth;
    memcpy(&depth, &bits, sizeof depth);
    return fmin(fmax((double)depth, LEAST_DEPTH), MOST_DEPTH);
}

static double nominal_depth(const struct trkx_module *module)
{
    return fabs(module->rotation[2][2]) < 0.5 ? 0.5 : 1;
}

/* |v/w| of the direction from the origin to a point, in the module's frame. */
static double slope_from_origin(const struct trkx_module *module, const float *xyz)
{
    const double to[3] = {(double)xyz[0], (double)xyz[1], (double)xyz[2]};
    return fabs(trkx_module_along(module, 1, to) / trkx_module_along(module, 2, to));
}

/* False if the hit does not tell the depth (or its position is not finite). */
static bool measure(const trkx_hits *hits, size_t hit, const struct trkx_module *module,
                    struct sample *sample)
{
    double thickness = 2 * module->thickness, least = LEAST_PITCHES * module->pitch_v;
    if (MOST_SLOPE * thickness < least || hits->cell_begin[hit] == hits->cell_begin[hit + 1]) return false;
    double slope = slope_from_origin(module, hits->xyz + 3 * hit);
    if (!(slope >= LEAST_SLOPE && slope <= MOST_SLOPE && thickness * slope >= least)) return false;
    int64_t steps = trkx_cluster_channels(hits, hit, hits->cell_ch1) - 1;
    *sample =
        (struct sample){bits_of((double)steps * module->pitch_v / (thickness * slope)), (uint32_t)steps};
    return true;
}

/* The least depth that is not exceeded by half of the weight, found bit by bit. */
static double median(const struct volume *volume)
{
    uint64_t total = volume->nominal.weight;
    uint32_t depth = 0;
    for (size_t i = 0; i < volume->count; i++) total += volume->samples[i].weight;
    for (uint32_t bit = UINT32_C(1) << 31; bit > 0; bit >>= 1) {
        uint32_t tried = depth | bit;
        uint64_t below = volume->nominal.depth < tried ? volume->nominal.weight : 0;
        for (size_t i = 0; i < volume->count; i++)
            below += volume->samples[i].depth < tried ? volume->samples[i].weight : 0;
        if (2 * below < total) depth = tried;
    }
    return depth_of(depth);
}

/* Numbers the volumes, which follow each other in the list of modules: volume [modules]. Returns how many. */
static size_t number_volumes(const struct trkx_detector *detector, size_t *volume)
{
    for (size_t m = 0; m < detector->count; m++) {
        bool same = m > 0 && detector->modules[m].volume == detector->modules[m - 1].volume;
        volume[m] = m == 0 ? 0 : volume[m - 1] + !same;
    }
    return detector->count == 0 ? 0 : volume[detector->count - 1] + 1;
}

/* Room in `samples` [n] for all hits of each volume. */
static void divide(const struct trkx_placed_hits *placed, const size_t *volume, struct sample *samples,
                   struct volume *volumes, size_t count)
{
    for (size_t v = 0; v < count; v++) volumes[v].count = 0;
    for (size_t i = 0; i < placed->hits->count; i++) volumes[volume[placed->modules[i]]].count++;
    for (size_t v = 0; v < count; v++) {
        volumes[v].samples = samples;
        samples += volumes[v].count;
        volumes[v].count = 0;
    }
}

static void sample_hits(const struct trkx_placed_hits *placed, const size_t *volume, struct volume *volumes)
{
    for (size_t i = 0; i < placed->hits->count; i++) {
        const struct trkx_module *module = &placed->detector->modules[placed->modules[i]];
        struct volume *its = &volumes[volume[placed->modules[i]]];
        if (measure(placed->hits, i, module, &its->samples[its->count])) its->count++;
    }
}

enum trkx_status trkx_cluster_depths(struct trkx_memory *memory, const struct trkx_placed_hits *placed,
                                     double *depth, trkx_error *error)
{
    const struct trkx_detector *detector = placed->detector;
    enum trkx_status status = TRKX_OK;
    size_t *volume = NULL;
    struct volume *volumes = NULL;
    struct sample *samples = NULL;
    TRKX_ALLOCATE(volume, memory, detector->count, "the volumes of modules");
    size_t count = number_volumes(detector, volume);
    TRKX_ALLOCATE(volumes, memory, count, "the volumes of a detector");
    TRKX_ALLOCATE(samples, memory, placed->hits->count, "the depths of clusters");
    divide(placed, volume, samples, volumes, count);
    sample_hits(placed, volume, volumes);
    for (size_t m = 0; m < detector->count; m++) {
        bool first = m == 0 || volume[m] != volume[m - 1];
        volumes[volume[m]].nominal =
            (struct sample){bits_of(nominal_depth(&detector->modules[m])), NOMINAL_CHANNELS};
        depth[m] = first ? median(&volumes[volume[m]]) : depth[m - 1];
    }
cleanup:
    trkx_release(volume);
    trkx_release(volumes);
    trkx_release(samples);
    return status;
}

double trkx_cluster_slope(double extent, double pitch, double depth)
{
    return fmin(fmax((extent - pitch) / depth, 0), STEEPEST); /* fmax: 0 for 0/0 */
}
