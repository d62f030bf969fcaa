#include <stdlib.h>
#include <string.h>

#include "detector.h"
#include "text.h"

/* ---- the object -------------------------------------------------------------------------------------- */

static int compare_keys(const struct trkx_module *a, int32_t volume, int32_t layer, int32_t module)
{
    if (a->volume != volume) return a->volume < volume ? -1 : 1;
    if (a->layer != layer) return a->layer < layer ? -1 : 1;
    if (a->module != module) return a->module < module ? -1 : 1;
    return 0;
}

/* Of pointers into one array: equal modules keep their order. */
static int compare_modules(const void *left, const void *right)
{
    const struct trkx_module *a = *(const struct trkx_module *const *)left;
    const struct trkx_module *b = *(const struct trkx_module *const *)right;
    int order = compare_keys(a, b->volume, b->layer, b->module);
    return order != 0 ? order : (a > b) - (a < b);
}

/* As trkx_detector_create, but leaves modules to the caller. Where a module is listed twice, twins are the
 * indices of the two. */
static enum trkx_status create(const struct trkx_module *modules, size_t count, size_t twins[2],
                               struct trkx_detector **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_module **order = NULL;
    struct trkx_detector *detector = NULL;
    *result = NULL;
    TRKX_ALLOCATE(order, NULL, count, "the order of the modules");
    for (size_t i = 0; i < count; i++) order[i] = &modules[i];
    qsort(order, count, sizeof *order, compare_modules);
    for (size_t i = 1; i < count; i++) {
        const struct trkx_module *a = order[i - 1], *b = order[i];
        if (compare_keys(a, b->volume, b->layer, b->module) != 0) continue;
        twins[0] = (size_t)(a - modules);
        twins[1] = (size_t)(b - modules);
        status = trkx_fail(error, TRKX_ERROR_ARGUMENT,
                           "detector: volume %d, layer %d, module %d is listed twice", b->volume, b->layer,
                           b->module);
        goto cleanup;
    }
    detector = trkx_allocate_zero(NULL, 1, sizeof *detector);
    if (detector == NULL) {
        status = trkx_fail_memory(error, "a detector", sizeof *detector);
        goto cleanup;
    }
    TRKX_ALLOCATE(detector->modules, NULL, count, "the modules of a detector");
    for (size_t i = 0; i < count; i++) detector->modules[i] = *order[i];
    detector->count = count;
    *result = detector;
    detector = NULL;
cleanup:
    trkx_detector_destroy(detector);
    trkx_release(order);
    return status;
}

enum trkx_status trkx_detector_create(struct trkx_module *modules, size_t count,
                                      struct trkx_detector **detector, trkx_error *error)
{
    size_t twins[2];
    enum trkx_status status = create(modules, count, twins, detector, error);
    trkx_release(modules);
    return status;
}

void trkx_detector_destroy(trkx_detector *detector)
{
    if (detector == NULL) return;
    trkx_release(detector->modules);
    trkx_release(detector);
}

const struct trkx_module *trkx_detector_find(const struct trkx_detector *detector, int32_t volume,
                                             int32_t layer, int32_t module)
{
    size_t low = 0, high = detector->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(&detector->modules[middle], volume, layer, module) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct trkx_module *found = detector->modules + low;
    return low < detector->count && compare_keys(found, volume, layer, module) == 0 ? found : NULL;
}
