/* Weighs hits by their particle's pT and by their place along its path. */
#include "metrics/weights.h"

#include <math.h>

#include "metrics/truth_index.h"

/* ---- the formula ------------------------------------------------------------------------------------- */

double trkx_weight_by_pt(double pt)
{
    if (pt < 0.05) return 0;
    if (pt <= 0.5) return 0.2;
    return pt < 3 ? 0.2 + 0.8 * (pt - 0.5) / 2.5 : 1;
}

/* More than MOST_HITS hits share the weight as MOST_HITS do; the further ones have none. */
enum { FEWEST_HITS = 4, MOST_HITS = 20 };

/* Heaviest at the start, which distinguishes particles; the end counts more than the middle. Equidistant from
 * the first hit to the last, linear in between. */
static double proposal(size_t order, size_t hits)
{
    static const double at[] = {10, 8, 6, 5, 3, 3, 3, 5, 6};
    enum { LAST = sizeof at / sizeof at[0] - 1 };
    double place = (double)(order * LAST) / (double)(hits - 1);
    size_t i = (size_t)place;
    return i >= LAST ? at[LAST] : at[i] + (place - (double)i) * (at[i + 1] - at[i]);
}

double trkx_weight_by_order(size_t order, size_t hits)
{
    double sum = 0;
    if (hits < FEWEST_HITS) return 0;
    if (hits > MOST_HITS) hits = MOST_HITS;
    if (order >= hits) return 0;
    for (size_t i = 0; i < hits; i++) sum += proposal(i, hits);
    return proposal(order, hits) / sum;
}

/* ---- of an event ------------------------------------------------------------------------------------- */

/* The hits that a particle made. Truth may lack some of them: such an event's own weights are those of all.
 */
static size_t hits_made(const struct trkx_truth_index *index, size_t particle, size_t row)
{
    size_t listed = trkx_groups_size(&index->hits, particle);
    int32_t made = index->particles->nhits == NULL ? -1 : index->particles->nhits[row];
    return made > 0 && (size_t)made > listed ? (size_t)made : listed;
}

/* Of a particle's hits, not normalised; way: room for them. */
static void weigh_particle(const struct trkx_truth_index *index, size_t particle, struct trkx_truth_hit *way,
                           double *weights)
{
    const uint32_t *hits = trkx_groups_members(&index->hits, particle);
    size_t listed = trkx_groups_size(&index->hits, particle), row = trkx_truth_row(index, particle);
    size_t made = hits_made(index, particle, row);
    const float *p = index->particles->pxyz + 3 * row, *vertex = index->particles->vxyz + 3 * row;
    double weight = trkx_weight_by_pt(hypot(p[0], p[1]));
    for (size_t i = 0; i < listed; i++)
        way[i] = (struct trkx_truth_hit){fabs((double)index->truth->xyz[3 * (size_t)hits[i] + 2] - vertex[2]),
                                         hits[i]};
    trkx_truth_sort(way, listed);
    for (size_t i = 0; i < listed; i++) weights[way[i].hit] = weight * trkx_weight_by_order(i, made);
}

enum trkx_status trkx_weigh_hits(const struct trkx_truth_index *index, double *weights, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_truth_hit *way = NULL;
    TRKX_ALLOCATE(way, NULL, index->truth->count, "the hits of a particle");
    for (size_t i = 0; i < index->truth->count; i++) weights[i] = 0;
    for (size_t p = 0; p < index->hits.count; p++)
        if (index->hits.values[p] != TRKX_NOISE) weigh_particle(index, p, way, weights);
cleanup:
    trkx_release(way);
    return status;
}
