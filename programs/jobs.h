/* Events side by side: one thread reads ahead, a few compute, and the caller's writes. */
#ifndef TRKX_PROGRAMS_JOBS_H
#define TRKX_PROGRAMS_JOBS_H

#include "programs/events.h"

/* An event and what became of it. */
struct job {
    const char *prefix;
    trkx_event *event;   /* NULL where it could not be read */
    trkx_result *result; /* NULL where the status is not TRKX_OK */
    enum trkx_status status;
    trkx_error error;
};

/* Called for one job after the other, in the order of the events, failed ones included; false where it fails.
 */
typedef bool (*job_finish)(void *user, const struct job *job);

struct jobs_options {
    int at_once;        /* events that run at the same time */
    bool stop_on_error; /* nothing is finished behind an event that fails */
};

/* Runs the events. An interrupt cancels those that have begun; the first of these is the last that is
 * finished. Where that is still being read then, *abandoned: a thread goes on to read and uses the pipeline,
 * and the program has to end. In memory are at most 2 * at_once + 1 events, of which at_once run. Shows the
 * progress where standard error is a terminal. Returns how many did not fail. */
size_t jobs_run(const trkx_pipeline *pipeline, const struct events *events,
                const struct jobs_options *options, job_finish finish, void *user, bool *abandoned);

#endif
