/* The CUDA runtime, linked statically: only the driver is needed. */
#include <cuda_runtime_api.h>

#include <cstdio>

#include "gpu/failure.h"
#include "gpu/runtime.h"

namespace runtime
{

const bool host = false;

static_assert(CUDART_VERSION / 1000 >= 12, "CUDA 12 or newer");

static void check(cudaError_t result, const char *doing)
{
    if (result == cudaSuccess) return;
    cudaGetLastError(); /* clears the error, unless it is sticky */
    fail(TRKX_ERROR_DEVICE, "CUDA: %s: %s (%s)", doing, cudaGetErrorString(result), cudaGetErrorName(result));
}

/* The runtime has one error for a missing driver and one that is too old; the driver's version, 0 if missing,
 * distinguishes them. */
static void check_driver()
{
    int driver = 0;
    check(cudaDriverGetVersion(&driver), "asking for the driver's version");
    if (driver == 0)
        fail(TRKX_ERROR_DEVICE,
             "CUDA: no driver: this machine has no libcuda.so.1; install NVIDIA's driver, or run "
             "with --device cpu");
    if (driver / 1000 < CUDART_VERSION / 1000)
        fail(TRKX_ERROR_DEVICE,
             "CUDA: the driver is for CUDA %d.%d, but this library needs %d.%d: update the driver, or "
             "build the library with an older toolkit",
             driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
}

int count_devices()
{
    int count = 0;
    check_driver();
    cudaError_t result = cudaGetDeviceCount(&count);
    if (result == cudaErrorNoDevice) {
        cudaGetLastError();
        return 0;
    }
    check(result, "counting devices");
    return count;
}

trkx_cuda_device describe(int device)
{
    trkx_cuda_device d = {};
    cudaDeviceProp properties;
    size_t all = 0;
    check(cudaGetDeviceProperties(&properties, device), "describing a device");
    use(device);
    check(cudaMemGetInfo(&d.free_memory, &all), "asking for free memory");
    snprintf(d.name, sizeof d.name, "%s", properties.name);
    return d;
}

void use(int device)
{
    check(cudaSetDevice(device), "choosing a device");
}

void *create_stream()
{
    cudaStream_t stream;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
    return stream;
}

void destroy_stream(void *stream) noexcept
{
    cudaStreamDestroy((cudaStream_t)stream);
}

void synchronise(void *stream)
{
    check(cudaStreamSynchronize((cudaStream_t)stream), "waiting for the device");
}

void check_launch()
{
    check(cudaGetLastError(), "starting a kernel");
}

void *allocate(size_t bytes)
{
    void *block = nullptr;
    cudaError_t result = cudaMalloc(&block, bytes);
    if (result == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        return nullptr;
    }
    check(result, "allocating memory");
    return block;
}

void free(void *block) noexcept
{
    cudaFree(block);
}

void copy_in(void *to, const void *from, size_t bytes, void *stream)
{
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, (cudaStream_t)stream),
          "copying to the device");
    synchronise(stream);
}

void copy_out(void *to, const void *from, size_t bytes, void *stream)
{
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, (cudaStream_t)stream),
          "copying from the device");
    synchronise(stream);
}

void clear(void *block, size_t bytes, void *stream)
{
    check(cudaMemsetAsync(block, 0, bytes, (cudaStream_t)stream), "clearing memory");
}

} // namespace runtime
