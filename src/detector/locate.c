/* Finds the modules of hits from their positions, with a grid of cubes over the detector. */
#include "detector/locate.h"

#include "core/threads.h"

/* ---- a hit and a module ----------------------------------------------------------------------------- */

static double square(double a)
{
    return a * a;
}

/* mm by which |a| exceeds a half size */
static double excess(double a, double half)
{
    return fmax(fabs(a) - half, 0);
}

static double reach(const struct trkx_module *m)
{
    return 2 * m->thickness; /* which is half of the sensor's */
}

/* The square of a position's distance from the sensor, mm^2; infinite beyond its reach. */
static double distance2(const struct trkx_module *m, const double position[3])
{
    const double from[3] = {position[0] - m->center[0], position[1] - m->center[1],
                            position[2] - m->center[2]};
    double w = trkx_module_along(m, 2, from);
    if (!(fabs(w) <= reach(m))) return INFINITY; /* most modules: this is where the time goes */
    double u = trkx_module_along(m, 0, from), v = trkx_module_along(m, 1, from);
    double inside = fmin(fmax(v, -m->hv), m->hv);
    double d2 = square(excess(u, trkx_module_half_u(m, inside))) + square(v - inside) + square(w);
    return d2 <= square(reach(m)) ? d2 : INFINITY;
}

int32_t trkx_module_locate_reference(const struct trkx_detector *detector, const float *xyz)
{
    const double position[3] = {(double)xyz[0], (double)xyz[1], (double)xyz[2]};
    double nearest = INFINITY;
    int32_t found = -1;
    for (size_t m = 0; m < detector->count; m++) {
        double d2 = distance2(&detector->modules[m], position);
        if (d2 >= nearest) continue;
        nearest = d2;
        found = (int32_t)m;
    }
    return found;
}

/* ---- the grid --------------------------------------------------------------------------------------- */

/* Cubes, each with the modules that may reach into it, in the order of the detector. */
struct grid {
    double low[3], high[3]; /* mm, of all modules with their reach */
    double side;            /* mm, of a cube */
    size_t cubes[3];
    size_t *begin;    /* [cubes + 1] */
    int32_t *modules; /* of cube c: begin[c] to begin[c + 1] */
};

/* Half the extent of a module and its reach along each axis. Its rotation is one to within 1 % (see
 * trkx_module_wrong), which can move a point by no more than `slack`. */
static void half_extent(const struct trkx_module *m, double half[3])
{
    const double size[3] = {fmax(m->min_hu, m->max_hu) + reach(m), m->hv + reach(m), reach(m)};
    double slack = 0.02 * (size[0] + size[1] + size[2]);
    for (int i = 0; i < 3; i++) {
        half[i] = 0;
        for (int a = 0; a < 3; a++) half[i] += fabs(m->rotation[i][a]) * (size[a] + slack);
    }
}

/* The bounds, and a first side: the mean of the modules' largest half extents. */
static void measure(const struct trkx_detector *detector, struct grid *grid)
{
    for (int i = 0; i < 3; i++) grid->low[i] = INFINITY, grid->high[i] = -INFINITY;
    grid->side = 0;
    for (size_t k = 0; k < detector->count; k++) {
        const struct trkx_module *m = &detector->modules[k];
        double half[3];
        half_extent(m, half);
        for (int i = 0; i < 3; i++) {
            grid->low[i] = fmin(grid->low[i], m->center[i] - half[i]);
            grid->high[i] = fmax(grid->high[i], m->center[i] + half[i]);
        }
        grid->side += fmax(fmax(half[0], half[1]), half[2]) / (double)detector->count;
    }
}

/* At most CUBES_PER_MODULE, and at least one. */
static size_t choose_cubes(const struct trkx_detector *detector, struct grid *grid)
{
    enum { CUBES_PER_MODULE = 8 };
    double cubes, most = CUBES_PER_MODULE * (double)detector->count;
    for (;; grid->side *= 1.25) {
        cubes = 1;
        for (int i = 0; i < 3; i++) cubes *= ceil((grid->high[i] - grid->low[i]) / grid->side);
        if (cubes <= most) break;
    }
    for (int i = 0; i < 3; i++) grid->cubes[i] = (size_t)ceil((grid->high[i] - grid->low[i]) / grid->side);
    return (size_t)cubes;
}

/* The cube of a coordinate within the bounds. */
static size_t cube_along(const struct grid *grid, int axis, double coordinate)
{
    size_t cube = (size_t)((coordinate - grid->low[axis]) / grid->side);
    return cube < grid->cubes[axis] ? cube : grid->cubes[axis] - 1;
}

static size_t cube_number(const struct grid *grid, const size_t at[3])
{
    return (at[2] * grid->cubes[1] + at[1]) * grid->cubes[0] + at[0];
}

