/* Features: what the networks are given of each hit. Everything is computed in double and rounded once, to
 * the float that is stored; sqrt is exact, the rest is as good as the C library's functions. */
#include <math.h>
#include <string.h>

#include "core/threads.h"
#include "detector/modules.h"
#include "features/position.h"
#include "io/event_read.h"

/* Which optional columns of the hits a feature reads. */
enum { COLUMN_VOLUME = 1, COLUMN_LAYER = 2, COLUMN_MODULE = 4, COLUMN_CELLS = 8, DETECTOR = 16 };
enum {
    MODULE = COLUMN_VOLUME | COLUMN_LAYER | COLUMN_MODULE | DETECTOR,
    CLUSTER = MODULE | COLUMN_CELLS,
};

static const struct kind {
    const char *name;
    unsigned needs;
} kinds[TRKX_FEATURE_KINDS] = {
    [TRKX_FEATURE_R] = {"r", 0},
    [TRKX_FEATURE_PHI] = {"phi", 0},
    [TRKX_FEATURE_Z] = {"z", 0},
    [TRKX_FEATURE_X] = {"x", 0},
    [TRKX_FEATURE_Y] = {"y", 0},
    [TRKX_FEATURE_COS_PHI] = {"cos_phi", 0},
    [TRKX_FEATURE_SIN_PHI] = {"sin_phi", 0},
    [TRKX_FEATURE_ETA] = {"eta", 0},
    [TRKX_FEATURE_THETA] = {"theta", 0},
    [TRKX_FEATURE_DIR_X] = {"dir_x", 0},
    [TRKX_FEATURE_DIR_Y] = {"dir_y", 0},
    [TRKX_FEATURE_DIR_Z] = {"dir_z", 0},
    [TRKX_FEATURE_VOLUME] = {"volume", COLUMN_VOLUME},
    [TRKX_FEATURE_LAYER] = {"layer", COLUMN_LAYER},
    [TRKX_FEATURE_CELL_COUNT] = {"cell_count", COLUMN_CELLS},
    [TRKX_FEATURE_CELL_VAL] = {"cell_val", COLUMN_CELLS},
    [TRKX_FEATURE_LETA] = {"leta", CLUSTER},
    [TRKX_FEATURE_LPHI] = {"lphi", CLUSTER},
    [TRKX_FEATURE_LX] = {"lx", CLUSTER},
    [TRKX_FEATURE_LY] = {"ly", CLUSTER},
    [TRKX_FEATURE_LZ] = {"lz", CLUSTER},
    [TRKX_FEATURE_GETA] = {"geta", CLUSTER},
    [TRKX_FEATURE_GPHI] = {"gphi", CLUSTER},
    [TRKX_FEATURE_TILT] = {"tilt", MODULE},
    [TRKX_FEATURE_NORMAL_Z] = {"normal_z", MODULE},
};

