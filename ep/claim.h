/* The nodes of a graph that the provider claims, in groups that run as one. */
#ifndef TRKX_EP_CLAIM_H
#define TRKX_EP_CLAIM_H

#include "ep/lowering.h"

struct ep_claims {
    int *groups;          /* [graph's nodes] group of each, or -1: not claimed */
    int count;            /* of groups */
    const char **reasons; /* [graph's nodes] why a node is not claimed, or NULL */
};

/* A group is convex: no path leaves it and returns. It has at least one operator that is worth it. */
struct ep_claims ep_claim(struct ep_arena *arena, const struct ep_graph *graph);

/* [graph's values] the kind of each, for a graph whose nodes are all supported; gives up if one is not.
 */
enum ep_kind *ep_claimed_kinds(struct ep_arena *arena, const struct ep_graph *graph);

#endif
