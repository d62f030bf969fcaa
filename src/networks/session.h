/* A session is a network in ONNX Runtime, loaded and checked. */
#ifndef TRKX_NETWORKS_SESSION_H
#define TRKX_NETWORKS_SESSION_H

#include "core/memory.h"
#include "io/external_data.h"

#include <trkx.h>

enum trkx_element { TRKX_ELEMENT_FLOAT, TRKX_ELEMENT_INT64, TRKX_ELEMENT_INT32 };

/* The required form of a network's input or output. */
struct trkx_tensor_spec {
    const char *name;
    enum trkx_element element; /* for an input INT64: INT32 is also allowed, see trkx_session_element */
    int rank;                  /* for an output 1: rank 2 with a last extent of 1 is also allowed */
    int64_t shape[2]; /* extents that the model must declare or leave dynamic; -1: any, but dynamic for an
                         input */
};

/* A view of a dense row-major tensor. */
struct trkx_tensor {
    void *data;
    enum trkx_element element;
    int rank;
    int64_t shape[2];
};

struct trkx_device; /* src/networks/device.h */

struct trkx_session_spec {
    const char *file; /* the model's path: for messages and external data */
    const void *model;
    size_t model_bytes;
    const struct trkx_data_list *data; /* those files; NULL: any */
    const struct trkx_tensor_spec *inputs;
    size_t inputs_count; /* at most 4 */
    struct trkx_tensor_spec output;
    int threads; /* >= 1 */
    enum trkx_kernels kernels;
    const struct trkx_device *device; /* runs the network with its own kernels; NULL: the CPU */
    const char *report; /* file to which trkx's provider appends what it claims, ep/report.h; or NULL */
};

struct trkx_session;

/* Loads a network and checks its tensors against the spec. The model's bytes may be released afterwards; the
 * names in the spec and the device must outlive the session. Errors: MEMORY, MODEL, RUNTIME, DEVICE. */
enum trkx_status trkx_session_create(const struct trkx_session_spec *spec, struct trkx_session **session,
                                     trkx_error *error);
/* Loads any network with trkx's provider, only for its report. Errors: as above. */
enum trkx_status trkx_session_report(const struct trkx_session_spec *spec, trkx_error *error);
void trkx_session_destroy(struct trkx_session *session);
/* The type of an input's elements, as declared by the model. */
enum trkx_element trkx_session_element(const struct trkx_session *session, size_t input);

/* Runs the network on views of the inputs, in the order of the spec, into the caller's output buffer. The
 * runtime's allocations are counted in `memory`. Any number of threads at once; but only one for a network on
 * a device, whose tensors are in device memory, and whose work may still be queued on return. Errors: MEMORY,
 * RUNTIME, DEVICE. */
enum trkx_status trkx_session_run(const struct trkx_session *session, struct trkx_memory *memory,
                                  const struct trkx_tensor *inputs, const struct trkx_tensor *output,
                                  trkx_error *error);

#endif
