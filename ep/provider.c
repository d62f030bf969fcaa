/* The execution provider's interface to ONNX Runtime: a factory that creates providers, a provider that
 * claims and compiles parts of graphs, and the function that runs one. ONNX Runtime 1.23 and newer,
 * onnxruntime_ep_c_api.h.
 *
 * It is a separate plugin, for any program that uses ONNX Runtime, and is built without libtrkx. Therefore
 * ep/ has its own arena and its own errors, made for work that may give up at any point (ep/arena.h), and
 * groups indices itself (ep/index.h). It shares with the rest of trkx only src/core/cpu.c, which is compiled
 * in, and the list of operators, onnx/operator_list.h. */
#include <onnxruntime_c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ep/claim.h"
#include "ep/kernels_best.h"
#include "ep/lower.h"
#include "ep/packings.h"
#include "ep/report.h"
#include "ep/rewrite.h"
#include "ep/run.h"

/* As a number, so that newer headers still work with a 1.23 library. */
enum { API_VERSION = 23 };

#define PROVIDER_NAME "TrkxExecutionProvider"

struct factory {
    OrtEpFactory base; /* first: the runtime passes a pointer to it */
    const OrtApi *api;
    const OrtEpApi *ep_api;
    OrtMemoryInfo *memory; /* of the CPU, to get its allocator */
};

struct provider {
    OrtEp base;
    const struct factory *factory;
    char *report; /* path, see report.h; NULL: none */
};

/* One claimed part of a graph. */
struct compiled {
    OrtNodeComputeInfo base;
    const struct factory *factory;
    struct ep_arena arena; /* of the graph */
    const struct ep_graph *graph;
    const enum ep_kind *kinds;
    struct ep_scratch_pool pool;
    struct ep_packings packings;
};

static OrtStatus *status_of(const struct factory *factory, const struct ep_arena *arena)
{
    OrtErrorCode code = arena->reason == EP_REASON_INPUT ? ORT_INVALID_ARGUMENT : ORT_EP_FAIL;
    char message[sizeof arena->message + 64];
    snprintf(message, sizeof message, PROVIDER_NAME ": %s%s",
             arena->reason == EP_REASON_MEMORY ? "bad_alloc: " : "", arena->message);
    return factory->api->CreateStatus(code, message);
}

/* ---- running ---------------------------------------------------------------------------------------- */

/* Everything that a run holds; released however it ends, even by an exception of the runtime's allocator.
 */
struct job {
    const struct compiled *compiled;
    OrtKernelContext *context;
    struct ep_arena arena;
    OrtAllocator *allocator;
    void *memory;
    OrtStatus *failure;
};

static void release_job(struct job *job)
{
    if (job->memory != NULL) job->allocator->Free(job->allocator, job->memory);
    if (job->allocator != NULL) job->compiled->factory->api->ReleaseAllocator(job->allocator);
    ep_arena_free(&job->arena);
}

/* Gives up, keeping the runtime's status. */
static void check(struct job *job, OrtStatus *failure)
{
    if (failure == NULL) return;
    job->failure = failure;
    ep_give_up(&job->arena, EP_REASON_INPUT, "ONNX Runtime");
}

static void read_input(struct job *job, size_t number, struct ep_tensor *tensor, int64_t *shape)
{
    const OrtApi *api = job->compiled->factory->api;
    const struct ep_value *value = &job->compiled->graph->values[job->compiled->graph->inputs[number]];
    const OrtValue *input = NULL;
    OrtTensorTypeAndShapeInfo *info = NULL;
    size_t rank = 0;
    check(job, api->KernelContext_GetInput(job->context, number, &input));
    if (input == NULL) ep_give_up(&job->arena, EP_REASON_INPUT, "%s is missing", value->name);
    check(job, api->GetTensorMutableData((OrtValue *)input, &tensor->data));
    tensor->element = value->element;
    OrtStatus *failure = api->GetTensorTypeAndShape(input, &info);
    if (failure == NULL) failure = api->GetDimensionsCount(info, &rank);
    if (failure == NULL && rank <= EP_RANK) failure = api->GetDimensions(info, shape, rank);
    if (info != NULL) api->ReleaseTensorTypeAndShapeInfo(info);
    check(job, failure);
    bool agrees = (int)rank == value->rank;
    for (int d = 0; d < value->rank && agrees; d++)
        agrees = shape[d] <= INT32_MAX && (value->shape[d] < 0 || value->shape[d] == shape[d]);
    if (!agrees)
        ep_give_up(&job->arena, EP_REASON_INPUT, "%s has a different shape than the model declares",
                   value->name);
}

