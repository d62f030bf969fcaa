/* Proves: the depth of clusters is what sorting all hits of a volume gives, on simulated events and a real
 * one; it is near the true one for dense and sparse events, short and long beams, and follows clusters that
 * are made longer or shorter, while the slopes stay those of the particles; few hits leave it near the
 * nominal one; by hand: limits, hits that do not count, what is not finite; the order of the hits does not
 * matter; no failing allocation leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/cluster.h"

/* ---- events ----------------------------------------------------------------------------------------- */

struct scene {
    trkx_event *event;
    trkx_detector *detector;
    trkx_hits hits; /* the event's, with channels of its own */
    int32_t *ch0, *ch1, *modules;
};

static size_t cells_of(const trkx_hits *hits)
{
    return hits->count == 0 ? 0 : hits->cell_begin[hits->count];
}

static struct scene scene_of(trkx_event *event)
{
    struct scene scene = {.event = event, .hits = *trkx_event_hits(event)};
    size_t cells = cells_of(&scene.hits);
    trkx_error error;
    if (trkx_detector_builtin(&scene.detector, &error) != TRKX_OK) fail_msg("%s", error.message);
    scene.ch0 = malloc(cells * sizeof *scene.ch0);
    scene.ch1 = malloc(cells * sizeof *scene.ch1);
    scene.modules = malloc(scene.hits.count * sizeof *scene.modules);
    memcpy(scene.ch0, scene.hits.cell_ch0, cells * sizeof *scene.ch0);
    memcpy(scene.ch1, scene.hits.cell_ch1, cells * sizeof *scene.ch1);
    scene.hits.cell_ch0 = scene.ch0;
    scene.hits.cell_ch1 = scene.ch1;
    if (trkx_modules_find(scene.detector, &scene.hits, 1, scene.modules, &error) != TRKX_OK)
        fail_msg("%s", error.message);
    return scene;
}

static struct scene simulate(size_t particles, double sigma_z, double thickness, uint64_t number)
{
    trkx_simulate_options options;
    trkx_event *event;
    trkx_simulate_options_init(&options);
    options.particles = particles;
    options.sigma_z = sigma_z;
    options.noise = (double)particles / 12263; /* as in a full event */
    options.cluster_thickness = thickness;
    assert_int_equal(trkx_simulate(&options, number, &event, NULL), TRKX_OK);
    return scene_of(event);
}

static void leave(struct scene *scene)
{
    free(scene->ch0);
    free(scene->ch1);
    free(scene->modules);
    trkx_detector_destroy(scene->detector);
    trkx_event_destroy(scene->event);
}

/* Makes the clusters of a volume longer by a factor. */
static void stretch(struct scene *scene, int volume, double factor)
{
    const trkx_hits *hits = trkx_event_hits(scene->event);
    for (size_t i = 0; i < hits->count; i++)
        for (size_t c = hits->cell_begin[i]; c < hits->cell_begin[i + 1]; c++) {
            double by = hits->volume_id[i] == volume ? factor : 1;
            scene->ch0[c] = (int32_t)floor(by * hits->cell_ch0[c]);
            scene->ch1[c] = (int32_t)floor(by * hits->cell_ch1[c]);
        }
}

static double *depths_of(const trkx_hits *hits, const trkx_detector *detector, const int32_t *modules)
{
    const struct trkx_placed_hits placed = {hits, detector, modules};
    double *depth = malloc(detector->count * sizeof *depth);
    trkx_error error;
    if (trkx_cluster_depths(NULL, &placed, depth, &error) != TRKX_OK) fail_msg("%s", error.message);
    return depth;
}

static double depth_in(const struct scene *scene, int volume)
{
    double *depths = depths_of(&scene->hits, scene->detector, scene->modules), depth = NAN;
    for (size_t m = 0; m < scene->detector->count; m++)
        if (scene->detector->modules[m].volume == volume) depth = depths[m];
    free(depths);
    return depth;
}

