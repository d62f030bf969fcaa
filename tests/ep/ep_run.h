/* For tests of ep/: runs models in ONNX Runtime with and without the provider, on graphs of many sizes,
 * and compares the results. Include after cmocka.h. */
#ifndef TRKX_TESTS_EP_RUN_H
#define TRKX_TESTS_EP_RUN_H

#include <math.h>
#include <onnxruntime_c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ep/ep_text.h"

enum {
    RUN_API = 23,
    RUN_TENSORS = 16,
    RUN_RANK = 1024, /* ConstantOfShape makes a dimension of each of its input's elements */
};

static const OrtApi *run_api;
static OrtEnv *run_env;
static const OrtEpDevice *run_device;
static OrtMemoryInfo *run_memory;
static OrtAllocator *run_allocator;

/* What the runtime says of the last session: parts that the provider has, and nodes left to the processor's
 * own. */
static int run_claimed, run_left;

static inline void ORT_API_CALL run_log(void *parameter, OrtLoggingLevel severity, const char *category,
                                        const char *id, const char *location, const char *message)
{
    (void)parameter, (void)severity, (void)category, (void)id, (void)location;
    const char *number = strstr(message, "Number of nodes: ");
    if (number == NULL) return;
    if (strstr(message, "[TrkxExecutionProvider]") != NULL) run_claimed = atoi(number + 17);
    if (strstr(message, "[CPUExecutionProvider]") != NULL) run_left = atoi(number + 17);
}

static inline void run_check(OrtStatus *failure)
{
    if (failure != NULL) fail_msg("%s", run_api->GetErrorMessage(failure));
}

static inline bool run_failed(OrtStatus *failure)
{
    if (failure == NULL) return false;
    run_api->ReleaseStatus(failure);
    return true;
}

static inline int run_begin(void **state)
{
    (void)state;
    char path[4096];
    const OrtEpDevice *const *devices = NULL;
    size_t count = 0;
    const char *build = getenv("BUILD");
    run_api = OrtGetApiBase()->GetApi(RUN_API);
    if (run_api == NULL || build == NULL) return -1;
    snprintf(path, sizeof path, "%s/lib/libtrkx_ep.so", build);
    run_check(run_api->CreateEnvWithCustomLogger(run_log, NULL, ORT_LOGGING_LEVEL_ERROR, "test", &run_env));
    run_check(run_api->DisableTelemetryEvents(run_env));
    run_check(run_api->RegisterExecutionProviderLibrary(run_env, "trkx", path));
    run_check(run_api->GetEpDevices(run_env, &devices, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(run_api->EpDevice_EpName(devices[i]), "TrkxExecutionProvider") == 0)
            run_device = devices[i];
    run_check(run_api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &run_memory));
    run_check(run_api->GetAllocatorWithDefaultOptions(&run_allocator));
    return run_device == NULL ? -1 : 0;
}

static inline int run_end(void **state)
{
    (void)state;
    if (run_device == NULL) return -1;
    run_api->ReleaseMemoryInfo(run_memory);
    run_check(run_api->UnregisterExecutionProviderLibrary(run_env, "trkx"));
    run_api->ReleaseEnv(run_env);
    return 0;
}

/* ---- sessions ---------------------------------------------------------------------------------------------
 */

/* How a session is made: stock, or with the provider; whole: it fails where the provider leaves a node to
 * others. */
struct run_options {
    bool provider, whole;
    bool quiet;  /* the runtime does not say what was claimed, which is faster */
    int threads; /* 0: 1 */
};

/* NULL where the model is refused. */
static inline OrtSession *run_session(const void *model, size_t length, struct run_options how, char *message)
{
    OrtSessionOptions *options = NULL;
    OrtSession *session = NULL;
    run_claimed = run_left = 0;
    run_check(run_api->CreateSessionOptions(&options));
    run_check(run_api->SetIntraOpNumThreads(options, how.threads > 0 ? how.threads : 1));
    run_check(run_api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL));
    run_check(run_api->SetSessionLogSeverityLevel(options, how.quiet ? ORT_LOGGING_LEVEL_FATAL
                                                                     : ORT_LOGGING_LEVEL_VERBOSE));
    if (how.whole) run_check(run_api->AddSessionConfigEntry(options, "session.disable_cpu_ep_fallback", "1"));
    if (how.provider)
        run_check(run_api->SessionOptionsAppendExecutionProvider_V2(options, run_env, &run_device, 1, NULL,
                                                                    NULL, 0));
    OrtStatus *failure = run_api->CreateSessionFromArray(run_env, model, length, options, &session);
    if (failure != NULL) {
        snprintf(message, 512, "%s", run_api->GetErrorMessage(failure));
        run_api->ReleaseStatus(failure);
    }
    run_api->ReleaseSessionOptions(options);
    return session;
}

