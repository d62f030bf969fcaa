/* The time of a step, for its record. */
#ifndef TRKX_PIPELINE_CLOCK_H
#define TRKX_PIPELINE_CLOCK_H

#include <trkx.h>

/* threads: the number that the step may use. */
void trkx_clock_start(trkx_step_record *record, int threads);
void trkx_clock_stop(trkx_step_record *record, int threads);

#endif
