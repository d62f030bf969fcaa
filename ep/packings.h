/* Packed weights of a compiled part of a graph: packed by the first run that needs them, and kept.
 */
#ifndef TRKX_EP_PACKINGS_H
#define TRKX_EP_PACKINGS_H

#include <pthread.h>

#include "ep/graph.h"
#include "ep/program.h"

struct ep_packing;

/* Shared by any number of concurrent runs. */
struct ep_packings {
    const struct ep_graph *graph; /* whose weights may be kept: they live as long as it does */
    pthread_mutex_t lock;         /* of the list */
    struct ep_packing *list;
};

void ep_packings_init(struct ep_packings *packings, const struct ep_graph *graph);
void ep_packings_free(struct ep_packings *packings);

/* A layer's packed weights (kernels.h). Kept if they belong to the graph and `packings` is not NULL,
 * otherwise in the arena. Gives up if out of memory. */
const float *ep_weights_of(struct ep_packings *packings, struct ep_arena *arena, const struct ep_op *layer);

#endif
