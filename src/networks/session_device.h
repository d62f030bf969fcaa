/* ONNX Runtime on a device: its CUDA provider on the device's stream, its memory out of the device's pool.
 * For src/networks/session.c alone. */
#ifndef TRKX_NETWORKS_SESSION_DEVICE_H
#define TRKX_NETWORKS_SESSION_DEVICE_H

#include "networks/device.h"
#include "networks/onnxruntime.h"

/* Lets a network that is about to be loaded run on the device. What tensors in its memory are described by is
 * *memory, which lives until trkx_ort_devices_release. The caller holds the environment's lock.
 * Errors: MEMORY, DEVICE (the runtime has no CUDA provider, or cannot load it). */
enum trkx_status trkx_ort_use_device(const OrtApi *api, OrtEnv *environment, OrtSessionOptions *options,
                                     const struct trkx_device *device, const OrtMemoryInfo **memory,
                                     trkx_error *error);

/* Before the environment ends. */
void trkx_ort_devices_release(const OrtApi *api, OrtEnv *environment);

/* What the runtime allocates on this thread's behalf is the device's from now on; returns whose it was. NULL:
 * no device's. */
const struct trkx_device *trkx_ort_enter_device(const struct trkx_device *device);

/* Whether the device has refused memory on this thread since it was asked last; then *why is its own error.
 */
bool trkx_ort_device_refused(trkx_error *why);

/* The allocator that the runtime is given for the memory of device `number`, for the tests; NULL: none yet.
 */
OrtAllocator *trkx_ort_device_allocator(int number);

#endif
