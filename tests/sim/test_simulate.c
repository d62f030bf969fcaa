/* Proves: simulated events are a function of seed and number alone, whatever the number of threads; every
 * hit lies on its module and near the true point; truth, particles and cells are consistent; numbers of hits,
 * noise and overlaps are TrackML's, decays point back to their collision; each option does what it says; the
 * built-in modules are those of TrackML's detectors.csv; and nothing leaks wherever memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "detector/modules.h"
#include "sim/geometry.h"
#include "sim/particles.h"

#define DETECTORS "../shared/data/trackml/detectors.csv.gz"

/* As much noise as in a full event. */
static trkx_simulate_options small_options(size_t particles)
{
    trkx_simulate_options options;
    trkx_simulate_options_init(&options);
    options.particles = particles;
    options.noise = (double)particles / TRKX_FULL_PARTICLES;
    return options;
}

static trkx_event *simulate(const trkx_simulate_options *options, uint64_t number)
{
    trkx_error error = {TRKX_OK, ""};
    trkx_event *event = NULL;
    if (trkx_simulate(options, number, &event, &error) != TRKX_OK) fail_msg("%s", error.message);
    assert_non_null(event);
    return event;
}

static trkx_detector *builtin(void)
{
    trkx_detector *detector = NULL;
    assert_int_equal(trkx_detector_builtin(&detector, NULL), TRKX_OK);
    return detector;
}

/* One event of half the full density, made once. */
static trkx_event *large;

static int make_large(void **state)
{
    (void)state;
    trkx_simulate_options options = small_options(6000);
    return trkx_simulate(&options, 1000, &large, NULL) == TRKX_OK ? 0 : -1;
}

static int destroy_large(void **state)
{
    (void)state;
    trkx_event_destroy(large);
    return 0;
}

/* ---- determinism ------------------------------------------------------------------------------------ */

#define SAME(a, b, member, count) assert_memory_equal((a)->member, (b)->member, (count) * sizeof *(a)->member)

static void same_hits(const trkx_hits *a, const trkx_hits *b)
{
    assert_int_equal(a->count, b->count);
    SAME(a, b, hit_id, a->count);
    SAME(a, b, xyz, 3 * a->count);
    SAME(a, b, volume_id, a->count);
    SAME(a, b, layer_id, a->count);
    SAME(a, b, module_id, a->count);
    SAME(a, b, cell_begin, a->count + 1);
    SAME(a, b, cell_ch0, a->cell_begin[a->count]);
    SAME(a, b, cell_ch1, a->cell_begin[a->count]);
    SAME(a, b, cell_value, a->cell_begin[a->count]);
}

static void same_events(const trkx_event *a, const trkx_event *b)
{
    const trkx_truth *s = trkx_event_truth(a), *t = trkx_event_truth(b);
    const trkx_particles *p = trkx_event_particles(a), *q = trkx_event_particles(b);
    same_hits(trkx_event_hits(a), trkx_event_hits(b));
    SAME(s, t, particle_id, s->count);
    SAME(s, t, xyz, 3 * s->count);
    SAME(s, t, pxyz, 3 * s->count);
    SAME(s, t, weight, s->count);
    assert_int_equal(p->count, q->count);
    SAME(p, q, particle_id, p->count);
    SAME(p, q, vxyz, 3 * p->count);
    SAME(p, q, pxyz, 3 * p->count);
    SAME(p, q, nhits, p->count);
}

static void same_for_any_threads(void **state)
{
    (void)state;
    trkx_simulate_options options = small_options(300);
    options.threads = 1;
    trkx_event *expected = simulate(&options, 7);
    for (options.threads = 2; options.threads <= 4; options.threads += 2) {
        trkx_event *event = simulate(&options, 7);
        same_events(expected, event);
        trkx_event_destroy(event);
    }
    trkx_event_destroy(expected);
}

static bool same_first_momentum(const trkx_event *a, const trkx_event *b)
{
    return memcmp(trkx_event_particles(a)->pxyz, trkx_event_particles(b)->pxyz, 3 * sizeof(float)) == 0;
}