/* Integers and numbers among the outputs are written here; columns are written by the run. */
static void write_output(const struct ep_lowered *value, const struct ep_tensor *inputs, void *data)
{
    int64_t count = ep_elements(value->shape, value->rank);
    size_t size = ep_element_size(value->element);
    if (value->kind == EP_NUMBERS && count > 0) memcpy(data, value->numbers, (size_t)count * size);
    if (value->kind != EP_INTEGERS) return;
    const struct ep_tensor *input = &inputs[value->input];
    for (int64_t i = 0; i < count; i++) {
        int64_t place = value->offset + ep_place(value->shape, value->rank, value->steps, i);
        int64_t integer = ep_tensor_integer(input, place);
        if (value->element == EP_INT64) ((int64_t *)data)[i] = integer;
        if (value->element == EP_INT32) ((int32_t *)data)[i] = (int32_t)integer;
    }
}

static void **make_outputs(struct job *job, const struct ep_lowered *values, const struct ep_tensor *inputs)
{
    const struct ep_graph *graph = job->compiled->graph;
    const OrtApi *api = job->compiled->factory->api;
    void **outputs = ep_alloc(&job->arena, graph->outputs_count, sizeof *outputs);
    for (size_t i = 0; i < graph->outputs_count; i++) {
        const struct ep_lowered *value = &values[graph->outputs[i]];
        OrtValue *output = NULL;
        check(job, api->KernelContext_GetOutput(job->context, i, value->shape, (size_t)value->rank, &output));
        if (output == NULL) ep_give_up(&job->arena, EP_REASON_INPUT, "an output is missing");
        check(job, api->GetTensorMutableData(output, &outputs[i]));
        write_output(value, inputs, outputs[i]);
    }
    return outputs;
}

static void parallel(void *context, void (*function)(void *, size_t), size_t count, void *data)
{
    const struct job *job = context;
    const OrtApi *api = job->compiled->factory->api;
    OrtStatus *failure = api->KernelContext_ParallelFor(job->context, function, count, count, data);
    if (failure == NULL) return;
    api->ReleaseStatus(failure); /* it has not started */
    for (size_t i = 0; i < count; i++) function(data, i);
}

static struct ep_plan *plan_run(struct job *job, struct ep_lowering *lowering, struct ep_tensor *inputs)
{
    const struct ep_graph *graph = job->compiled->graph;
    ep_lower_constants(lowering);
    for (size_t i = 0; i < graph->inputs_count; i++) {
        int64_t shape[EP_RANK] = {0};
        read_input(job, i, &inputs[i], shape);
        lowering->values[graph->inputs[i]] = ep_lower_input(lowering, graph->inputs[i], shape);
    }
    for (size_t n = 0; n < graph->nodes_count; n++) ep_lower_node(lowering, &graph->nodes[n]);
    for (size_t i = 0; i < graph->outputs_count; i++) ep_lower_output(lowering, graph->outputs[i]);
    ep_program_rewrite(lowering->program);
    return ep_plan_make(lowering->program);
}

/* Rows are read in any order: large pages make address translation faster. The advice may be ignored.
 */
static void advise_large_pages(char *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    enum { PAGE = 1 << 21 };
    uintptr_t begin = ((uintptr_t)memory + PAGE - 1) / PAGE * PAGE,
              end = ((uintptr_t)memory + bytes) / PAGE * PAGE;
    if (begin < end) madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#else
    (void)memory, (void)bytes;
#endif
}

