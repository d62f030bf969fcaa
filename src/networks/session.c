/* Loads networks into ONNX Runtime, checks their tensors, and runs them. */
#include "networks/session.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "networks/library.h"
#include "networks/onnxruntime.h"
#include "networks/session_device.h"

enum { MAX_INPUTS = 4 };

/* ---- the runtime: one environment and one allocator per process, counted ---------------------------- */

struct runtime_allocator {
    OrtAllocator base; /* first: the runtime passes a pointer to it */
    OrtMemoryInfo *info;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t users;
static const OrtApi *api;
static OrtEnv *environment;
static struct runtime_allocator allocator;
static const OrtEpDevice *provider; /* of libtrkx_ep, once registered */

/* The memory of the run for which this thread calls the runtime; NULL while loading a network. */
static _Thread_local struct trkx_memory *run_memory;

static void *ORT_API_CALL allocator_alloc(OrtAllocator *self, size_t size)
{
    (void)self;
    void *block = size == 0 ? NULL : trkx_allocate(run_memory, size, 1);
    if (block == NULL && size > 0) trkx_ort_refuse();
    return block;
}

static void ORT_API_CALL allocator_free(OrtAllocator *self, void *block)
{
    (void)self;
    trkx_release(block);
}

static const OrtMemoryInfo *ORT_API_CALL allocator_info(const OrtAllocator *self)
{
    return ((const struct runtime_allocator *)self)->info;
}

/* The library never prints: errors are returned as a status with the same text. */
static void ORT_API_CALL discard_log(void *parameter, OrtLoggingLevel severity, const char *category,
                                     const char *id, const char *location, const char *message)
{
    (void)parameter, (void)severity, (void)category, (void)id, (void)location, (void)message;
}

/* Converts the runtime's status to ours; `what` is the attempted action. */
static enum trkx_status check(OrtStatus *failure, const char *what, trkx_error *error)
{
    bool refused = trkx_ort_refused();
    trkx_error device; /* a device's own message is better: it states the bytes needed */
    if (failure == NULL) return TRKX_OK;
    if (trkx_ort_device_refused(&device)) {
        api->ReleaseStatus(failure);
        return trkx_fail(error, device.status, "%s: %s", what, device.message);
    }
    const char *message = api->GetErrorMessage(failure);
    bool memory = refused || strstr(message, "bad_alloc") != NULL;
    enum trkx_status status = trkx_fail(error, memory ? TRKX_ERROR_MEMORY : TRKX_ERROR_RUNTIME,
                                        "%s: ONNX Runtime: %s", what, message);
    api->ReleaseStatus(failure);
    return status;
}

/* ---- the execution provider of libtrkx_ep ------------------------------------------------------------- */

#define PROVIDER_REGISTRATION "trkx"
#define PROVIDER_NAME "TrkxExecutionProvider"

static const struct trkx_library LIBRARY = {"libtrkx_ep.so", "TRKX_EP_LIBRARY", "or choose the stock kernels",
                                            TRKX_ERROR_RUNTIME};

static enum trkx_status find_provider_device(const char *path, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const OrtEpDevice *const *devices = NULL;
    size_t count = 0;
    TRKX_CHECK(check(api->GetEpDevices(environment, &devices, &count), path, error));
    for (size_t i = 0; i < count && provider == NULL; i++)
        if (strcmp(api->EpDevice_EpName(devices[i]), PROVIDER_NAME) == 0) provider = devices[i];
    if (provider == NULL)
        return trkx_fail(error, TRKX_ERROR_RUNTIME, "%s: has no " PROVIDER_NAME " for this processor", path);
cleanup:
    return status;
}

/* Registers libtrkx_ep for the life of the environment; the caller holds the lock. */
static enum trkx_status register_provider(trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    char *path = NULL;
    if (provider != NULL) return TRKX_OK;
    TRKX_CHECK(trkx_library_find(&LIBRARY, &path, error));
    TRKX_CHECK(
        check(api->RegisterExecutionProviderLibrary(environment, PROVIDER_REGISTRATION, path), path, error));
    status = find_provider_device(path, error);
    if (status != TRKX_OK)
        check(api->UnregisterExecutionProviderLibrary(environment, PROVIDER_REGISTRATION), path, NULL);
cleanup:
    trkx_release(path);
    return status;
}

static enum trkx_status add_provider(OrtSessionOptions *options, const char *report, trkx_error *error)
{
    const char *const keys[] = {"report"}, *const values[] = {report};
    pthread_mutex_lock(&lock);
    enum trkx_status status = register_provider(error);
    pthread_mutex_unlock(&lock);
    if (status != TRKX_OK) return status;
    return check(api->SessionOptionsAppendExecutionProvider_V2(options, environment, &provider, 1, keys,
                                                               values, report == NULL ? 0 : 1),
                 PROVIDER_NAME, error);
}

static void unregister_provider(void)
{
    if (provider == NULL) return;
    check(api->UnregisterExecutionProviderLibrary(environment, PROVIDER_REGISTRATION), PROVIDER_NAME, NULL);
    provider = NULL;
}

static void runtime_destroy(void)
{
    unregister_provider();
    trkx_ort_devices_release(api, environment);
    if (environment != NULL && allocator.info != NULL) {
        OrtStatus *failure = api->UnregisterAllocator(environment, allocator.info);
        if (failure != NULL) api->ReleaseStatus(failure);
    }
    if (allocator.info != NULL) api->ReleaseMemoryInfo(allocator.info);
    if (environment != NULL) api->ReleaseEnv(environment);
    allocator.info = NULL;
    environment = NULL;
}

static enum trkx_status runtime_create(trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_ort_open(&api, error));
    TRKX_CHECK(check(
        api->CreateEnvWithCustomLogger(discard_log, NULL, ORT_LOGGING_LEVEL_ERROR, "trkx", &environment),
        "starting", error));
    /* official builds send telemetry otherwise; at startup only ORT_DISABLE_TELEMETRY prevents it */
    TRKX_CHECK(check(api->DisableTelemetryEvents(environment), "starting", error));
    TRKX_CHECK(check(api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &allocator.info),
                     "starting", error));
    allocator.base = (OrtAllocator){.version = TRKX_ORT_API,
                                    .Alloc = allocator_alloc,
                                    .Free = allocator_free,
                                    .Info = allocator_info,
                                    .Reserve = allocator_alloc};
    TRKX_CHECK(check(api->RegisterAllocator(environment, &allocator.base), "starting", error));
