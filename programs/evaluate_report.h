/* The figures of trkx evaluate: of one event and of several pooled, as text and as JSON. */
#ifndef TRKX_PROGRAMS_EVALUATE_REPORT_H
#define TRKX_PROGRAMS_EVALUATE_REPORT_H

#include "programs/common.h"

/* A TrackML score, by its weights: those given, or of a phase. */
enum score { SCORE_GIVEN, SCORE_PHASE1, SCORE_PHASE2, SCORES };
double score_of(const trkx_metrics *metrics, enum score which); /* NaN: unknown */

/* Several events pooled: counts are sums, rates and efficiencies are those of the sums, scores and shares of
 * the weight are means over events. Zero-initialise. */
struct pool {
    size_t events;
    trkx_metrics sum;             /* complete after pool_finish */
    double score_squares[SCORES]; /* sums */
    double score_errors[SCORES];  /* of the means; NaN: unknown */
    json_t *list;                 /* of the events' figures */
};
void pool_add(struct pool *pool, const char *name, const trkx_metrics *metrics);
void pool_finish(struct pool *pool);
json_t *pool_json(struct pool *pool); /* takes over the list */

/* shown: the only score to print; SCORES: all that are known. */
void pool_print(const struct pool *pool, enum score shown);
void metrics_print(const char *name, const trkx_metrics *metrics, enum score shown);
void metrics_print_line(const char *name, const trkx_metrics *metrics, enum score shown);
json_t *metrics_json(const char *name, const trkx_metrics *metrics);

#endif
