/* The forms of edges in networks' inputs, how the host writes them, and their views. */
#include "pipeline/edge_tensors.h"

#include <string.h>

enum trkx_status trkx_edge_form_of(const struct trkx_model *model, const struct trkx_session *session,
                                   const float *features, size_t n, trkx_edge_form *form, trkx_error *error)
{
    bool narrow = !model->pairs && trkx_session_element(session, 1) == TRKX_ELEMENT_INT32;
    *form = (trkx_edge_form){model->pairs, model->transposed, narrow, features, model->features_count};
    if (!narrow || n <= INT32_MAX) return TRKX_OK;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                     "%zu hits are more than a network with int32 edges can handle", n);
}

bool trkx_edge_form_is_plain(const trkx_edge_form *form)
{
    return !form->pairs && !form->transposed && !form->narrow;
}

size_t trkx_edge_form_bytes(const trkx_edge_form *form)
{
    size_t element = form->narrow ? sizeof(int32_t) : sizeof(int64_t);
    return 2 * (form->pairs ? form->width * sizeof(float) : element);
}

void trkx_edge_tensors_view(const trkx_edge_form *form, size_t n, size_t count, void *put,
                            struct trkx_tensor in[2])
{
    int64_t m = (int64_t)count, width = (int64_t)form->width;
    if (form->pairs) {
        in[0] = (struct trkx_tensor){put, TRKX_ELEMENT_FLOAT, 2, {m, 2 * width}};
        return;
    }
    in[0] = (struct trkx_tensor){(float *)form->features, TRKX_ELEMENT_FLOAT, 2, {(int64_t)n, width}};
    in[1] = (struct trkx_tensor){put, form->narrow ? TRKX_ELEMENT_INT32 : TRKX_ELEMENT_INT64, 2, {2, m}};
    if (form->transposed) in[1].shape[0] = m, in[1].shape[1] = 2;
}

/* ---- each form -------------------------------------------------------------------------------------- */

static void put_pairs(const trkx_edge_form *form, const int64_t *source, const int64_t *target, size_t count,
                      float *to)
{
    size_t width = form->width;
    for (size_t e = 0; e < count; e++, to += 2 * width) {
        memcpy(to, form->features + (size_t)source[e] * width, width * sizeof *to);
        memcpy(to + width, form->features + (size_t)target[e] * width, width * sizeof *to);
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

void trkx_edge_tensor_put(const trkx_edge_form *form, const int64_t *source, const int64_t *target,
                          size_t count, void *to)
{
    size_t edge = form->transposed ? 2 : 1, end = form->transposed ? 1 : count;
    if (form->pairs)
        put_pairs(form, source, target, count, to);
    else if (form->narrow)
        put_int32(source, target, count, edge, end, to);
    else
        put_int64(source, target, count, edge, end, to);
}
