/* The CUDA runtime emulated on the processor, for tests: one device, whose memory is the host's. Call number
 * N can be made to fail, as on a GPU. */
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "gpu/failure.h"
#include "gpu/host/runtime.h"
#include "gpu/runtime.h"

namespace runtime
{

const bool host = true;

static std::atomic<long> calls{0}, limit{-1}, living{0};
static const size_t alignment = 256;

static bool fails()
{
    long call = calls++;
    return limit >= 0 && call >= limit;
}

static void check(const char *doing)
{
    if (fails()) fail(TRKX_ERROR_DEVICE, "CUDA: %s: failed for a test", doing);
}

int count_devices()
{
    check("counting devices");
    return 1;
}

trkx_cuda_device describe(int)
{
    trkx_cuda_device d = {};
    check("describing a device");
    snprintf(d.name, sizeof d.name, "host");
    d.free_memory = (size_t)1 << 32;
    return d;
}

void use(int)
{
    check("choosing a device");
}

void *create_stream()
{
    check("creating a stream");
    living++;
    return nullptr;
}

void destroy_stream(void *) noexcept
{
    living--;
}

void synchronise(void *)
{
    check("waiting for the device");
}

void check_launch()
{
    check("starting a kernel");
}

/* Filled, so that nothing relies on the contents of new memory. */
void *allocate(size_t bytes)
{
    if (fails()) return nullptr;
    void *block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (block == nullptr) return nullptr;
    memset(block, 0xA5, bytes);
    living++;
    return block;
}

void free(void *block) noexcept
{
    if (block != nullptr) living--;
    std::free(block);
}

void copy_in(void *to, const void *from, size_t bytes, void *)
{
    check("copying to the device");
    if (bytes > 0) memcpy(to, from, bytes);
}

void copy_out(void *to, const void *from, size_t bytes, void *)
{
    check("copying from the device");
    if (bytes > 0) memcpy(to, from, bytes);
}

void clear(void *block, size_t bytes, void *)
{
    check("clearing memory");
    if (bytes > 0) memset(block, 0, bytes);
}

long fail_after(long after)
{
    limit = after;
    return calls.exchange(0);
}

long alive()
{
    return living;
}

} // namespace runtime
