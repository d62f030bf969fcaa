/* What is recorded of a run's steps, and shown to its hook. */
#ifndef TRKX_SRC_RECORD_H
#define TRKX_SRC_RECORD_H

#include "pipeline/run.h"

/* The records of a run. */
struct trkx_recording {
    struct trkx_run *run;
    const trkx_run_options *options;
    trkx_result *result;   /* whose steps are appended to */
    trkx_edges true_edges; /* outwards; looked at where the options have truth */

    /* what the run has made so far, where the host reads it; NULL and empty: it is on a device, and not
     * wanted */
    float *features, *embedding;
    struct trkx_edges_read edges;
};

/* Takes a step of the run, records it, and calls the hook. Errors: the step's; CANCELLED; MEMORY. */
enum trkx_status trkx_record_step(struct trkx_recording *recording, enum trkx_step step,
                                  enum trkx_status (*take)(struct trkx_run *run));
/* The reading of the hits, which is over. Errors: CANCELLED. */
enum trkx_status trkx_record_reading(struct trkx_recording *recording, const trkx_step_record *reading);
/* All steps together. */
void trkx_record_total(trkx_result *result);

/* Gives back what is read of the run, before the run ends. */
void trkx_recording_end(struct trkx_recording *recording);

#endif