static void other_seeds_and_numbers_differ(void **state)
{
    (void)state;
    trkx_simulate_options options = small_options(10);
    trkx_event *event = simulate(&options, 1), *next = simulate(&options, 2);
    options.seed = 2;
    trkx_event *seeded = simulate(&options, 1);
    assert_false(same_first_momentum(event, next));
    assert_false(same_first_momentum(event, seeded));
    assert_false(same_first_momentum(next, seeded));
    trkx_event_destroy(event);
    trkx_event_destroy(next);
    trkx_event_destroy(seeded);
}

static void cells_change_nothing_else(void **state)
{
    (void)state;
    trkx_simulate_options options = small_options(50);
    trkx_event *with = simulate(&options, 1);
    options.cells = false;
    trkx_event *without = simulate(&options, 1);
    const trkx_hits *a = trkx_event_hits(with), *b = trkx_event_hits(without);
    assert_int_equal(a->count, b->count);
    SAME(a, b, xyz, 3 * a->count);
    assert_null(b->cell_begin);
    assert_null(b->cell_value);
    trkx_event_destroy(with);
    trkx_event_destroy(without);
}

/* ---- hits ------------------------------------------------------------------------------------------- */

static void to_local(const struct trkx_module *module, const float *point, double local[3])
{
    double offset[3];
    for (int i = 0; i < 3; i++) offset[i] = (double)point[i] - module->center[i];
    trkx_module_direction(module, offset, local);
}

static const struct trkx_module *module_of(const trkx_detector *detector, const trkx_hits *hits, size_t i)
{
    const struct trkx_module *module =
        trkx_detector_find(detector, hits->volume_id[i], hits->layer_id[i], hits->module_id[i]);
    assert_non_null(module);
    return module;
}

static void hits_lie_on_their_modules(void **state)
{
    (void)state;
    const double rounding = 2e-4; /* mm: of floats at 3 m */
    trkx_detector *detector = builtin();
    const trkx_hits *hits = trkx_event_hits(large);
    const trkx_truth *truth = trkx_event_truth(large);
    for (size_t i = 0; i < hits->count; i++) {
        const struct trkx_module *module = module_of(detector, hits, i);
        double hit[3], point[3];
        to_local(module, hits->xyz + 3 * i, hit);
        to_local(module, truth->xyz + 3 * i, point);
        assert_true(fabs(hit[2]) < rounding && fabs(point[2]) < rounding);
        assert_true(fabs(point[1]) <= module->hv + rounding);
        assert_true(fabs(point[0]) <= trkx_module_half_u(module, point[1]) + rounding);
        assert_true(fabs(hit[0]) <= module->max_hu + module->pitch_u && fabs(hit[1]) <= module->hv);
    }
    trkx_detector_destroy(detector);
}

static void hits_are_in_order(void **state)
{
    (void)state;
    const trkx_hits *hits = trkx_event_hits(large);
    for (size_t i = 0; i < hits->count; i++) {
        assert_int_equal(hits->hit_id[i], i + 1);
        if (i == 0) continue;
        int64_t place[2];
        for (size_t j = 0; j < 2; j++)
            place[j] = ((int64_t)hits->volume_id[i - j] * 100 + hits->layer_id[i - j]) * 10000 +
                       hits->module_id[i - j];
        assert_true(place[1] <= place[0]);
    }
}

/* Residuals in the pixel barrel, where the clusters are analog, and digital ones in strips. */
static void residuals_are_trackml_s(void **state)
{
    (void)state;
    trkx_detector *detector = builtin();
    const trkx_hits *hits = trkx_event_hits(large);
    size_t count[3] = {0}, within[3] = {0};
    static const double limits[3] = {0.0041, 0.286, 3.54}; /* mm in v: half of the central 68 %, real event */
    for (size_t i = 0; i < hits->count; i++) {
        const struct trkx_module *module = module_of(detector, hits, i);
        if (!trkx_module_in_barrel(module) || trkx_event_truth(large)->particle_id[i] == 0) continue;
        double hit[3], point[3];
        to_local(module, hits->xyz + 3 * i, hit);
        to_local(module, trkx_event_truth(large)->xyz + 3 * i, point);
        enum trkx_sensor sensor = trkx_module_sensor(module);
        count[sensor]++;
        within[sensor] += fabs(hit[1] - point[1]) < limits[sensor];
    }
    for (int s = 0; s < 3; s++) {
        double share = (double)within[s] / (double)count[s];
        if (!(share > 0.60 && share < 0.76)) fail_msg("sensor %d: %.3f within %g mm", s, share, limits[s]);
    }
    trkx_detector_destroy(detector);
}

