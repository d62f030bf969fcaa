/* What a loaded pipeline consists of. */
#ifndef TRKX_SRC_PARTS_H
#define TRKX_SRC_PARTS_H

#include "core/arena.h"
#include "detector/modules.h"
#include "networks/session.h"
#include "pipeline/bundle.h"
#include "pipeline/devices.h"

struct trkx_pipeline {
    struct trkx_bundle bundle;
    trkx_bundle_info info;
    struct trkx_session *sessions[TRKX_NETWORKS]; /* of the CPU; NULL where there are devices */
    struct trkx_devices *devices;                 /* with their own networks; NULL: the CPU */
    trkx_device_info device;
    char *device_names, *fallback;  /* what `device` shows */
    struct trkx_detector *detector; /* NULL where no feature needs it */
    int threads;
    size_t filter_batch;
    enum trkx_kernels kernels;
    struct trkx_arenas *runs;   /* memory of the runs, for the next ones */
    struct trkx_arenas *events; /* and of the events that they read */
};

#endif
