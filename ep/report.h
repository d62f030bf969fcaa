/* What was claimed of a graph and what was not, as text: for the option "report" of the provider. */
#ifndef TRKX_EP_REPORT_H
#define TRKX_EP_REPORT_H

#include "ep/claim.h"

/* Appends to a file a line `graph <tab> nodes <tab> claimed <tab> groups`, then for each operator that is
 * left to others `left <tab> count <tab> why`. False where the file cannot be written. */
bool ep_report_append(const char *path, struct ep_arena *arena, const struct ep_graph *graph,
                      const struct ep_claims *claims);

#endif
