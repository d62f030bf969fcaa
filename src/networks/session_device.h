/* ONNX Runtime on a device: its CUDA provider on the device's stream, its memory from the device's pool. Only
 * for src/networks/session.c. */
#ifndef TRKX_NETWORKS_SESSION_DEVICE_H
#define TRKX_NETWORKS_SESSION_DEVICE_H

#include "networks/device.h"
#include "networks/onnxruntime.h"

/* Lets a network about to be loaded run on the device. *memory describes tensors in its memory, and lives
 * until trkx_ort_devices_release. The caller holds the environment's lock. Errors: MEMORY, DEVICE (the
 * runtime has no CUDA provider, or cannot load it). */
enum trkx_status trkx_ort_use_device(const OrtApi *api, OrtEnv *environment, OrtSessionOptions *options,
                                     const struct trkx_device *device, const OrtMemoryInfo **memory,
                                     trkx_error *error);

/* Call before the environment is released. */
void trkx_ort_devices_release(const OrtApi *api, OrtEnv *environment);

/* Sets the device from which the runtime allocates on this thread; returns the previous one. NULL: none. */
const struct trkx_device *trkx_ort_enter_device(const struct trkx_device *device);

/* Whether the device has refused memory on this thread since the last call; *why is then its error.
 */
bool trkx_ort_device_refused(trkx_error *why);

/* The runtime's allocator for the memory of device `number`, for the tests; NULL: none yet.
 */
OrtAllocator *trkx_ort_device_allocator(int number);

#endif