/* ---- tensors ----------------------------------------------------------------------------------------------
 */

struct run_tensor {
    char name[64];
    int type, rank;
    int64_t shape[RUN_RANK];
    void *data;
};

struct run_tensors {
    struct run_tensor list[RUN_TENSORS];
    size_t count;
};

static inline size_t run_elements(const struct run_tensor *tensor)
{
    size_t elements = 1;
    for (int d = 0; d < tensor->rank; d++) elements *= (size_t)tensor->shape[d];
    return elements;
}

static inline void run_release(struct run_tensors *tensors)
{
    for (size_t i = 0; i < tensors->count; i++) free(tensors->list[i].data);
    tensors->count = 0;
}

static inline OrtValue *run_wrap(const struct run_tensor *tensor)
{
    OrtValue *value = NULL;
    run_check(run_api->CreateTensorWithDataAsOrtValue(
        run_memory, tensor->data, run_elements(tensor) * text_size(tensor->type), tensor->shape,
        (size_t)tensor->rank, (ONNXTensorElementDataType)tensor->type, &value));
    return value;
}

static inline void run_unwrap(const OrtValue *value, struct run_tensor *tensor)
{
    OrtTensorTypeAndShapeInfo *info = NULL;
    ONNXTensorElementDataType type;
    size_t rank = 0;
    const void *data = NULL;
    run_check(run_api->GetTensorTypeAndShape(value, &info));
    run_check(run_api->GetTensorElementType(info, &type));
    run_check(run_api->GetDimensionsCount(info, &rank));
    if (rank > RUN_RANK) fail_msg("too many dimensions");
    run_check(run_api->GetDimensions(info, tensor->shape, rank));
    run_api->ReleaseTensorTypeAndShapeInfo(info);
    tensor->type = (int)type;
    tensor->rank = (int)rank;
    size_t bytes = run_elements(tensor) * text_size(tensor->type);
    tensor->data = malloc(bytes + 1);
    run_check(run_api->GetTensorData(value, &data));
    if (bytes > 0) memcpy(tensor->data, data, bytes);
}

/* All outputs of the session; false where the run fails. */
static inline bool run_once(OrtSession *session, const struct run_tensors *inputs,
                            struct run_tensors *outputs, char *message)
{
    const char *names[RUN_TENSORS], *output_names[RUN_TENSORS];
    OrtValue *values[RUN_TENSORS] = {NULL}, *results[RUN_TENSORS] = {NULL};
    size_t count = 0;
    *outputs = (struct run_tensors){.count = 0};
    run_check(run_api->SessionGetOutputCount(session, &count));
    if (count > RUN_TENSORS) fail_msg("too many outputs");
    for (size_t i = 0; i < count; i++) {
        char *name = NULL;
        run_check(run_api->SessionGetOutputName(session, i, run_allocator, &name));
        snprintf(outputs->list[i].name, sizeof outputs->list[i].name, "%s", name);
        output_names[i] = outputs->list[i].name;
        run_allocator->Free(run_allocator, name);
    }
    for (size_t i = 0; i < inputs->count; i++) {
        names[i] = inputs->list[i].name;
        values[i] = run_wrap(&inputs->list[i]);
    }
    OrtStatus *failure = run_api->Run(session, NULL, names, (const OrtValue *const *)values, inputs->count,
                                      output_names, count, results);
    if (failure != NULL && message != NULL) snprintf(message, 512, "%s", run_api->GetErrorMessage(failure));
    bool done = !run_failed(failure);
    for (size_t i = 0; i < inputs->count; i++) run_api->ReleaseValue(values[i]);
    for (size_t i = 0; i < count; i++) {
        if (results[i] == NULL) continue;
        if (done) run_unwrap(results[i], &outputs->list[i]);
        run_api->ReleaseValue(results[i]);
    }
    outputs->count = done ? count : 0;
    return done;
}

/* ---- graphs -----------------------------------------------------------------------------------------------
 */

enum run_pattern { RANDOM, ASCENDING, LOOPS, HUB, DOUBLED, NEGATIVE, FEW };

struct run_size {
    int64_t n, m;
    enum run_pattern pattern;
};

/* Around multiples of a block's 64 rows, and all that a graph may lack. */
static const struct run_size run_sizes[] = {
    {0, 0, RANDOM},      {1, 0, RANDOM},     {1, 1, LOOPS},        {2, 1, RANDOM},    {1, 70, HUB},
    {5, 0, RANDOM},      {63, 64, RANDOM},   {64, 63, ASCENDING},  {65, 129, HUB},    {128, 65, DOUBLED},
    {129, 1000, RANDOM}, {300, 7, NEGATIVE}, {97, 640, ASCENDING}, {700, 130, LOOPS}, {40, 511, FEW},
};

