/* Sums and sorting: Thrust's, which are CUB's on a GPU; and a check. */
#include "gpu/primitives.h"

#include <cfloat>
#include <cmath>

#include <thrust/scan.h>
#include <thrust/sort.h>
#if defined(__CUDACC__)
#include <thrust/system/cuda/execution_policy.h>
#else
#include <thrust/execution_policy.h>
#endif

#include "gpu/device.h"

/* Lets Thrust allocate from the pool. */
struct scratch {
    using value_type = char;
    trkx_backend_context *context;
    char *allocate(std::ptrdiff_t bytes)
    {
        return (char *)context->pool.allocate((size_t)bytes, "sums and sorting");
    }
    void deallocate(char *block, size_t) noexcept
    {
        context->pool.release(block);
    }
};

#if defined(__CUDACC__)
static auto order_of(trkx_backend_context *context, scratch &memory)
{
    return thrust::cuda::par_nosync(memory).on((cudaStream_t)context->stream);
}
#else
static auto order_of(trkx_backend_context *, scratch &)
{
    return thrust::device;
}
#endif

uint64_t sum_up(trkx_backend_context *context, const uint32_t *counts, size_t count, uint64_t *offsets)
{
    scratch memory{context};
    uint64_t before = 0;
    uint32_t last = 0;
    if (count > 0) {
        thrust::exclusive_scan(order_of(context, memory), counts, counts + count, offsets, (uint64_t)0);
        runtime::check_launch();
        before = read(context, offsets + count - 1);
        last = read(context, counts + count - 1);
    }
    uint64_t sum = before + last;
    runtime::copy_in(offsets + count, &sum, sizeof sum, context->stream);
    return sum;
}

#if defined(__CUDACC__)
#define TRKX_SORT_MEMORY(context, count) (void)0
#else /* sorts on the processor use the system's memory: fill the pool as on a device */
#define TRKX_SORT_MEMORY(context, bytes) buffer<char> as_on_a_device(context, bytes, "sums and sorting")
#endif

void sort(trkx_backend_context *context, uint64_t *keys, size_t count)
{
    scratch memory{context};
    TRKX_SORT_MEMORY(context, count * sizeof *keys);
    thrust::stable_sort(order_of(context, memory), keys, keys + count);
    runtime::check_launch();
}

void sort_with(trkx_backend_context *context, uint64_t *keys, uint32_t *values, size_t count)
{
    scratch memory{context};
    TRKX_SORT_MEMORY(context, count * (sizeof *keys + sizeof *values));
    thrust::stable_sort_by_key(order_of(context, memory), keys, keys + count, values);
    runtime::check_launch();
}

struct find_not_finite {
    const float *values;
    size_t columns;
    uint64_t *lowest;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        if (!(fabsf(values[i]) <= FLT_MAX)) mark_bad(lowest, i / columns);
    }
};

size_t first_not_finite(trkx_backend_context *context, const float *values, size_t rows, size_t columns)
{
    uint64_t row;
    first_bad bad(context);
    each(context, rows * columns, find_not_finite{values, columns, bad.get()});
    return bad.found(&row) ? (size_t)row : rows;
}
