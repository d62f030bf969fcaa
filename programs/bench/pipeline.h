/* The part pipeline: all steps. */
#ifndef TRKX_PROGRAMS_BENCH_PIPELINE_H
#define TRKX_PROGRAMS_BENCH_PIPELINE_H

#include "programs/bench/settings.h"

enum trkx_status bench_pipeline(struct bench *bench);

/* Runs the pipeline once and keeps the outputs of its steps in bench->run. */
enum trkx_status bench_capture(struct bench *bench);

#endif
