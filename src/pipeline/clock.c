/* Measures the wall and CPU time of a step. */
#include "pipeline/clock.h"

#include <time.h>

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The CPU time of the run's thread if it is the only one: with more, concurrent runs cannot be separated. */
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
