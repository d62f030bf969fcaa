/* Finds the innermost cylinders of a detector among its modules. */
#include "detector/barrel.h"

#include <math.h>

/* The barrel's modules of one volume and layer. */
struct part {
    double inner, outer; /* mm: extent in r of the modules' centres */
    double sum;          /* mm: of these r */
    double half_length;  /* mm */
    size_t modules;
};

static bool is_barrel(const struct trkx_module *module)
{
    const double diagonal = 0.70710678118654752; /* cos 45 degrees */
    return fabs(module->rotation[2][2]) < diagonal;
}

static double larger(double a, double b)
{
    return a > b ? a : b; /* faster than fmax, which has to know NaN */
}

static void add_module(struct part *part, const struct trkx_module *module)
{
    double r = sqrt(module->center[0] * module->center[0] + module->center[1] * module->center[1]);
    if (part->modules == 0 || r < part->inner) part->inner = r;
    part->outer = larger(part->outer, r);
    part->half_length = larger(part->half_length, fabs(module->center[2]) + module->hv);
    part->sum += r;
    part->modules++;
}

static void add_part(struct part *part, const struct part *other)
{
    part->half_length = larger(part->half_length, other->half_length);
    part->sum += other->sum;
    part->modules += other->modules;
}

/* The parts [at most detector->count]; returns their number. Modules are sorted by volume and layer. */
static size_t find_parts(const struct trkx_detector *detector, struct part *parts)
{
    size_t count = 0;
    const struct trkx_module *last = NULL;
    for (size_t m = 0; m < detector->count; m++) {
        const struct trkx_module *module = &detector->modules[m];
        if (!is_barrel(module)) continue;
        if (last == NULL || module->volume != last->volume || module->layer != last->layer)
            parts[count++] = (struct part){0};
        add_module(&parts[count - 1], module);
        last = module;
    }
    return count;
}

/* The innermost part beyond r, with those that begin within it; without modules if there is none. */
static struct part next_layer(const struct part *parts, size_t count, double r)
{
    struct part layer = {0};
    const struct part *first = NULL;
    for (size_t p = 0; p < count; p++)
        if (parts[p].inner > r && (first == NULL || parts[p].inner < first->inner)) first = &parts[p];
    if (first == NULL) return layer;
    layer = *first;
    for (size_t p = 0; p < count; p++)
        if (&parts[p] != first && parts[p].inner >= first->inner && parts[p].inner <= first->outer)
            add_part(&layer, &parts[p]);
    return layer;
}

enum trkx_status trkx_barrel_inner(struct trkx_memory *memory, const struct trkx_detector *detector,
                                   struct trkx_cylinder *cylinders, size_t most, size_t *count,
                                   trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct part *parts;
    *count = 0;
    TRKX_ALLOCATE(parts, memory, detector->count, "the layers of a detector");
    size_t parts_count = find_parts(detector, parts);
    double r = -1; /* beyond which the next begins */
    while (*count < most) {
        struct part layer = next_layer(parts, parts_count, r);
        if (layer.modules == 0) break;
        cylinders[(*count)++] = (struct trkx_cylinder){layer.sum / (double)layer.modules, layer.half_length};
        r = layer.outer;
    }
cleanup:
    trkx_release(parts);
    return status;
}
