/* The modules of a detector, by their ids, from TrackML's detectors.csv. */
#include <math.h>
#include <stdlib.h>

#include "core/threads.h"
#include "detector/modules.h"
#include "io/table.h"

double trkx_module_half_u(const struct trkx_module *module, double v)
{
    if (module->min_hu < 0) return module->max_hu;
    return module->min_hu + (module->max_hu - module->min_hu) * 0.5 * (v / module->hv + 1);
}

/* ---- the object ------------------------------------------------------------------------------------- */

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

/* As trkx_detector_create, but the caller keeps the modules. If a module is listed twice, twins are the
 * indices of both. */
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
        status =
            trkx_fail(error, TRKX_ERROR_ARGUMENT, "detector: volume %d, layer %d, module %d is listed twice",
                      b->volume, b->layer, b->module);
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
    trkx_release(detector->name);
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

/* ---- geometry --------------------------------------------------------------------------------------- */

static bool is_size(double mm)
{
    return mm >= 1e-3 && mm <= 1e4;
}

/* Up to the digits that files have. */
static bool is_rotation(const double (*rotation)[3])
{
    for (int a = 0; a < 3; a++)
        for (int b = a; b < 3; b++) {
            double dot = a == b ? -1 : 0;
            for (int i = 0; i < 3; i++) dot += rotation[i][a] * rotation[i][b];
            if (!(fabs(dot) < 0.01)) return false;
        }
    return true;
}

const char *trkx_module_wrong(const struct trkx_module *module)
{
    for (int i = 0; i < 3; i++)
        if (!(fabs(module->center[i]) <= 1e5)) return "cx, cy or cz is not within 100 m";
    if (!is_rotation(module->rotation)) return "rot_xu to rot_zw are not a rotation";
    if (!is_size(module->thickness)) return "column module_t: is not 0.001 to 10000 mm";
    if (!(module->min_hu <= 1e4)) return "column module_minhu: is more than 10000 mm";
    if (!is_size(module->max_hu)) return "column module_maxhu: is not 0.001 to 10000 mm";
    if (!is_size(module->hv)) return "column module_hv: is not 0.001 to 10000 mm";
    if (!is_size(module->pitch_u)) return "column pitch_u: is not 0.001 to 10000 mm";
    if (!is_size(module->pitch_v)) return "column pitch_v: is not 0.001 to 10000 mm";
    return NULL;
}

/* ---- the modules of hits ---------------------------------------------------------------------------- */

static bool is_module_of(const struct trkx_module *module, const trkx_hits *hits, size_t i)
{
    return compare_keys(module, hits->volume_id[i], hits->layer_id[i], hits->module_id[i]) == 0;
}

/* Hits of the same module are usually consecutive. Returns the first hit whose module does not exist, or
 * SIZE_MAX.
 */
static size_t find_range(const struct trkx_detector *detector, const trkx_hits *hits, size_t begin,
                         size_t end, int32_t *modules)
{
    const struct trkx_module *module = NULL;
    for (size_t i = begin; i < end; i++) {
        if (module == NULL || !is_module_of(module, hits, i))
            module = trkx_detector_find(detector, hits->volume_id[i], hits->layer_id[i], hits->module_id[i]);
        if (module == NULL) return i;
        modules[i] = (int32_t)(module - detector->modules);
    }
    return SIZE_MAX;
}

enum trkx_status trkx_modules_find(const struct trkx_detector *detector, const trkx_hits *hits, int threads,
                                   int32_t *modules, trkx_error *error)
{
    enum { HITS_PER_TASK = 1 << 13 };
    size_t bad = SIZE_MAX,
           parts = hits->count / HITS_PER_TASK + 1; /* the first bad hit, independent of the threads */
#pragma omp parallel for schedule(static) num_threads(trkx_threads(threads)) reduction(min \
                                                                                       : bad) if (parts > 1)
    for (size_t p = 0; p < parts; p++) {
        size_t first =
            find_range(detector, hits, hits->count * p / parts, hits->count * (p + 1) / parts, modules);
        if (first < bad) bad = first;
    }
    if (bad == SIZE_MAX) return TRKX_OK;
    long long id = hits->hit_id != NULL ? (long long)hits->hit_id[bad] : (long long)bad + 1;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                     "hits: hit %lld: module (volume %d, layer %d, module %d) is not in the detector", id,
                     hits->volume_id[bad], hits->layer_id[bad], hits->module_id[bad]);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

