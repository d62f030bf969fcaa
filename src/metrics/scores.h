/* The TrackML score with the weights given and with those of the challenge's two phases. */
#ifndef TRKX_METRICS_SCORES_H
#define TRKX_METRICS_SCORES_H

#include "metrics/truth_index.h"

/* Fills the scores, what the given weights are, and the kinds' shares of the weight. found [n]: hits that a
 * matched track has of its particle. Errors: MEMORY. */
enum trkx_status trkx_scores(const struct trkx_truth_index *index, const bool *found, trkx_metrics *metrics,
                             trkx_error *error);

#endif