/* ---- the plain computation -------------------------------------------------------------------------- */

struct weighted {
    double depth, weight;
};

static int compare_depths(const void *left, const void *right)
{
    const struct weighted *a = left, *b = right;
    return (a->depth > b->depth) - (a->depth < b->depth);
}

/* Of the hit; weight 0 if it does not count. */
static struct weighted one_depth(const trkx_hits *hits, size_t i, const struct trkx_module *module)
{
    const float *x = hits->xyz + 3 * i;
    size_t begin = hits->cell_begin[i], end = hits->cell_begin[i + 1];
    double normal[3], along[3], across = 0, up = 0, thickness = 2 * module->thickness;
    int low = INT32_MAX, high = INT32_MIN;
    for (int d = 0; d < 3; d++) {
        along[d] = module->rotation[d][1];
        normal[d] = module->rotation[d][2];
        across += along[d] * (double)x[d];
        up += normal[d] * (double)x[d];
    }
    double slope = fabs(across / up);
    if (begin == end || slope < 1.5 || slope > 6 || thickness * slope < 4 * module->pitch_v)
        return (struct weighted){0, 0};
    for (size_t c = begin; c < end; c++) {
        low = hits->cell_ch1[c] < low ? hits->cell_ch1[c] : low;
        high = hits->cell_ch1[c] > high ? hits->cell_ch1[c] : high;
    }
    return (struct weighted){(high - low) * module->pitch_v / (thickness * slope), high - low};
}

static double plain_depth(const struct scene *scene, int volume, double nominal)
{
    struct weighted *all = malloc((scene->hits.count + 1) * sizeof *all);
    size_t count = 1, middle = 0;
    double total = 0, before = 0;
    all[0] = (struct weighted){nominal, 200};
    for (size_t i = 0; i < scene->hits.count; i++)
        if (scene->hits.volume_id[i] == volume)
            all[count++] = one_depth(&scene->hits, i, &scene->detector->modules[scene->modules[i]]);
    qsort(all, count, sizeof *all, compare_depths);
    for (size_t i = 0; i < count; i++) total += all[i].weight;
    while (before + all[middle].weight < total / 2) before += all[middle++].weight;
    double depth = fmin(fmax(all[middle].depth, 0.1), 10);
    free(all);
    return depth;
}

static void compare(const struct scene *scene)
{
    static const struct {
        int volume;
        double nominal;
    } volumes[] = {{7, 1}, {8, 0.5}, {9, 1}, {12, 1}, {13, 0.5}, {14, 1}, {16, 1}, {17, 0.5}, {18, 1}};
    for (int v = 0; v < 9; v++) {
        double expected = plain_depth(scene, volumes[v].volume, volumes[v].nominal);
        double got = depth_in(scene, volumes[v].volume);
        if (!(fabs(got / expected - 1) < 1e-7))
            fail_msg("volume %d: %.9g instead of %.9g", volumes[v].volume, got, expected);
        if (volumes[v].volume != 8) assert_true(got == volumes[v].nominal); /* they cannot tell */
    }
}

static void as_sorted(void **state)
{
    (void)state;
    for (int k = 0; k < 6; k++) {
        struct scene scene = simulate(k % 2 == 0 ? 3 : 1000, k < 3 ? 5.3 : 53, 1, (uint64_t)k);
        for (double factor = 0.5; factor <= 2; factor *= 2) {
            stretch(&scene, 8, factor);
            compare(&scene);
        }
        leave(&scene);
    }
}

static void real_event(void **state)
{
    const char *prefix = "../shared/data/trackml/event000000001";
    trkx_event *event;
    (void)state;
    if (trkx_event_read(prefix, TRKX_EVENT_CELLS, 1, &event, NULL) != TRKX_OK) {
        print_message("%s is not here\n", prefix);
        skip();
    }
    struct scene scene = scene_of(event);
    compare(&scene);
    double depth = depth_in(&scene, 8);
    assert_true(depth > 0.48 && depth < 0.52);
    stretch(&scene, 8, 2);
    depth = depth_in(&scene, 8);
    assert_true(depth > 0.96 && depth < 1.04);
    leave(&scene);
}

