/* Derives a hit's errors and layer from its module, and whether the layer is a disk. */
#include "detector/measure.h"

/* A uniform distribution over a cell. */
static double variance(double pitch)
{
    return pitch * pitch / 12;
}

static void measure(const float *xyz, const struct trkx_detector *detector, const struct trkx_module *module,
                    struct trkx_measurement *m)
{
    const struct trkx_description *description = &detector->description;
    double x = (double)xyz[0], y = (double)xyz[1], z = (double)xyz[2];
    bool disk = fabs(module->rotation[2][2]) > description->disk_normal;
    double along = variance(module->pitch_v), normal = description->normal_error * description->normal_error;
    *m = (struct trkx_measurement){.x = x,
                                   .y = y,
                                   .z = z,
                                   .distance2 = x * x + y * y + z * z,
                                   .r = sqrt(x * x + y * y),
                                   .phi = (double)(float)atan2(y, x),
                                   .var_phi = variance(module->pitch_u),
                                   .var_r = disk ? along : normal,
                                   .var_z = disk ? normal : along,
                                   .module = (int32_t)(module - detector->modules),
                                   .disk = disk};
}

/* The number of each module's layer, from 0; modules are sorted by volume and layer. */
static void number_layers(const struct trkx_detector *detector, int32_t *numbers)
{
    const struct trkx_module *modules = detector->modules;
    for (size_t m = 0; m < detector->count; m++) {
        bool first = m == 0, next = !first && (modules[m].volume != modules[m - 1].volume ||
                                               modules[m].layer != modules[m - 1].layer);
        numbers[m] = first ? 0 : numbers[m - 1] + next;
    }
}

enum trkx_status trkx_measure(struct trkx_memory *memory, const trkx_hits *hits,
                              const struct trkx_detector *detector, const int32_t *modules,
                              struct trkx_measurement *measurements, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int32_t *layers = NULL;
    TRKX_ALLOCATE(layers, memory, detector->count, "layers");
    number_layers(detector, layers);
    for (size_t i = 0; i < hits->count; i++) {
        measure(hits->xyz + 3 * i, detector, &detector->modules[modules[i]], &measurements[i]);
        measurements[i].layer = layers[modules[i]];
    }
cleanup:
    trkx_release(layers);
    return status;
}
