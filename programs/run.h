/* trkx run: finds the tracks of events. */
#ifndef TRKX_PROGRAMS_RUN_H
#define TRKX_PROGRAMS_RUN_H

/* Its arguments start with its own name; returns an exit code. */
int command_run(int count, char **arguments);

#endif
