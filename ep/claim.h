/* Which nodes of a graph the provider takes, in groups that are run as one. */
#ifndef TRKX_EP_CLAIM_H
#define TRKX_EP_CLAIM_H

#include "ep/lowering.h"

struct ep_claims {
    int *groups;          /* [graph's nodes] group of each, or -1: left to others */
    int count;            /* of groups */
    const char **reasons; /* [graph's nodes] why a node is left to others, or NULL */
};

/* A group is convex: no path leaves it and comes back. It holds at least one operator that is worth it. */
struct ep_claims ep_claim(struct ep_arena *arena, const struct ep_graph *graph);

/* [graph's values] what each is, where all nodes of the graph are the provider's; gives up where one is not.
 */
enum ep_kind *ep_claimed_kinds(struct ep_arena *arena, const struct ep_graph *graph);

#endif