static void run_job(struct job *job)
{
    const struct compiled *compiled = job->compiled;
    const struct ep_graph *graph = compiled->graph;
    const OrtApi *api = compiled->factory->api;
    struct ep_arena *arena = &job->arena;
    struct ep_program *program = ep_alloc(arena, 1, sizeof *program);
    program->arena = arena;
    program->packings = (struct ep_packings *)&compiled->packings; /* has its own lock */
    struct ep_lowering lowering = {.arena = arena,
                                   .graph = graph,
                                   .program = program,
                                   .kinds = compiled->kinds,
                                   .values = ep_alloc(arena, graph->values_count, sizeof *lowering.values)};
    struct ep_tensor *inputs = ep_alloc(arena, graph->inputs_count, sizeof *inputs);
    struct ep_plan *plan = plan_run(job, &lowering, inputs);
    void **outputs = make_outputs(job, lowering.values, inputs);
    check(job, api->KernelContext_GetAllocator(job->context, compiled->factory->memory, &job->allocator));
    enum { ALIGNMENT = 64 };
    job->memory = job->allocator->Alloc(job->allocator, plan->bytes + ALIGNMENT);
    if (job->memory == NULL) ep_give_up(arena, EP_REASON_MEMORY, "%zu bytes for a run", plan->bytes);
    advise_large_pages(job->memory, plan->bytes);
    struct ep_run run = {.plan = plan,
                         .kernels = ep_kernels_best(),
                         .pool = (struct ep_scratch_pool *)&compiled->pool, /* has its own lock */
                         .inputs = inputs,
                         .outputs = outputs,
                         .memory = (char *)(((uintptr_t)job->memory + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT),
                         .parallel = parallel,
                         .context = job};
    char message[sizeof arena->message];
    enum ep_reason reason = ep_run(&run, message, sizeof message);
    if (reason != EP_REASON_NONE) ep_give_up(arena, reason, "%s", message);
}

/* Separate from the function in which the job is a local variable, which a jump back could find in an old
 * state. */
static bool try_job(struct job *job)
{
    jmp_buf here;
    if (!EP_TRY(&job->arena, here)) return false;
    run_job(job);
    return true;
}

static OrtStatus *ORT_API_CALL compute(OrtNodeComputeInfo *self, void *state, OrtKernelContext *context)
{
    (void)state;
    __attribute__((cleanup(release_job))) struct job job = {.compiled = (const struct compiled *)self,
                                                            .context = context};
    if (try_job(&job)) return NULL;
    return job.failure != NULL ? job.failure : status_of(job.compiled->factory, &job.arena);
}

static OrtStatus *ORT_API_CALL create_state(OrtNodeComputeInfo *self, OrtNodeComputeContext *context,
                                            void **state)
{
    (void)context;
    *state = self;
    return NULL;
}

static void ORT_API_CALL release_state(OrtNodeComputeInfo *self, void *state)
{
    (void)self, (void)state;
}

/* ---- claiming and compiling ------------------------------------------------------------------------- */

static const char *ORT_API_CALL provider_name(const OrtEp *self)
{
    (void)self;
    return PROVIDER_NAME;
}

static OrtStatus *add_groups(const struct provider *provider, struct ep_arena *arena, const OrtGraph *graph,
                             OrtEpGraphSupportInfo *support)
{
    const OrtApi *api = provider->factory->api;
    OrtNodeFusionOptions options = {.ort_version_supported = API_VERSION, .drop_constant_initializers = true};
    struct ep_graph *read = ep_graph_read(arena, api, graph, false);
    struct ep_claims claims = ep_claim(arena, read);
    if (provider->report != NULL && !ep_report_append(provider->report, arena, read, &claims))
        ep_give_up(arena, EP_REASON_INPUT, "the report cannot be written to %s", provider->report);
    const OrtNode **nodes = ep_alloc(arena, read->nodes_count, sizeof *nodes);
    const OrtNode **group = ep_alloc(arena, read->nodes_count, sizeof *group);
    OrtStatus *failure = read->nodes_count == 0 ? NULL : api->Graph_GetNodes(graph, nodes, read->nodes_count);
    for (int g = 0; g < claims.count && failure == NULL; g++) {
        size_t count = 0;
        for (size_t n = 0; n < read->nodes_count; n++)
            if (claims.groups[n] == g) group[count++] = nodes[n];
        failure =
            provider->factory->ep_api->EpGraphSupportInfo_AddNodesToFuse(support, group, count, &options);
    }
    return failure;
}

static OrtStatus *try_groups(const struct provider *provider, struct ep_arena *arena, const OrtGraph *graph,
                             OrtEpGraphSupportInfo *support)
{
    jmp_buf here;
    if (EP_TRY(arena, here)) return add_groups(provider, arena, graph, support);
    return status_of(provider->factory, arena);
}

static OrtStatus *ORT_API_CALL get_capability(OrtEp *self, const OrtGraph *graph,
                                              OrtEpGraphSupportInfo *support)
{
    struct ep_arena arena = {0};
    OrtStatus *failure = try_groups((const struct provider *)self, &arena, graph, support);
    ep_arena_free(&arena);
    return failure;
}

static void release_compiled(struct compiled *compiled)
{
    if (compiled == NULL) return;
    ep_scratch_free(&compiled->pool);
    ep_packings_free(&compiled->packings);
    pthread_mutex_destroy(&compiled->pool.lock);
    ep_arena_free(&compiled->arena);
    free(compiled);
}

static OrtStatus *compile_graph(const struct factory *factory, const OrtGraph *graph, const OrtNode *fused,
                                struct compiled **result)
{
    struct compiled *compiled = calloc(1, sizeof *compiled);
    if (compiled == NULL) return factory->api->CreateStatus(ORT_EP_FAIL, PROVIDER_NAME ": bad_alloc");
    compiled->base = (OrtNodeComputeInfo){.ort_version_supported = API_VERSION,
                                          .CreateState = create_state,
                                          .Compute = compute,
                                          .ReleaseState = release_state};
    compiled->factory = factory;
    pthread_mutex_init(&compiled->pool.lock, NULL);
    ep_packings_init(&compiled->packings, NULL);
    *result = compiled;
    jmp_buf here;
    if (!EP_TRY(&compiled->arena, here)) return status_of(factory, &compiled->arena);
    struct ep_graph *read = ep_graph_read(&compiled->arena, factory->api, graph, true);
    ep_graph_bind(&compiled->arena, factory->api, fused, read);
    compiled->kinds = ep_claimed_kinds(&compiled->arena, read);
    compiled->graph = compiled->packings.graph = read;
    return NULL;
}

static void ORT_API_CALL release_infos(OrtEp *self, OrtNodeComputeInfo **infos, size_t count)
{
    (void)self;
    for (size_t i = 0; i < count; i++) release_compiled((struct compiled *)infos[i]);
}

static OrtStatus *ORT_API_CALL compile(OrtEp *self, const OrtGraph **graphs, const OrtNode **fused,
                                       size_t count, OrtNodeComputeInfo **infos, OrtNode **context_nodes)
{
    (void)context_nodes;
    const struct factory *factory = ((const struct provider *)self)->factory;
    for (size_t i = 0; i < count; i++) {
        struct compiled *compiled = NULL;
        OrtStatus *failure = compile_graph(factory, graphs[i], fused[i], &compiled);
        infos[i] = &compiled->base;
        if (failure == NULL) continue;
        release_infos(self, infos, compiled == NULL ? i : i + 1);
        memset(infos, 0, count * sizeof *infos);
        return failure;
    }
    return NULL;
}

/* ---- the factory ------------------------------------------------------------------------------------ */

static const char *ORT_API_CALL factory_name(const OrtEpFactory *self)
{
    (void)self;
    return PROVIDER_NAME;
}

static const char *ORT_API_CALL factory_vendor(const OrtEpFactory *self)
{
    (void)self;
    return "trkx";
}

static uint32_t ORT_API_CALL factory_vendor_id(const OrtEpFactory *self)
{
    (void)self;
    return 0;
}

static const char *ORT_API_CALL factory_version(const OrtEpFactory *self)
{
    (void)self;
    return TRKX_EP_VERSION;
}

static OrtStatus *ORT_API_CALL supported_devices(OrtEpFactory *self, const OrtHardwareDevice *const *devices,
                                                 size_t count, OrtEpDevice **found, size_t most,
                                                 size_t *found_count)
{
    const struct factory *factory = (const struct factory *)self;
    *found_count = 0;
    for (size_t i = 0; i < count && *found_count < most; i++) {
        if (factory->api->HardwareDevice_Type(devices[i]) != OrtHardwareDeviceType_CPU) continue;
        OrtStatus *failure =
            factory->ep_api->CreateEpDevice(self, devices[i], NULL, NULL, &found[*found_count]);
        if (failure != NULL) return failure;
        ++*found_count;
    }
    return NULL;
}

static void ORT_API_CALL release_provider(OrtEpFactory *self, OrtEp *provider)
{
    (void)self;
    free(((struct provider *)provider)->report);
    free(provider);
}

/* Applies one of the provider's options. */
static OrtStatus *take_option(const OrtApi *api, struct provider *provider, const char *name,
                              const char *value)
{
    char message[256];
    if (strcmp(name, "report") == 0) {
        provider->report = strdup(value);
        return provider->report != NULL ? NULL : api->CreateStatus(ORT_EP_FAIL, PROVIDER_NAME ": bad_alloc");
    }
    snprintf(message, sizeof message,
             PROVIDER_NAME ": unknown option \"%.100s\": the only one is report, the path of a file", name);
    return api->CreateStatus(ORT_INVALID_ARGUMENT, message);
}

/* Applies the session's entries for this provider. */
static OrtStatus *read_options(const OrtApi *api, const OrtSessionOptions *options, struct provider *provider)
{
    static const char prefix[] = "ep.trkxexecutionprovider.";
    const size_t length = sizeof prefix - 1;
    OrtKeyValuePairs *entries = NULL;
    const char *const *keys = NULL, *const *values = NULL;
    size_t count = 0;
    OrtStatus *failure = api->GetSessionOptionsConfigEntries(options, &entries);
    if (failure == NULL) api->GetKeyValuePairs(entries, &keys, &values, &count);
    for (size_t i = 0; i < count && failure == NULL; i++)
        if (strncmp(keys[i], prefix, length) == 0)
            failure = take_option(api, provider, keys[i] + length, values[i]);
    if (entries != NULL) api->ReleaseKeyValuePairs(entries);
    return failure;
}

static OrtStatus *ORT_API_CALL create_provider(OrtEpFactory *self, const OrtHardwareDevice *const *devices,
                                               const OrtKeyValuePairs *const *metadata, size_t count,
                                               const OrtSessionOptions *options, const OrtLogger *logger,
                                               OrtEp **result)
{
    (void)devices, (void)metadata, (void)count, (void)logger;
    const struct factory *factory = (const struct factory *)self;
    struct provider *provider = calloc(1, sizeof *provider);
    if (provider == NULL) return factory->api->CreateStatus(ORT_EP_FAIL, PROVIDER_NAME ": bad_alloc");
    provider->base = (OrtEp){.ort_version_supported = API_VERSION,
                             .GetName = provider_name,
                             .GetCapability = get_capability,
                             .Compile = compile,
                             .ReleaseNodeComputeInfos = release_infos};
    provider->factory = factory;
    OrtStatus *failure = read_options(factory->api, options, provider);
    if (failure != NULL) {
        release_provider(self, &provider->base);
        return failure;
    }
    *result = &provider->base;
    return NULL;
}

/* Memory and copies are the CPU's. A factory without these three functions crashes ONNX Runtime 1.32. */
static OrtStatus *ORT_API_CALL create_allocator(OrtEpFactory *self, const OrtMemoryInfo *memory,
                                                const OrtKeyValuePairs *options, OrtAllocator **allocator)
{
    (void)self, (void)memory, (void)options;
    *allocator = NULL;
    return NULL;
}

static void ORT_API_CALL release_allocator(OrtEpFactory *self, OrtAllocator *allocator)
{
    (void)self, (void)allocator;
}

static OrtStatus *ORT_API_CALL create_data_transfer(OrtEpFactory *self, OrtDataTransferImpl **transfer)
{
    (void)self;
    *transfer = NULL;
    return NULL;
}

static bool ORT_API_CALL is_stream_aware(const OrtEpFactory *self)
{
    (void)self;
    return false;
}

#define EXPORT __attribute__((visibility("default")))

EXPORT OrtStatus *ReleaseEpFactory(OrtEpFactory *self);
EXPORT OrtStatus *CreateEpFactories(const char *name, const OrtApiBase *base, const OrtLogger *logger,
                                    OrtEpFactory **factories, size_t most, size_t *count);

OrtStatus *ReleaseEpFactory(OrtEpFactory *self)
{
    struct factory *factory = (struct factory *)self;
    if (factory->memory != NULL) factory->api->ReleaseMemoryInfo(factory->memory);
    free(factory);
    return NULL;
}

OrtStatus *CreateEpFactories(const char *name, const OrtApiBase *base, const OrtLogger *logger,
                             OrtEpFactory **factories, size_t most, size_t *count)
{
    (void)name, (void)logger;
    const OrtApi *api = base->GetApi(API_VERSION);
    *count = 0;
    if (api == NULL) return NULL; /* older than 1.23: no factory, which the runtime reports */
    if (most < 1) return api->CreateStatus(ORT_INVALID_ARGUMENT, PROVIDER_NAME ": no space for a factory");
    struct factory *factory = calloc(1, sizeof *factory);
    if (factory == NULL) return api->CreateStatus(ORT_EP_FAIL, PROVIDER_NAME ": bad_alloc");
    factory->base = (OrtEpFactory){.ort_version_supported = API_VERSION,
                                   .GetName = factory_name,
                                   .GetVendor = factory_vendor,
                                   .GetVendorId = factory_vendor_id,
                                   .GetVersion = factory_version,
                                   .GetSupportedDevices = supported_devices,
                                   .CreateEp = create_provider,
                                   .ReleaseEp = release_provider,
                                   .CreateAllocator = create_allocator,
                                   .ReleaseAllocator = release_allocator,
                                   .CreateDataTransfer = create_data_transfer,
                                   .IsStreamAware = is_stream_aware};
    factory->api = api;
    factory->ep_api = api->GetEpApi();
    OrtStatus *failure = api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &factory->memory);
    if (failure != NULL) {
        free(factory);
        return failure;
    }
    factories[0] = &factory->base;
    *count = 1;
    return NULL;
}
