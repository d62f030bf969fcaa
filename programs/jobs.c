/* Runs several events at once and finishes them in order. */
#include "programs/jobs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "programs/common.h"
#include "programs/process.h"

enum { READ_AHEAD = 1 }; /* events read in advance: reading takes a fiftieth of the time of running */

/* The events pass four points in their order: to be read, to be run, run (in any order), to be finished. */
struct line {
    const trkx_pipeline *pipeline;
    const struct events *events;
    bool stops_on_error, shows_progress;
    struct place *places; /* [places_count] of event i: i % places_count */
    size_t places_count;
    pthread_mutex_t lock; /* of all that follows; atomics are also read without it */
    pthread_cond_t changed;
    bool abandoned;         /* while a thread reads */
    size_t to_read, to_run; /* the next event at each point */
    atomic_size_t to_finish;
    atomic_size_t end; /* events from here on are skipped */
};

struct place {
    struct job job;
    bool done;
    size_t event;
    struct line *line;
};

/* ---- steps of one event ----------------------------------------------------------------------------- */

static struct place *place_of(struct line *line, size_t event)
{
    return &line->places[event % line->places_count];
}

/* After an interrupted event, or with stop_on_error a failed one, later events are skipped. Call with the
 * lock held. */
static void after_failure(struct line *line, size_t event, enum trkx_status status)
{
    bool last = line->stops_on_error || status == TRKX_ERROR_CANCELLED;
    if (last && event + 1 < line->end) line->end = event + 1;
}

static void read_event(struct line *line, size_t event)
{
    struct place *place = place_of(line, event);
    struct job *job = &place->job;
    *place = (struct place){.event = event, .line = line};
    job->prefix = line->events->prefixes[event];
    job->status = trkx_pipeline_read(line->pipeline, job->prefix, &job->event, &job->error);
}

#define CLEAR_LINE "\r\033[K"

static void show_progress(const struct place *place, const trkx_step_record *record)
{
    size_t count = place->line->events->count;
    flockfile(stderr);
    fputs(CLEAR_LINE, stderr);
    if (count > 1) fprintf(stderr, "%zu of %zu events, ", (size_t)place->line->to_finish, count);
    fprintf(stderr, "%s: %s done, %.2f s", place->job.prefix, trkx_step_name(record->step), record->seconds);
    funlockfile(stderr);
}

/* The hook of a run. */
static int watch_run(void *user, const trkx_step_view *view)
{
    const struct place *place = user;
    if (place->line->shows_progress && view->record != NULL) show_progress(place, view->record);
    return interrupted || place->event >= place->line->end;
}

static void run_event(struct line *line, struct place *place)
{
    struct job *job = &place->job;
    trkx_run_options options;
    trkx_run_options_init(&options);
    options.hook = watch_run;
    options.user = place;
    if (job->status == TRKX_OK)
        job->status =
            trkx_pipeline_run_event(line->pipeline, job->event, &options, &job->result, &job->error);
}

static void release_job(struct job *job)
{
    trkx_result_destroy(job->result);
    trkx_event_destroy(job->event);
    *job = (struct job){0};
}

/* Clears the progress line before `finish` prints. */
static bool finish_event(const struct line *line, struct job *job, job_finish finish, void *user)
{
    flockfile(stderr);
    if (line->shows_progress) fputs(CLEAR_LINE, stderr);
    bool good = finish(user, job);
    funlockfile(stderr);
    release_job(job);
    return good;
}

/* ---- the threads ------------------------------------------------------------------------------------ */

static bool may_read(const struct line *line)
{
    return line->to_read < line->to_run + READ_AHEAD && line->to_read < line->to_finish + line->places_count;
}

static void *read_events(void *user)
{
    struct line *line = user;
    pthread_mutex_lock(&line->lock);
    for (;;) {
        while (line->to_read < line->end && !may_read(line)) pthread_cond_wait(&line->changed, &line->lock);
        if (line->to_read >= line->end) break;
        size_t event = line->to_read;
        pthread_mutex_unlock(&line->lock);
        read_event(line, event);
        pthread_mutex_lock(&line->lock);
        enum trkx_status status = place_of(line, event)->job.status;
        if (status != TRKX_OK) after_failure(line, event, status);
        line->to_read++;
        pthread_cond_broadcast(&line->changed);
    }
    pthread_mutex_unlock(&line->lock);
    return NULL;
}

