/* trkx bench: what its parts work on, and what they hand on to each other. */
#ifndef TRKX_PROGRAMS_BENCH_SETTINGS_H
#define TRKX_PROGRAMS_BENCH_SETTINGS_H

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

#endif
