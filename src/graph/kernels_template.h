/* The kernels of src/graph/kernels.h in terms of LANES, vec and operations on it, which the including file
 * defines for its instruction set (see src/graph/kernels_plain.c, the simplest). KERNELS is the name of the
 * table defined here.
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

/* Calls a function of the dimension so that the loops of usual ones are unrolled. */
#define WITH_DIM(dim, function, ...)           \
    ((dim) == 8    ? function(8, __VA_ARGS__)  \
     : (dim) == 12 ? function(12, __VA_ARGS__) \
     : (dim) == 3  ? function(3, __VA_ARGS__)  \
     : (dim) == 2  ? function(2, __VA_ARGS__)  \
                   : function((dim), __VA_ARGS__))

/* ---- nodes ------------------------------------------------------------------------------------------ */

/* The mask of a node's children whose box is within the limit. The nearest point of a box to x is x clamped
 * to the box. */
static inline __attribute__((always_inline)) unsigned near_boxes(const float *node, size_t dim, const vec *x,
                                                                 vec limit)
{
    vec sum = vec_all(0);
    for (size_t d = 0; d < dim; d++) {
        vec low = vec_load(node + d * TRKX_TREE_LANES), high = vec_load(node + (dim + d) * TRKX_TREE_LANES);
        sum = vec_add_square(sum, vec_sub(x[d], vec_max(vec_min(x[d], high), low)));
    }
    return vec_within(sum, limit);
}

static inline __attribute__((always_inline)) size_t expand(size_t dim, const struct trkx_tree *tree,
                                                           size_t level, const float *x, float limit,
                                                           const uint32_t *nodes, size_t count,
                                                           uint32_t *children)
{
    vec all[TRKX_DIM_MAX];
    size_t found = 0;
    for (size_t d = 0; d < dim; d++) all[d] = vec_all(x[d]);
    for (size_t i = 0; i < count; i++) {
        const float *node = trkx_tree_node(tree, level, nodes[i]);
        for (size_t v = 0; v < TRKX_TREE_LANES; v += LANES) {
            unsigned near = near_boxes(node + v, dim, all, vec_all(limit));
            pack(children + found, near, vec_numbers(nodes[i] * TRKX_TREE_LANES + (uint32_t)v));
            found += lanes_in(near);
        }
    }
    return found;
}

static size_t tree_expand(const struct trkx_tree *tree, size_t level, const float *x, float limit,
                          const uint32_t *nodes, size_t count, uint32_t *children)
{
    return WITH_DIM(tree->dim, expand, tree, level, x, limit, nodes, count, children);
}

/* ---- pairs ------------------------------------------------------------------------------------------ */

/* Checks the `doubtful` by the defined d2: no vectors, no FMA. */
static __attribute__((noinline)) unsigned settle(unsigned doubtful, const float *block, size_t dim,
                                                 const float *x, float r2)
{
    unsigned within = 0;
    for (; doubtful != 0; doubtful &= doubtful - 1) {
        size_t l = (size_t)__builtin_ctz(doubtful);
        float sum = 0;
        for (size_t d = 0; d < dim; d++) {
            float difference = x[d] - block[d * TRKX_TREE_LANES + l];
            sum += difference * difference;
        }
        if (sum <= r2) within |= 1u << l;
    }
    return within;
}

/* The points of a block that are neighbours of x. */
static inline __attribute__((always_inline)) unsigned
neighbours(const float *block, size_t dim, const float *x, const struct trkx_reach *reach)
{
    vec sum = vec_all(0);
    for (size_t d = 0; d < dim; d++)
        sum = vec_add_square(sum, vec_sub(vec_all(x[d]), vec_load(block + d * TRKX_TREE_LANES)));
    unsigned sure = vec_within(sum, vec_all(reach->sure)), maybe = vec_within(sum, vec_all(reach->maybe));
    return sure == maybe ? sure : sure | settle(maybe & ~sure, block, dim, x, reach->r2);
}

/* Drops the lanes from `first` on up to place i. */
static inline unsigned behind(unsigned mask, size_t i, size_t first)
{
    if (i < first) return mask;
    return i + 1 >= first + LANES ? 0 : mask & ~0u << (i + 1 - first);
}

/* Most leaves have no neighbours, so this is checked first, without a branch. */
static inline __attribute__((always_inline)) uint64_t *
pair(size_t dim, const struct trkx_tree *tree, const struct trkx_place *place, const struct trkx_reach *reach,
     const uint32_t *leaves, size_t count, uint64_t *pairs)
{
    struct {
        unsigned mask;
        uint32_t begin; /* of the vector, among the tree's points */
    } hits[TRKX_NEAR_LEAVES * (TRKX_TREE_LANES / LANES) + 1];
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const float *block = tree->blocks + leaves[i] * dim * TRKX_TREE_LANES;
        for (size_t v = 0; v < TRKX_TREE_LANES; v += LANES) {
            unsigned mask = neighbours(block + v, dim, place->x, reach);
            if (i == 0 && leaves[0] == place->leaf) mask = behind(mask, place->lane, v);
            hits[found].mask = mask;
            hits[found].begin = leaves[i] * TRKX_TREE_LANES + (uint32_t)v;
            found += mask != 0;
        }
    }
    for (size_t h = 0; h < found; h++)
        pairs = emit(pairs, hits[h].mask, place->id, tree->ids + hits[h].begin);
    return pairs;
}