/* Adds a module to its cubes: counts it (modules NULL), or writes it down and advances their begin. */
static void add_module(struct grid *grid, const struct trkx_module *m, int32_t number, int32_t *modules)
{
    size_t first[3], last[3], at[3];
    double half[3];
    half_extent(m, half);
    for (int i = 0; i < 3; i++) {
        first[i] = cube_along(grid, i, m->center[i] - half[i]);
        last[i] = cube_along(grid, i, m->center[i] + half[i]);
    }
    for (at[2] = first[2]; at[2] <= last[2]; at[2]++)
        for (at[1] = first[1]; at[1] <= last[1]; at[1]++)
            for (at[0] = first[0]; at[0] <= last[0]; at[0]++) {
                size_t place = grid->begin[cube_number(grid, at)]++;
                if (modules != NULL) modules[place] = number;
            }
}

static void add_modules(struct grid *grid, const struct trkx_detector *detector, int32_t *modules)
{
    for (size_t m = 0; m < detector->count; m++) add_module(grid, &detector->modules[m], (int32_t)m, modules);
}

static enum trkx_status grid_create(struct trkx_memory *memory, const struct trkx_detector *detector,
                                    struct grid *grid, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    measure(detector, grid);
    size_t cubes = choose_cubes(detector, grid), entries = 0;
    TRKX_ALLOCATE(grid->begin, memory, cubes + 1, "a grid of modules");
    for (size_t c = 0; c <= cubes; c++) grid->begin[c] = 0;
    add_modules(grid, detector, NULL);
    for (size_t c = 0; c <= cubes; c++) {
        size_t count = grid->begin[c];
        grid->begin[c] = entries;
        entries += count;
    }
    TRKX_ALLOCATE(grid->modules, memory, entries, "a grid of modules");
    add_modules(grid, detector, grid->modules);
    for (size_t c = cubes; c > 0; c--) grid->begin[c] = grid->begin[c - 1]; /* each is now at its end */
    grid->begin[0] = 0;
cleanup:
    return status;
}

static void grid_release(struct grid *grid)
{
    trkx_release(grid->modules);
    trkx_release(grid->begin);
}

/* The nearest module in the position's cube, where every module in reach is; -1: none. */
static int32_t locate(const struct grid *grid, const struct trkx_detector *detector, const float *xyz)
{
    const double position[3] = {(double)xyz[0], (double)xyz[1], (double)xyz[2]};
    double nearest = INFINITY;
    int32_t found = -1;
    size_t at[3];
    for (int i = 0; i < 3; i++) {
        if (!(position[i] >= grid->low[i] && position[i] <= grid->high[i])) return -1;
        at[i] = cube_along(grid, i, position[i]);
    }
    size_t cube = cube_number(grid, at);
    for (size_t k = grid->begin[cube]; k < grid->begin[cube + 1]; k++) {
        double d2 = distance2(&detector->modules[grid->modules[k]], position);
        if (d2 >= nearest) continue;
        nearest = d2;
        found = grid->modules[k];
    }
    return found;
}

/* ---- all hits --------------------------------------------------------------------------------------- */

static enum trkx_status fail_off_modules(const trkx_hits *hits, size_t bad, size_t count, trkx_error *error)
{
    const float *xyz = hits->xyz + 3 * bad;
    long long id = hits->hit_id != NULL ? (long long)hits->hit_id[bad] : (long long)bad + 1;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                     "hits: hit %lld at (%g, %g, %g) mm is on no module of the detector, as are %zu of %zu "
                     "hits: give the hits' volume_id, layer_id and module_id, or their detector",
                     id, (double)xyz[0], (double)xyz[1], (double)xyz[2], count, hits->count);
}

enum trkx_status trkx_modules_locate(struct trkx_memory *memory, const struct trkx_detector *detector,
                                     const trkx_hits *hits, int threads, int32_t *modules, trkx_error *error)
{
    enum { HITS_PER_THREAD = 1 << 12 };
    enum trkx_status status = TRKX_OK;
    struct grid grid = {.begin = NULL};
    size_t n = hits->count, bad = SIZE_MAX, off = 0; /* the first hit on no module, and how many are */
    threads = trkx_worthwhile_threads(trkx_threads(threads), n, HITS_PER_THREAD);
    TRKX_CHECK(grid_create(memory, detector, &grid, error));
#pragma omp parallel for schedule(static) num_threads(threads) reduction(min : bad) reduction(+ : off)
    for (size_t i = 0; i < n; i++) {
        modules[i] = locate(&grid, detector, hits->xyz + 3 * i);
        if (modules[i] >= 0) continue;
        off++;
        if (i < bad) bad = i;
    }
    if (off > 0) status = fail_off_modules(hits, bad, off, error);
cleanup:
    grid_release(&grid);
    return status;
}
