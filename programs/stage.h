/* trkx stage: runs a single step. */
#ifndef TRKX_PROGRAMS_STAGE_H
#define TRKX_PROGRAMS_STAGE_H

/* Its arguments start with its own name; returns an exit code. */
int command_stage(int count, char **arguments);

#endif