static uint64_t *leaves_pair(const struct trkx_tree *tree, const struct trkx_place *place,
                             const struct trkx_reach *reach, const uint32_t *leaves, size_t count,
                             uint64_t *pairs)
{
    return WITH_DIM(tree->dim, pair, tree, place, reach, leaves, count, pairs);
}

/* ---- the k nearest ---------------------------------------------------------------------------------- */

/* The values have to be padded with NaNs to a whole vector. */
static size_t count_up_to(const int32_t *d2, size_t count, float most)
{
    size_t within = 0;
    for (size_t i = 0; i < count; i += LANES) within += lanes_in(vec_within(vec_load(d2 + i), vec_all(most)));
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

/* The bits of the k-th lowest value, or of a number between it and the next: by interpolation, usually in
 * three or four steps, and after several of these by bisection. Counting works on whole vectors, without
 * branches. */
static int32_t last_value(const int32_t *d2, size_t count, size_t k, float most)
{
    enum { GUESSES = 6 };
    int32_t low = 0, high; /* fewer than k are below low, at least k are up to high */
    size_t below = 0, up_to = count;
    memcpy(&high, &most, sizeof high);
    for (int step = 0; low < high; step++) {
        int32_t middle = low + (high - low) / 2;
        float share = ((float)(k - below) - 0.5f) / (float)(up_to - below);
        float guess = float_of(low) + share * (float_of(high) - float_of(low));
        if (step < GUESSES && guess >= float_of(low) && guess < float_of(high))
            memcpy(&middle, &guess, sizeof middle);
        size_t within = count_up_to(d2, count, float_of(middle));
        if (within == k) return middle;
        if (within > k) {
            high = middle;
            up_to = within;
        } else {
            low = middle + 1;
            below = within;
        }
    }
    return low;
}

/* The k-th lowest id among those whose d2 is `tie`. */
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

/* Keeps values up to `last`, and of ties with it only ids up to last_id; returns their number. */
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

/* The same, without ties. */
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

static void nearest_cut_back(struct trkx_nearest *nearest)
{
    int32_t *d2 = nearest->d2, *ids = nearest->ids;
    size_t held = nearest->held, k = nearest->k;
    pack(d2 + held, lanes_of(0, LANES), vec_all(NAN)); /* vectors are compared as a whole */
    int32_t last = last_value(d2, held, k, nearest->limit);
    size_t within = count_up_to(d2, held, float_of(last));
    if (within == k)
        within = pack_up_to(d2, ids, held, float_of(last));
    else { /* only some of those that tie for the last place */
        size_t sure = last == 0 ? 0 : count_up_to(d2, held, float_of(last - 1));
        within = keep_up_to(d2, ids, held, last, kth_tie(d2, ids, held, last, k - sure));
    }
    nearest->held = within;
    nearest->full = true;
    nearest->limit = float_of(last);
}

static inline __attribute__((always_inline)) void show(size_t dim, const struct trkx_tree *tree,
                                                       const struct trkx_place *place, const uint32_t *leaves,
                                                       size_t count, struct trkx_nearest *nearest)
{
    const vec limit = vec_all(nearest->limit);
    size_t held = nearest->held;
    for (size_t i = 0; i < count; i++) {
        const float *block = tree->blocks + leaves[i] * dim * TRKX_TREE_LANES;
        for (size_t v = 0; v < TRKX_TREE_LANES; v += LANES) {
            vec sum = vec_all(0);
            for (size_t d = 0; d < dim; d++) {
                vec difference = vec_sub(vec_all(place->x[d]), vec_load(block + d * TRKX_TREE_LANES + v));
                sum = vec_add(sum, vec_mul(difference, difference));
            }
            unsigned mask = vec_within(sum, limit);
            if (leaves[i] == place->leaf) mask &= ~(1u << place->lane >> v);
            pack(nearest->d2 + held, mask, sum);
            pack(nearest->ids + held, mask, vec_load(tree->ids + leaves[i] * TRKX_TREE_LANES + v));
            held += lanes_in(mask);
        }
    }
    nearest->held = held;
}

static void nearest_show(const struct trkx_tree *tree, const struct trkx_place *place, const uint32_t *leaves,
                         size_t count, struct trkx_nearest *nearest)
{
    WITH_DIM(tree->dim, show, tree, place, leaves, count, nearest);
}

/* ---- a node's neighbours ---------------------------------------------------------------------------- */

/* The place of each number is the number of smaller ones: for a few, counting is faster than sorting. */
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

const struct trkx_near_kernels KERNELS = {NAME,         tree_expand,      leaves_pair,
                                          nearest_show, nearest_cut_back, sort_short_row};