#define FIELD(column, column_type, member)                                                             \
    {                                                                                                  \
        .name = (column), .type = (column_type), .values = &modules->member, .stride = sizeof *modules \
    }
#define INT32(column, member) FIELD(column, TRKX_COLUMN_INT32, member)
#define FLOAT64(column, member) FIELD(column, TRKX_COLUMN_FLOAT64, member)

static enum trkx_status read_modules(const struct trkx_table *table, struct trkx_module *modules,
                                     trkx_error *error)
{
    struct trkx_column columns[] = {
        INT32("volume_id", volume),        INT32("layer_id", layer),
        INT32("module_id", module),        FLOAT64("cx", center[0]),
        FLOAT64("cy", center[1]),          FLOAT64("cz", center[2]),
        FLOAT64("rot_xu", rotation[0][0]), FLOAT64("rot_xv", rotation[0][1]),
        FLOAT64("rot_xw", rotation[0][2]), FLOAT64("rot_yu", rotation[1][0]),
        FLOAT64("rot_yv", rotation[1][1]), FLOAT64("rot_yw", rotation[1][2]),
        FLOAT64("rot_zu", rotation[2][0]), FLOAT64("rot_zv", rotation[2][1]),
        FLOAT64("rot_zw", rotation[2][2]), FLOAT64("module_t", thickness),
        FLOAT64("module_minhu", min_hu),   FLOAT64("module_maxhu", max_hu),
        FLOAT64("module_hv", hv),          FLOAT64("pitch_u", pitch_u),
        FLOAT64("pitch_v", pitch_v),
    };
    return trkx_table_read(table, columns, sizeof columns / sizeof columns[0], error);
}

static enum trkx_status check_modules(const struct trkx_text *text, const struct trkx_module *modules,
                                      size_t count, trkx_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const char *wrong = trkx_module_wrong(&modules[i]);
        if (wrong != NULL) return trkx_text_fail(text, trkx_table_line(text, i), error, "%s", wrong);
    }
    return TRKX_OK;
}

static enum trkx_status parse(const struct trkx_text *text, trkx_detector **detector, trkx_error *error)
{
    enum trkx_status status;
    size_t twins[2];
    struct trkx_table table;
    struct trkx_module *modules;
    *detector = NULL;
    trkx_table_open(text, TRKX_TABLE_ONE_PART, &table);
    TRKX_ALLOCATE(modules, NULL, table.rows, "the modules of a detector");
    TRKX_CHECK(read_modules(&table, modules, error));
    if (table.rows == 0) TRKX_CHECK(trkx_text_fail(text, 0, error, "has only a header, no modules"));
    TRKX_CHECK(check_modules(text, modules, table.rows, error));
    status = create(modules, table.rows, twins, detector, error);
    if (status == TRKX_ERROR_ARGUMENT)
        status = trkx_text_fail(text, trkx_table_line(text, twins[1]), error,
                                "the module is already in line %zu", trkx_table_line(text, twins[0]));
cleanup:
    trkx_release(modules);
    return status;
}

enum trkx_status trkx_modules_read(const char *path, trkx_detector **detector, trkx_error *error)
{
    struct trkx_text text;
    enum trkx_status status = trkx_text_load(path, "detector", NULL, &text, error);
    *detector = NULL;
    if (status == TRKX_OK) status = parse(&text, detector, error);
    trkx_text_release(&text);
    return status;
}
