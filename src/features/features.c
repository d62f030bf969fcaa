/* Computes features of hits. Everything is computed in double and rounded once, to the stored float; sqrt is
 * exact, the rest is as accurate as the C library's functions. */
#include "features/features.h"

#include <math.h>
#include <string.h>

#include "core/threads.h"
#include "features/beam.h"
#include "features/cluster.h"
#include "features/position.h"

/* ---- the table -------------------------------------------------------------------------------------- */

static const struct kind {
    const char *name;
    unsigned needs;
} kinds[] = {
#define EVERYWHERE(id, name, value) [TRKX_FEATURE_##id] = {name, 0},
#define HOST(id, name, needs, value) [TRKX_FEATURE_##id] = {name, needs},
    TRKX_FEATURE_TABLE(EVERYWHERE, HOST)
#undef EVERYWHERE
#undef HOST
};

#define ONE_MORE(...) +1
_Static_assert(TRKX_FEATURE_TABLE(ONE_MORE, ONE_MORE) == TRKX_FEATURE_KINDS, "a feature lacks its line");
#undef ONE_MORE

const char *trkx_feature_name(enum trkx_feature feature)
{
    return (unsigned)feature < TRKX_FEATURE_KINDS ? kinds[feature].name : NULL;
}

const char *trkx_feature_spec_name(const trkx_feature_spec *spec)
{
    return spec->feature == TRKX_FEATURE_COLUMN ? spec->column : trkx_feature_name(spec->feature);
}

bool trkx_feature_find(const char *name, enum trkx_feature *feature)
{
    for (unsigned i = 0; i < TRKX_FEATURE_KINDS; i++) {
        if (strcmp(name, kinds[i].name) != 0) continue;
        *feature = (enum trkx_feature)i;
        return true;
    }
    return false;
}

/* A column needs only itself. */
static unsigned needs_of(const trkx_feature_spec *spec)
{
    return spec->feature == TRKX_FEATURE_COLUMN ? 0 : kinds[spec->feature].needs;
}

static bool has_all(unsigned needs, unsigned what)
{
    return (needs & what) == what;
}

unsigned trkx_features_needs(const trkx_feature_spec *specs, size_t count)
{
    unsigned needs = 0;
    for (size_t i = 0; i < count; i++) needs |= needs_of(&specs[i]);
    return needs;
}

bool trkx_features_are_same(const trkx_feature_spec *a, size_t a_count, const trkx_feature_spec *b,
                            size_t b_count)
{
    if (a_count != b_count) return false;
    for (size_t i = 0; i < a_count; i++) {
        if (a[i].feature != b[i].feature || a[i].scale != b[i].scale) return false;
        if (a[i].feature == TRKX_FEATURE_COLUMN && strcmp(a[i].column, b[i].column) != 0) return false;
    }
    return true;
}

/* ---- a hit ------------------------------------------------------------------------------------------ */

/*
 * The cells of one hit, as in the "cell features" of the Exa.TrkX and acorn preprocessing of TrackML events
 * (cell_direction_utils: get_cell_stats, local_angle, extract_dir). Along u the cluster's length is the range
 * of its channels, inclusive, times the pitch; the same along v; along w it is the module's thickness, 2 *
 * module_t. That is the direction (lx, ly, lz) of a particle through the cluster, up to signs, in the
 * module's frame: leta and lphi are its pseudorapidity and azimuth. The module's rotation, whose columns are
 * u, v and w in the global frame, takes it there: geta and gphi.
 */
struct trkx_described {
    const trkx_hits *hits;
    size_t hit;
    struct trkx_vector at;            /* mm */
    const struct trkx_module *module; /* if needed */
    double cells, charge;             /* their number, and the sum of their values */
    struct trkx_vector local, global; /* mm, if there are cells */
    double beam_sigma_z;              /* mm, if needed */
    double depth;                     /* of clusters on the module, in thicknesses, if needed */
};

static struct trkx_vector rotate(const double (*rotation)[3], const struct trkx_vector *v)
{
    double to[3];
    for (int i = 0; i < 3; i++) to[i] = rotation[i][0] * v->x + rotation[i][1] * v->y + rotation[i][2] * v->z;
    return trkx_vector_of(to[0], to[1], to[2]);
}

