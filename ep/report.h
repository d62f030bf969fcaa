/* The claimed and unclaimed operators of a graph as text, for the provider's option "report". */
#ifndef TRKX_EP_REPORT_H
#define TRKX_EP_REPORT_H

#include "ep/claim.h"

/* Appends to a file a line `graph <tab> nodes <tab> claimed <tab> groups`, then for each unclaimed operator
 * `left <tab> count <tab> why`. False if the file cannot be written. */
bool ep_report_append(const char *path, struct ep_arena *arena, const struct ep_graph *graph,
                      const struct ep_claims *claims);

#endif
