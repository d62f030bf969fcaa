#include "networks/edge_tensors.h"

#include <string.h>

struct trkx_ends trkx_ends_of(const trkx_pipeline *pipeline, struct trkx_session *const *sessions,
                              enum trkx_network network, const float *features, size_t n)
{
    const struct trkx_model *model = &pipeline->bundle.models[network];
    bool narrow = !model->pairs && trkx_session_element(sessions[network], 1) == TRKX_ELEMENT_INT32;
    return (struct trkx_ends){features, n, model->features_count, model->pairs, model->transposed, narrow};
}

enum trkx_status trkx_ends_check(const struct trkx_ends *ends, trkx_error *error)
{
    if (!ends->narrow || ends->n <= INT32_MAX) return TRKX_OK;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT, "%zu hits are more than a network with int32 edges can take",
                     ends->n);
}

static struct trkx_tensor all_features(const struct trkx_ends *ends)
{
    return (struct trkx_tensor){
        (float *)ends->features, TRKX_ELEMENT_FLOAT, 2, {(int64_t)ends->n, (int64_t)ends->width}};
}

bool trkx_ends_as_they_are(const struct trkx_ends *ends)
{
    return !ends->pairs && !ends->transposed && !ends->narrow;
}

void trkx_ends_view(const struct trkx_ends *ends, const trkx_edges *edges, struct trkx_tensor in[2])
{
    in[0] = all_features(ends);
    in[1] = (struct trkx_tensor){edges->index, TRKX_ELEMENT_INT64, 2, {2, (int64_t)edges->count}};
}

size_t trkx_ends_bytes(const struct trkx_ends *ends)
{
    size_t element = ends->narrow ? sizeof(int32_t) : sizeof(int64_t);
    return 2 * (ends->pairs ? ends->width * sizeof(float) : element);
}

/* ---- each form -------------------------------------------------------------------------------------- */

static void put_pairs(const struct trkx_ends *ends, const int64_t *source, const int64_t *target,
                      size_t count, float *to)
{
    size_t width = ends->width;
    for (size_t e = 0; e < count; e++, to += 2 * width) {
        memcpy(to, ends->features + (size_t)source[e] * width, width * sizeof *to);
        memcpy(to + width, ends->features + (size_t)target[e] * width, width * sizeof *to);
    }
}

/* Edge e goes to to[e * edge] and to[e * edge + end]. */
static void put_int64(const int64_t *source, const int64_t *target, size_t count, size_t edge, size_t end,
                      int64_t *to)
{
    for (size_t e = 0; e < count; e++) {
        to[e * edge] = source[e];
        to[e * edge + end] = target[e];
    }
}

static void put_int32(const int64_t *source, const int64_t *target, size_t count, size_t edge, size_t end,
                      int32_t *to)
{
    for (size_t e = 0; e < count; e++) {
        to[e * edge] = (int32_t)source[e];
        to[e * edge + end] = (int32_t)target[e];
    }
}

void trkx_ends_view_put(const struct trkx_ends *ends, size_t count, void *to, struct trkx_tensor in[2])
{
    int64_t m = (int64_t)count;
    if (ends->pairs) {
        in[0] = (struct trkx_tensor){to, TRKX_ELEMENT_FLOAT, 2, {m, 2 * (int64_t)ends->width}};
        return;
    }
    in[0] = all_features(ends);
    in[1] = (struct trkx_tensor){to, ends->narrow ? TRKX_ELEMENT_INT32 : TRKX_ELEMENT_INT64, 2, {2, m}};
    if (ends->transposed) in[1].shape[0] = m, in[1].shape[1] = 2;
}

void trkx_ends_put(const struct trkx_ends *ends, const trkx_edges *edges, size_t first, size_t count,
                   void *to, struct trkx_tensor in[2])
{
    const int64_t *source = edges->index + first, *target = source + edges->count;
    size_t edge = ends->transposed ? 2 : 1, end = ends->transposed ? 1 : count;
    trkx_ends_view_put(ends, count, to, in);
    if (ends->pairs)
        put_pairs(ends, source, target, count, to);
    else if (ends->narrow)
        put_int32(source, target, count, edge, end, to);
    else
        put_int64(source, target, count, edge, end, to);
}
