/* trkx bench edges: fixed-radius nearest neighbours. The check is in neighbours.c. */
#include "programs/bench/edges.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/graph.h"
#include "programs/bench/neighbours.h"
#include "programs/bench/networks.h"
#include "programs/bench/report.h"

static const char PART[] = "edges";

/* ---- random points ---------------------------------------------------------------------------------- */

enum { CLUSTERS = 10000, CLUSTER_POINTS = 10, CLUSTER_DIM = 8 };
static const double CLUSTER_SPREAD = 0.12, CLUSTER_RADIUS = 1.045;

/* In (0, 1): splitmix64 (Vigna). */
static double uniform(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return ((double)((x ^ (x >> 31)) >> 11) + 0.5) * 0x1p-53;
}

/* Normally distributed, mean 0, variance 1 (Box and Muller). */
static double normal(uint64_t *state)
{
    const double two_pi = 6.28318530717958647693;
    double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(two_pi * uniform(state));
}

/* [CLUSTERS * CLUSTER_POINTS, CLUSTER_DIM]. Caller frees. */
static float *make_clusters(void)
{
    float *points = bench_array((size_t)CLUSTERS * CLUSTER_POINTS * CLUSTER_DIM * sizeof *points),
          *to = points;
    uint64_t state = 1;
    for (int c = 0; c < CLUSTERS; c++) {
        double center[CLUSTER_DIM];
        for (int d = 0; d < CLUSTER_DIM; d++) center[d] = normal(&state);
        for (int p = 0; p < CLUSTER_POINTS; p++)
            for (int d = 0; d < CLUSTER_DIM; d++)
                *to++ = (float)(center[d] + CLUSTER_SPREAD * normal(&state));
    }
    return points;
}

/* ---- one case --------------------------------------------------------------------------------------- */

static enum trkx_status run(struct bench *bench, void *work)
{
    struct search *search = work;
    return trkx_radius_graph(search->points, search->n, search->dim, &search->options, &search->found,
                             &bench->error);
}

static enum trkx_status same(struct bench *bench, void *work)
{
    struct search *search = work;
    bool as_before = bench_same_edges(&search->expected, &search->found);
    trkx_edges_destroy(&search->found);
    if (as_before) return TRKX_OK;
    return bench_wrong(bench, "edges, %s: another run, with --threads %d, gives different edges",
                       search->name, search->options.threads);
}

static enum trkx_status run_again(struct bench *bench, struct search *search, int threads)
{
    search->options.threads = threads;
    enum trkx_status status = run(bench, search);
    return status == TRKX_OK ? same(bench, search) : status;
}

static enum trkx_status check(struct bench *bench, struct search *search)
{
    bench_progress(bench, PART, search->name, "checking");
    enum trkx_status status = run(bench, search);
    search->expected = search->found;
    search->found = (trkx_edges){0};
    if (status == TRKX_OK) status = search_check(bench, search);
    if (status == TRKX_OK) status = run_again(bench, search, bench_other_threads(bench));
    if (status == TRKX_OK) status = run_again(bench, search, bench->threads);
    return status;
}

/* Notes the search, and the time of comparing all pairs: a subtraction and a multiply-add per dimension, as
 * many instructions as two multiply-adds. */
static void describe(const struct bench *bench, const struct search *search)
{
    double n = (double)search->n, operations = n * (n - 1) / 2 * 4 * (double)search->dim;
    char k[32] = "no k";
    if (search->options.ks != NULL)
        snprintf(k, sizeof k, "the bundle's k");
    else if (search->options.k < search->n)
        snprintf(k, sizeof k, "k %zu", search->options.k);
    bench_note("%zu dimensions, radius %.4g, %s: %.1f neighbours each, %zu nodes over k; all pairs: %.3g ms",
               search->dim, search->options.radius, k, 2 * (double)search->expected.count / n,
               search->expected.saturated, 1e3 * operations / bench->machine.all.operations);
}