/* The position is the center of gravity of the cells: within their box, but for the barrel's correction. */
static void positions_fit_their_cells(void **state)
{
    (void)state;
    trkx_detector *detector = builtin();
    const trkx_hits *hits = trkx_event_hits(large);
    for (size_t i = 0; i < hits->count; i++) {
        const struct trkx_module *module = module_of(detector, hits, i);
        double sum[2] = {0, 0}, total = 0, hit[3];
        assert_true(hits->cell_begin[i + 1] > hits->cell_begin[i]);
        for (size_t c = hits->cell_begin[i]; c < hits->cell_begin[i + 1]; c++) {
            double value = (double)hits->cell_value[c];
            assert_true(hits->cell_ch0[c] >= 0 && hits->cell_ch0[c] < 2 * module->max_hu / module->pitch_u);
            assert_true(hits->cell_ch1[c] >= 0 && hits->cell_ch1[c] < 2 * module->hv / module->pitch_v);
            assert_true(value > 0 && isfinite(value));
            sum[0] += value * (hits->cell_ch0[c] + 0.5);
            sum[1] += value * (hits->cell_ch1[c] + 0.5);
            total += value;
        }
        to_local(module, hits->xyz + 3 * i, hit);
        double correction = trkx_module_in_barrel(module) ? 0.031 : 0; /* mm, at most */
        assert_true(fabs(sum[0] / total * module->pitch_u - module->max_hu - hit[0]) < correction + 5e-4);
        assert_true(fabs(sum[1] / total * module->pitch_v - module->hv - hit[1]) < 5e-4);
    }
    trkx_detector_destroy(detector);
}

/* ---- truth ------------------------------------------------------------------------------------------ */

