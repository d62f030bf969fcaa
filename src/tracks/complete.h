/* Track completion: extends tracks that the network has connected with certainty, by following helices. */
#ifndef TRKX_TRACKS_COMPLETE_H
#define TRKX_TRACKS_COMPLETE_H

#include "tracks/crossings.h"

/* As trkx_complete, with all memory from `memory`. */
enum trkx_status trkx_complete_in(struct trkx_memory *memory, const struct trkx_placed_hits *placed,
                                  const trkx_edges *candidates, const trkx_complete_options *options,
                                  int32_t *labels, size_t *count, trkx_error *error);

/* ---- in two parts, for chains of further edges ---- */

struct trkx_completion;

/* Like trkx_complete without the end (trkx_completion_number); but after the search for chains only the new
 * tracks and those that changed last are completed, which takes less time for .0005 of the score. labels [n]
 * are changed in place by this and by the functions below. *completion: destroyed by the caller, NULL on
 * failure. Of the placed hits and candidates nothing is needed later. Errors: as for trkx_complete. */
enum trkx_status trkx_completion_create(struct trkx_memory *memory, const struct trkx_placed_hits *placed,
                                        const trkx_edges *candidates, const trkx_complete_options *options,
                                        int32_t *labels, struct trkx_completion **completion,
                                        trkx_error *error);
/* Drops short tracks, and numbers the others in the order of their first hits. Returns their number. */
size_t trkx_completion_number(struct trkx_completion *completion);
/* Finds chains of these edges among the free hits, with at least this score, and completes tracks as above.
 * Errors: ARGUMENT, MEMORY. */
enum trkx_status trkx_completion_chains(struct trkx_completion *completion, const trkx_edges *edges,
                                        double score, trkx_error *error);
void trkx_completion_destroy(struct trkx_completion *completion);

/* How well a hit fits a track's hits except track[without] (count: all of them), judged by those around its
 * place; TRKX_NO_MATCH if they are fewer than three or one is on the same module. */
double trkx_track_match(const struct trkx_measurement *measurements, const uint32_t *track, size_t count,
                        size_t without, uint32_t hit, const struct trkx_description *detector);

/* Hits that fit their own track worse than this may be claimed by any other. Hardly any that fit better would
 * move, and checking them all would be most of the work. */
#define TRKX_LOOSE 4.0

/* Where a track of `count` >= 3 hits is expected on the layers beyond its first (0) or last hit (1). Returns
 * their number. */
size_t trkx_track_crossings(const struct trkx_measurement *measurements, const uint32_t *track, size_t count,
                            int end, const struct trkx_layers *layers,
                            const struct trkx_description *detector,
                            struct trkx_crossing crossings[TRKX_LAYERS_AHEAD]);

#endif
