/* Checks, measurements and their report. A part checks a result before timing its computation, and compares
 * the result of every timed run with the checked one. */
#ifndef TRKX_PROGRAMS_BENCH_REPORT_H
#define TRKX_PROGRAMS_BENCH_REPORT_H

#include "programs/bench/settings.h"

/* A check failed: the reason, naming part and case. */
enum trkx_status bench_wrong(struct bench *bench, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* CANCELLED after an interrupt. */
enum trkx_status bench_go_on(struct bench *bench);

/* A case, as it is reported. */
struct bench_row {
    const char *part, *name;
    size_t nodes;     /* hits or points */
    size_t size;      /* of the input or output, in units */
    const char *unit; /* "edges" */
    enum bench_bound { BENCH_UNBOUND, BENCH_MEMORY, BENCH_ARITHMETIC } bound;
    double least;      /* bytes or operations that no method avoids */
    size_t peak_bytes; /* 0: unknown */
};

/* Begins the table of a part. */
void bench_begin(struct bench *bench, const char *part, const char *how);
/* Adds a line to the table and to the CSV. seconds [bench->repeat] get sorted. */
void bench_add(struct bench *bench, const struct bench_row *row, double *seconds);
/* A line below a case. */
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void bench_begin_csv(struct bench *bench);
void bench_progress(const struct bench *bench, const char *part, const char *name, const char *what);
void bench_end_progress(const struct bench *bench);

double bench_now(void); /* seconds */
/* Times `run`; after each run `same` compares with the checked result and releases the new one. */
typedef enum trkx_status (*bench_action)(struct bench *bench, void *work);
enum trkx_status bench_time(struct bench *bench, const struct bench_row *row, bench_action run,
                            bench_action same, void *work);
/* The same for two cases, alternating; a note says how many times as long as the first the second takes. */
enum trkx_status bench_time_both(struct bench *bench, const struct bench_row rows[2], bench_action run,
                                 bench_action same, void *const works[2]);
/* Adds two lines, and the note. seconds [2] of [bench->repeat]. */
void bench_add_both(struct bench *bench, const struct bench_row rows[2], double *const seconds[2]);

/* Threads to compare with: one, or two if one is timed. */
int bench_other_threads(const struct bench *bench);
void *bench_array(size_t bytes);                  /* caller frees; never NULL */
void *bench_copy(const void *from, size_t bytes); /* the same */
bool bench_same(const void *a, const void *b, size_t bytes);
bool bench_same_edges(const trkx_edges *a, const trkx_edges *b);

#endif
