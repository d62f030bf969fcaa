/* Records a run's steps and calls its hook. */
#ifndef TRKX_PIPELINE_RECORD_H
#define TRKX_PIPELINE_RECORD_H

#include "pipeline/run.h"

/* The records of a run. */
struct trkx_recording {
    struct trkx_run *run;
    const trkx_run_options *options;
    trkx_result *result;   /* gets the records */
    trkx_edges true_edges; /* outwards; used if the options have truth */

    /* tensors of the run so far, if the host reads them; NULL or empty: on a device, and not requested */
    float *features, *embedding;
    struct trkx_edges_read edges;
};

/* Runs a step, records it, and calls the hook. Errors: the step's; CANCELLED; MEMORY. */
enum trkx_status trkx_record_step(struct trkx_recording *recording, enum trkx_step step,
                                  enum trkx_status (*take)(struct trkx_run *run));
/* Records the reading of the hits, which is done. Errors: CANCELLED. */
enum trkx_status trkx_record_reading(struct trkx_recording *recording, const trkx_step_record *reading);
/* Records the sum of all steps. */
void trkx_record_total(trkx_result *result);

/* Releases copies of the run's tensors, before the run ends. */
void trkx_recording_end(struct trkx_recording *recording);

#endif