cleanup:
    if (status != TRKX_OK) runtime_destroy();
    return status;
}

static enum trkx_status runtime_acquire(trkx_error *error)
{
    pthread_mutex_lock(&lock);
    enum trkx_status status = users > 0 ? TRKX_OK : runtime_create(error);
    if (status == TRKX_OK) users++;
    pthread_mutex_unlock(&lock);
    return status;
}

static void runtime_release(void)
{
    pthread_mutex_lock(&lock);
    if (--users == 0) runtime_destroy();
    pthread_mutex_unlock(&lock);
}

/* ---- sessions --------------------------------------------------------------------------------------- */

struct trkx_session {
    OrtSession *session;
    const char *input_names[MAX_INPUTS];
    enum trkx_element input_elements[MAX_INPUTS];
    size_t inputs_count;
    const char *output_name;
    int output_rank; /* as declared by the model: 1, or 2 with a last extent of 1 */
    char *file;
    const struct trkx_device *device; /* NULL: the CPU */
    const OrtMemoryInfo *memory;      /* location of its tensors */
};

static const struct {
    const char *name;
    ONNXTensorElementDataType code;
    size_t size;
} elements[] = {[TRKX_ELEMENT_FLOAT] = {"float32", ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, sizeof(float)},
                [TRKX_ELEMENT_INT64] = {"int64", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, sizeof(int64_t)},
                [TRKX_ELEMENT_INT32] = {"int32", ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, sizeof(int32_t)}};

/* A model's declaration of a tensor. */
struct declared {
    int rank;
    enum trkx_element element;
};

/* The expected type, or the narrower one that is also allowed. */
static bool take_element(const struct trkx_tensor_spec *spec, bool output, ONNXTensorElementDataType code,
                         enum trkx_element *element)
{
    bool narrower =
        !output && spec->element == TRKX_ELEMENT_INT64 && code == elements[TRKX_ELEMENT_INT32].code;
    *element = narrower ? TRKX_ELEMENT_INT32 : spec->element;
    return elements[*element].code == code;
}

