/* The kernels of src/near.h in terms of LANES, vec and the operations on it, which the file that includes
 * this one defines for its instruction set (see src/near_plain.c, the simplest). KERNELS names what is
 * defined.
 *
 * Rounding. Let u be 2^-24. The difference of two points is at least the gap between one point and a box
 * around the other, and rounding, which is monotonic, keeps that. So of the sums that are compared, all of at
 * most `dim` squares of such differences, each is within a factor of 1 -+ (dim + 1) u of the sum of the exact
 * squares of the rounded differences, however it is rounded on the way. trkx_reach() has room for two of
 * them.
 */

/* The lanes of vector number i / LANES that hold some of `count` values. */
static inline unsigned lanes_of(size_t i, size_t count)
{
    return count - i >= LANES ? (1u << (LANES - 1) << 1) - 1 : (1u << (count - i)) - 1;
}

/* sums [n]: of squares of the gaps between points, n vectors of them, and the box. */
static inline __attribute__((always_inline)) void bounds(const float *block, size_t width, size_t dim,
                                                         const float *box, size_t n, vec *sums)
{
    for (size_t v = 0; v < n; v++) sums[v] = vec_all(0);
    for (size_t d = 0; d < dim; d++) {
        vec low = vec_all(box[d]), high = vec_all(box[dim + d]);
        for (size_t v = 0; v < n; v++) {
            vec x = vec_load(block + d * width + v * LANES);
            vec gap = vec_max(vec_max(vec_sub(low, x), vec_sub(x, high)), vec_all(0)); /* padding: 0 */
            sums[v] = vec_add_square(sums[v], gap);
        }
    }
}

/* masks: of the points within limits of the box. */
static void mask_near(const struct trkx_points_view *from, size_t dim, const float *box, const float *limits,
                      size_t step, unsigned *masks)
{
    enum { TOGETHER = 4 };
    vec sums[TOGETHER];
    for (size_t v = 0, vecs = from->width / LANES; v < vecs;) {
        size_t n = v + TOGETHER <= vecs ? TOGETHER : 1;
        if (n == TOGETHER)
            bounds(from->block + v * LANES, from->width, dim, box, TOGETHER, sums);
        else
            bounds(from->block + v * LANES, from->width, dim, box, 1, sums);
        for (size_t i = 0; i < n; i++, v++) {
            unsigned there = v * LANES < from->count ? lanes_of(v * LANES, from->count) : 0;
            masks[v] = vec_within(sums[i], vec_load(limits + step * v * LANES)) & there;
        }
    }
}

static void points_take(const struct trkx_points_view *from, size_t dim, const float *box,
                        const float *limits, size_t step, struct trkx_points *near)
{
    unsigned masks[TRKX_TREE_LEAF / LANES];
    size_t begins[TRKX_TREE_LEAF / LANES], count = 0, vecs = from->width / LANES;
    mask_near(from, dim, box, limits, step, masks);
    for (size_t v = 0; v < vecs; v++) {
        begins[v] = count;
        count += lanes_in(masks[v]);
    }
    size_t width = (count + TRKX_TREE_LANES - 1) / TRKX_TREE_LANES * TRKX_TREE_LANES;
    near->count = count;
    near->width = width;
    if (count == 0) return;
    for (size_t v = 0; v < vecs; v++) pack(near->ids + begins[v], masks[v], vec_load(from->ids + v * LANES));
    for (size_t d = 0; d < dim; d++) {
        float *to = near->block + d * width; /* what is written too far is overwritten by what comes next */
        vec low = vec_all(INFINITY), high = vec_all(-INFINITY);
        for (size_t v = 0; v < vecs; v++) {
            if (masks[v] == 0) continue;
            vec x = vec_load(from->block + d * from->width + v * LANES);
            low = vec_min(low, vec_select(masks[v], x, low));
            high = vec_max(high, vec_select(masks[v], x, high));
            pack(to + begins[v], masks[v], x);
        }
        for (size_t i = count; i < width; i += LANES) vec_store(to + i, vec_all(NAN));
        near->box[d] = vec_lowest(low);
        near->box[dim + d] = vec_highest(high);
    }
}

/* ---- pairs ------------------------------------------------------------------------------------------ */

/* The defined d2 of two points: no vectors, no FMA. */
static float defined_d2(const struct trkx_points *a, size_t i, const struct trkx_points *b, size_t j,
                        size_t dim)
{
    float sum = 0;
    for (size_t d = 0; d < dim; d++) {
        float difference = a->block[d * a->width + i] - b->block[d * b->width + j];
        sum += difference * difference;
    }
    return sum;
}

