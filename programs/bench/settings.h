/* trkx bench: the inputs of its parts, and what they pass on to each other. */
#ifndef TRKX_PROGRAMS_BENCH_SETTINGS_H
#define TRKX_PROGRAMS_BENCH_SETTINGS_H

#include <stdio.h>

#include "programs/common.h"

/* The machine's peak rates, measured before anything else. */
struct bench_machine {
    char processor[128];
    const char *instructions; /* of the multiply-adds */
    struct bench_rates {
        double bytes;      /* per second, read from memory */
        double operations; /* per second, float32: a multiply-add is two */
    } one, all;            /* one core; all threads together, at least as much */
};

/* The edges after a step of the pipeline. */
struct bench_graph {
    trkx_edges edges; /* index is malloc's */
    float *scores;    /* [m] or NULL */
};

/* Outputs of the steps of one run. */
struct bench_run {
    float *embedding;                      /* [n,D] */
    struct bench_graph graphs[TRKX_STEPS]; /* of edges, filter and gnn */
    int32_t *labels;                       /* [n]; NULL before the run */
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
    /* what they refer to, if a part needs it */
    trkx_event *event;
    trkx_array points; /* [n,dim] */
    trkx_pipeline *pipeline;
    trkx_pipeline *stock; /* the same with stock ONNX Runtime, after bench_load_stock */
    struct bench_run run;
    struct bench_machine machine;
    FILE *csv;
    bool show; /* progress on a terminal */
    trkx_error error;
};

#endif