/* ---- the truth -------------------------------------------------------------------------------------- */

static double true_slope(const struct scene *scene, size_t i)
{
    const struct trkx_module *module = &scene->detector->modules[scene->modules[i]];
    const float *p = trkx_event_truth(scene->event)->pxyz + 3 * i;
    double v = 0, w = 0;
    for (int d = 0; d < 3; d++) {
        v += module->rotation[d][1] * (double)p[d];
        w += module->rotation[d][2] * (double)p[d];
    }
    return fabs(v / w);
}

/* Sums of slope_v and of its true value, over the hits of volume 8 where that is 1 to 6. */
static double slope_ratio(const struct scene *scene)
{
    const trkx_feature_spec spec = {TRKX_FEATURE_SLOPE_V, 1, NULL};
    float *slopes = malloc(scene->hits.count * sizeof *slopes);
    double sum = 0, true_sum = 0;
    assert_int_equal(trkx_features(&scene->hits, scene->detector, &spec, 1, 2, slopes, NULL), TRKX_OK);
    for (size_t i = 0; i < scene->hits.count; i++) {
        double slope = true_slope(scene, i);
        if (scene->hits.volume_id[i] != 8 || !(slope >= 1 && slope <= 6)) continue;
        sum += (double)slopes[i];
        true_sum += slope;
    }
    free(slopes);
    return sum / true_sum;
}

/* In the simulation the depth of barrels is half of the thickness factor (sim/digitize.c). Long beams have
 * more particles whose slope is not that from the origin, thin clusters few channels. */
static void near_the_truth(void **state)
{
    static const struct {
        size_t particles;
        double sigma_z, error; /* relative */
    } kinds[] = {{6000, 5.3, 0.03}, {6000, 53, 0.06}, {1000, 5.3, 0.05}, {1000, 53, 0.1}};
    (void)state;
    for (int k = 0; k < 4; k++)
        for (double thickness = 0.5; thickness <= 2; thickness *= 2) {
            struct scene scene = simulate(kinds[k].particles, kinds[k].sigma_z, thickness, 11);
            double depth = depth_in(&scene, 8) / (0.5 * thickness), slope = slope_ratio(&scene);
            if (!(fabs(depth - 1) < kinds[k].error && fabs(slope - 1) < kinds[k].error))
                fail_msg("%zu particles, %g mm, thickness %g: depth %g, slopes %g", kinds[k].particles,
                         kinds[k].sigma_z, thickness, depth, slope);
            leave(&scene);
        }
}

static void any_order(void **state)
{
    struct scene scene = simulate(300, 5.3, 1, 3);
    size_t n = scene.hits.count;
    float *xyz = malloc(3 * n * sizeof *xyz);
    int32_t *modules = malloc(n * sizeof *modules);
    size_t *begin = malloc((n + 1) * sizeof *begin);
    trkx_hits hits = {.count = n, .xyz = xyz, .cell_begin = begin};
    int32_t *ch1 = malloc(cells_of(&scene.hits) * sizeof *ch1);
    (void)state;
    begin[0] = 0;
    for (size_t i = 0; i < n; i++) { /* backwards */
        size_t from = n - 1 - i, first = scene.hits.cell_begin[from];
        size_t cells = scene.hits.cell_begin[from + 1] - first;
        memcpy(xyz + 3 * i, scene.hits.xyz + 3 * from, 3 * sizeof *xyz);
        memcpy(ch1 + begin[i], scene.ch1 + first, cells * sizeof *ch1);
        modules[i] = scene.modules[from];
        begin[i + 1] = begin[i] + cells;
    }
    hits.cell_ch1 = ch1;
    double *one = depths_of(&scene.hits, scene.detector, scene.modules);
    double *other = depths_of(&hits, scene.detector, modules);
    assert_memory_equal(one, other, scene.detector->count * sizeof *one);
    free(one);
    free(other);
    free(xyz);
    free(modules);
    free(begin);
    free(ch1);
    leave(&scene);
}

