/* Track labelling and true edges: what src/tracks/components.c and src/metrics/metrics.c share with the
 * pipeline and the tests.
 */
#ifndef TRKX_SRC_TRACKS_H
#define TRKX_SRC_TRACKS_H

#include "core/memory.h"

/* As trkx_tracks, with all memory from `memory`. */
enum trkx_status trkx_tracks_in(struct trkx_memory *memory, size_t n, const trkx_edges *edges,
                                const float *scores, const trkx_tracks_options *options, int32_t *labels,
                                size_t *count, trkx_error *error);
/* As trkx_join, likewise. */
enum trkx_status trkx_join_in(struct trkx_memory *memory, const trkx_hits *hits, const trkx_edges *edges,
                              const float *scores, const trkx_tracks_options *options, int32_t *labels,
                              size_t *count, trkx_error *error);
/* As trkx_walkthrough, likewise. */
enum trkx_status trkx_walkthrough_in(struct trkx_memory *memory, size_t n, const trkx_edges *edges,
                                     const float *scores, const trkx_walkthrough_options *options,
                                     int32_t *labels, size_t *count, trkx_error *error);
/* As trkx_true_edges, with all memory from `memory`, edges->index included. */
enum trkx_status trkx_true_edges_in(struct trkx_memory *memory, const trkx_truth *truth,
                                    const trkx_particles *particles, size_t min_hits, trkx_edges *edges,
                                    trkx_error *error);

/* Whether it is known on which module each hit is. */
static inline bool trkx_hits_have_modules(const trkx_hits *hits)
{
    return hits->count == 0 || (hits->volume_id != NULL && hits->layer_id != NULL && hits->module_id != NULL);
}

/* Errors: ARGUMENT (too many hits). */
enum trkx_status trkx_tracks_check_count(size_t n, trkx_error *error);
/* Errors: ARGUMENT (options out of range, too many hits). */
enum trkx_status trkx_tracks_check(size_t n, const trkx_tracks_options *options, trkx_error *error);
/* Errors: ARGUMENT (an edge's end is not among n hits). */
enum trkx_status trkx_edges_check(const trkx_edges *edges, size_t n, trkx_error *error);

/* Gives tracks with at least min_hits hits numbers from 1 on, in the order of their first hits, and the
 * others 0. labels [n], 0..tracks; numbers [tracks + 1]: overwritten. Returns how many there are. */
size_t trkx_tracks_number(int32_t *labels, size_t n, int32_t *numbers, size_t tracks, size_t min_hits);

/* As trkx_join, comparing all hits of two tracks: the plain truth of what it computes. One thread,
 * O(m^2 + m n^2). */
enum trkx_status trkx_join_reference(const trkx_hits *hits, const trkx_edges *edges, const float *scores,
                                     const trkx_tracks_options *options, int32_t *labels, size_t *count,
                                     trkx_error *error);

/* As trkx_tracks, by walking from hit to hit, breadth first: the plain truth of what it computes. One thread,
 * O(n + m). */
enum trkx_status trkx_tracks_reference(size_t n, const trkx_edges *edges, const float *scores,
                                       const trkx_tracks_options *options, int32_t *labels, size_t *count,
                                       trkx_error *error);

#endif
