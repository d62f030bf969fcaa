/* What a bundle needs of the hits besides their positions, and whether hits have it. */
#ifndef TRKX_PIPELINE_NEEDS_H
#define TRKX_PIPELINE_NEEDS_H

#include "pipeline/bundle.h"

/* Sets of TRKX_NEEDS_* (features/table.h): of a pass's graph, of track labelling with the second pass, and of
 * all steps. The columns of hits that networks use are not among them, but in bundle->columns. */
unsigned trkx_graph_needs(const struct trkx_pass *pass);
unsigned trkx_tracks_needs(const struct trkx_bundle *bundle);
unsigned trkx_bundle_needs(const struct trkx_bundle *bundle);

/* Those of the ids that are needed, but that the hits lack. */
unsigned trkx_ids_lacking(unsigned needs, const trkx_hits *hits);

/* The first thing that the hits lack for the bundle, as text of at most `size` bytes in what ("cells",
 * "column time"); false: they have everything. `detector`: with one, modules are found from the positions. */
bool trkx_bundle_lacks(const struct trkx_bundle *bundle, bool detector, const trkx_hits *hits, char *what,
                       size_t size);

#endif
