/* trkx bench: what its parts share. A part checks a result before it times what makes it, and compares the
 * result of every timed run with the checked one. */
#ifndef TRKX_PROGRAMS_BENCH_H
#define TRKX_PROGRAMS_BENCH_H

#include <stdio.h>

#include "programs/common.h"

/* What the machine does, measured before anything else. */
struct bench_machine {
    char processor[128];
    const char *instructions; /* of the multiply-adds */
    struct bench_rates {
        double bytes;      /* a second, read from memory */
        double operations; /* a second, float32: a multiply-add is two */
    } one, all;            /* of one core; of the threads together, not less */
};

/* The edges after a step of the pipeline. */
struct bench_graph {
    trkx_edges edges; /* index is of malloc */
    float *scores;    /* [m] or NULL */
};

/* What the steps of one run of the pipeline handed on. */
struct bench_run {
    float *embedding;                      /* [n,D] */
    struct bench_graph graphs[TRKX_STEPS]; /* of edges, filter and gnn */
    int32_t *labels;                       /* [n]; NULL: there was no run yet */
};

struct bench {
    /* the options */
    const char *bundle, *detectors, *event_path, *points_path, *csv_path;
    trkx_edges_options search; /* of --points */
    bool search_given;         /* --radius or --k */
    int threads;
    enum trkx_kernels kernels;
    struct device_choice device;
    size_t repeat;
    /* what they stand for, as far as the parts need it */
    trkx_event *event;
    trkx_array points; /* [n,dim] */
    trkx_pipeline *pipeline;
    trkx_pipeline *stock; /* the same on stock ONNX Runtime, from bench_load_stock on */
    struct bench_run run;
    struct bench_machine machine;
    FILE *csv;
    bool show; /* progress on a terminal */
    trkx_error error;
};

enum trkx_status bench_read(struct bench *bench);
enum trkx_status bench_embed(struct bench *bench);
enum trkx_status bench_edges(struct bench *bench);
enum trkx_status bench_filter(struct bench *bench);
enum trkx_status bench_gnn(struct bench *bench);
enum trkx_status bench_components(struct bench *bench);
enum trkx_status bench_pipeline(struct bench *bench);

/* ---- inputs ----------------------------------------------------------------------------------------- */

void bench_measure_machine(struct bench_machine *machine, int threads);
enum trkx_status bench_read_event(struct bench *bench, const char *prefix, unsigned parts,
                                  trkx_event **event);
enum trkx_status bench_load_pipeline(struct bench *bench, int threads, trkx_pipeline **pipeline);
/* Loads bench->stock where it is not there yet. */
enum trkx_status bench_load_stock(struct bench *bench);
bool bench_on_device(const struct bench *bench); /* what is timed */
/* Runs the pipeline once, and keeps what its steps hand on in bench->run. */
enum trkx_status bench_capture(struct bench *bench);
/* The event's embedding [n,D]. Caller frees. */
enum trkx_status bench_embedding(struct bench *bench, float **embedding);

/* Threads to compare with: one, or two where one is what is timed. */
int bench_other_threads(const struct bench *bench);
void *bench_array(size_t bytes); /* caller frees; never NULL */
void *bench_copy(const void *from, size_t bytes);
bool bench_same(const void *a, const void *b, size_t bytes);
bool bench_same_edges(const trkx_edges *a, const trkx_edges *b);

/* ---- checks, measurements, the report --------------------------------------------------------------- */

/* A check failed: the reason, which names part and case. */
enum trkx_status bench_wrong(struct bench *bench, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* CANCELLED after an interrupt. */
enum trkx_status bench_go_on(struct bench *bench);

/* What a case is, and how it is reported. */
struct bench_row {
    const char *part, *name;
    size_t nodes;     /* hits or points */
    size_t size;      /* what is worked on or made, in units */
    const char *unit; /* "edges" */
    enum bench_bound { BENCH_UNBOUND, BENCH_MEMORY, BENCH_ARITHMETIC } bound;
    double least;      /* bytes or operations that no way of doing it can save */
    size_t peak_bytes; /* 0: not known */
};

/* Begins the table of a part. */
void bench_begin(struct bench *bench, const char *part, const char *how);
/* Adds a line to the table and to the CSV. seconds [bench->repeat], which are sorted. */
void bench_add(struct bench *bench, const struct bench_row *row, double *seconds);
/* A line below that of a case. */
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void bench_begin_csv(struct bench *bench);
void bench_progress(const struct bench *bench, const char *part, const char *name, const char *what);
void bench_end_progress(const struct bench *bench);

double bench_now(void); /* seconds */
/* Times `run`; after each run `same` compares with the checked result, and releases. */
typedef enum trkx_status (*bench_action)(struct bench *bench, void *work);
enum trkx_status bench_time(struct bench *bench, const struct bench_row *row, bench_action run,
                            bench_action same, void *work);
/* The same for two ways, in turn, of which the second is the other's yardstick; how many times as long it
 * takes is noted below. */
enum trkx_status bench_time_both(struct bench *bench, const struct bench_row rows[2], bench_action run,
                                 bench_action same, void *const works[2]);
/* Adds two lines, and the note. seconds [2] of [bench->repeat]. */
void bench_add_both(struct bench *bench, const struct bench_row rows[2], double *const seconds[2]);

#endif
