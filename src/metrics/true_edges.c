/* Sorts the hits of each particle along its path, and joins each to the next. */
#include "metrics/true_edges.h"

#include "core/keys.h"
#include "graph/edges.h"
#include "metrics/truth_index.h"

/* mm [3]: production vertex of a particle; the origin if unknown. */
static const float *production_vertex(const struct trkx_truth_index *index, size_t particle)
{
    static const float origin[3] = {0, 0, 0};
    return index->particles == NULL ? origin : index->particles->vxyz + 3 * trkx_truth_row(index, particle);
}

/* Pairs of consecutive hits of one particle; returns their number. way: room for its hits. */
static size_t particle_pairs(const struct trkx_truth_index *index, size_t particle,
                             struct trkx_truth_hit *way, uint64_t *pairs)
{
    const uint32_t *hits = trkx_groups_members(&index->hits, particle);
    const float *vertex = production_vertex(index, particle);
    size_t count = trkx_groups_size(&index->hits, particle);
    for (size_t i = 0; i < count; i++)
        way[i] = (struct trkx_truth_hit){
            trkx_squared_distance(index->truth->xyz + 3 * (size_t)hits[i], vertex), hits[i]};
    trkx_truth_sort(way, count);
    for (size_t i = 1; i < count; i++) {
        uint32_t a = way[i - 1].hit, b = way[i].hit;
        pairs[i - 1] = a < b ? trkx_key(a, b) : trkx_key(b, a);
    }
    return count - 1;
}

enum trkx_status trkx_true_edges_in(struct trkx_memory *memory, const trkx_truth *truth,
                                    const trkx_particles *particles, size_t min_hits, trkx_edges *edges,
                                    trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_truth_index index = {0};
    struct trkx_truth_hit *way = NULL;
    struct trkx_pairs all = {0};
    *edges = (trkx_edges){0};
    TRKX_CHECK(trkx_truth_check_positions(truth, error));
    TRKX_CHECK(trkx_truth_create(memory, truth, particles, &index, error));
    TRKX_ALLOCATE(way, memory, truth->count, "the hits of a particle");
    TRKX_ALLOCATE(all.pairs, memory, truth->count, "true edges");
    for (size_t p = 0; p < index.hits.count; p++)
        if (index.hits.values[p] != TRKX_NOISE && trkx_groups_size(&index.hits, p) >= min_hits)
            all.count += particle_pairs(&index, p, way, all.pairs + all.count);
    const struct trkx_pair_lists lists = {.lists = &all, .count = 1, .n = truth->count, .threads = 1};
    TRKX_CHECK(trkx_edges_from_pairs(memory, &lists, edges, error));
cleanup:
    trkx_truth_destroy(&index);
    trkx_release(way);
    trkx_release(all.pairs);
    return status;
}

enum trkx_status trkx_true_edges(const trkx_truth *truth, const trkx_particles *particles, size_t min_hits,
                                 trkx_edges *edges, trkx_error *error)
{
    return trkx_true_edges_in(NULL, truth, particles, min_hits, edges, error);
}
