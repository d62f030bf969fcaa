/* The figures of trkx evaluate: of one event and of several pooled, as text and as JSON. */
#ifndef TRKX_PROGRAMS_EVALUATE_REPORT_H
#define TRKX_PROGRAMS_EVALUATE_REPORT_H

#include "programs/common.h"

/* Several events pooled: counts are sums, rates and efficiencies are those of the sums, the score is the mean
 * over events. Zero-initialise. */
struct pool {
    size_t events;
    trkx_metrics sum;                  /* complete after pool_finish */
    double score_squares, score_error; /* of the mean score */
    json_t *list;                      /* of the events' figures */
};
void pool_add(struct pool *pool, const char *name, const trkx_metrics *metrics);
void pool_finish(struct pool *pool);
json_t *pool_json(struct pool *pool); /* takes over the list */
void pool_print(const struct pool *pool);

void metrics_print(const char *name, const trkx_metrics *metrics);
void metrics_print_line(const char *name, const trkx_metrics *metrics);
json_t *metrics_json(const char *name, const trkx_metrics *metrics);

#endif
