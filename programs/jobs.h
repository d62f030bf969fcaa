/* Several events at once: one thread reads ahead, several compute, and the caller's writes. */
#ifndef TRKX_PROGRAMS_JOBS_H
#define TRKX_PROGRAMS_JOBS_H

#include "programs/events.h"

/* An event and its result. */
struct job {
    const char *prefix;
    trkx_event *event;   /* NULL if it could not be read */
    trkx_result *result; /* NULL if the status is not TRKX_OK */
    enum trkx_status status;
    trkx_error error;
};

/* Called for each job in the order of the events, including failed ones; false on failure.
 */
typedef bool (*job_finish)(void *user, const struct job *job);

struct jobs_options {
    int at_once;        /* events that run at the same time */
    bool stop_on_error; /* no event after a failed one is finished */
};

/* Runs the events. An interrupt cancels those that have begun; the first of these is the last to be finished.
 * If that one is still being read, *abandoned is set: a thread keeps reading and uses the pipeline, so the
 * program has to exit. At most 2 * at_once + 1 events are in memory, of which at_once are running. Shows
 * progress if standard error is a terminal. Returns how many did not fail. */
size_t jobs_run(const trkx_pipeline *pipeline, const struct events *events,
                const struct jobs_options *options, job_finish finish, void *user, bool *abandoned);

#endif
