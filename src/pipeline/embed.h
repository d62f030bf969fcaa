/* The step embed: features -> embedding [n,D]. */
#ifndef TRKX_PIPELINE_EMBED_H
#define TRKX_PIPELINE_EMBED_H

#include "pipeline/run.h"

enum trkx_status trkx_step_embed(struct trkx_run *run);

#endif
