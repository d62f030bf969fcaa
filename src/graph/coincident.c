/* Finds coincident points by hashing their coordinates. */
#include "graph/coincident.h"

#include <math.h>
#include <string.h>

/* ---- places ----------------------------------------------------------------------------------------- */

/* Coordinates up to TINY are equivalent to 0 for any other coordinate that is either tiny, as the square of
 * the difference is at most 2^-150 and rounds to 0, or at least LARGE, which the difference rounds to. */
#define TINY 0x1p-76F
#define LARGE 0x1p-51F

/* The largest coordinate equivalent to 0: TINY, or 0 if there are coordinates between TINY and LARGE. */
static float find_tiny(const struct trkx_query *query)
{
    bool between = false;
    for (size_t i = 0; i < query->n * query->dim; i++)
        between |= fabsf(query->points[i]) > TINY && fabsf(query->points[i]) < LARGE;
    return between ? 0 : TINY;
}

static float without_tiny(float coordinate, float tiny)
{
    return fabsf(coordinate) <= tiny ? 0 : coordinate; /* also of -0 */
}

/* Steps of splitmix64 (Steele, Lea, Flood 2014). */
static size_t hash(const float *point, size_t dim, float tiny)
{
    uint64_t x = 0;
    for (size_t d = 0; d < dim; d++) {
        float coordinate = without_tiny(point[d], tiny);
        uint32_t bits;
        memcpy(&bits, &coordinate, sizeof bits);
        x = (x ^ bits) * UINT64_C(0xbf58476d1ce4e5b9);
        x ^= x >> 29;
    }
    return (size_t)x;
}

static bool same_place(const float *a, const float *b, size_t dim, float tiny)
{
    for (size_t d = 0; d < dim; d++)
        if (without_tiny(a[d], tiny) != without_tiny(b[d], tiny)) return false;
    return true;
}

/* places [n]: for each point the first one at its place. */
static enum trkx_status find_places(struct trkx_memory *memory, const struct trkx_query *query,
                                    int64_t *places, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const float *points = query->points;
    size_t dim = query->dim, count = 2;
    float tiny = find_tiny(query);
    uint32_t *slots; /* a point, + 1; 0: free. Linear probing */
    while (count < 2 * query->n) count *= 2;
    slots = trkx_allocate_zero(memory, count, sizeof *slots);
    if (slots == NULL) return trkx_fail_memory(error, "the places of points", count * sizeof *slots);
    for (size_t i = 0; i < query->n; i++) {
        size_t s = hash(points + i * dim, dim, tiny) & (count - 1);
        while (slots[s] != 0 && !same_place(points + (slots[s] - 1) * dim, points + i * dim, dim, tiny))
            s = (s + 1) & (count - 1);
        if (slots[s] == 0) slots[s] = (uint32_t)i + 1;
        places[i] = slots[s] - 1;
    }
    trkx_release(slots);
    return status;
}

/* ---- together --------------------------------------------------------------------------------------- */

size_t trkx_coincident_expected(const struct trkx_tree *tree)
{
    size_t leaves = 0, full = tree->n / TRKX_TREE_LANES;
    for (size_t leaf = 0; leaf < full; leaf++) {
        const float *low = trkx_tree_node(tree, 0, leaf / TRKX_TREE_LANES) + leaf % TRKX_TREE_LANES;
        const float *high = low + tree->dim * TRKX_TREE_LANES;
        float diagonal = 0;
        for (size_t d = 0; d < tree->dim; d++) {
            float side = high[d * TRKX_TREE_LANES] - low[d * TRKX_TREE_LANES];
            diagonal += side * side;
        }
        leaves += diagonal == 0;
    }
    return leaves * TRKX_TREE_LANES;
}

static enum trkx_status copy_seen(struct trkx_memory *memory, const struct trkx_query *query,
                                  struct trkx_coincident *coincident, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const struct trkx_groups *places = &coincident->places;
    size_t dim = query->dim, *left = NULL; /* [places] points that may still be selected from each */
    for (size_t g = 0; g < places->count; g++) {
        size_t size = trkx_groups_size(places, g);
        coincident->seen += size < coincident->most ? size : coincident->most;
    }
    TRKX_ALLOCATE(left, memory, places->count, "the places of points");
    TRKX_ALLOCATE(coincident->rows, memory, coincident->seen, "the points of the search");
    TRKX_ALLOCATE(coincident->points, memory, coincident->seen * dim, "the points of the search");
    for (size_t g = 0; g < places->count; g++) left[g] = coincident->most;
    for (size_t i = 0, s = 0; i < query->n; i++) {
        if (left[places->group[i]] == 0) continue;
        left[places->group[i]]--;
        coincident->rows[s] = (uint32_t)i;
        memcpy(coincident->points + s++ * dim, query->points + i * dim, dim * sizeof *coincident->points);
    }
cleanup:
    trkx_release(left);
    return status;
}

enum trkx_status trkx_coincident_create(struct trkx_memory *memory, const struct trkx_query *query,
                                        struct trkx_coincident *coincident, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int64_t *places = NULL;
    *coincident = (struct trkx_coincident){.most = query->k + 2};
    TRKX_ALLOCATE(places, memory, query->n, "the places of points");
    TRKX_CHECK(find_places(memory, query, places, error));
    TRKX_CHECK(trkx_groups_create(memory, places, query->n, &coincident->places, error));
    TRKX_CHECK(copy_seen(memory, query, coincident, error));
cleanup:
    trkx_release(places);
    if (status != TRKX_OK) trkx_coincident_destroy(coincident);
    return status;
}

void trkx_coincident_destroy(struct trkx_coincident *coincident)
{
    trkx_groups_destroy(&coincident->places);
    trkx_release(coincident->rows);
    trkx_release(coincident->points);
    *coincident = (struct trkx_coincident){0};
}
