/* trkx simulate: makes events. */
#ifndef TRKX_PROGRAMS_SIMULATE_H
#define TRKX_PROGRAMS_SIMULATE_H

/* Its arguments start with its own name; returns an exit code. */
int command_simulate(int count, char **arguments);

#endif
