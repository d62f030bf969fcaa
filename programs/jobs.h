/* Events side by side: one thread reads ahead, a few compute, and the caller's writes. */
#ifndef TRKX_PROGRAMS_JOBS_H
#define TRKX_PROGRAMS_JOBS_H

#include "common.h"

/* An event and what became of it. */
struct job {
    const char *prefix;
    trkx_event *event;   /* NULL where it could not be read */
    trkx_result *result; /* NULL where the status is not TRKX_OK */
    enum trkx_status status;
    trkx_error error;
};

/* Called for one job after the other, in the order of the events, failed ones included; false to stop. */
typedef bool (*job_finish)(void *user, const struct job *job);

/* Runs the events, so many at once, up to the first that `finish` stops at; those behind it that have begun
 * are cancelled, as all are by an interrupt. In memory are at most 2 * at_once + 1 events, of which at_once
 * run. Shows the progress where standard error is a terminal. Returns whether all were finished. */
bool jobs_run(const trkx_pipeline *pipeline, const struct events *events, int at_once, job_finish finish,
              void *user);

#endif