/* Compares a declared tensor with what the bundle expects. */
static enum trkx_status check_shape(const char *file, const struct trkx_tensor_spec *spec,
                                    const OrtTensorTypeAndShapeInfo *shape, bool output,
                                    struct declared *found, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    size_t declared = 0;
    int64_t extents[8] = {0};
    TRKX_CHECK(check(api->GetTensorElementType(shape, &element), file, error));
    TRKX_CHECK(check(api->GetDimensionsCount(shape, &declared), file, error));
    if (!take_element(spec, output, element, &found->element))
        return trkx_fail(error, TRKX_ERROR_MODEL, "%s: tensor %s is not of type %s", file, spec->name,
                         elements[spec->element].name);
    if (declared <= 8) TRKX_CHECK(check(api->GetDimensions(shape, extents, declared), file, error));
    bool column = output && spec->rank == 1 && declared == 2 && (extents[1] == 1 || extents[1] < 0);
    if (declared != (size_t)spec->rank && !column)
        return trkx_fail(error, TRKX_ERROR_MODEL, "%s: tensor %s has rank %zu, expected %d", file, spec->name,
                         declared, spec->rank);
    for (int i = 0; i < spec->rank; i++)
        if (spec->shape[i] >= 0 && extents[i] >= 0 && extents[i] != spec->shape[i])
            return trkx_fail(error, TRKX_ERROR_MODEL,
                             "%s: tensor %s has extent %lld in dimension %d, but the bundle says %lld", file,
                             spec->name, (long long)extents[i], i, (long long)spec->shape[i]);
    for (int i = 0; i < spec->rank && !output; i++)
        if (spec->shape[i] < 0 && extents[i] >= 0)
            return trkx_fail(
                error, TRKX_ERROR_MODEL,
                "%s: tensor %s has extent %lld in dimension %d, which has to be dynamic; see trkx model "
                "check",
                file, spec->name, (long long)extents[i], i);
    found->rank = (int)declared;
cleanup:
    return status;
}

/* Index of the model's input or output `name`, or an error that lists the existing ones. */
static enum trkx_status find_tensor(const struct trkx_session *session, const char *name, bool output,
                                    size_t *index, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    OrtAllocator *names = NULL;
    size_t count = 0, length = 0;
    char known[512] = "";
    TRKX_CHECK(check(api->GetAllocatorWithDefaultOptions(&names), session->file, error));
    TRKX_CHECK(check(output ? api->SessionGetOutputCount(session->session, &count)
                            : api->SessionGetInputCount(session->session, &count),
                     session->file, error));
    for (*index = 0; *index < count; ++*index) {
        char *found = NULL;
        TRKX_CHECK(check(output ? api->SessionGetOutputName(session->session, *index, names, &found)
                                : api->SessionGetInputName(session->session, *index, names, &found),
                         session->file, error));
        bool same = strcmp(found, name) == 0;
        int written = snprintf(known + length, sizeof known - length, " %s", found);
        if (written > 0 && (size_t)written < sizeof known - length) length += (size_t)written;
        names->Free(names, found);
        if (same) return TRKX_OK;
    }
    return trkx_fail(error, TRKX_ERROR_MODEL, "%s: the model has no %s %s; it has%s", session->file,
                     output ? "output" : "input", name, known);
cleanup:
    return status;
}

static enum trkx_status check_tensor(struct trkx_session *session, const struct trkx_tensor_spec *spec,
                                     bool output, struct declared *found, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    OrtTypeInfo *type = NULL;
    const OrtTensorTypeAndShapeInfo *shape = NULL;
    size_t index = 0;
    TRKX_CHECK(find_tensor(session, spec->name, output, &index, error));
    TRKX_CHECK(check(output ? api->SessionGetOutputTypeInfo(session->session, index, &type)
                            : api->SessionGetInputTypeInfo(session->session, index, &type),
                     session->file, error));
    TRKX_CHECK(check(api->CastTypeInfoToTensorInfo(type, &shape), session->file, error));
    if (shape == NULL)
        status = trkx_fail(error, TRKX_ERROR_MODEL, "%s: %s is not a tensor", session->file, spec->name);
    else
        status = check_shape(session->file, spec, shape, output, found, error);
cleanup:
    if (type != NULL) api->ReleaseTypeInfo(type);
    return status;
}

static enum trkx_status check_tensors(struct trkx_session *session, const struct trkx_session_spec *spec,
                                      trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct declared found = {0};
    size_t inputs = 0;
    for (size_t i = 0; i < spec->inputs_count; i++) {
        TRKX_CHECK(check_tensor(session, &spec->inputs[i], false, &found, error));
        session->input_elements[i] = found.element;
        session->input_names[i] = spec->inputs[i].name;
    }
    TRKX_CHECK(check(api->SessionGetInputCount(session->session, &inputs), session->file, error));
    if (inputs != spec->inputs_count)
        return trkx_fail(error, TRKX_ERROR_MODEL, "%s: the model has %zu inputs, but the bundle names %zu",
                         session->file, inputs, spec->inputs_count);
    TRKX_CHECK(check_tensor(session, &spec->output, true, &found, error));
    session->output_rank = found.rank;
    session->inputs_count = spec->inputs_count;
    session->output_name = spec->output.name;
cleanup:
    return status;
}

