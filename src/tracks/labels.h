/* Shared by the methods of track labelling: checks of inputs, and numbering of tracks.
 */
#ifndef TRKX_TRACKS_LABELS_H
#define TRKX_TRACKS_LABELS_H

#include "tracks/method.h"

/* Whether the hits' modules are known. */
static inline bool trkx_hits_have_modules(const trkx_hits *hits)
{
    return hits->count == 0 || (hits->volume_id != NULL && hits->layer_id != NULL && hits->module_id != NULL);
}

/* Whether both ends of an edge are among n hits. */
static inline bool trkx_edge_is_valid(const trkx_edges *edges, size_t e, size_t n)
{
    return (uint64_t)edges->index[e] < n && (uint64_t)edges->index[edges->count + e] < n;
}

/* The options of a task. */
trkx_labelling_options trkx_labelling_options_of(const struct trkx_method_task *task);

/* Errors: ARGUMENT (too many hits). */
enum trkx_status trkx_labels_check_count(size_t n, trkx_error *error);
/* Errors: ARGUMENT (options out of range, too many hits). */
enum trkx_status trkx_labelling_check(size_t n, const trkx_labelling_options *options, trkx_error *error);
/* Errors: ARGUMENT (an edge's end is not among n hits). */
enum trkx_status trkx_edges_check(const trkx_edges *edges, size_t n, trkx_error *error);

/* Numbers tracks with at least min_hits hits from 1 on, in the order of their first hits, and the rest 0.
 * labels [n], 0..tracks; numbers [tracks + 1]: overwritten. Returns the number of tracks. */
size_t trkx_labels_number(int32_t *labels, size_t n, int32_t *numbers, size_t tracks, size_t min_hits);

/* Number of hits with a label. */
size_t trkx_labels_count(const int32_t *labels, size_t n);

#endif