static void *run_events(void *user)
{
    struct line *line = user;
    pthread_mutex_lock(&line->lock);
    for (;;) {
        while (line->to_run < line->end && line->to_run == line->to_read)
            pthread_cond_wait(&line->changed, &line->lock);
        if (line->to_run >= line->end) break;
        struct place *place = place_of(line, line->to_run++);
        pthread_cond_broadcast(&line->changed);
        pthread_mutex_unlock(&line->lock);
        run_event(line, place);
        pthread_mutex_lock(&line->lock);
        place->done = true;
        if (place->job.status != TRKX_OK) after_failure(line, place->event, place->job.status);
        pthread_cond_broadcast(&line->changed);
    }
    pthread_mutex_unlock(&line->lock);
    return NULL;
}

/* Waits until the next event to be finished has run. False if an interrupt comes while it is still being
 * read: reading a large file cannot be stopped. */
static bool wait_for(struct line *line, const struct place *place)
{
    enum { NANOSECONDS = 1000000000, STEP = NANOSECONDS / 10 };
    while (line->to_finish >= line->to_run || !place->done) {
        struct timespec soon;
        if (interrupted && line->to_finish >= line->to_run) return false;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec += (soon.tv_nsec + STEP) / NANOSECONDS;
        soon.tv_nsec = (soon.tv_nsec + STEP) % NANOSECONDS;
        pthread_cond_timedwait(&line->changed, &line->lock, &soon);
    }
    return true;
}

/* Finishes the event that is still being read as interrupted, and skips the rest. */
static void abandon(struct line *line, job_finish finish, void *user)
{
    struct job job = {.prefix = line->events->prefixes[line->to_finish], .status = TRKX_ERROR_CANCELLED};
    line->end = 0;
    line->abandoned = true;
    finish_event(line, &job, finish, user);
}

/* On the caller's thread. Returns how many events were finished. */
static size_t finish_events(struct line *line, job_finish finish, void *user)
{
    size_t finished = 0;
    pthread_mutex_lock(&line->lock);
    while (line->to_finish < line->end) {
        struct place *place = place_of(line, line->to_finish);
        if (!wait_for(line, place)) {
            abandon(line, finish, user);
            break;
        }
        pthread_mutex_unlock(&line->lock);
        enum trkx_status status = place->job.status;
        bool good = finish_event(line, &place->job, finish, user);
        pthread_mutex_lock(&line->lock);
        finished += good;
        if (!good) after_failure(line, place->event, status);
        line->to_finish++;
        pthread_cond_broadcast(&line->changed);
    }
    pthread_mutex_unlock(&line->lock);
    return finished;
}

/* ---- all of it -------------------------------------------------------------------------------------- */

/* The reader and the workers; fewer if the system refuses. */
static int start_threads(struct line *line, pthread_t *threads, int count)
{
    int started = 0;
    while (started < count &&
           pthread_create(&threads[started], NULL, started == 0 ? read_events : run_events, line) == 0)
        started++;
    return started;
}

static void stop_threads(struct line *line, const pthread_t *threads, int count)
{
    pthread_mutex_lock(&line->lock);
    line->end = 0;
    pthread_cond_broadcast(&line->changed);
    pthread_mutex_unlock(&line->lock);
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

size_t jobs_run(const trkx_pipeline *pipeline, const struct events *events,
                const struct jobs_options *options, job_finish finish, void *user, bool *abandoned)
{
    int at_once = options->at_once;
    if ((size_t)at_once > events->count) at_once = (int)events->count;
    struct line *line = checked(malloc(sizeof *line));
    *line = (struct line){.pipeline = pipeline,
                          .events = events,
                          .stops_on_error = options->stop_on_error,
                          .shows_progress = isatty(STDERR_FILENO),
                          .places_count = 2 * (size_t)at_once + READ_AHEAD,
                          .lock = PTHREAD_MUTEX_INITIALIZER,
                          .changed = PTHREAD_COND_INITIALIZER,
                          .end = events->count};
    int count = 1 + at_once;
    size_t finished = 0;
    pthread_t *threads = checked(calloc((size_t)count, sizeof *threads));
    line->places = checked(calloc(line->places_count, sizeof *line->places));
    int started = start_threads(line, threads, count);
    if (started == count)
        finished = finish_events(line, finish, user);
    else
        fputs("trkx: cannot start a thread\n", stderr);
    *abandoned = line->abandoned;
    if (line->abandoned) return finished; /* still used by the threads until the program ends */
    stop_threads(line, threads, started);
    if (line->shows_progress) fputs(CLEAR_LINE, stderr);
    for (size_t i = 0; i < line->places_count; i++) release_job(&line->places[i].job);
    free(line->places);
    free(line);
    free(threads);
    return finished;
}