/* ---- by hand ---------------------------------------------------------------------------------------- */

/* A module in a barrel: u runs along y, v along z and w along x; one on a disk; again one in a barrel, in a
 * volume of its own; one that is too thin to tell. */
static struct trkx_module modules[] = {
    {.volume = 1,
     .rotation = {{0, 0, 1}, {1, 0, 0}, {0, 1, 0}},
     .thickness = 0.1,
     .pitch_u = 1,
     .pitch_v = 0.05},
    {.volume = 2,
     .rotation = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
     .thickness = 0.1,
     .pitch_u = 1,
     .pitch_v = 0.05},
    {.volume = 3,
     .rotation = {{0, 0, 1}, {1, 0, 0}, {0, 1, 0}},
     .thickness = 0.1,
     .pitch_u = 1,
     .pitch_v = 0.05},
    {.volume = 4,
     .rotation = {{0, 0, 1}, {1, 0, 0}, {0, 1, 0}},
     .thickness = 0.1,
     .pitch_u = 1,
     .pitch_v = 1},
};
static const trkx_detector detector = {.count = 4, .modules = modules};

enum { MOST_HITS = 200 };
struct hand {
    trkx_hits hits;
    float xyz[3 * MOST_HITS];
    size_t begin[MOST_HITS + 1];
    int32_t module[MOST_HITS], ch0[2 * MOST_HITS], ch1[2 * MOST_HITS];
};

static void start(struct hand *hand)
{
    memset(hand, 0, sizeof *hand);
    hand->hits = (trkx_hits){
        .xyz = hand->xyz, .cell_begin = hand->begin, .cell_ch0 = hand->ch0, .cell_ch1 = hand->ch1};
}

/* A hit whose cluster is `channels` long in v: two cells, or none for 0. */
static void put(struct hand *hand, int module, float x, float y, float z, int channels)
{
    size_t i = hand->hits.count++, c = hand->begin[i];
    assert_true(i < MOST_HITS);
    memcpy(hand->xyz + 3 * i, (float[]){x, y, z}, 3 * sizeof(float));
    hand->module[i] = module;
    if (channels > 0) {
        hand->ch1[c++] = 100 + channels - 1;
        hand->ch1[c++] = 100;
    }
    hand->begin[i + 1] = c;
}

static double hand_depth(const struct hand *hand, int module)
{
    double *depths = depths_of(&hand->hits, &detector, hand->module), depth = depths[module];
    free(depths);
    return depth;
}

/* The first volume's hits at a slope of 2 in 0.2 mm: 8 pitches. */
static void median_by_hand(void **state)
{
    struct hand hand;
    (void)state;
    start(&hand);
    assert_true(hand_depth(&hand, 0) == 0.5 && hand_depth(&hand, 1) == 1 && hand_depth(&hand, 3) == 0.5);
    for (int k = 0; k < 24; k++) put(&hand, 0, 30, 0, 60, 9); /* depth 1, together 192 channels */
    assert_true(hand_depth(&hand, 0) == 0.5);
    put(&hand, 0, -30, 1, 60, 9); /* 200, as many as the nominal cluster has */
    assert_true(hand_depth(&hand, 0) == 0.5);
    put(&hand, 0, -30, 1, -60, 9);
    assert_true(fabs(hand_depth(&hand, 0) - 1) < 1e-7);
    assert_true(hand_depth(&hand, 2) == 0.5);                /* other volumes: no hits */
    for (int k = 0; k < 8; k++) put(&hand, 0, 30, 0, 60, 2); /* 8 of depth 1/8 */
    assert_true(hand_depth(&hand, 0) == 0.5);
    put(&hand, 0, 30, 0, 60, 17);
    assert_true(fabs(hand_depth(&hand, 0) - 1) < 1e-7);
}