static inline int64_t run_end_of(const struct run_size *size, int64_t edge)
{
    int64_t n = size->n;
    switch (size->pattern) {
    case ASCENDING: return edge * n / (size->m + 1);
    case LOOPS: return edge % n;
    case HUB: return n - 1;
    case DOUBLED: return edge / 2 % n;
    case NEGATIVE: return (int64_t)text_random() % (2 * n) - n;
    case FEW: return (int64_t)text_random() % (n / 3); /* the rest has no edges */
    case RANDOM: break;
    }
    return (int64_t)text_random() % n;
}

static inline int64_t run_extent(const Onnx__TensorShapeProto__Dimension *axis, const struct run_size *size)
{
    if (axis->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE) return axis->dim_value;
    if (axis->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM) return size->n;
    if (axis->dim_param[0] == 'u') return 1;
    return axis->dim_param[0] == 'm' || strstr(axis->dim_param, "edge") != NULL ? size->m : size->n;
}

static inline void run_fill(struct run_tensor *tensor, const struct run_size *size)
{
    size_t count = run_elements(tensor);
    tensor->data = malloc(count * text_size(tensor->type) + 1);
    for (size_t i = 0; i < count; i++) {
        bool truth = tensor->type == BOOL8, number = tensor->type == FLOAT32 || tensor->type == FLOAT64;
        int64_t integer = number  ? 0
                          : truth ? text_random() % 2
                                  : run_end_of(size, size->m == 0 ? 0 : (int64_t)i % size->m);
        text_put(tensor->data, i, tensor->type, (double)text_random_float(), integer);
    }
}

/* Tensors for the model's inputs. Extents go by name: n nodes, m or what has edge in its name edges, u 1;
 * integers are places of nodes. */
static inline void run_make(const Onnx__ModelProto *model, const struct run_size *size,
                            struct run_tensors *inputs)
{
    *inputs = (struct run_tensors){.count = model->graph->n_input};
    for (size_t i = 0; i < inputs->count; i++) {
        const Onnx__ValueInfoProto *info = model->graph->input[i];
        const Onnx__TypeProto__Tensor *type = info->type->tensor_type;
        struct run_tensor *tensor = &inputs->list[i];
        snprintf(tensor->name, sizeof tensor->name, "%s", info->name);
        tensor->type = type->elem_type;
        tensor->rank = (int)type->shape->n_dim;
        for (int d = 0; d < tensor->rank; d++) tensor->shape[d] = run_extent(type->shape->dim[d], size);
        run_fill(tensor, size);
    }
}

/* ---- comparing --------------------------------------------------------------------------------------------
 */

/* Largest difference in relation to the largest value, or to 0.05, as where all cancel there is rounding
 * only, and as stock's sigmoid and tanh are off by 1e-7; infinite where NaN or infinities are not at the same
 * places. */
static inline double run_difference(const float *a, const float *b, size_t count)
{
    double largest = 0.05, difference = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(a[i]) && isnan(b[i])) continue;
        if (isinf(a[i]) && a[i] == b[i]) continue;
        double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= 1e300)) return INFINITY;
        difference = d > difference ? d : difference;
        largest = fabs((double)a[i]) > largest ? fabs((double)a[i]) : largest;
    }
    return difference / largest;
}

/* What differs, or NULL. exact: to the last bit. */
static inline const char *run_compare(const struct run_tensors *a, const struct run_tensors *b, bool exact)
{
    static char report[256];
    for (size_t i = 0; i < a->count; i++) {
        const struct run_tensor *x = &a->list[i], *y = &b->list[i];
        bool same = x->type == y->type && x->rank == y->rank &&
                    memcmp(x->shape, y->shape, (size_t)x->rank * sizeof *x->shape) == 0;
        snprintf(report, sizeof report, "%s: another type or shape: rank %d [%lld, %lld], %d [%lld, %lld]",
                 x->name, x->rank, (long long)x->shape[0], (long long)x->shape[1], y->rank,
                 (long long)y->shape[0], (long long)y->shape[1]);
        if (!same) return report;
        size_t count = run_elements(x);
        if (exact || x->type != FLOAT32) {
            snprintf(report, sizeof report, "%s: other bytes", x->name);
            if (memcmp(x->data, y->data, count * text_size(x->type)) != 0) return report;
        } else {
            double difference = run_difference(x->data, y->data, count);
            snprintf(report, sizeof report, "%s: differs by %g", x->name, difference);
            if (!(difference <= 1e-4)) return report;
        }
    }
    return NULL;
}

/* ---- a whole check ---------------------------------------------------------------------------------- */

/* WHOLE: the provider takes all nodes; SOME: some; NONE: none, results are those of the stock runtime to the
 * last bit; ANY. */