static int compare_ids(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void truth_agrees_with_particles(void **state)
{
    (void)state;
    const trkx_truth *truth = trkx_event_truth(large);
    const trkx_particles *particles = trkx_event_particles(large);
    int64_t *sorted = malloc(truth->count * sizeof *sorted);
    assert_non_null(sorted);
    memcpy(sorted, truth->particle_id, truth->count * sizeof *sorted);
    qsort(sorted, truth->count, sizeof *sorted, compare_ids);
    size_t known = 0, noise = 0;
    while (noise < truth->count && sorted[noise] == 0) noise++;
    for (size_t p = 0; p < particles->count; p++) {
        assert_true(particles->particle_id[p] > 0);
        assert_true(particles->charge[p] == 1 || particles->charge[p] == -1);
        known += (size_t)particles->nhits[p];
        if (particles->nhits[p] == 0) continue;
        int64_t *found =
            bsearch(&particles->particle_id[p], sorted, truth->count, sizeof *sorted, compare_ids);
        assert_non_null(found);
        while (found > sorted && found[-1] == *found) found--;
        for (int32_t i = 0; i < particles->nhits[p]; i++) assert_true(found[i] == *found);
    }
    assert_int_equal(known + noise, truth->count);
    free(sorted);
}

static void particle_ids_are_unique(void **state)
{
    (void)state;
    const trkx_particles *particles = trkx_event_particles(large);
    int64_t *ids = malloc(particles->count * sizeof *ids);
    assert_non_null(ids);
    memcpy(ids, particles->particle_id, particles->count * sizeof *ids);
    qsort(ids, particles->count, sizeof *ids, compare_ids);
    for (size_t i = 1; i < particles->count; i++) assert_true(ids[i - 1] < ids[i]);
    free(ids);
}

static void weights_sum_to_one(void **state)
{
    (void)state;
    const trkx_truth *truth = trkx_event_truth(large);
    double sum = 0;
    for (size_t i = 0; i < truth->count; i++) {
        assert_true(truth->weight[i] >= 0);
        if (truth->particle_id[i] == 0) assert_true(truth->weight[i] == 0);
        sum += truth->weight[i];
    }
    assert_true(fabs(sum - 1) < 1e-9);
}

/* TrackML's rule: particles with fewer than 4 hits, and those from material, count nothing. */
static void only_real_tracks_have_weight(void **state)
{
    (void)state;
    trkx_simulate_options options = small_options(100);
    trkx_event *event = simulate(&options, 3);
    const trkx_truth *truth = trkx_event_truth(event);
    const trkx_particles *particles = trkx_event_particles(event);
    for (size_t p = 0; p < particles->count; p++) {
        bool from_material = particles->particle_id[p] % 2 != 0; /* sim/particles.c */
        for (size_t i = 0; i < truth->count; i++)
            if (truth->particle_id[i] == particles->particle_id[p])
                assert_true((truth->weight[i] > 0) == (particles->nhits[p] >= 4 && !from_material));
    }
    trkx_event_destroy(event);
}

/* Charge, field and turning sense: positive particles turn clockwise seen from +z where the field is 2 T. */
static void tracks_bend_as_in_trackml(void **state)
{
    (void)state;
    const trkx_truth *truth = trkx_event_truth(large);
    const trkx_particles *particles = trkx_event_particles(large);
    size_t right = 0, all = 0;
    for (size_t i = 0; i < truth->count && all < 500; i++) {
        if (truth->particle_id[i] == 0 || fabsf(truth->xyz[3 * i + 2]) > 500) continue;
        size_t p = 0;
        while (particles->particle_id[p] != truth->particle_id[i]) p++;
        const float *q = particles->pxyz + 3 * p, *now = truth->pxyz + 3 * i, *v = particles->vxyz + 3 * p;
        if (hypotf(v[0], v[1]) > 1 || particles->nhits[p] < 8) continue;
        float turned = q[0] * now[1] - q[1] * now[0];
        all++;
        right += (turned < 0) == (particles->charge[p] > 0);
    }
    assert_int_equal(all, 500);
    assert_true(right > 470); /* scattering alone can turn a fast one */
}

/* ---- rates ------------------------------------------------------------------------------------------ */

static void rates_are_trackml_s(void **state)
{
    (void)state;
    const trkx_truth *truth = trkx_event_truth(large);
    const trkx_particles *particles = trkx_event_particles(large);
    size_t noise = 0, none = 0, displaced = 0;
    for (size_t i = 0; i < truth->count; i++) noise += truth->particle_id[i] == 0;
    for (size_t p = 0; p < particles->count; p++) {
        none += particles->nhits[p] == 0;
        displaced += hypotf(particles->vxyz[3 * p], particles->vxyz[3 * p + 1]) > 1;
    }
    double n = (double)particles->count, hits = (double)(truth->count - noise) / n;
    double share = (double)noise / (double)truth->count;
    if (!(hits > 8.1 && hits < 8.8)) fail_msg("%.2f hits a particle", hits);
    if (!(share > 0.135 && share < 0.165)) fail_msg("%.3f noise", share);
    if (!((double)none / n > 0.09 && (double)none / n < 0.16)) fail_msg("%zu without hits", none);
    if (!((double)displaced / n > 0.27 && (double)displaced / n < 0.33)) fail_msg("%zu displaced", displaced);
}

static size_t count_noise(const trkx_event *event)
{
    const trkx_truth *truth = trkx_event_truth(event);
    size_t noise = 0;
    for (size_t i = 0; i < truth->count; i++) noise += truth->particle_id[i] == 0;
    return noise;
}

static size_t noise_of(const trkx_simulate_options *options)
{
    trkx_event *event = simulate(options, 1);
    size_t noise = count_noise(event);
    trkx_event_destroy(event);
    return noise;
}

/* TrackML's events of 6,900 to 11,000 particles have 17,685 noise hits, with a standard deviation of 125. */
static void noise_is_constant(void **state)
{
    (void)state;
    for (size_t particles = 10; particles <= 1000; particles *= 10) {
        trkx_simulate_options options = small_options(particles);
        options.noise = 1;
        size_t noise = noise_of(&options);
        if (!(noise > 17100 && noise < 18300)) fail_msg("%zu noise hits", noise);
    }
}

static void noise_follows_its_option(void **state)
{
    (void)state;
    trkx_simulate_options options = small_options(100);
    options.noise = 0;
    assert_int_equal(noise_of(&options), 0);
    options.noise = 0.1;
    assert_in_range(noise_of(&options), 1600, 1950);
    options.density = 2;
    assert_in_range(noise_of(&options), 3280, 3800);
}

static void density_multiplies_particles(void **state)
{
    (void)state;
    static const double densities[] = {0, 0.5, 0.045, 3};
    static const size_t expected[] = {0, 50, 5, 300}; /* 4.5 is rounded up */
    for (size_t k = 0; k < 4; k++) {
        trkx_simulate_options options = small_options(100);
        options.density = densities[k];
        trkx_event *event = simulate(&options, 1);
        assert_int_equal(trkx_event_particles(event)->count, expected[k]);
        trkx_event_destroy(event);
    }
}

static void beams_are_trackml_s(void **state)
{
    (void)state;
    trkx_simulate_options options, defaults;
    trkx_error error = {TRKX_OK, ""};
    trkx_simulate_options_init(&defaults);
    options = defaults;
    assert_int_equal(trkx_simulate_options_beam(&options, "throughput", &error), TRKX_OK);
    assert_int_equal(options.particles, 9003);
    assert_true(options.sigma_z == 53 && options.noise == 1.31 && options.density == 1);
    assert_int_equal(trkx_simulate_options_beam(&options, "kaggle", &error), TRKX_OK);
    assert_memory_equal(&options, &defaults, sizeof options);
    assert_int_equal(trkx_simulate_options_beam(&options, "lhc", &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "\"lhc\" is not \"kaggle\" or \"throughput\""));
    assert_memory_equal(&options, &defaults, sizeof options);
}

/* Cells of a pixel barrel hit, of the others; pixel barrel: standard deviation of hit - true point in u. */
struct clusters {
    double barrel, others, spread;
};

static struct clusters clusters_of(double thickness)
{
    trkx_simulate_options options = small_options(300);
    options.cluster_thickness = thickness;
    trkx_event *event = simulate(&options, 4);
    trkx_detector *detector = builtin();
    const trkx_hits *hits = trkx_event_hits(event);
    double cells[2] = {0, 0}, count[2] = {0, 0}, sum = 0;
    for (size_t i = 0; i < hits->count; i++) {
        size_t barrel = hits->volume_id[i] == 8;
        double hit[3], point[3];
        count[barrel]++;
        cells[barrel] += (double)(hits->cell_begin[i + 1] - hits->cell_begin[i]);
        if (!barrel) continue;
        const struct trkx_module *module = module_of(detector, hits, i);
        to_local(module, hits->xyz + 3 * i, hit);
        to_local(module, trkx_event_truth(event)->xyz + 3 * i, point);
        sum += fabs(hit[0] - point[0]);
    }
    trkx_detector_destroy(detector);
    trkx_event_destroy(event);
    return (struct clusters){cells[1] / count[1], cells[0] / count[0], sum / count[1]};
}

/* A thicker sensor lengthens the clusters of the pixel barrel, and of no other volume; the position stays
 * right. */
static void cluster_thickness_lengthens_clusters(void **state)
{
    (void)state;
    struct clusters thin = clusters_of(0.5), normal = clusters_of(1), thick = clusters_of(2);
    assert_true(thin.others == normal.others && thick.others == normal.others);
    assert_true(thin.barrel < 0.7 * normal.barrel);
    assert_true(thick.barrel > 1.6 * normal.barrel);
    assert_true(thin.spread < 0.025 && normal.spread < 0.02 && thick.spread < 0.02); /* mm */
}

/* Away from the beam, but not from material: particles faster than 0.7 GeV fly on nearly where their parent
 * flew. */
static void decays_point_back(void **state)
{
    (void)state;
    const trkx_particles *particles = trkx_event_particles(large);
    static double collisions[TRKX_FULL_VERTICES + 1][3];
    size_t aside = 0, all = 0;
    for (int round = 0; round < 2; round++)
        for (size_t p = 0; p < particles->count; p++) {
            const float *v = particles->vxyz + 3 * p, *q = particles->pxyz + 3 * p;
            double *collision = collisions[particles->particle_id[p] >> 52];
            double x = (double)v[0] - collision[0], y = (double)v[1] - collision[1];
            if (particles->particle_id[p] % 2 != 0) continue; /* from material: sim/particles.c */
            if (round == 0 && hypotf(v[0], v[1]) < 0.08F)
                for (int i = 0; i < 3; i++) collision[i] = (double)v[i];
            if (round == 0 || hypot(x, y) < 1 || hypotf(q[0], q[1]) < 0.7F) continue;
            all++;
            aside += x * (double)q[0] + y * (double)q[1] < 0.9 * hypot(x, y) * (double)hypotf(q[0], q[1]);
        }
    if (!(all > 60 && aside <= all / 20)) fail_msg("%zu of %zu decays do not point back", aside, all);
}

static void vertices_follow_sigma_z(void **state)
{
    (void)state;
    static const double sigmas[] = {0, 5.5, 50};
    for (size_t k = 0; k < 3; k++) {
        trkx_simulate_options options = small_options(6000);
        options.sigma_z = sigmas[k];
        options.noise = 0;
        options.cells = false;
        trkx_event *event = simulate(&options, 5);
        const trkx_particles *particles = trkx_event_particles(event);
        double sum = 0, count = 0;
        for (size_t p = 0; p < particles->count; p++) {
            const float *v = particles->vxyz + 3 * p;
            if (hypotf(v[0], v[1]) > 0.06F) continue; /* a decay */
            sum += (double)v[2] * (double)v[2];
            count++;
        }
        double sigma = sqrt(sum / count);
        assert_true(sigma >= 0.8 * sigmas[k] && sigma <= 1.2 * sigmas[k]);
        trkx_event_destroy(event);
    }
}

/* ---- edge cases ------------------------------------------------------------------------------------- */

static void no_particles(void **state)
{
    (void)state;
    trkx_simulate_options options = small_options(0);
    trkx_event *event = simulate(&options, 12);
    assert_string_equal(trkx_event_name(event), "event000000012");
    assert_int_equal(trkx_event_hits(event)->count, 0);
    assert_int_equal(trkx_event_truth(event)->count, 0);
    assert_int_equal(trkx_event_particles(event)->count, 0);
    assert_int_equal(trkx_event_hits(event)->cell_begin[0], 0);
    trkx_event_destroy(event);
}

static void refuse(trkx_simulate_options options, const char *what)
{
    trkx_error error = {TRKX_OK, ""};
    trkx_event *event = (trkx_event *)&error;
    assert_int_equal(trkx_simulate(&options, 1, &event, &error), TRKX_ERROR_ARGUMENT);
    assert_null(event);
    if (strstr(error.message, what) == NULL) fail_msg("%s", error.message);
}

static void bad_options_are_errors(void **state)
{
    (void)state;
    trkx_simulate_options options = small_options(1);
    options.size--;
    refuse(options, "size");
    options = small_options(SIZE_MAX);
    refuse(options, "particles");
    options = small_options(1);
    options.sigma_z = NAN;
    refuse(options, "sigma_z");
    options = small_options(1);
    options.sigma_z = -1;
    refuse(options, "sigma_z");
    options = small_options(1);
    options.noise = INFINITY;
    refuse(options, "noise");
    options = small_options(1);
    options.density = NAN;
    refuse(options, "density");
    options = small_options(1000000000);
    options.density = 100;
    refuse(options, "particles");
    options = small_options(1);
    options.cluster_thickness = 0;
    refuse(options, "cluster_thickness");
    options.cluster_thickness = 4.1;
    refuse(options, "cluster_thickness");
    options = small_options(1);
    options.threads = -1;
    refuse(options, "threads");
}

static void bad_modules_are_errors(void **state)
{
    (void)state;
    trkx_detector *detector = builtin();
    trkx_simulate_options options = small_options(1);
    options.detector = detector;
    struct trkx_module *module = &detector->modules[100], good = *module;
    module->pitch_u = 0;
    refuse(options, "module");
    *module = good;
    module->hv = NAN;
    refuse(options, "module");
    *module = good;
    memset(module->rotation, 0, sizeof module->rotation);
    refuse(options, "module");
    trkx_detector_destroy(detector);
}

static void empty_detector(void **state)
{
    (void)state;
    trkx_detector *detector = NULL;
    struct trkx_module *modules = trkx_allocate(NULL, 0, sizeof *modules);
    assert_int_equal(trkx_detector_create(modules, 0, &detector, NULL), TRKX_OK);
    trkx_simulate_options options = small_options(20);
    options.detector = detector;
    trkx_event *event = simulate(&options, 1);
    assert_int_equal(trkx_event_hits(event)->count, 0);
    assert_int_equal(trkx_event_particles(event)->count, 20);
    trkx_event_destroy(event);
    trkx_detector_destroy(detector);
}

/* Axes at right angles from three angles. */
static void turn_module(struct trkx_module *module, double a, double b, double c)
{
    double x[3] = {cos(a), cos(b), cos(c)}, y[3] = {sin(a), sin(b), sin(c)};
    double rotation[3][3] = {
        {x[0] * x[1], x[0] * y[1] * y[2] - y[0] * x[2], x[0] * y[1] * x[2] + y[0] * y[2]},
        {y[0] * x[1], y[0] * y[1] * y[2] + x[0] * x[2], y[0] * y[1] * x[2] - x[0] * y[2]},
        {-y[1], x[1] * y[2], x[1] * x[2]}};
    memcpy(module->rotation, rotation, sizeof rotation);
}

/* A heap of modules at any place and angle, one in the very middle, is a detector as well. */
static void any_detector(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    trkx_detector *detector = NULL;
    struct trkx_module *modules = trkx_allocate_zero(NULL, COUNT, sizeof *modules);
    assert_non_null(modules);
    for (int i = 0; i < COUNT; i++) {
        struct trkx_module *module = &modules[i];
        *module = (struct trkx_module){.volume = i % 2, .layer = i % 3, .module = i, .thickness = 0.2};
        module->min_hu = i % 5 == 0 ? -1 : 20;
        module->max_hu = module->hv = 40;
        module->pitch_u = 0.1;
        module->pitch_v = i % 7 == 0 ? 0.09 : 10;
        turn_module(module, i, 1.7 * i, 2.3 * i);
        for (int j = 0; j < 3; j++) module->center[j] = 400 * sin(i * (j + 1.1));
    }
    assert_int_equal(trkx_detector_create(modules, COUNT, &detector, NULL), TRKX_OK);
    trkx_simulate_options options = small_options(3000);
    options.detector = detector;
    trkx_event *event = simulate(&options, 1);
    const trkx_hits *hits = trkx_event_hits(event);
    assert_true(hits->count > 50);
    for (size_t i = 0; i < hits->count; i++) {
        double local[3];
        const struct trkx_module *module = module_of(detector, hits, i);
        to_local(module, hits->xyz + 3 * i, local);
        assert_true(fabs(local[2]) < 2e-4 && fabs(local[0]) < 41 && fabs(local[1]) < 41);
    }
    trkx_event_destroy(event);
    trkx_detector_destroy(detector);
}

/* Leaks show under the address sanitizer. */
static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    trkx_simulate_options options = small_options(3);
    options.threads = 1;
    for (long after = 0;; after++) {
        trkx_error error = {TRKX_OK, ""};
        trkx_event *event = NULL;
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_simulate(&options, 1, &event, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) {
            trkx_event_destroy(event);
            assert_true(after > 100); /* each layer has a grid */
            return;
        }
        assert_int_equal(status, TRKX_ERROR_MEMORY);
        assert_int_equal(error.status, TRKX_ERROR_MEMORY);
        assert_null(event);
    }
}

