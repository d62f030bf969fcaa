/* Packs weights once and keeps them for all runs. */
#include "ep/packings.h"

#include <stdlib.h>
#include <string.h>

#include "ep/kernels.h"

/* Identifies a layer's packed weights. */
struct key {
    const float *weights;
    size_t row_step, column_step;
    float alpha;
    int inputs, outputs;
};

struct ep_packing {
    struct ep_packing *next;
    struct key key;
    int *places; /* [inputs] */
    float *packed;
};

void ep_packings_init(struct ep_packings *packings, const struct ep_graph *graph)
{
    *packings = (struct ep_packings){.graph = graph};
    pthread_mutex_init(&packings->lock, NULL);
}

static void free_packing(struct ep_packing *packing)
{
    free(packing->places);
    free(packing->packed);
    free(packing);
}

void ep_packings_free(struct ep_packings *packings)
{
    for (struct ep_packing *packing = packings->list, *next; packing != NULL; packing = next) {
        next = packing->next;
        free_packing(packing);
    }
    pthread_mutex_destroy(&packings->lock);
}

/* Whether weights are in a tensor of the graph, not in the memory of the run that computed them. */
static bool lasts(const struct ep_graph *graph, const float *weights)
{
    for (size_t i = 0; i < graph->values_count; i++) {
        const struct ep_value *value = &graph->values[i];
        const char *begin = value->data, *at = (const char *)weights;
        if (begin == NULL || value->element != EP_FLOAT) continue;
        if (at >= begin && at < begin + (size_t)ep_elements(value->shape, value->rank) * sizeof *weights)
            return true;
    }
    return false;
}

static struct key key_of(const struct ep_op *layer)
{
    return (struct key){.weights = layer->weights,
                        .row_step = layer->row_step,
                        .column_step = layer->column_step,
                        .alpha = layer->alpha,
                        .inputs = ep_layer_inputs(layer),
                        .outputs = layer->width};
}

static bool fits(const struct ep_packing *packing, const struct key *key, const int *places)
{
    const struct key *own = &packing->key;
    return own->weights == key->weights && own->row_step == key->row_step &&
           own->column_step == key->column_step && memcmp(&own->alpha, &key->alpha, sizeof key->alpha) == 0 &&
           own->inputs == key->inputs && own->outputs == key->outputs &&
           memcmp(packing->places, places, (size_t)key->inputs * sizeof *places) == 0;
}

/* rows [inputs, outputs]: scratch. */
static void pack(const struct key *key, const int *places, float *rows, float *packed)
{
    size_t inputs = (size_t)key->inputs, outputs = (size_t)key->outputs;
    for (size_t k = 0; k < inputs; k++)
        for (size_t j = 0; j < outputs; j++)
            rows[k * outputs + j] =
                key->alpha * key->weights[(size_t)places[k] * key->row_step + j * key->column_step];
    ep_weights_pack(rows, outputs, 1, inputs, outputs, packed);
}

/* NULL if out of memory. */
static struct ep_packing *make_packing(const struct key *key, const int *places, float *rows)
{
    enum { ALIGNMENT = 64 };
    size_t inputs = (size_t)key->inputs, floats = ep_weights_packed(inputs, (size_t)key->outputs);
    size_t bytes = (floats * sizeof(float) + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    struct ep_packing *packing = calloc(1, sizeof *packing);
    if (packing == NULL) return NULL;
    packing->key = *key;
    packing->places = calloc(inputs + 1, sizeof *packing->places);
    packing->packed = aligned_alloc(ALIGNMENT, bytes);
    if (packing->places == NULL || packing->packed == NULL) {
        free_packing(packing);
        return NULL;
    }
    memcpy(packing->places, places, inputs * sizeof *places);
    pack(key, places, rows, packing->packed);
    return packing;
}

/* The kept packing, created if missing. */
static const struct ep_packing *find_or_make(struct ep_packings *packings, const struct key *key,
                                             const int *places, float *rows)
{
    pthread_mutex_lock(&packings->lock);
    struct ep_packing *packing = packings->list;
    while (packing != NULL && !fits(packing, key, places)) packing = packing->next;
    if (packing == NULL && (packing = make_packing(key, places, rows)) != NULL) {
        packing->next = packings->list;
        packings->list = packing;
    }
    pthread_mutex_unlock(&packings->lock);
    return packing;
}

const float *ep_weights_of(struct ep_packings *packings, struct ep_arena *arena, const struct ep_op *layer)
{
    const struct key key = key_of(layer);
    size_t inputs = (size_t)key.inputs, outputs = (size_t)key.outputs;
    float *rows = ep_alloc(arena, inputs * outputs, sizeof *rows);
    if (packings != NULL && lasts(packings->graph, key.weights)) {
        const struct ep_packing *kept = find_or_make(packings, &key, layer->places, rows);
        if (kept == NULL) ep_give_up(arena, EP_REASON_MEMORY, "the weights of a layer");
        return kept->packed;
    }
    float *packed = ep_alloc(arena, ep_weights_packed(inputs, outputs), sizeof *packed);
    pack(&key, layer->places, rows, packed);
    return packed;
}