enum run_claim { WHOLE, SOME, NONE, ANY };

enum { RUN_SESSIONS = 4 };

struct run_pair {
    OrtSession *stock, *ours[RUN_SESSIONS];
    size_t count; /* of ours */
    bool whole;   /* no node is left: the runtime's own results may hang on the number of threads */
};

/* NULL, or what is wrong. */
static inline const char *run_open(struct run_pair *pair, const void *model, size_t length,
                                   enum run_claim claim)
{
    static const int threads[] = {1, 2, 4};
    static char report[640];
    char message[512] = "";
    *pair = (struct run_pair){
        .stock = run_session(model, length, (struct run_options){.provider = false}, message)};
    snprintf(report, sizeof report, "no model: %s", message);
    if (pair->stock == NULL) return report;
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        pair->ours[i] = run_session(model, length,
                                    (struct run_options){true, claim == WHOLE, false, threads[i]}, message);
        snprintf(report, sizeof report, "refused with the provider: %s", message);
        if (pair->ours[i] == NULL) return report;
        pair->count++;
        pair->whole = run_claimed > 0 && run_left == 0;
        snprintf(report, sizeof report, "%d parts claimed, %d nodes left", run_claimed, run_left);
        if ((claim == NONE && run_claimed > 0) || (claim == SOME && (run_claimed == 0 || run_left == 0)))
            return report;
    }
    return NULL;
}

static inline void run_close(struct run_pair *pair)
{
    if (pair->stock != NULL) run_api->ReleaseSession(pair->stock);
    for (size_t i = 0; i < pair->count; i++) run_api->ReleaseSession(pair->ours[i]);
}

/* NULL, or what is wrong: results that differ from stock's, or, on every number of threads and again, among
 * themselves. */
static inline const char *run_on(const struct run_pair *pair, const struct run_tensors *inputs, bool exact)
{
    static char report[1024];
    char message[512] = "", own[512] = "";
    struct run_tensors expected, first, again;
    bool done = run_once(pair->stock, inputs, &expected, message);
    if (run_once(pair->ours[0], inputs, &first, own) != done) {
        snprintf(report, sizeof report, "stock: %.400s, ours: %.400s", message, own);
        run_release(&expected);
        run_release(&first);
        return report;
    }
    const char *wrong = run_compare(&expected, &first, exact);
    for (size_t i = 0; i < 2 * pair->count && done && wrong == NULL; i++) {
        if (!run_once(pair->ours[i / 2], inputs, &again, own)) fail_msg("%s", own);
        wrong = run_compare(&first, &again, pair->whole || i < 2);
        run_release(&again);
    }
    run_release(&expected);
    run_release(&first);
    return wrong;
}

/* NULL, or what is wrong, on any of run_sizes. */
static inline const char *run_sized(const Onnx__ModelProto *model, const struct run_pair *pair, bool exact)
{
    static char report[1200];
    for (size_t i = 0; i < sizeof run_sizes / sizeof *run_sizes; i++) {
        struct run_tensors inputs;
        run_make(model, &run_sizes[i], &inputs);
        const char *wrong = run_on(pair, &inputs, exact);
        run_release(&inputs);
        snprintf(report, sizeof report, "%lld nodes, %lld edges: %s", (long long)run_sizes[i].n,
                 (long long)run_sizes[i].m, wrong);
        if (wrong != NULL) return report;
    }
    return NULL;
}

static inline const char *run_model(const Onnx__ModelProto *model, enum run_claim claim)
{
    size_t length = 0;
    uint8_t *bytes = build_pack(model, &length);
    struct run_pair pair;
    const char *wrong = run_open(&pair, bytes, length, claim);
    if (wrong == NULL) wrong = run_sized(model, &pair, claim == NONE);
    run_close(&pair);
    free(bytes);
    return wrong;
}

/* The same, with the model's text printed where it is not well. */
static inline int run_text(int64_t opset, const char *text, enum run_claim claim)
{
    const char *wrong = run_model(text_model(opset, text), claim);
    if (wrong == NULL) return 0;
    fprintf(stderr, "operator set %lld: %s\n%s\n\n", (long long)opset, wrong,
            text); /* longer than cmocka prints */
    return 1;
}

/* A model that is the same from one operator set to another, with the attributes of each. */
struct run_form {
    int64_t first, last;
    const char *text;
};

static inline void run_forms(const struct run_form *forms, size_t count, enum run_claim claim)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        wrong += run_text(forms[i].first, forms[i].text, claim);
        if (forms[i].last != forms[i].first) wrong += run_text(forms[i].last, forms[i].text, claim);
    }
    assert_int_equal(wrong, 0);
}

#define RUN_FORMS(forms, claim) run_forms(forms, sizeof(forms) / sizeof *(forms), claim)

#endif
