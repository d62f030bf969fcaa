/* Lowers a graph to a program, node by node. */
#ifndef TRKX_EP_LOWER_H
#define TRKX_EP_LOWER_H

#include "ep/lowering.h"

/* The kind of a graph input, by its type; shape: its extents, if known. */
struct ep_lowered ep_lower_input(struct ep_lowering *lowering, int value, const int64_t *shape);
void ep_lower_constants(struct ep_lowering *lowering);

/* Lowers one node; gives up if it is not supported. */
void ep_lower_node(struct ep_lowering *lowering, const struct ep_node *node);

/* Stores a value as an output of the graph, if it is columns. */
void ep_lower_output(struct ep_lowering *lowering, int value);

/* True for operators worth a part of their own: others are claimed along with them. */
bool ep_is_worthwhile(const struct ep_node *node);

#endif