const char *trkx_feature_name(enum trkx_feature feature)
{
    return (unsigned)feature < TRKX_FEATURE_KINDS ? kinds[feature].name : NULL;
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

/*
 * The cells of one hit, as in the "cell features" of the Exa.TrkX and acorn preprocessing of TrackML events
 * (cell_direction_utils: get_cell_stats, local_angle, extract_dir). Along u the cluster is as long as its
 * channels are apart, inclusive, times the pitch; along v likewise; along w it has the module's thickness,
 * 2 * module_t. That is the direction (lx, ly, lz) of a particle through the cluster, up to signs, in the
 * module's frame: leta and lphi are its pseudorapidity and azimuth. The module's rotation, whose columns are
 * u, v and w in the global frame, takes it there: geta and gphi.
 */
struct cluster {
    double count, value;
    struct trkx_vector local, global; /* mm */
};

static double extent(const int32_t *channel, size_t begin, size_t end, double pitch)
{
    int64_t low = channel[begin], high = low;
    for (size_t c = begin + 1; c < end; c++) {
        if (channel[c] < low) low = channel[c];
        if (channel[c] > high) high = channel[c];
    }
    return (double)(high - low + 1) * pitch;
}

static struct trkx_vector rotate(const double (*rotation)[3], const struct trkx_vector *v)
{
    double to[3];
    for (int i = 0; i < 3; i++) to[i] = rotation[i][0] * v->x + rotation[i][1] * v->y + rotation[i][2] * v->z;
    return trkx_vector_of(to[0], to[1], to[2]);
}

static void sum_cells(const trkx_hits *hits, size_t i, struct cluster *cluster)
{
    size_t begin = hits->cell_begin[i], end = hits->cell_begin[i + 1];
    cluster->count = (double)(end - begin);
    for (size_t c = begin; c < end; c++) cluster->value += (double)hits->cell_value[c];
}

/* The hit has cells. */
static void measure_cluster(const trkx_hits *hits, const struct trkx_module *module, size_t i,
                            struct cluster *cluster)
{
    size_t begin = hits->cell_begin[i], end = hits->cell_begin[i + 1];
    cluster->local =
        trkx_vector_of(extent(hits->cell_ch0, begin, end, module->pitch_u),
                       extent(hits->cell_ch1, begin, end, module->pitch_v), 2 * module->thickness);
    cluster->global = rotate(module->rotation, &cluster->local);
}

static double module_feature(enum trkx_feature feature, const struct trkx_module *module,
                             const struct trkx_vector *hit)
{
    if (feature == TRKX_FEATURE_NORMAL_Z) return fabs(module->rotation[2][2]);
    double u_x = module->rotation[0][0], u_y = module->rotation[1][0];
    double along_r = (u_x * hit->x + u_y * hit->y) / hit->transverse;
    double along_phi = (u_y * hit->x - u_x * hit->y) / hit->transverse;
    double length = sqrt(along_r * along_r + along_phi * along_phi);
    return length < TRKX_SMALLEST ? 0 : (along_phi < 0 ? -along_r : along_r) / length;
}

static double column_feature(enum trkx_feature feature, const trkx_hits *hits, size_t i,
                             const struct trkx_vector *hit)
{
    switch ((int)feature) {
    case TRKX_FEATURE_VOLUME: return hits->volume_id[i];
    case TRKX_FEATURE_LAYER: return hits->layer_id[i];
    default: return trkx_position_feature(feature, hit);
    }
}

/* The hit has cells. */
static double cluster_feature(enum trkx_feature feature, const struct cluster *cluster)
{
    switch ((int)feature) {
    case TRKX_FEATURE_CELL_COUNT: return cluster->count;
    case TRKX_FEATURE_CELL_VAL: return cluster->value;
    case TRKX_FEATURE_LETA: return trkx_pseudorapidity(&cluster->local);
    case TRKX_FEATURE_LPHI: return trkx_azimuth(&cluster->local);
    case TRKX_FEATURE_LX: return cluster->local.x;
    case TRKX_FEATURE_LY: return cluster->local.y;
    case TRKX_FEATURE_LZ: return cluster->local.z;
    case TRKX_FEATURE_GETA: return trkx_pseudorapidity(&cluster->global);
    default: return trkx_azimuth(&cluster->global);
    }
}

struct request {
    const trkx_hits *hits;
    const trkx_detector *detector;
    const trkx_feature_spec *specs; /* [count] */
    size_t count;
    unsigned needs; /* of all specs */
};

/* One row of features; false where the hit cannot be described. */
static bool describe(const struct request *request, size_t i, float *row)
{
    const trkx_hits *hits = request->hits;
    const float *xyz = hits->xyz + 3 * i;
    struct trkx_vector hit = trkx_vector_of((double)xyz[0], (double)xyz[1], (double)xyz[2]);
    struct cluster cluster = {0};
    const struct trkx_module *module = NULL;
    if (!isfinite(hit.x) || !isfinite(hit.y) || !isfinite(hit.z)) return false;
    if ((request->needs & COLUMN_CELLS) != 0) sum_cells(hits, i, &cluster);
    if ((request->needs & DETECTOR) != 0) {
        module =
            trkx_detector_find(request->detector, hits->volume_id[i], hits->layer_id[i], hits->module_id[i]);
        if (module == NULL) return false;
        if (cluster.count > 0) measure_cluster(hits, module, i, &cluster);
    }
    for (size_t s = 0; s < request->count; s++) {
        enum trkx_feature feature = request->specs[s].feature;
        unsigned needs = kinds[feature].needs;
        double value = 0;
        if (needs == MODULE)
            value = module_feature(feature, module, &hit);
        else if ((needs & COLUMN_CELLS) == 0)
            value = column_feature(feature, hits, i, &hit);
        else if (cluster.count > 0)
            value = cluster_feature(feature, &cluster);
        row[s] = (float)(value / request->specs[s].scale);
    }
    return true;
}

static enum trkx_status fail_hit(const trkx_hits *hits, size_t i, trkx_error *error)
{
    long long id = hits->hit_id != NULL ? (long long)hits->hit_id[i] : (long long)i + 1;
    for (int d = 0; d < 3; d++)
        if (!isfinite(hits->xyz[3 * i + (size_t)d]))
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: hit %lld: %c is not finite", id,
                             "xyz"[d]);
    return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                     "features: hit %lld: module (volume %d, layer %d, module %d) is not in the detector", id,
                     hits->volume_id[i], hits->layer_id[i], hits->module_id[i]);
}

