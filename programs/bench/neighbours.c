/* Checks a neighbour search: compares some points with all others, by the definition in trkx.h.
 */
#include "programs/bench/neighbours.h"

#include <stdlib.h>

#include "programs/bench/report.h"

enum {
    SAMPLES = 300, /* points, evenly spread over the list */
    DOUBTFUL = 8,  /* of a point's neighbours beyond its k nearest, which have to be compared with all points
                      themselves */
};

struct neighbour {
    float d2;
    size_t index;
};

/* Nearest first, ties: lower index first. */
static int compare_neighbours(const void *a, const void *b)
{
    const struct neighbour *x = a, *y = b;
    if (x->d2 != y->d2) return x->d2 < y->d2 ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Number of neighbours that a point keeps. */
static size_t kept_by(const struct search *search, size_t i)
{
    return search->options.ks == NULL ? search->options.k : search->options.ks[i];
}

static float squared_distance(const struct search *search, size_t i, size_t j)
{
    const float *a = search->points + i * search->dim, *b = search->points + j * search->dim;
    float d2 = 0;
    for (size_t d = 0; d < search->dim; d++) {
        float difference = a[d] - b[d];
        d2 += difference * difference;
    }
    return d2;
}

/* The neighbours of a point within the radius, nearest first, into list [n]. */
static size_t find_neighbours(const struct search *search, size_t i, struct neighbour *list)
{
    float radius = (float)search->options.radius, r2 = radius * radius;
    size_t count = 0;
    for (size_t j = 0; j < search->n; j++) {
        float d2 = squared_distance(search, i, j);
        if (j != i && d2 <= r2) list[count++] = (struct neighbour){d2, j};
    }
    qsort(list, count, sizeof *list, compare_neighbours);
    return count;
}

/* Whether a neighbour is among the k nearest of point i. */
static bool keeps(const struct search *search, size_t i, struct neighbour neighbour)
{
    size_t nearer = 0;
    for (size_t j = 0; j < search->n; j++) {
        struct neighbour other = {squared_distance(search, i, j), j};
        nearer += j != i && compare_neighbours(&other, &neighbour) < 0;
    }
    return nearer < kept_by(search, i);
}

static bool comes_before(const trkx_edges *edges, size_t e, int64_t source, int64_t target)
{
    int64_t s = edges->index[e], t = edges->index[edges->count + e];
    return s < source || (s == source && t < target);
}

/* Edges are sorted by (source, target), the lower index first. */
static bool has_edge(const trkx_edges *edges, size_t i, size_t j)
{
    int64_t source = (int64_t)(i < j ? i : j), target = (int64_t)(i < j ? j : i);
    size_t low = 0, high = edges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (comes_before(edges, middle, source, target))
            low = middle + 1;
        else
            high = middle;
    }
    return low < edges->count && edges->index[low] == source && edges->index[edges->count + low] == target;
}

static enum trkx_status check_order(struct bench *bench, const struct search *search)
{
    const trkx_edges *edges = &search->expected;
    for (size_t e = 0; e < edges->count; e++) {
        int64_t source = edges->index[e], target = edges->index[edges->count + e];
        if (source < 0 || source >= target || (size_t)target >= search->n)
            return bench_wrong(bench, "edges, %s: edge %zu is %lld to %lld", search->name, e,
                               (long long)source, (long long)target);
        if (e > 0 && !comes_before(edges, e - 1, source, target))
            return bench_wrong(bench, "edges, %s: edge %zu is not sorted", search->name, e);
    }
    return TRKX_OK;
}

/* Compares the `degree` edges of point i with its neighbours, list [count]. Its k nearest all have an edge;
 * of the rest, those that have point i among their own k nearest. */
static enum trkx_status check_point(struct bench *bench, const struct search *search, size_t i, size_t degree,
                                    const struct neighbour *list, size_t count)
{
    size_t k = kept_by(search, i), nearest = count < k ? count : k, found = 0;
    size_t every = (count - nearest + DOUBTFUL - 1) / DOUBTFUL;
    for (size_t l = 0; l < count; l++) {
        bool there = has_edge(&search->expected, i, list[l].index), right = true;
        found += there;
        if (l < nearest)
            right = there;
        else if ((l - nearest) % every == 0)
            right = there == keeps(search, list[l].index, (struct neighbour){list[l].d2, i});
        if (!right)
            return bench_wrong(bench, "edges, %s: points %zu and %zu %s an edge", search->name, i,
                               list[l].index, there ? "must not have" : "lack");
    }
    if (found == degree) return TRKX_OK;
    return bench_wrong(bench, "edges, %s: point %zu has edges to points beyond the radius", search->name, i);
}

static enum trkx_status check_samples(struct bench *bench, const struct search *search, const size_t *degrees)
{
    size_t n = search->n, samples = n < SAMPLES ? n : SAMPLES, saturated = 0;
    struct neighbour *list = bench_array(n * sizeof *list);
    enum trkx_status status = TRKX_OK;
    for (size_t s = 0; s < samples && status == TRKX_OK; s++) {
        size_t i = s * n / samples, count = find_neighbours(search, i, list);
        saturated += count > kept_by(search, i);
        status = check_point(bench, search, i, degrees[i], list, count);
        if (status == TRKX_OK) status = bench_go_on(bench);
    }
    free(list);
    if (status == TRKX_OK && search->expected.saturated < saturated)
        status = bench_wrong(bench, "edges, %s: more points than the %zu counted have over k neighbours",
                             search->name, search->expected.saturated);
    return status;
}

enum trkx_status search_check(struct bench *bench, const struct search *search)
{
    const trkx_edges *edges = &search->expected;
    enum trkx_status status = check_order(bench, search);
    if (status != TRKX_OK) return status;
    size_t *degrees = checked(calloc(search->n + 1, sizeof *degrees));
    for (size_t e = 0; e < 2 * edges->count; e++) degrees[edges->index[e]]++;
    status = check_samples(bench, search, degrees);
    free(degrees);
    return status;
}
