/* Packed weights of a compiled part of a graph: packed by the first run that needs them, for all that follow.
 */
#ifndef TRKX_EP_PACKINGS_H
#define TRKX_EP_PACKINGS_H

#include <pthread.h>

#include "ep/graph.h"
#include "ep/program.h"

struct ep_packing;

/* Any number of runs at a time. */
struct ep_packings {
    const struct ep_graph *graph; /* of which weights may be kept: they live as long as it does */
    pthread_mutex_t lock;         /* of the list */
    struct ep_packing *list;
};

void ep_packings_init(struct ep_packings *packings, const struct ep_graph *graph);
void ep_packings_free(struct ep_packings *packings);

/* The weights of a layer, packed (kernels.h). Kept where they are the graph's own and `packings` is not NULL,
 * else of the arena. Gives up, with the arena's reason, where there is no memory. */
const float *ep_weights_of(struct ep_packings *packings, struct ep_arena *arena, const struct ep_op *layer);

#endif
