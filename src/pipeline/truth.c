/* Compares a run's edges with the truth: efficiency and purity. */
#include "pipeline/truth.h"

#include <string.h>

#include "graph/edges.h"
#include "metrics/true_edges.h"

enum trkx_status trkx_truth_edges(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                  const trkx_truth *truth, const trkx_particles *particles,
                                  struct trkx_memory *memory, trkx_edges *edges, trkx_error *error)
{
    enum { MIN_HITS = 3 };
    enum trkx_status status = TRKX_OK;
    if (truth->count != hits->count)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "run: truth has %zu hits, but the event has %zu",
                         truth->count, hits->count);
    TRKX_CHECK(trkx_true_edges_in(memory, truth, particles, MIN_HITS, edges, error));
    TRKX_CHECK(trkx_edges_orient_in(memory, hits->xyz, hits->count, pipeline->threads, edges, error));
cleanup:
    return status;
}

void trkx_truth_keep_free(trkx_edges *true_edges, const int32_t *labels)
{
    size_t m = true_edges->count, kept = 0;
    int64_t *source = true_edges->index, *target = source + m;
    for (size_t e = 0; e < m; e++) {
        if (labels[source[e]] != 0 || labels[target[e]] != 0) continue;
        source[kept] = source[e];
        target[kept++] = target[e];
    }
    if (kept > 0) memmove(source + kept, target, kept * sizeof *target);
    true_edges->count = kept;
}

/* The number of true edges among the edges: both are sorted the same way. */
static size_t count_common(const trkx_edges *a, const trkx_edges *b)
{
    size_t i = 0, j = 0, common = 0;
    while (i < a->count && j < b->count) {
        int64_t by_source = a->index[i] - b->index[j];
        int64_t order = by_source != 0 ? by_source : a->index[a->count + i] - b->index[b->count + j];
        common += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return common;
}

static size_t count_same_particle(const trkx_edges *graph, const int64_t *particle_id)
{
    size_t same = 0;
    for (size_t e = 0; e < graph->count; e++) {
        int64_t particle = particle_id[graph->index[e]];
        same += particle != 0 && particle == particle_id[graph->index[graph->count + e]];
    }
    return same;
}

void trkx_truth_compare(const trkx_truth *truth, const trkx_edges *true_edges, const trkx_edges *edges,
                        trkx_step_record *record)
{
    size_t found = count_common(edges, true_edges), same = count_same_particle(edges, truth->particle_id);
    record->has_truth = true;
    record->edge_efficiency = true_edges->count > 0 ? (double)found / (double)true_edges->count : 0;
    record->edge_purity = edges->count > 0 ? (double)same / (double)edges->count : 0;
}