/* ---- geometry --------------------------------------------------------------------------------------- */

/* Whatever straight line is taken through a module, the grid lists the module. */
static void the_grid_lists_what_is_hit(void **state)
{
    (void)state;
    struct trkx_geometry *geometry = NULL;
    assert_int_equal(trkx_geometry_create(NULL, &geometry, NULL), TRKX_OK);
    for (size_t l = 0; l < geometry->count; l++) {
        const struct trkx_layer *layer = &geometry->layers[l];
        for (size_t i = 0; i < layer->count; i += 7) {
            const struct trkx_module *module = &geometry->detector->modules[layer->first + i];
            const uint32_t *candidates = NULL;
            double point[3], v = ((double)(i % 5) / 2 - 1) * module->hv;
            trkx_module_point(module, trkx_module_half_u(module, v) * ((double)(i % 3) - 1), v, point);
            double scale = layer->barrel ? layer->position / hypot(point[0], point[1])
                                         : layer->position / point[2]; /* along the line from the origin */
            for (int j = 0; j < 3; j++) point[j] *= scale;
            size_t count = trkx_layer_candidates(layer, point, &candidates), c = 0;
            while (c < count && candidates[c] != layer->first + i) c++;
            if (c == count)
                fail_msg("layer at %g: module %zu at %g %g %g", layer->position, layer->first + i, point[0],
                         point[1], point[2]);
        }
    }
    trkx_geometry_destroy(geometry);
}

