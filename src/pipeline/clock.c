/* The time of a step: on the wall, and of processors. */
#include "pipeline/clock.h"

#include <time.h>

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A run on one thread uses that; what others do meanwhile can only be told apart for one thread. */
static clockid_t cpu_clock(int threads)
{
    return threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID;
}

void trkx_clock_start(trkx_step_record *record, int threads)
{
    record->seconds = -seconds_of(CLOCK_MONOTONIC);
    record->cpu_seconds = -seconds_of(cpu_clock(threads));
}

void trkx_clock_stop(trkx_step_record *record, int threads)
{
    record->seconds += seconds_of(CLOCK_MONOTONIC);
    record->cpu_seconds += seconds_of(cpu_clock(threads));
}
