/* ONNX Runtime's library: its functions, its location, and failing allocations. */
#ifndef TRKX_NETWORKS_ONNXRUNTIME_H
#define TRKX_NETWORKS_ONNXRUNTIME_H

#include <onnxruntime_c_api.h>

#include "core/error.h"

/* The version of the runtime's interface, as a number instead of ORT_API_VERSION, so that newer headers still
 * work with a 1.23 library. */
enum { TRKX_ORT_API = 23 };

/* The runtime's functions. Errors: RUNTIME (too old). */
enum trkx_status trkx_ort_open(const OrtApi **api, trkx_error *error);

/* An address in the runtime's library, to find its file. */
const void *trkx_ort_address(void);

/* Reports out of memory to the runtime from within an allocator. May not return. */
void trkx_ort_refuse(void);

/* Whether that has happened on this thread since the last call. */
bool trkx_ort_refused(void);

#endif