/* What remains of `doubtful` by the defined d2. */
static __attribute__((noinline)) unsigned settle(unsigned doubtful, const struct trkx_points *a, size_t i,
                                                 const struct trkx_points *b, size_t first, size_t dim,
                                                 float r2)
{
    unsigned within = 0;
    for (; doubtful != 0; doubtful &= doubtful - 1) {
        size_t l = (size_t)__builtin_ctz(doubtful);
        if (defined_d2(a, i, b, first + l, dim) <= r2) within |= 1u << l;
    }
    return within;
}

/* Drops what comes up to place i: of the lanes from `first` on. */
static inline unsigned behind(unsigned mask, size_t i, size_t first)
{
    if (i < first) return mask;
    return i + 1 >= first + LANES ? 0 : mask & ~0u << (i + 1 - first);
}

enum { TILE = 4 }; /* points of a that are compared at a time: each vector of b is loaded for all of them */

static size_t points_pair(const struct trkx_points *a, const struct trkx_points *b, bool same, size_t first,
                          size_t dim, const struct trkx_reach *reach, struct trkx_pair_sink *sink)
{
    const vec maybe = vec_all(reach->maybe), sure = vec_all(reach->sure);
    uint64_t *to = sink->pairs + sink->count, *const enough =
                                                  sink->pairs + sink->capacity - TILE * TRKX_TREE_LEAF;
    size_t i = first;
    for (; i < a->count && to <= enough; i += TILE) {
        for (size_t v = same ? i / LANES * LANES : 0; v < b->count; v += LANES) {
            vec sums[TILE] = {vec_all(0), vec_all(0), vec_all(0), vec_all(0)};
            for (size_t d = 0; d < dim; d++) {
                const float *x = a->block + d * a->width + i;
                vec y = vec_load(b->block + d * b->width + v);
                for (size_t t = 0; t < TILE; t++)
                    sums[t] = vec_add_square(sums[t], vec_sub(y, vec_all(x[t])));
            }
            unsigned masks[TILE], any = 0;
            for (size_t t = 0; t < TILE; t++) any |= masks[t] = vec_within(sums[t], maybe);
            if (any == 0) continue;
            for (size_t t = 0; t < TILE; t++) { /* beyond the last point there are NaNs */
                unsigned mask = same ? behind(masks[t], i + t, v) : masks[t];
                if (mask == 0) continue;
                unsigned doubtful = mask & ~vec_within(sums[t], sure);
                if (doubtful != 0)
                    mask = (mask & ~doubtful) | settle(doubtful, a, i + t, b, v, dim, reach->r2);
                to = emit(to, mask, a->ids[i + t], b->ids + v);
            }
        }
    }
    sink->count = (size_t)(to - sink->pairs);
    return i < a->count ? i : a->count;
}

/* ---- the k nearest ---------------------------------------------------------------------------------- */

static size_t count_up_to(const int32_t *d2, size_t count, float most)
{
    size_t within = 0;
    for (size_t i = 0; i < count; i += LANES)
        within += lanes_in(vec_within(vec_load(d2 + i), vec_all(most)) & lanes_of(i, count));
    return within;
}

static size_t count_ties(const int32_t *d2, const int32_t *ids, size_t count, int32_t tie, int32_t most)
{
    size_t within = 0;
    for (size_t i = 0; i < count; i++) within += (d2[i] == tie) & (ids[i] <= most);
    return within;
}

