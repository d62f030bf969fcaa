/* trkx evaluate: compares tracks with the truth. */
#ifndef TRKX_PROGRAMS_EVALUATE_H
#define TRKX_PROGRAMS_EVALUATE_H

/* Its arguments start with its own name; returns an exit code. */
int command_evaluate(int count, char **arguments);

#endif
