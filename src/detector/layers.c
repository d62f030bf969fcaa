/* Sorts the hits of each layer by azimuth, and computes their density. */
#include "detector/layers.h"

#include "core/keys.h"

static void describe(const struct trkx_measurement *measurements, const uint32_t *hits, size_t count,
                     struct trkx_layer *layer)
{
    layer->disk = measurements[hits[0]].disk;
    layer->position = 0;
    layer->low = INFINITY;
    layer->high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        const struct trkx_measurement *m = &measurements[hits[i]];
        layer->position += (layer->disk ? m->z : m->r) / (double)count;
        layer->low = fmin(layer->low, layer->disk ? m->r : m->z);
        layer->high = fmax(layer->high, layer->disk ? m->r : m->z);
    }
}

/* Hits are uniform over a cylinder, and distributed as 1/r^2 over a disk. */
static double density(const struct trkx_layer *layer, const struct trkx_measurement *m)
{
    double hits = (double)(layer->end - layer->begin), square = fmax(m->x * m->x + m->y * m->y, 1);
    if (!layer->disk) return hits / (2 * TRKX_PI * layer->position * fmax(layer->high - layer->low, 1));
    return hits / (2 * TRKX_PI * square * fmax(log(fmax(layer->high, 1) / fmax(layer->low, 1)), 0.01));
}

enum trkx_status trkx_layers_create(struct trkx_memory *memory, struct trkx_measurement *measurements,
                                    size_t n, struct trkx_layers *layers, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    uint64_t *keys = NULL;
    *layers = (struct trkx_layers){0};
    for (size_t i = 0; i < n; i++)
        if ((size_t)measurements[i].layer >= layers->count) layers->count = (size_t)measurements[i].layer + 1;
    TRKX_ALLOCATE(layers->layers, memory, layers->count, "layers");
    TRKX_ALLOCATE(layers->order, memory, n, "the hits of layers");
    TRKX_ALLOCATE(layers->phi, memory, n, "the hits of layers");
    TRKX_ALLOCATE(layers->along, memory, n, "the hits of layers");
    TRKX_ALLOCATE(keys, memory, n, "the hits of layers");
    for (size_t l = 0; l < layers->count; l++) layers->layers[l] = (struct trkx_layer){0};
    for (size_t i = 0; i < n; i++) layers->layers[measurements[i].layer].end++;
    for (size_t l = 0, begin = 0; l < layers->count; l++) {
        layers->layers[l].begin = begin;
        begin += layers->layers[l].end;
        layers->layers[l].end = layers->layers[l].begin;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t code = trkx_float_code((float)measurements[i].phi);
        keys[layers->layers[measurements[i].layer].end++] = trkx_key(code, (uint32_t)i);
    }
    for (size_t l = 0; l < layers->count; l++) {
        struct trkx_layer *layer = &layers->layers[l];
        trkx_keys_sort(keys + layer->begin, layer->end - layer->begin);
        for (size_t k = layer->begin; k < layer->end; k++) {
            const struct trkx_measurement *m = &measurements[layers->order[k] = trkx_key_low(keys[k])];
            layers->phi[k] = (float)m->phi;
            layers->along[k] = (float)(m->disk ? m->r : m->z);
        }
        if (layer->end > layer->begin)
            describe(measurements, layers->order + layer->begin, layer->end - layer->begin, layer);
    }
    for (size_t i = 0; i < n; i++)
        measurements[i].density = density(&layers->layers[measurements[i].layer], &measurements[i]);
cleanup:
    trkx_release(keys);
    if (status != TRKX_OK) trkx_layers_destroy(layers);
    return status;
}

void trkx_layers_destroy(struct trkx_layers *layers)
{
    trkx_release(layers->layers);
    trkx_release(layers->order);
    trkx_release(layers->phi);
    trkx_release(layers->along);
    *layers = (struct trkx_layers){0};
}
