#include "trkx.h"

#include <math.h>
#include <stdlib.h>

#include "edges.h"
#include "groups.h"
#include "keys.h"

enum { NOISE = 0 }; /* the particle_id of hits that no particle made */

/* ---- particles ----------------------------------------------------------------------------------------- */

/* What the truth says of an event: the hits of each particle. */
struct truth_index {
    const trkx_truth *truth;
    const trkx_particles *particles; /* may be NULL */
    struct trkx_groups hits;         /* rows of truth by particle_id */
    struct trkx_groups rows;         /* rows of particles by particle_id; empty where there are none */
};

static void index_destroy(struct truth_index *index)
{
    trkx_groups_destroy(&index->hits);
    trkx_groups_destroy(&index->rows);
}

/* Every particle of the truth has to be among the particles, where these are given. */
static enum trkx_status check_particles(const struct truth_index *index, trkx_error *error)
{
    for (size_t g = 0; g < index->hits.count; g++) {
        int64_t id = index->hits.values[g];
        if (id == NOISE || trkx_groups_find(&index->rows, id) != TRKX_NO_GROUP) continue;
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "metrics: particle %lld of truth row %zu is not among the %zu particles",
                         (long long)id, (size_t)*trkx_groups_members(&index->hits, g),
                         index->particles->count);
    }
    return TRKX_OK;
}

static enum trkx_status index_create(const trkx_truth *truth, const trkx_particles *particles,
                                     struct truth_index *index, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *index = (struct truth_index){.truth = truth, .particles = particles};
    if (truth->count > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "metrics: %zu hits, at most %d are possible",
                         truth->count, INT32_MAX);
    TRKX_CHECK(trkx_groups_create(NULL, truth->particle_id, truth->count, &index->hits, error));
    if (particles == NULL) goto cleanup;
    TRKX_CHECK(trkx_groups_create(NULL, particles->particle_id, particles->count, &index->rows, error));
    TRKX_CHECK(check_particles(index, error));
cleanup:
    if (status != TRKX_OK) index_destroy(index);
    return status;
}

/* The row of a particle in the table of particles. */
static size_t particle_row(const struct truth_index *index, size_t particle)
{
    uint32_t group = trkx_groups_find(&index->rows, index->hits.values[particle]);
    return *trkx_groups_members(&index->rows, group);
}

static double squared_distance(const float *a, const float *b) /* [3] mm each */
{
    double x = (double)a[0] - b[0], y = (double)a[1] - b[1], z = (double)a[2] - b[2];
    return x * x + y * y + z * z;
}

/* mm [3]: where a particle was produced; the origin where that is not known. */
static const float *production_vertex(const struct truth_index *index, size_t particle)
{
    static const float origin[3] = {0, 0, 0};
    return index->particles == NULL ? origin : index->particles->vxyz + 3 * particle_row(index, particle);
}

/* ---- true edges ---------------------------------------------------------------------------------------- */

/* A hit on the way of its particle. */
struct crossing {
    double distance; /* mm^2, squared, from the production vertex */
    uint32_t hit;
};

static int outwards(const void *left, const void *right)
{
    const struct crossing *a = left, *b = right;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    return (a->hit > b->hit) - (a->hit < b->hit);
}

/* Pairs of consecutive hits of one particle; returns their number. way: room for its hits. */
static size_t particle_pairs(const struct truth_index *index, size_t particle, struct crossing *way,
                             uint64_t *pairs)
{
    const uint32_t *hits = trkx_groups_members(&index->hits, particle);
    const float *vertex = production_vertex(index, particle);
    size_t count = trkx_groups_size(&index->hits, particle);
    for (size_t i = 0; i < count; i++)
        way[i] =
            (struct crossing){squared_distance(index->truth->xyz + 3 * (size_t)hits[i], vertex), hits[i]};
    qsort(way, count, sizeof *way, outwards);
    for (size_t i = 1; i < count; i++) {
        uint32_t a = way[i - 1].hit, b = way[i].hit;
        pairs[i - 1] = a < b ? trkx_key(a, b) : trkx_key(b, a);
    }
    return count - 1;
}

enum trkx_status trkx_true_edges(const trkx_truth *truth, const trkx_particles *particles, size_t min_hits,
                                 trkx_edges *edges, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct truth_index index = {0};
    struct crossing *way = NULL;
    struct trkx_pairs all = {0};
    *edges = (trkx_edges){0};
    TRKX_CHECK(index_create(truth, particles, &index, error));
    TRKX_ALLOCATE(way, NULL, truth->count, "the hits of a particle");
    TRKX_ALLOCATE(all.pairs, NULL, truth->count, "true edges");
    for (size_t p = 0; p < index.hits.count; p++)
        if (index.hits.values[p] != NOISE && trkx_groups_size(&index.hits, p) >= min_hits)
            all.count += particle_pairs(&index, p, way, all.pairs + all.count);
    TRKX_CHECK(trkx_edges_from_pairs(NULL, &all, 1, truth->count, 1, edges, error));
cleanup:
    index_destroy(&index);
    trkx_release(way);
    trkx_release(all.pairs);
    return status;
}
