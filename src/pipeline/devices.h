/* GPUs: loads libtrkx_cuda at run time and opens the devices of a pipeline. */
#ifndef TRKX_PIPELINE_DEVICES_H
#define TRKX_PIPELINE_DEVICES_H

#include "networks/device.h"
#include "pipeline/cuda.h"

/* A device of a pipeline, with its networks. One run at a time. */
struct trkx_gpu {
    struct trkx_device device;
    const trkx_backend *backend;
    struct trkx_session *sessions[TRKX_NETWORKS]; /* closed with the device */
    bool lent;
};

/* The devices of a pipeline. */
struct trkx_devices;

struct trkx_devices_spec {
    const char *names; /* "cuda:0,cuda:1"; one named twice runs two events at once */
    size_t max_memory; /* bytes per device; 0: nine tenths of the free memory, shared by all on one GPU */
    bool tf32;
};

/* What is wrong with a list of devices, "is not ..."; NULL: nothing. */
const char *trkx_devices_wrong(const char *names);

/* Errors: ARGUMENT (invalid list), MEMORY, DEVICE (no library, driver or device; the message says which). */
enum trkx_status trkx_devices_open(const struct trkx_devices_spec *spec, struct trkx_devices **devices,
                                   trkx_error *error);
/* All devices must have been returned. NULL: nothing. */
void trkx_devices_close(struct trkx_devices *devices);

size_t trkx_devices_count(const struct trkx_devices *devices);
struct trkx_gpu *trkx_devices_at(struct trkx_devices *devices, size_t i);
/* Name of the first one: "Tesla V100-SXM2-16GB". */
const char *trkx_devices_description(const struct trkx_devices *devices);

/* Lends a device to this thread; waits while all are lent. Any thread. */
struct trkx_gpu *trkx_devices_lend(struct trkx_devices *devices);
void trkx_devices_return(struct trkx_devices *devices, struct trkx_gpu *gpu);

#endif
