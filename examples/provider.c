/* trkx's execution provider in a program that uses ONNX Runtime and no other part of trkx.
 * usage: provider LIBTRKX_EP MODEL NODES EDGES
 * Runs a network of nodes [n,F] and edges [2,m] on a ring of made-up nodes and prints its first scores. */
#include <onnxruntime_c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const OrtApi *api;

static void check(OrtStatus *failure)
{
    if (failure == NULL) return;
    fprintf(stderr, "provider: %s\n", api->GetErrorMessage(failure));
    exit(1);
}

/* The library is registered once per environment; each session then requests the provider's device. */
static void add_provider(OrtEnv *environment, OrtSessionOptions *options, const char *library)
{
    const OrtEpDevice *const *devices = NULL;
    size_t count = 0;
    check(api->RegisterExecutionProviderLibrary(environment, "trkx", library));
    check(api->GetEpDevices(environment, &devices, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(api->EpDevice_EpName(devices[i]), "TrkxExecutionProvider") == 0)
            check(api->SessionOptionsAppendExecutionProvider_V2(options, environment, &devices[i], 1, NULL,
                                                                NULL, 0));
}

/* Number of features that the model's first input declares. */
static int64_t width_of(OrtSession *session)
{
    OrtTypeInfo *type = NULL;
    const OrtTensorTypeAndShapeInfo *shape = NULL;
    int64_t extents[2] = {0, 0};
    check(api->SessionGetInputTypeInfo(session, 0, &type));
    check(api->CastTypeInfoToTensorInfo(type, &shape));
    check(api->GetDimensions(shape, extents, 2));
    api->ReleaseTypeInfo(type);
    return extents[1];
}

static OrtValue *make_tensor(OrtAllocator *allocator, int64_t rows, int64_t columns,
                             ONNXTensorElementDataType element, void **data)
{
    OrtValue *value = NULL;
    int64_t shape[2] = {rows, columns};
    check(api->CreateTensorAsOrtValue(allocator, shape, 2, element, &value));
    check(api->GetTensorMutableData(value, data));
    return value;
}

static void run(OrtSession *session, int64_t n, int64_t m)
{
    OrtAllocator *allocator = NULL;
    char *inputs[2], *output = NULL;
    float *nodes = NULL, *scores = NULL;
    int64_t *edges = NULL, width = width_of(session);
    check(api->GetAllocatorWithDefaultOptions(&allocator));
    for (size_t i = 0; i < 2; i++) check(api->SessionGetInputName(session, i, allocator, &inputs[i]));
    check(api->SessionGetOutputName(session, 0, allocator, &output));
    OrtValue *values[2] = {
        make_tensor(allocator, n, width, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, (void **)&nodes),
        make_tensor(allocator, 2, m, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, (void **)&edges)};
    for (int64_t i = 0; i < n * width; i++) nodes[i] = 0.1f + 0.001f * (float)(i % 700);
    for (int64_t e = 0; e < m; e++) {
        edges[e] = e % n;
        edges[m + e] = (e + 1 + e / n) % n;
    }
    OrtValue *result = NULL;
    check(api->Run(session, NULL, (const char *const *)inputs, (const OrtValue *const *)values, 2,
                   (const char *const *)&output, 1, &result));
    check(api->GetTensorMutableData(result, (void **)&scores));
    for (int64_t e = 0; e < m && e < 5; e++) printf("edge %lld: %.3f\n", (long long)e, (double)scores[e]);
    api->ReleaseValue(result);
    for (size_t i = 0; i < 2; i++) {
        api->ReleaseValue(values[i]);
        allocator->Free(allocator, inputs[i]);
    }
    allocator->Free(allocator, output);
}

int main(int count, char **arguments)
{
    OrtEnv *environment = NULL;
    OrtSessionOptions *options = NULL;
    OrtSession *session = NULL;
    if (count != 5) {
        fprintf(stderr,
                "usage: provider LIBTRKX_EP MODEL NODES EDGES (\"\" for the library: stock ONNX Runtime)\n");
        return 2;
    }
    api = OrtGetApiBase()->GetApi(23);
    check(api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "provider", &environment));
    check(api->CreateSessionOptions(&options));
    if (*arguments[1] != '\0') add_provider(environment, options, arguments[1]);
    check(api->CreateSession(environment, arguments[2], options, &session));
    run(session, atoll(arguments[3]), atoll(arguments[4]));
    api->ReleaseSession(session);
    api->ReleaseSessionOptions(options);
    if (*arguments[1] != '\0') check(api->UnregisterExecutionProviderLibrary(environment, "trkx"));
    api->ReleaseEnv(environment);
    return 0;
}
