/* What methods of track labelling share: checks of what they are given, and the numbering of what they find.
 */
#ifndef TRKX_SRC_LABELS_H
#define TRKX_SRC_LABELS_H

#include "tracks/method.h"

/* Whether it is known on which module each hit is. */
static inline bool trkx_hits_have_modules(const trkx_hits *hits)
{
    return hits->count == 0 || (hits->volume_id != NULL && hits->layer_id != NULL && hits->module_id != NULL);
}

/* Whether both ends of an edge are among n hits. */
static inline bool trkx_edge_is_valid(const trkx_edges *edges, size_t e, size_t n)
{
    return (uint64_t)edges->index[e] < n && (uint64_t)edges->index[edges->count + e] < n;
}

/* The options that a task stands for. */
trkx_labelling_options trkx_labelling_options_of(const struct trkx_method_task *task);

/* Errors: ARGUMENT (too many hits). */
enum trkx_status trkx_labels_check_count(size_t n, trkx_error *error);
/* Errors: ARGUMENT (options out of range, too many hits). */
enum trkx_status trkx_labelling_check(size_t n, const trkx_labelling_options *options, trkx_error *error);
/* Errors: ARGUMENT (an edge's end is not among n hits). */
enum trkx_status trkx_edges_check(const trkx_edges *edges, size_t n, trkx_error *error);

/* Gives tracks with at least min_hits hits numbers from 1 on, in the order of their first hits, and the
 * others 0. labels [n], 0..tracks; numbers [tracks + 1]: overwritten. Returns how many there are. */
size_t trkx_labels_number(int32_t *labels, size_t n, int32_t *numbers, size_t tracks, size_t min_hits);

/* How many hits have a label. */
size_t trkx_labels_count(const int32_t *labels, size_t n);

#endif
