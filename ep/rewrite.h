/* Optimises a program. */
#ifndef TRKX_EP_REWRITE_H
#define TRKX_EP_REWRITE_H

#include "ep/program.h"

/* Replaces operations by cheaper equivalents, see rewrite.c. */
void ep_program_rewrite(struct ep_program *program);

#endif