static enum trkx_status check_and_time(struct bench *bench, struct search *search)
{
    enum trkx_status status = check(bench, search);
    size_t m = search->expected.count;
    const struct bench_row row = {
        .part = PART,
        .name = search->name,
        .nodes = search->n,
        .size = m,
        .unit = "pairs",
        .bound = BENCH_MEMORY,
        .least = (double)(search->n * search->dim * sizeof(float) + 2 * m * sizeof(int64_t))};
    if (status == TRKX_OK) status = bench_time(bench, &row, run, same, search);
    if (status == TRKX_OK) describe(bench, search);
    trkx_edges_destroy(&search->expected);
    return status;
}

/* ---- the cases -------------------------------------------------------------------------------------- */

static struct search make_search(const struct bench *bench, const char *name, const float *points, size_t n,
                                 size_t dim)
{
    struct search search = {.name = name, .points = points, .n = n, .dim = dim};
    trkx_edges_options_init(&search.options);
    search.options.threads = bench->threads;
    return search;
}

/* The radius at which a hit has about sixteen neighbours: grown from far below the bundle's, so that there
 * are never many more, then bisected. */
static enum trkx_status find_radius(struct bench *bench, struct search *search)
{
    enum { STEPS = 60 };
    static const double NEIGHBOURS = 16;
    double n = (double)search->n, most = (n - 1) / 2, low = 0, high = INFINITY;
    double aim = most < NEIGHBOURS ? most : NEIGHBOURS;
    double radius = trkx_pipeline_bundle(bench->pipeline)->radius / 100;
    enum trkx_status status = TRKX_OK;
    bench_progress(bench, PART, search->name, "looking for the radius");
    for (int s = 0; s < STEPS && status == TRKX_OK; s++) {
        search->options.radius = radius;
        status = run(bench, search);
        double mean = 2 * (double)search->found.count / n;
        trkx_edges_destroy(&search->found);
        if (fabs(mean - aim) <= 0.02 * aim) break;
        if (mean < aim)
            low = radius;
        else
            high = radius;
        radius = isinf(high) ? 1.25 * radius : (low + high) / 2;
    }
    return status;
}

static enum trkx_status bench_clusters(struct bench *bench)
{
    float *points = make_clusters();
    struct search search =
        make_search(bench, "clusters", points, (size_t)CLUSTERS * CLUSTER_POINTS, CLUSTER_DIM);
    search.options.radius = CLUSTER_RADIUS;
    enum trkx_status status = check_and_time(bench, &search);
    free(points);
    return status;
}

/* About sixteen neighbours without limit, and the bundle's radius and k. */
static enum trkx_status bench_event(struct bench *bench)
{
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(bench->pipeline);
    const trkx_hits *hits = trkx_event_hits(bench->event);
    size_t n = hits->count;
    const struct trkx_run run = {.pipeline = bench->pipeline,
                                 .pass = &bench->pipeline->bundle.first,
                                 .hits = hits,
                                 .nodes = n,
                                 .error = &bench->error};
    float *points = NULL;
    uint32_t *ks = NULL;
    enum trkx_status status = bench_embedding(bench, &points);
    struct search sixteen = make_search(bench, "event-16", points, n, bundle->dim), own = sixteen;
    sixteen.options.k = n;
    own.name = "event-bundle";
    if (status == TRKX_OK) status = trkx_run_graph(&run, &own.options, &ks);
    if (status == TRKX_OK) status = find_radius(bench, &sixteen);
    if (status == TRKX_OK) status = check_and_time(bench, &sixteen);
    if (status == TRKX_OK) status = check_and_time(bench, &own);
    trkx_release(ks);
    free(points);
    return status;
}

static enum trkx_status bench_points(struct bench *bench)
{
    struct search search =
        make_search(bench, "points", bench->points.data, bench->points.rows, bench->points.columns);
    search.options.radius = bench->search.radius;
    search.options.k = bench->search.k;
    return check_and_time(bench, &search);
}

enum trkx_status bench_edges(struct bench *bench)
{
    bench_begin(bench, PART,
                "checked for 300 points against all others, and repeated; bound: each point and pair once");
    if (bench->points_path != NULL) return bench_points(bench);
    enum trkx_status status = bench_clusters(bench);
    return status == TRKX_OK ? bench_event(bench) : status;
}