/* Sets the provider and the memory of the network. Networks of a "device" on the host's memory run on the
 * CPU. */
static enum trkx_status choose_kernels(struct trkx_session *session, OrtSessionOptions *options,
                                       const struct trkx_session_spec *spec, trkx_error *error)
{
    session->memory = allocator.info;
    if (spec->device == NULL)
        return spec->kernels == TRKX_KERNELS_TRKX ? add_provider(options, spec->report, error) : TRKX_OK;
    if (spec->device->host) return TRKX_OK;
    pthread_mutex_lock(&lock);
    enum trkx_status status =
        trkx_ort_use_device(api, environment, options, spec->device, &session->memory, error);
    pthread_mutex_unlock(&lock);
    return status;
}

/* Passes the files with the model's data to the runtime, which copies what it needs. If it searches for files
 * anyway (1.32: for the first of two tensors with the same name), then in the model's directory, not in the
 * working directory. */
static enum trkx_status add_data(const struct trkx_session *session, const struct trkx_external *data,
                                 OrtSessionOptions *options, trkx_error *error)
{
    static const char folder[] = "session.model_external_initializers_file_folder_path";
    enum trkx_status status = TRKX_OK;
    for (size_t i = 0; i < data->count; i++) {
        const struct trkx_external_file *file = &data->files[i];
        char *const bytes = file->bytes;
        const ORTCHAR_T *const name = file->name;
        TRKX_CHECK(
            check(api->AddExternalInitializersFromFilesInMemory(options, &name, &bytes, &file->length, 1),
                  session->file, error));
    }
    TRKX_CHECK(check(api->AddSessionConfigEntry(options, folder, data->directory), session->file, error));
cleanup:
    return status;
}

static enum trkx_status set_options(struct trkx_session *session, OrtSessionOptions *options,
                                    const struct trkx_session_spec *spec, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const char *file = session->file;
    TRKX_CHECK(check(api->SetIntraOpNumThreads(options, spec->threads), file, error));
    TRKX_CHECK(check(api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL), file, error));
    TRKX_CHECK(check(api->AddSessionConfigEntry(options, "session.use_env_allocators", "1"), file, error));
    /* no other format, whose external data would not have been found */
    TRKX_CHECK(check(api->AddSessionConfigEntry(options, "session.load_model_format", "ONNX"), file, error));
    TRKX_CHECK(choose_kernels(session, options, spec, error));
cleanup:
    return status;
}

/* If the bytes are not a network, that is an error of the model, not of the runtime. */
static enum trkx_status create_session(struct trkx_session *session, const OrtSessionOptions *options,
                                       const struct trkx_session_spec *spec, trkx_error *error)
{
    enum trkx_status status = check(
        api->CreateSessionFromArray(environment, spec->model, spec->model_bytes, options, &session->session),
        session->file, error);
    if (status != TRKX_ERROR_RUNTIME) return status;
    if (error != NULL) error->status = TRKX_ERROR_MODEL;
    return TRKX_ERROR_MODEL;
}

static enum trkx_status load(struct trkx_session *session, const struct trkx_session_spec *spec,
                             trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    OrtSessionOptions *options = NULL;
    struct trkx_external data = {0};
    TRKX_CHECK(check(api->CreateSessionOptions(&options), session->file, error));
    TRKX_CHECK(set_options(session, options, spec, error));
    TRKX_CHECK(trkx_external_read(spec->file, spec->model, spec->model_bytes, spec->data, &data, error));
    TRKX_CHECK(add_data(session, &data, options, error));
    TRKX_CHECK(create_session(session, options, spec, error));
cleanup:
    if (options != NULL) api->ReleaseSessionOptions(options);
    trkx_external_release(&data);
    return status;
}

