/* Checks the truth and groups its hits by particle. */
#include "metrics/truth_index.h"

#include <math.h>
#include <stdlib.h>

static bool are_finite(const float *row) /* [3], NULL: unknown */
{
    return row == NULL || (isfinite(row[0]) && isfinite(row[1]) && isfinite(row[2]));
}

static const float *row_of(const float *rows, size_t i) /* [n,3] */
{
    return rows == NULL ? NULL : rows + 3 * i;
}

static enum trkx_status check_truth(const trkx_truth *truth, trkx_error *error)
{
    if (truth->count > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "metrics: %zu hits, at most %d are possible",
                         truth->count, INT32_MAX);
    for (size_t i = 0; i < truth->count; i++)
        if (!are_finite(row_of(truth->xyz, i)) || !are_finite(row_of(truth->pxyz, i)))
            return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                             "metrics: truth row %zu has a position or momentum that is not finite", i);
    return TRKX_OK;
}

enum trkx_status trkx_truth_check_positions(const trkx_truth *truth, trkx_error *error)
{
    if (truth->xyz != NULL || truth->count == 0) return TRKX_OK;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                     "metrics: truth has no positions to sort the hits of a particle by");
}

/* Every particle is listed once, and those of the truth are among them. */
static enum trkx_status check_particles(const struct trkx_truth_index *index, trkx_error *error)
{
    const trkx_particles *particles = index->particles;
    for (size_t p = 0; p < particles->count; p++) {
        const char *wrong = index->rows.group[p] != p ? "is listed twice" : NULL;
        if (!are_finite(row_of(particles->vxyz, p)) || !are_finite(row_of(particles->pxyz, p)))
            wrong = "has a vertex or momentum that is not finite";
        if (wrong != NULL)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "metrics: row %zu: particle %lld %s", p,
                             (long long)particles->particle_id[p], wrong);
    }
    for (size_t g = 0; g < index->hits.count; g++) {
        int64_t id = index->hits.values[g];
        if (id == TRKX_NOISE || trkx_groups_find(&index->rows, id) != TRKX_NO_GROUP) continue;
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "metrics: particle %lld of truth row %zu is not among the %zu particles",
                         (long long)id, (size_t)*trkx_groups_members(&index->hits, g),
                         index->particles->count);
    }
    return TRKX_OK;
}

enum trkx_status trkx_truth_create(struct trkx_memory *memory, const trkx_truth *truth,
                                   const trkx_particles *particles, struct trkx_truth_index *index,
                                   trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *index = (struct trkx_truth_index){.truth = truth, .particles = particles};
    TRKX_CHECK(check_truth(truth, error));
    TRKX_CHECK(trkx_groups_create(memory, truth->particle_id, truth->count, &index->hits, error));
    if (particles == NULL) goto cleanup;
    TRKX_CHECK(trkx_groups_create(memory, particles->particle_id, particles->count, &index->rows, error));
    TRKX_CHECK(check_particles(index, error));
cleanup:
    if (status != TRKX_OK) trkx_truth_destroy(index);
    return status;
}

void trkx_truth_destroy(struct trkx_truth_index *index)
{
    trkx_groups_destroy(&index->hits);
    trkx_groups_destroy(&index->rows);
}

size_t trkx_truth_row(const struct trkx_truth_index *index, size_t particle)
{
    uint32_t group = trkx_groups_find(&index->rows, index->hits.values[particle]);
    return *trkx_groups_members(&index->rows, group);
}

static int outwards(const void *left, const void *right)
{
    const struct trkx_truth_hit *a = left, *b = right;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    return (a->hit > b->hit) - (a->hit < b->hit);
}

void trkx_truth_sort(struct trkx_truth_hit *hits, size_t count)
{
    qsort(hits, count, sizeof *hits, outwards);
}
