/* Pipelines with the settings of the command. */
#ifndef TRKX_PROGRAMS_BENCH_INPUTS_H
#define TRKX_PROGRAMS_BENCH_INPUTS_H

#include "programs/bench/settings.h"

enum trkx_status bench_load_pipeline(struct bench *bench, int threads, trkx_pipeline **pipeline);
/* Loads bench->stock unless already loaded. */
enum trkx_status bench_load_stock(struct bench *bench);
bool bench_on_device(const struct bench *bench); /* the timed pipeline */

#endif
