/* The tools of all steps: buffers that release themselves, a loop that runs a body for each index of a range,
 * on a GPU or with Thrust on the processor, and atomics for its bodies. */
#ifndef TRKX_GPU_DEVICE_H
#define TRKX_GPU_DEVICE_H

#if !defined(__CUDACC__)
#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#endif

#include <cuda/atomic>
#include <utility>

#include "core/everywhere.h"
#include "gpu/context.h"
#include "gpu/runtime.h"

/* Memory of the context's pool, released at the end of the scope unless taken. */
template <class T> class buffer
{
  public:
    explicit buffer(trkx_backend_context *of) : context(of), block(nullptr)
    {
    }
    buffer(trkx_backend_context *of, size_t count, const char *what) : buffer(of)
    {
        allocate(count, what);
    }
    buffer(const buffer &) = delete;
    buffer &operator=(const buffer &) = delete;
    ~buffer()
    {
        release();
    }
    void allocate(size_t count, const char *what)
    {
        release();
        size_t bytes = count > (size_t)-1 / sizeof(T) ? (size_t)-1 : count * sizeof(T);
        block = (T *)context->pool.allocate(bytes, what);
    }
    void release() noexcept
    {
        context->pool.release(std::exchange(block, nullptr));
    }
    T *get() const
    {
        return block;
    }
    T *take()
    {
        return std::exchange(block, nullptr);
    }

  private:
    trkx_backend_context *context;
    T *block;
};

/* Runs body(i) for each i < count, in any order, in parallel. */
#if defined(__CUDACC__)
enum {
    BLOCK = 256,
    BLOCKS_AT_ONCE = 4
}; /* 64 registers per thread: by default the compiler uses fewer and spills */

template <class Body>
__global__ void __launch_bounds__(BLOCK, BLOCKS_AT_ONCE) run_body(size_t count, const Body body)
{
    size_t i = blockIdx.x * (size_t)BLOCK + threadIdx.x;
    if (i < count) body(i);
}

template <class Body> void each(trkx_backend_context *context, size_t count, const Body &body)
{
    if (count == 0) return;
    unsigned blocks = (unsigned)((count + BLOCK - 1) / BLOCK);
    run_body<<<blocks, BLOCK, 0, (cudaStream_t)context->stream>>>(count, body);
    runtime::check_launch();
}
#else
template <class Body> void each(trkx_backend_context *, size_t count, const Body &body)
{
    if (count == 0) return;
    thrust::for_each_n(thrust::device, thrust::counting_iterator<size_t>(0), count, body);
    runtime::check_launch();
}
#endif

template <class T> T read(trkx_backend_context *context, const T *from)
{
    T value;
    runtime::copy_out(&value, from, sizeof value, context->stream);
    return value;
}

/* Relaxed: other threads may still read older values; the end of a kernel orders everything. */
template <class T> TRKX_EVERYWHERE inline cuda::atomic_ref<T, cuda::thread_scope_device> shared(T &value)
{
    return cuda::atomic_ref<T, cuda::thread_scope_device>(value);
}

/* The first bad index of a range. */
class first_bad
{
  public:
    explicit first_bad(trkx_backend_context *of) : context(of), lowest(of, 1, "a check")
    {
        const uint64_t none = UINT64_MAX;
        runtime::copy_in(lowest.get(), &none, sizeof none, context->stream);
    }
    uint64_t *get() const
    {
        return lowest.get();
    }
    bool found(uint64_t *index) const /* waits for the device */
    {
        *index = read(context, lowest.get());
        return *index != UINT64_MAX;
    }

  private:
    trkx_backend_context *context;
    buffer<uint64_t> lowest;
};

TRKX_EVERYWHERE inline void mark_bad(uint64_t *lowest, uint64_t index)
{
    shared(*lowest).fetch_min(index, cuda::memory_order_relaxed);
}

#endif
