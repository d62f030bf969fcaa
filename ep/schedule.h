/* The order of a program's operations: their passes, and the order within each. */
#ifndef TRKX_EP_SCHEDULE_H
#define TRKX_EP_SCHEDULE_H

#include "ep/program.h"

struct ep_schedule {
    int *ops; /* [count] those needed, pass by pass, each before its users */
    size_t count;
    int *passes; /* [program's ops] pass of each; -1: not needed, inputs and constants */
    size_t passes_count;
};

struct ep_schedule ep_schedule_make(struct ep_program *program);

#endif
