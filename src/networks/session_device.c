/* Lends a device's memory to ONNX Runtime, and sets up its CUDA provider. */
#include "networks/session_device.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

/* ---- memory: one allocator per GPU of the process, which allocates from the current run's pool -------- */

struct allocator {
    OrtAllocator base; /* first: the runtime passes a pointer to it */
    OrtMemoryInfo *info;
    int number;
    struct allocator *next;
};

static struct allocator *allocators;

/* The device for which this thread runs or loads a network. */
static _Thread_local const struct trkx_device *current;

/* The last error of its pool, until checked. */
static _Thread_local trkx_error refusal;

const struct trkx_device *trkx_ort_enter_device(const struct trkx_device *device)
{
    const struct trkx_device *outer = current;
    current = device;
    return outer;
}

bool trkx_ort_device_refused(trkx_error *why)
{
    if (refusal.status == TRKX_OK) return false;
    *why = refusal;
    refusal.status = TRKX_OK;
    return true;
}

static void *ORT_API_CALL take(OrtAllocator *self, size_t bytes)
{
    void *block = NULL;
    (void)self;
    if (bytes == 0) return NULL;
    if (current == NULL)
        trkx_fail(&refusal, TRKX_ERROR_MEMORY, "memory of a device outside of a run");
    else
        current->allocate(current->context, bytes, "a network's tensors", &block, &refusal);
    if (block == NULL) trkx_ort_refuse();
    return block;
}

/* A block released outside a run stays in the pool until the device is closed. */
static void ORT_API_CALL give(OrtAllocator *self, void *block)
{
    (void)self;
    if (current != NULL) current->release(current->context, block);
}

static const OrtMemoryInfo *ORT_API_CALL info_of(const OrtAllocator *self)
{
    return ((const struct allocator *)self)->info;
}

static struct allocator *find(int number)
{
    struct allocator *found = allocators;
    while (found != NULL && found->number != number) found = found->next;
    return found;
}

OrtAllocator *trkx_ort_device_allocator(int number)
{
    struct allocator *found = find(number);
    return found == NULL ? NULL : &found->base;
}

static enum trkx_status failed(const OrtApi *api, OrtStatus *failure, int number, const char *what,
                               trkx_error *error)
{
    if (failure == NULL) return TRKX_OK;
    enum trkx_status status = trkx_fail(error, TRKX_ERROR_DEVICE, "cuda:%d: ONNX Runtime %s: %s", number,
                                        what, api->GetErrorMessage(failure));
    api->ReleaseStatus(failure);
    return status;
}

static void release(const OrtApi *api, struct allocator *allocator)
{
    if (allocator->info != NULL) api->ReleaseMemoryInfo(allocator->info);
    trkx_release(allocator);
}

/* Registers an allocator for the GPU if it has none yet. */
static enum trkx_status share_memory(const OrtApi *api, OrtEnv *environment, int number, trkx_error *error)
{
    static const char WHAT[] = "does not take its memory from trkx";
    enum trkx_status status = TRKX_OK;
    if (find(number) != NULL) return TRKX_OK;
    struct allocator *made = trkx_allocate_zero(NULL, 1, sizeof *made);
    if (made == NULL) return trkx_fail_memory(error, "an allocator", sizeof *made);
    made->number = number;
    made->base = (OrtAllocator){
        .version = TRKX_ORT_API, .Alloc = take, .Free = give, .Info = info_of, .Reserve = take};
    TRKX_CHECK(
        failed(api, api->CreateMemoryInfo("Cuda", OrtDeviceAllocator, number, OrtMemTypeDefault, &made->info),
               number, WHAT, error));
    TRKX_CHECK(failed(api, api->RegisterAllocator(environment, &made->base), number, WHAT, error));
    made->next = allocators;
    allocators = made;
    made = NULL;
cleanup:
    if (made != NULL) release(api, made);
    return status;
}

void trkx_ort_devices_release(const OrtApi *api, OrtEnv *environment)
{
    while (allocators != NULL) {
        struct allocator *next = allocators->next;
        OrtStatus *failure = api->UnregisterAllocator(environment, allocators->info);
        if (failure != NULL) api->ReleaseStatus(failure);
        release(api, allocators);
        allocators = next;
    }
}

/* ---- the provider ----------------------------------------------------------------------------------- */

/* Extracts one line from a message that may have several, with the runtime's source files. */
static enum trkx_status no_provider(const OrtApi *api, OrtStatus *failure, trkx_error *error)
{
    char text[TRKX_ERROR_MESSAGE_SIZE / 2];
    if (failure == NULL) return TRKX_OK;
    const char *message = api->GetErrorMessage(failure), *cause = strstr(message, "Failed to load library");
    snprintf(text, sizeof text, "%s", cause != NULL ? cause : message);
    text[strcspn(text, "\n")] = '\0';
    api->ReleaseStatus(failure);
    return trkx_fail(
        error, TRKX_ERROR_DEVICE,
        "ONNX Runtime %s has no CUDA provider that works here (%s): use the library of the PyPI package "
        "onnxruntime-gpu with CUDA and cuDNN (docs/device.md), or choose the device cpu",
        trkx_runtime_version(), text);
}

static enum trkx_status set_options(const OrtApi *api, OrtCUDAProviderOptionsV2 *cuda,
                                    const struct trkx_device *device, trkx_error *error)
{
    char number[16];
    snprintf(number, sizeof number, "%d", device->number);
    const char *const keys[] = {"device_id", "use_tf32"};
    const char *const values[] = {number, device->tf32 ? "1" : "0"};
    enum trkx_status status = no_provider(
        api, api->UpdateCUDAProviderOptions(cuda, keys, values, sizeof keys / sizeof *keys), error);
    if (status != TRKX_OK) return status;
    return no_provider(
        api, api->UpdateCUDAProviderOptionsWithValue(cuda, "user_compute_stream", device->stream), error);
}

static enum trkx_status add_provider(const OrtApi *api, OrtSessionOptions *options,
                                     const struct trkx_device *device, trkx_error *error)
{
    OrtCUDAProviderOptionsV2 *cuda = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(no_provider(api, api->CreateCUDAProviderOptions(&cuda), error));
    TRKX_CHECK(set_options(api, cuda, device, error));
    TRKX_CHECK(no_provider(api, api->SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda), error));
cleanup:
    if (cuda != NULL) api->ReleaseCUDAProviderOptions(cuda);
    return status;
}

enum trkx_status trkx_ort_use_device(const OrtApi *api, OrtEnv *environment, OrtSessionOptions *options,
                                     const struct trkx_device *device, const OrtMemoryInfo **memory,
                                     trkx_error *error)
{
    enum trkx_status status = share_memory(api, environment, device->number, error);
    if (status == TRKX_OK) status = no_provider(api, api->SetDeterministicCompute(options, true), error);
    if (status == TRKX_OK) status = add_provider(api, options, device, error);
    if (status == TRKX_OK) *memory = find(device->number)->info;
    return status;
}