enum trkx_status trkx_hits_check_positions(const trkx_hits *hits, trkx_error *error)
{
    for (size_t i = 0; i < 3 * hits->count; i++)
        if (!isfinite(hits->xyz[i])) return fail_hit(hits, i / 3, error);
    return TRKX_OK;
}

/* What the feature needs and does not get, or NULL. */
static const char *missing(const trkx_hits *hits, const trkx_detector *detector, unsigned needs)
{
    if ((needs & COLUMN_VOLUME) != 0 && hits->volume_id == NULL) return "the hits' volume_id";
    if ((needs & COLUMN_LAYER) != 0 && hits->layer_id == NULL) return "the hits' layer_id";
    if ((needs & COLUMN_MODULE) != 0 && hits->module_id == NULL) return "the hits' module_id";
    if ((needs & COLUMN_CELLS) != 0 && hits->cell_begin == NULL)
        return "the hits' cells (a TrackML event has them in -cells.csv)";
    if ((needs & DETECTOR) != 0 && detector == NULL) return "a detector";
    return NULL;
}

static enum trkx_status check(struct request *request, trkx_error *error)
{
    for (size_t s = 0; s < request->count; s++) {
        const trkx_feature_spec *spec = &request->specs[s];
        const char *name = trkx_feature_name(spec->feature);
        if (name == NULL)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: there is no feature %d",
                             (int)spec->feature);
        if (!isfinite(spec->scale) || spec->scale == 0)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: %s: scale %g is not finite and not 0",
                             name, spec->scale);
        const char *what = request->hits->count == 0
                               ? NULL
                               : missing(request->hits, request->detector, kinds[spec->feature].needs);
        if (what != NULL) return trkx_fail(error, TRKX_ERROR_ARGUMENT, "features: %s needs %s", name, what);
        request->needs |= kinds[spec->feature].needs;
    }
    return TRKX_OK;
}

enum trkx_status trkx_features(const trkx_hits *hits, const trkx_detector *detector,
                               const trkx_feature_spec *specs, size_t specs_count, int threads,
                               float *features, trkx_error *error)
{
    struct request request = {hits, detector, specs, specs_count, 0};
    enum trkx_status status = check(&request, error);
    size_t bad = SIZE_MAX; /* the first hit that cannot be described, whatever the threads */
    if (status != TRKX_OK) return status;
#pragma omp parallel for schedule(static) num_threads(trkx_threads(threads)) reduction(min : bad)
    for (size_t i = 0; i < hits->count; i++)
        if (!describe(&request, i, features + i * specs_count) && i < bad) bad = i;
    return bad == SIZE_MAX ? TRKX_OK : fail_hit(hits, bad, error);
}
