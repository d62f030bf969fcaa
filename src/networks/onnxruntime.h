/* ONNX Runtime's library: its functions, where it lies, and how its allocators refuse. */
#ifndef TRKX_NETWORKS_ONNXRUNTIME_H
#define TRKX_NETWORKS_ONNXRUNTIME_H

#include <onnxruntime_c_api.h>

#include "core/error.h"

/* The version of the runtime's interface, asked for by number rather than as ORT_API_VERSION, so that newer
 * headers still meet a 1.23 library. */
enum { TRKX_ORT_API = 23 };

/* The runtime's functions. Errors: RUNTIME (it is too old). */
enum trkx_status trkx_ort_open(const OrtApi **api, trkx_error *error);

/* In the runtime's library, for those who ask which file that is. */
const void *trkx_ort_address(void);

/* Tells the runtime, from within its call of an allocator, that memory is out. May not return. */
void trkx_ort_refuse(void);

/* Whether it has been told so on this thread since this was asked last. */
bool trkx_ort_refused(void);

#endif