static void sum_cells(struct trkx_described *of)
{
    const trkx_hits *hits = of->hits;
    size_t begin = hits->cell_begin[of->hit], end = hits->cell_begin[of->hit + 1];
    of->cells = (double)(end - begin);
    for (size_t c = begin; c < end; c++) of->charge += (double)hits->cell_value[c];
}

/* The hit has cells. */
static void measure_cluster(struct trkx_described *of)
{
    const trkx_hits *hits = of->hits;
    const struct trkx_module *module = of->module;
    of->local = trkx_vector_of((double)trkx_cluster_channels(hits, of->hit, hits->cell_ch0) * module->pitch_u,
                               (double)trkx_cluster_channels(hits, of->hit, hits->cell_ch1) * module->pitch_v,
                               2 * module->thickness);
    of->global = rotate(module->rotation, &of->local);
}

static double tilt(const struct trkx_module *module, const struct trkx_vector *hit)
{
    double u_x = module->rotation[0][0], u_y = module->rotation[1][0];
    double along_r = (u_x * hit->x + u_y * hit->y) / hit->transverse;
    double along_phi = (u_y * hit->x - u_x * hit->y) / hit->transverse;
    double length = sqrt(along_r * along_r + along_phi * along_phi);
    return length < TRKX_SMALLEST ? 0 : (along_phi < 0 ? -along_r : along_r) / length;
}

static double slope(const struct trkx_described *of, double extent, double pitch)
{
    return trkx_cluster_slope(extent, pitch, of->depth * of->local.z);
}

static double feature_of(enum trkx_feature feature, const struct trkx_described *of)
{
    if ((kinds[feature].needs & TRKX_NEEDS_CELLS) != 0 && of->cells == 0) return 0;
    switch ((int)feature) {
#define EVERYWHERE(id, name, value)
#define HOST(id, name, needs, value) \
    case TRKX_FEATURE_##id: return value;
        TRKX_FEATURE_TABLE(EVERYWHERE, HOST)
#undef EVERYWHERE
#undef HOST
    default: return trkx_position_feature(feature, &of->at);
    }
}

/* ---- all hits --------------------------------------------------------------------------------------- */

struct request {
    const trkx_hits *hits;
    const trkx_detector *detector;
    const int32_t *modules;         /* [n] if needed */
    const trkx_feature_spec *specs; /* [count] */
    const float **columns;          /* [count] the values of columns; NULL for features */
    size_t count;
    unsigned needs; /* of all specs */
    const struct trkx_estimates *estimates;
};

static bool is_finite(const float *xyz)
{
    return isfinite(xyz[0]) && isfinite(xyz[1]) && isfinite(xyz[2]);
}

/* One row of features; false if one of them is not a float32, up to that one. */
static bool describe(const struct request *request, size_t i, float *row)
{
    const float *xyz = request->hits->xyz + 3 * i;
    struct trkx_described of = {
        .hits = request->hits, .hit = i, .beam_sigma_z = request->estimates->beam_sigma_z};
    if (!is_finite(xyz)) return false;
    of.at = trkx_vector_of((double)xyz[0], (double)xyz[1], (double)xyz[2]);
    if ((request->needs & TRKX_NEEDS_CELLS) != 0) sum_cells(&of);
    if (has_all(request->needs, TRKX_NEEDS_MODULE)) {
        of.module = &request->detector->modules[request->modules[i]];
        if (of.cells > 0) measure_cluster(&of);
        if (has_all(request->needs, TRKX_NEEDS_DEPTH))
            of.depth = request->estimates->depth[request->modules[i]];
    }
    for (size_t s = 0; s < request->count; s++) {
        const float *column = request->columns[s];
        double value = column != NULL ? (double)column[i] : feature_of(request->specs[s].feature, &of);
        float scaled = (float)(value / request->specs[s].scale);
        row[s] = scaled;
        if (!isfinite(scaled)) return false;
    }
    return true;
}

static long long id_of(const trkx_hits *hits, size_t i)
{
    return hits->hit_id != NULL ? (long long)hits->hit_id[i] : (long long)i + 1;
}

static enum trkx_status fail_position(const trkx_hits *hits, size_t i, trkx_error *error)
{
    size_t d = 0;
    while (isfinite(hits->xyz[3 * i + d])) d++;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: hit %lld: %c is not finite", id_of(hits, i),
                     "xyz"[d]);
}