static float float_of(int32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The bits of a value up to which there are k, or of the k-th smallest where ties leave none. By bisection: a
 * few comparisons of whole vectors a step, and no branch to guess. */
static int32_t last_value(const int32_t *d2, size_t count, size_t k, float most)
{
    int32_t low = 0, high;
    memcpy(&high, &most, sizeof high);
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        size_t within = count_up_to(d2, count, float_of(middle));
        if (within == k) return middle;
        if (within > k)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The k-th lowest id of those whose d2 is `tie`. */
static int32_t kth_tie(const int32_t *d2, const int32_t *ids, size_t count, int32_t tie, size_t k)
{
    int32_t low = 0, high = INT32_MAX;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (count_ties(d2, ids, count, tie, middle) >= k)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Keeps what is up to `last`, of those that tie with it only the ids up to last_id; returns how many. */
static size_t keep_up_to(int32_t *d2, int32_t *ids, size_t held, int32_t last, int32_t last_id)
{
    size_t kept = 0;
    for (size_t i = 0; i < held; i++) {
        int32_t value = d2[i], id = ids[i];
        d2[kept] = value;
        ids[kept] = id;
        kept += (value < last) | ((value == last) & (id <= last_id));
    }
    return kept;
}

/* The same without such ties. */
static size_t pack_up_to(int32_t *d2, int32_t *ids, size_t held, float last)
{
    size_t kept = 0;
    for (size_t i = 0; i < held; i += LANES) {
        vec values = vec_load(d2 + i), hits = vec_load(ids + i);
        unsigned mask = vec_within(values, vec_all(last)) & lanes_of(i, held);
        pack(d2 + kept, mask, values);
        pack(ids + kept, mask, hits);
        kept += lanes_in(mask);
    }
    return kept;
}

static void nearest_cut_back(struct trkx_nearest *nearest, size_t query)
{
    int32_t *d2 = nearest->d2 + query * nearest->capacity, *ids = nearest->ids + query * nearest->capacity;
    size_t held = nearest->held[query], k = nearest->k;
    int32_t last = last_value(d2, held, k, nearest->limit[query]);
    size_t within = count_up_to(d2, held, float_of(last));
    if (within == k)
        within = pack_up_to(d2, ids, held, float_of(last));
    else { /* not all of those that tie for the last place */
        size_t sure = last == 0 ? 0 : count_up_to(d2, held, float_of(last - 1));
        within = keep_up_to(d2, ids, held, last, kth_tie(d2, ids, held, last, k - sure));
    }
    nearest->held[query] = (uint32_t)within;
    nearest->full[query] = true;
    nearest->limit[query] = float_of(last);
}

/* The mask without the point whose id is `own`. */
static unsigned without(unsigned mask, const int32_t *ids, int32_t own)
{
    for (unsigned left = mask; left != 0; left &= left - 1)
        if (ids[__builtin_ctz(left)] == own) return mask & ~(left & -left);
    return mask;
}

/* The neighbours of `rows` queries, at most TILE, a's from number i on. */
static inline void show_tile(const struct trkx_points *a, size_t i, size_t rows, const struct trkx_points *b,
                             size_t dim, const int32_t *own, struct trkx_nearest *nearest)
{
    int32_t *d2[TILE], *ids[TILE];
    vec limits[TILE];
    for (size_t t = 0; t < TILE; t++) {
        size_t query = (size_t)a->ids[i + (t < rows ? t : 0)];
        d2[t] = nearest->d2 + query * nearest->capacity + nearest->held[query];
        ids[t] = nearest->ids + query * nearest->capacity + nearest->held[query];
        limits[t] = vec_all(nearest->limit[query]);
    }
    for (size_t v = 0; v < b->count; v += LANES) {
        vec sums[TILE] = {vec_all(0), vec_all(0), vec_all(0), vec_all(0)};
        for (size_t d = 0; d < dim; d++) {
            const float *x = a->block + d * a->width + i;
            vec y = vec_load(b->block + d * b->width + v);
            for (size_t t = 0; t < TILE; t++) {
                vec difference = vec_sub(vec_all(x[t]), y);
                sums[t] = vec_add(sums[t], vec_mul(difference, difference));
            }
        }
        for (size_t t = 0; t < rows; t++) {
            unsigned mask = vec_within(sums[t], limits[t]);
            if (own != NULL) mask = without(mask, b->ids + v, own[a->ids[i + t]]);
            if (mask == 0) continue;
            pack(d2[t], mask, sums[t]);
            pack(ids[t], mask, vec_load(b->ids + v));
            d2[t] += lanes_in(mask);
            ids[t] += lanes_in(mask);
        }
    }
    for (size_t t = 0; t < rows; t++) {
        size_t query = (size_t)a->ids[i + t];
        nearest->held[query] = (uint32_t)(d2[t] - (nearest->d2 + query * nearest->capacity));
        if (nearest->held[query] >= 2 * nearest->k) nearest_cut_back(nearest, query);
    }
}

static void nearest_show(const struct trkx_points *a, const struct trkx_points *b, size_t dim,
                         const int32_t *own, struct trkx_nearest *nearest)
{
    for (size_t i = 0; i < a->count; i += TILE)
        show_tile(a, i, a->count - i < TILE ? a->count - i : TILE, b, dim, own, nearest);
}

/* ---- a node's neighbours ---------------------------------------------------------------------------- */

/* The place of each number is how many are smaller: of a few that is counted faster than sorted. */
static void sort_short_row(const int32_t *row, size_t count, uint64_t *sorted)
{
    int32_t padded[TRKX_ROW_SHORT + LANES];
    memcpy(padded, row, count * sizeof *row);
    for (size_t i = 0; i < LANES; i++) padded[count + i] = INT32_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t place = 0;
        for (size_t j = 0; j < count; j += LANES) place += lanes_in(ints_below(padded + j, padded[i]));
        sorted[place] = (uint64_t)padded[i];
    }
}

const struct trkx_near_kernels KERNELS = {NAME,         points_take,      points_pair,
                                          nearest_show, nearest_cut_back, sort_short_row};