static void limits(void **state)
{
    struct hand hand;
    (void)state;
    start(&hand);
    put(&hand, 0, 30, 0, 60, 1001);                            /* depth 125 */
    for (int k = 0; k < 101; k++) put(&hand, 2, 10, 0, 60, 3); /* 2/24, together 202 channels */
    assert_true(hand_depth(&hand, 0) == 10 && hand_depth(&hand, 2) == 0.1);
    assert_true(trkx_cluster_slope(1, 0.5, 0.25) == 2 && trkx_cluster_slope(0.5, 0.5, 0.25) == 0);
    assert_true(trkx_cluster_slope(10, 0.5, 0.25) == 20 && trkx_cluster_slope(1, 0.5, 0) == 20);
    assert_true(trkx_cluster_slope(0, 0, 0) == 0 && trkx_cluster_slope(0.5, 0.5, 0) == 0);
}

/* Slopes below 1.5 and above 6, no cells, one channel, not finite, at the origin, in the module's plane; on
 * modules whose cells are too long. */
static void hits_that_do_not_count(void **state)
{
    struct hand hand;
    (void)state;
    start(&hand);
    put(&hand, 0, 30, 0, 44, 1001);
    put(&hand, 0, 30, 0, 181, 1001);
    put(&hand, 0, 30, 0, 60, 0);
    put(&hand, 0, 30, 0, 60, 1);
    put(&hand, 0, 30, 0, NAN, 1001);
    put(&hand, 0, INFINITY, 0, 60, 1001);
    put(&hand, 0, 30, 0, -INFINITY, 1001);
    put(&hand, 0, INFINITY, 0, INFINITY, 1001);
    put(&hand, 0, 0, 0, 0, 1001);
    put(&hand, 0, 0, 30, 60, 1001);
    put(&hand, 3, 30, 0, 60, 1001);
    assert_true(hand_depth(&hand, 0) == 0.5 && hand_depth(&hand, 3) == 0.5);
    put(&hand, 0, 30, 0, 60, 1001);
    assert_true(hand_depth(&hand, 0) == 10);
}

/* No thickness, no pitch: a slope is a number in its range all the same. */
static void without_size(void **state)
{
    struct hand hand;
    const trkx_feature_spec specs[] = {{TRKX_FEATURE_SLOPE_U, 1, NULL}, {TRKX_FEATURE_SLOPE_V, 1, NULL}};
    const trkx_detector none = {.count = 1, .modules = &(struct trkx_module){.volume = 1}};
    int32_t volume[2] = {1, 1}, zero[2] = {0, 0};
    float slopes[4];
    (void)state;
    start(&hand);
    put(&hand, 0, 30, 0, 60, 9);
    put(&hand, 0, 30, 0, 60, 0);
    hand.hits.volume_id = volume;
    hand.hits.layer_id = hand.hits.module_id = zero;
    hand.hits.cell_value = slopes;
    memset(slopes, 0, sizeof slopes);
    assert_int_equal(trkx_features(&hand.hits, &none, specs, 2, 1, slopes, NULL), TRKX_OK);
    for (int k = 0; k < 4; k++) assert_true(slopes[k] == 0);
}

static void memory(void **state)
{
    struct hand hand;
    trkx_error error;
    double depth[4];
    (void)state;
    start(&hand);
    put(&hand, 0, 30, 0, 60, 1001);
    const struct trkx_placed_hits placed = {&hand.hits, &detector, hand.module};
    for (long after = 0;; after++) {
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_cluster_depths(NULL, &placed, depth, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) {
            assert_true(after == 3 && depth[0] == 10);
            break;
        }
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_sorted),
        cmocka_unit_test(real_event),
        cmocka_unit_test(near_the_truth),
        cmocka_unit_test(any_order),
        cmocka_unit_test(median_by_hand),
        cmocka_unit_test(limits),
        cmocka_unit_test(hits_that_do_not_count),
        cmocka_unit_test(without_size),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