/* row: the hit's features, one of which is not finite. */
static enum trkx_status fail_hit(const struct request *request, size_t i, const float *row, trkx_error *error)
{
    long long id = id_of(request->hits, i);
    size_t s = 0;
    if (!is_finite(request->hits->xyz + 3 * i)) return fail_position(request->hits, i, error);
    while (isfinite(row[s])) s++;
    const trkx_feature_spec *spec = &request->specs[s];
    if (request->columns[s] != NULL && !isfinite(request->columns[s][i]))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: hit %lld: the column %.60s is not finite", id,
                         spec->column);
    return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                     "features: hit %lld: %.60s divided by its scale %g is not a float32", id,
                     trkx_feature_spec_name(spec), spec->scale);
}

enum trkx_status trkx_hits_check_positions(const trkx_hits *hits, trkx_error *error)
{
    for (size_t i = 0; i < hits->count; i++)
        if (!is_finite(hits->xyz + 3 * i)) return fail_position(hits, i, error);
    return TRKX_OK;
}

/* What the feature needs but does not get, or NULL. */
static const char *missing(const trkx_hits *hits, const trkx_detector *detector, unsigned needs)
{
    unsigned ids = needs & TRKX_NEEDS_IDS;
    if ((ids & TRKX_NEEDS_VOLUME) != 0 && hits->volume_id == NULL) return "the hits' volume_id";
    if ((ids & TRKX_NEEDS_LAYER) != 0 && hits->layer_id == NULL) return "the hits' layer_id";
    if (ids == TRKX_NEEDS_IDS && hits->module_id == NULL) return "the hits' module_id";
    if ((needs & TRKX_NEEDS_CELLS) != 0 && hits->cell_begin == NULL)
        return "the hits' cells (in TrackML events, -cells.csv)";
    if ((needs & TRKX_NEEDS_DETECTOR) != 0 && detector == NULL) return "a detector";
    return NULL;
}

static bool is_repeated(const trkx_hits *hits, size_t k)
{
    for (size_t j = 0; j < k; j++)
        if (strcmp(hits->columns[j].name, hits->columns[k].name) == 0) return true;
    return false;
}

/* Errors: ARGUMENT (columns that a name cannot find). */
static enum trkx_status check_columns(const trkx_hits *hits, trkx_error *error)
{
    if (hits->columns == NULL && hits->columns_count > 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "features: the hits' columns are NULL, but columns_count is %zu",
                         hits->columns_count);
    for (size_t k = 0; k < hits->columns_count; k++) {
        const trkx_hits_column *column = &hits->columns[k];
        if (column->name == NULL)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: the name of the hits' column %zu is NULL",
                             k);
        if (column->values == NULL && hits->count > 0)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: the hits' column %.60s has no values",
                             column->name);
        if (is_repeated(hits, k))
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: the hits have two columns %.60s",
                             column->name);
    }
    return TRKX_OK;
}

/* Errors: ARGUMENT (cells of a hit that end before they begin). */
static enum trkx_status check_cells(const trkx_hits *hits, trkx_error *error)
{
    const size_t *begin = hits->cell_begin;
    for (size_t i = 0; i < hits->count; i++)
        if (begin[i] > begin[i + 1])
            return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                             "features: cell_begin decreases from %zu to %zu at hit %lld", begin[i],
                             begin[i + 1], id_of(hits, i));
    return TRKX_OK;
}

/* Errors: ARGUMENT (the hits have no column of this name). */
static enum trkx_status find_column(const trkx_hits *hits, const char *name, const float **values,
                                    trkx_error *error)
{
    for (size_t k = 0; k < hits->columns_count; k++) {
        if (strcmp(hits->columns[k].name, name) != 0) continue;
        *values = hits->columns[k].values;
        return TRKX_OK;
    }
    return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: the hits have no column %s", name);
}

