/* The tests' own table of functions. */
#include "gpu/host/for_tests.h"

#include "gpu/context.h"
#include "gpu/host/runtime.h"

struct pool_usage {
    static trkx_cuda_usage of(const pool &pool)
    {
        return {pool.budget, pool.held, pool.peak, pool.reserved, pool.used.size()};
    }
};

static void usage(const trkx_backend_context *context, trkx_cuda_usage *usage)
{
    *usage = pool_usage::of(context->pool);
}

static void trim(trkx_backend_context *context)
{
    context->pool.trim();
}

extern "C" const trkx_cuda_tests *trkx_cuda_for_tests(void)
{
    static const trkx_cuda_tests table = {runtime::fail_after, runtime::alive, usage, trim};
    return &table;
}