static void builtin_modules_are_trackml_s(void **state)
{
    (void)state;
    if (access(DETECTORS, R_OK) != 0) skip();
    trkx_detector *detector = builtin(), *real = NULL;
    assert_int_equal(trkx_detector_read(DETECTORS, &real, NULL), TRKX_OK);
    assert_int_equal(detector->count, real->count);
    for (size_t i = 0; i < real->count; i++) {
        const struct trkx_module *a = &detector->modules[i], *b = &real->modules[i];
        assert_true(a->volume == b->volume && a->layer == b->layer && a->module == b->module);
        for (int j = 0; j < 3; j++) {
            assert_true(fabs(a->center[j] - b->center[j]) < 6e-3); /* the file rounds to 6 digits */
            for (int k = 0; k < 3; k++) assert_true(fabs(a->rotation[j][k] - b->rotation[j][k]) < 1e-5);
        }
        assert_true(fabs(a->thickness - b->thickness) < 1e-6 && fabs(a->hv - b->hv) < 1e-6);
        assert_true(fabs(a->max_hu - b->max_hu) < 1e-6);
        assert_true(fabs(a->min_hu - b->min_hu) < 1e-6 || b->min_hu < 0);
        assert_true(fabs(a->pitch_u - b->pitch_u) < 1e-6 && fabs(a->pitch_v - b->pitch_v) < 1e-6);
    }
    trkx_detector_destroy(detector);
    trkx_detector_destroy(real);
}