/* Loads a network, without checking its tensors. */
static enum trkx_status open_session(const struct trkx_session_spec *spec, struct trkx_session **result,
                                     trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_session *session = NULL;
    const struct trkx_device *outer = NULL;
    *result = NULL;
    TRKX_CHECK(runtime_acquire(error));
    session = trkx_allocate_zero(NULL, 1, sizeof *session);
    if (session == NULL || (session->file = trkx_duplicate(spec->file)) == NULL) {
        trkx_release(session);
        runtime_release();
        return trkx_fail_memory(error, "a network", sizeof *session);
    }
    session->device = spec->device;
    outer = trkx_ort_enter_device(spec->device);
    status = load(session, spec, error);
    trkx_ort_enter_device(outer);
    if (status != TRKX_OK) goto cleanup;
    *result = session;
    session = NULL;
cleanup:
    trkx_session_destroy(session);
    return status;
}

enum trkx_status trkx_session_create(const struct trkx_session_spec *spec, struct trkx_session **result,
                                     trkx_error *error)
{
    enum trkx_status status = open_session(spec, result, error);
    if (status == TRKX_OK) status = check_tensors(*result, spec, error);
    if (status == TRKX_OK) return status;
    trkx_session_destroy(*result);
    *result = NULL;
    return status;
}

enum trkx_status trkx_session_report(const struct trkx_session_spec *spec, trkx_error *error)
{
    struct trkx_session *session = NULL;
    enum trkx_status status = open_session(spec, &session, error);
    trkx_session_destroy(session);
    return status;
}

void trkx_session_destroy(struct trkx_session *session)
{
    if (session == NULL) return;
    const struct trkx_device *outer = trkx_ort_enter_device(session->device);
    if (session->session != NULL) api->ReleaseSession(session->session);
    trkx_ort_enter_device(outer);
    trkx_release(session->file);
    trkx_release(session);
    runtime_release();
}

enum trkx_element trkx_session_element(const struct trkx_session *session, size_t input)
{
    return session->input_elements[input];
}

/* ---- running ---------------------------------------------------------------------------------------- */

static enum trkx_status wrap(const struct trkx_session *session, const struct trkx_tensor *tensor, int rank,
                             OrtValue **value, trkx_error *error)
{
    int64_t shape[2] = {tensor->shape[0], tensor->rank == 2 ? tensor->shape[1] : 1};
    size_t bytes = (size_t)shape[0] * (size_t)shape[1] * elements[tensor->element].size;
    return check(api->CreateTensorWithDataAsOrtValue(session->memory, tensor->data, bytes, shape,
                                                     (size_t)rank, elements[tensor->element].code, value),
                 session->file, error);
}

static enum trkx_status run_on_host(const struct trkx_session *session, OrtValue *const *inputs,
                                    OrtValue *output, trkx_error *error)
{
    return check(api->Run(session->session, NULL, session->input_names, (const OrtValue *const *)inputs,
                          session->inputs_count, &session->output_name, 1, &output),
                 session->file, error);
}

/* Bound in place, so that the runtime copies nothing. */
static enum trkx_status run_on_device(const struct trkx_session *session, OrtValue *const *inputs,
                                      OrtValue *output, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    OrtIoBinding *binding = NULL;
    TRKX_CHECK(check(api->CreateIoBinding(session->session, &binding), session->file, error));
    for (size_t i = 0; i < session->inputs_count; i++)
        TRKX_CHECK(check(api->BindInput(binding, session->input_names[i], inputs[i]), session->file, error));
    TRKX_CHECK(check(api->BindOutput(binding, session->output_name, output), session->file, error));
    TRKX_CHECK(check(api->RunWithBinding(session->session, NULL, binding), session->file, error));
cleanup:
    if (binding != NULL) api->ReleaseIoBinding(binding);
    return status;
}

enum trkx_status trkx_session_run(const struct trkx_session *session, struct trkx_memory *memory,
                                  const struct trkx_tensor *inputs, const struct trkx_tensor *output,
                                  trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    OrtValue *values[MAX_INPUTS] = {NULL}, *bound = NULL;
    struct trkx_memory *outer = run_memory;
    const struct trkx_device *outer_device = trkx_ort_enter_device(session->device);
    run_memory = memory;
    for (size_t i = 0; i < session->inputs_count; i++)
        TRKX_CHECK(wrap(session, &inputs[i], inputs[i].rank, &values[i], error));
    TRKX_CHECK(wrap(session, output, session->output_rank, &bound, error));
    status = (session->device == NULL ? run_on_host : run_on_device)(session, values, bound, error);
cleanup:
    for (size_t i = 0; i < session->inputs_count; i++)
        if (values[i] != NULL) api->ReleaseValue(values[i]);
    if (bound != NULL) api->ReleaseValue(bound);
    run_memory = outer;
    trkx_ort_enter_device(outer_device);
    return status;
}
