/* The parts of a loaded pipeline. */
#ifndef TRKX_PIPELINE_PARTS_H
#define TRKX_PIPELINE_PARTS_H

#include "core/arena.h"
#include "detector/modules.h"
#include "networks/session.h"
#include "pipeline/bundle.h"
#include "pipeline/devices.h"

struct trkx_pipeline {
    struct trkx_bundle bundle;
    trkx_bundle_info info;
    struct trkx_session *sessions[TRKX_ALL_NETWORKS]; /* on the CPU; with devices only the second pass */
    struct trkx_devices *devices;                     /* with their own networks; NULL: the CPU */
    trkx_device_info device;
    char *device_names, *fallback;  /* strings of `device` */
    struct trkx_detector *detector; /* NULL if not needed */
    struct trkx_next *next;         /* for hits that lack what the bundle needs (choice.c); NULL: none */
    int threads;
    size_t filter_batch; /* 0: automatic */
    enum trkx_kernels kernels;
    struct trkx_arenas *runs;   /* reusable memory of runs */
    struct trkx_arenas *events; /* and of the events they read */
};

#endif
