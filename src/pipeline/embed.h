/* The step embed, of both passes: features -> embedding [nodes,D]. */
#ifndef TRKX_PIPELINE_EMBED_H
#define TRKX_PIPELINE_EMBED_H

#include "pipeline/run.h"

enum trkx_status trkx_step_embed(struct trkx_run *run);

#endif
