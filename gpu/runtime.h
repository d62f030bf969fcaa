/* All uses of the CUDA runtime. gpu/runtime.cu calls it; gpu/host/runtime.cpp emulates it with the host's
 * memory, and fails on demand. Everything except `free` and `destroy_stream` throws failures: their errors
 * are those of earlier work, which calls before and after them report. */
#ifndef TRKX_GPU_RUNTIME_H
#define TRKX_GPU_RUNTIME_H

#include <cstddef>

#include "pipeline/cuda.h"

namespace runtime
{

extern const bool host; /* device memory is the host's */

int count_devices();
trkx_cuda_device describe(int device);
void use(int device); /* for this thread */

void *create_stream();
void destroy_stream(void *stream) noexcept;
void synchronise(void *stream);
void check_launch(); /* of kernels launched since the last call */

void *allocate(size_t bytes); /* nullptr if the device has no more */
void free(void *block) noexcept;

/* Queued on the stream; copies from and to the host are complete on return. */
void copy_in(void *to, const void *from, size_t bytes, void *stream);
void copy_out(void *to, const void *from, size_t bytes, void *stream);
void clear(void *block, size_t bytes, void *stream); /* to 0 */

} // namespace runtime

#endif