static void true_modules_give_as_many_hits(void **state)
{
    (void)state;
    if (access(DETECTORS, R_OK) != 0) skip();
    trkx_detector *real = NULL;
    assert_int_equal(trkx_detector_read(DETECTORS, &real, NULL), TRKX_OK);
    trkx_simulate_options options = small_options(1000);
    options.noise = 0;
    trkx_event *a = simulate(&options, 1);
    options.detector = real;
    trkx_event *b = simulate(&options, 1);
    double own = (double)trkx_event_hits(a)->count, true_ones = (double)trkx_event_hits(b)->count;
    assert_true(fabs(own / true_ones - 1) < 0.02);
    trkx_event_destroy(a);
    trkx_event_destroy(b);
    trkx_detector_destroy(real);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_for_any_threads),
        cmocka_unit_test(other_seeds_and_numbers_differ),
        cmocka_unit_test(cells_change_nothing_else),
        cmocka_unit_test(hits_lie_on_their_modules),
        cmocka_unit_test(hits_are_in_order),
        cmocka_unit_test(residuals_are_trackml_s),
        cmocka_unit_test(positions_fit_their_cells),
        cmocka_unit_test(truth_agrees_with_particles),
        cmocka_unit_test(particle_ids_are_unique),
        cmocka_unit_test(weights_sum_to_one),
        cmocka_unit_test(only_real_tracks_have_weight),
        cmocka_unit_test(tracks_bend_as_in_trackml),
        cmocka_unit_test(rates_are_trackml_s),
        cmocka_unit_test(noise_follows_its_option),
        cmocka_unit_test(noise_is_constant),
        cmocka_unit_test(density_multiplies_particles),
        cmocka_unit_test(beams_are_trackml_s),
        cmocka_unit_test(cluster_thickness_lengthens_clusters),
        cmocka_unit_test(decays_point_back),
        cmocka_unit_test(vertices_follow_sigma_z),
        cmocka_unit_test(no_particles),
        cmocka_unit_test(bad_options_are_errors),
        cmocka_unit_test(bad_modules_are_errors),
        cmocka_unit_test(empty_detector),
        cmocka_unit_test(any_detector),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(the_grid_lists_what_is_hit),
        cmocka_unit_test(builtin_modules_are_trackml_s),
        cmocka_unit_test(true_modules_give_as_many_hits),
    };
    return cmocka_run_group_tests(tests, make_large, destroy_large);
}