static enum trkx_status check_spec(struct request *request, size_t s, trkx_error *error)
{
    const trkx_feature_spec *spec = &request->specs[s];
    const char *name = trkx_feature_spec_name(spec);
    if (name == NULL)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: there is no feature %d", (int)spec->feature);
    if (!isfinite(spec->scale) || spec->scale == 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: %s: scale %g is not finite and not 0", name,
                         spec->scale);
    if (request->hits->count == 0) return TRKX_OK;
    if (spec->feature == TRKX_FEATURE_COLUMN)
        return find_column(request->hits, name, &request->columns[s], error);
    const char *what = missing(request->hits, request->detector, kinds[spec->feature].needs);
    if (what != NULL) return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: %s needs %s", name, what);
    request->needs |= kinds[spec->feature].needs;
    return TRKX_OK;
}

/* The first hit without features, independent of the threads; SIZE_MAX: none. */
static size_t describe_all(const struct request *request, int threads, float *features)
{
    size_t bad = SIZE_MAX;
#pragma omp parallel for schedule(static) num_threads(trkx_threads(threads)) reduction(min : bad)
    for (size_t i = 0; i < request->hits->count; i++)
        if (!describe(request, i, features + i * request->count) && i < bad) bad = i;
    return bad;
}

void trkx_estimates_release(struct trkx_estimates *estimates)
{
    trkx_release(estimates->depth);
    *estimates = (struct trkx_estimates){0};
}

/* Those that are needed and not there yet. */
static enum trkx_status estimate(struct trkx_memory *memory, const struct request *request, int threads,
                                 struct trkx_estimates *estimates, trkx_error *error)
{
    const trkx_detector *detector = request->detector;
    const struct trkx_placed_hits placed = {request->hits, detector, request->modules};
    enum trkx_status status = TRKX_OK;
    if (has_all(request->needs, TRKX_NEEDS_BEAM) && estimates->beam_sigma_z == 0)
        TRKX_CHECK(
            trkx_beam_sigma_z(memory, request->hits, detector, threads, &estimates->beam_sigma_z, error));
    if (has_all(request->needs, TRKX_NEEDS_DEPTH) && estimates->depth == NULL) {
        TRKX_ALLOCATE(estimates->depth, memory, detector->count, "the depths of clusters");
        TRKX_CHECK(trkx_cluster_depths(memory, &placed, estimates->depth, error));
    }
cleanup:
    if (status != TRKX_OK) trkx_estimates_release(estimates);
    return status;
}

enum trkx_status trkx_features_in(struct trkx_memory *memory, const struct trkx_placed_hits *placed,
                                  struct trkx_estimates *estimates, const trkx_feature_spec *specs,
                                  size_t specs_count, int threads, float *features, trkx_error *error)
{
    const trkx_hits *hits = placed->hits;
    struct request request = {.hits = hits,
                              .detector = placed->detector,
                              .modules = placed->modules,
                              .specs = specs,
                              .count = specs_count,
                              .estimates = estimates};
    int32_t *found = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(check_columns(hits, error));
    TRKX_ALLOCATE(request.columns, memory, specs_count, "the columns of features");
    for (size_t s = 0; s < specs_count; s++) {
        request.columns[s] = NULL;
        TRKX_CHECK(check_spec(&request, s, error));
    }
    if ((request.needs & TRKX_NEEDS_CELLS) != 0) TRKX_CHECK(check_cells(hits, error));
    if (has_all(request.needs, TRKX_NEEDS_MODULE) && placed->modules == NULL) {
        TRKX_ALLOCATE(found, memory, hits->count, "the modules of the hits");
        TRKX_CHECK(trkx_modules_find(placed->detector, hits, threads, found, error));
        request.modules = found;
    }
    TRKX_CHECK(estimate(memory, &request, threads, estimates, error));
    size_t bad = describe_all(&request, threads, features);
    if (bad != SIZE_MAX) status = fail_hit(&request, bad, features + bad * specs_count, error);
cleanup:
    trkx_release(request.columns);
    trkx_release(found);
    return status;
}

enum trkx_status trkx_features(const trkx_hits *hits, const trkx_detector *detector,
                               const trkx_feature_spec *specs, size_t specs_count, int threads,
                               float *features, trkx_error *error)
{
    const struct trkx_placed_hits placed = {.hits = hits, .detector = detector};
    struct trkx_estimates estimates = {0};
    enum trkx_status status =
        trkx_features_in(NULL, &placed, &estimates, specs, specs_count, threads, features, error);
    trkx_estimates_release(&estimates);
    return status;
}
