/* Arrangements of points for tests of the search by radius. Include after cmocka.h. */
#ifndef TRKX_TESTS_POINTS_H
#define TRKX_TESTS_POINTS_H

#include <math.h>
#include <stdlib.h>

#include "tests/random.h"

static inline float uniform(uint64_t *state) /* -1..1 */
{
    return (float)((double)(next_random(state) >> 11) * 0x1p-52 - 1);
}

/* Points [n,dim]; the caller frees them. */
typedef float *arrangement(size_t n, size_t dim, uint64_t seed);

static inline float *in_a_box(size_t n, size_t dim, uint64_t seed)
{
    float *points = calloc(n * dim + 1, sizeof *points);
    for (size_t i = 0; i < n * dim; i++) points[i] = uniform(&seed);
    return points;
}

/* Of ten points each, as the hits of a track in an embedding. */
static inline float *in_clusters(size_t n, size_t dim, uint64_t seed)
{
    float *points = in_a_box(n, dim, seed);
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < dim; d++)
            if (i % 10 != 0) points[i * dim + d] = points[i / 10 * 10 * dim + d] + 0.1f * uniform(&seed);
    return points;
}

/* Integers: many equal coordinates, equal points and equal distances, some of them exactly the radius. */
static inline float *on_a_grid(size_t n, size_t dim, uint64_t seed)
{
    float *points = in_a_box(n, dim, seed);
    for (size_t i = 0; i < n * dim; i++) points[i] = roundf(2 * points[i]);
    return points;
}

static inline float *all_equal(size_t n, size_t dim, uint64_t seed)
{
    float *points = calloc(n * dim + 1, sizeof *points);
    (void)seed;
    for (size_t i = 0; i < n * dim; i++) points[i] = -0.25f;
    return points;
}

/* Most points together, a few farther away than a squared float32 can say. */
static inline float *with_outliers(size_t n, size_t dim, uint64_t seed)
{
    float *points = in_a_box(n, dim, seed);
    for (size_t i = 0; i < n; i += 37) points[i * dim + i % dim] = i % 2 == 0 ? 3e38f : -3e38f;
    return points;
}

/* A tenth of the points in a spot, the others far apart: a few saturated nodes. */
static inline float *with_a_dense_spot(size_t n, size_t dim, uint64_t seed)
{
    float *points = in_a_box(n, dim, seed);
    for (size_t i = 0; i < n * dim; i++) points[i] *= i / dim % 10 == 3 ? 0.1f : 20;
    return points;
}

static arrangement *const arrangements[] = {in_a_box,  in_clusters,   on_a_grid,
                                            all_equal, with_outliers, with_a_dense_spot};
enum { ARRANGEMENTS = sizeof arrangements / sizeof *arrangements };

/* Compares a search with the truth; returns the number of edges. */
typedef size_t comparison(const float *points, size_t n, size_t dim, double radius, size_t k);

static inline void try_arrangements(comparison *compare, size_t n, size_t dim, double radius, size_t k)
{
    for (size_t a = 0; a < ARRANGEMENTS; a++) {
        float *points = arrangements[a](n, dim, 1000 * n + dim);
        compare(points, n, dim, radius, k);
        free(points);
    }
}

static inline void try_every_k(comparison *compare)
{
    const size_t ks[] = {1, 2, 3, 10, 100, 298, 299, 300, 1000, SIZE_MAX};
    for (size_t k = 0; k < sizeof ks / sizeof *ks; k++) {
        try_arrangements(compare, 300, 3, 0.7, ks[k]);
        try_arrangements(compare, 300, 3, TRKX_RADIUS_MAX, ks[k]); /* all near, but for outliers */
    }
}

/* Neighbours at exactly the radius belong to it: the grid has many. */
static inline void try_radius_itself(comparison *compare)
{
    const float points[] = {0, 0, 3, 4, 3, 4.0000005f};
    assert_int_equal(compare(points, 3, 2, 5, 10), 2);
    for (int r = 1; r <= 3; r++)
        for (size_t k = 3; k <= 500; k += 497) {
            float *grid = on_a_grid(600, 3, (uint64_t)r);
            compare(grid, 600, 3, sqrt((double)r), k);
            free(grid);
        }
}

#endif
