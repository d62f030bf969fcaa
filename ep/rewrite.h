/* A program made cheaper. */
#ifndef TRKX_EP_REWRITE_H
#define TRKX_EP_REWRITE_H

#include "ep/program.h"

/* Makes less work of the same program, see rewrite.c. */
void ep_program_rewrite(struct ep_program *program);

#endif
