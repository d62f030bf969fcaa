/* The table of functions: each enters its device, takes a step, and turns failures into statuses. */
#include "gpu/failure.h"
#include "gpu/runtime.h"
#include "gpu/steps.h"

/* ---- devices ---------------------------------------------------------------------------------------- */

static void check_device(int device)
{
    int count = runtime::count_devices();
    if (count == 0) fail(TRKX_ERROR_DEVICE, "CUDA: there is no device: run with --device cpu");
    if (device < 0 || device >= count)
        fail(TRKX_ERROR_ARGUMENT, "CUDA: there is no device %d: they are 0 to %d", device, count - 1);
}

static enum trkx_status count_devices(int *count, trkx_error *error)
{
    return guarded(error, [&] { *count = runtime::count_devices(); });
}

static enum trkx_status describe(int device, trkx_cuda_device *description, trkx_error *error)
{
    return guarded(error, [&] {
        check_device(device);
        *description = runtime::describe(device);
    });
}

static void close(trkx_cuda_context *context)
{
    if (context == nullptr) return;
    try {
        runtime::use(context->device);
        runtime::synchronise(context->stream);
    } catch (const failure &) { /* of work that nobody waits for any more */
    }
    runtime::destroy_stream(context->stream);
    runtime::count_context(-1);
    delete context;
}

static enum trkx_status open(int device, size_t budget, trkx_cuda_context **context, trkx_error *error)
{
    *context = nullptr;
    return guarded(error, [&] {
        check_device(device);
        runtime::use(device);
        if (budget == 0) budget = runtime::describe(device).free_memory / 10 * 9;
        void *stream = runtime::create_stream();
        try {
            *context = new trkx_cuda_context(device, stream, budget);
        } catch (...) {
            runtime::destroy_stream(stream);
            throw;
        }
        runtime::count_context(1);
    });
}

static void *stream(const trkx_cuda_context *context)
{
    return context->stream;
}

/* A step on the context's device. */
template <class Step> static enum trkx_status run(trkx_cuda_context *context, trkx_error *error, Step step)
{
    return guarded(error, [&] {
        runtime::use(context->device);
        step();
    });
}

static enum trkx_status synchronise(trkx_cuda_context *context, trkx_error *error)
{
    return run(context, error, [&] { runtime::synchronise(context->stream); });
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static enum trkx_status allocate(trkx_cuda_context *context, size_t bytes, const char *what, void **block,
                                 trkx_error *error)
{
    *block = nullptr;
    return run(context, error, [&] { *block = context->pool.allocate(bytes, what); });
}

static void release(trkx_cuda_context *context, void *block)
{
    context->pool.release(block);
}

static void usage(const trkx_cuda_context *context, trkx_cuda_usage *usage)
{
    *usage = context->pool.usage();
}

static void restart_peak(trkx_cuda_context *context)
{
    context->pool.restart_peak();
}

static void trim(trkx_cuda_context *context)
{
    context->pool.trim();
}

static enum trkx_status upload(trkx_cuda_context *context, void *to, const void *from, size_t bytes,
                               trkx_error *error)
{
    return run(context, error, [&] { runtime::copy_in(to, from, bytes, context->stream); });
}

static enum trkx_status download(trkx_cuda_context *context, void *to, const void *from, size_t bytes,
                                 trkx_error *error)
{
    return run(context, error, [&] { runtime::copy_out(to, from, bytes, context->stream); });
}

/* ---- steps ------------------------------------------------------------------------------------------ */

static enum trkx_status features(trkx_cuda_context *context, const float *xyz, size_t n,
                                 const trkx_feature_spec *specs, size_t specs_count, float *features,
                                 trkx_error *error)
{
    return run(context, error, [&] { step_features(context, xyz, n, specs, specs_count, features); });
}

static enum trkx_status scale(trkx_cuda_context *context, float *columns, size_t n, size_t count,
                              const double *scales, trkx_error *error)
{
    return run(context, error, [&] { step_scale(context, columns, n, count, scales); });
}

static enum trkx_status radius_graph(trkx_cuda_context *context, const float *points, size_t n, size_t dim,
                                     const float *xyz, const trkx_edges_options *options,
                                     trkx_cuda_edges *edges, trkx_error *error)
{
    const trkx_edges_options defaults = {sizeof defaults, 1, 500, 0, nullptr}; /* trkx_edges_options_init */
    if (options == nullptr) options = &defaults;
    *edges = {};
    return run(context, error, [&] { step_radius_graph(context, points, n, dim, xyz, options, edges); });
}

static enum trkx_status edges_upload(trkx_cuda_context *context, const int64_t *index, const float *scores,
                                     size_t m, trkx_cuda_edges *edges, trkx_error *error)
{
    *edges = {};
    return run(context, error, [&] { step_edges_upload(context, index, scores, m, edges); });
}

static enum trkx_status edges_download(trkx_cuda_context *context, const trkx_cuda_edges *edges,
                                       int64_t *index, float *scores, trkx_error *error)
{
    return run(context, error, [&] { step_edges_download(context, edges, index, scores); });
}

static enum trkx_status orient(trkx_cuda_context *context, const float *xyz, size_t n, trkx_cuda_edges *edges,
                               trkx_error *error)
{
    return run(context, error, [&] { step_orient(context, xyz, n, edges); });
}

static enum trkx_status index64(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first,
                                size_t count, int64_t *to, trkx_error *error)
{
    return run(context, error, [&] { step_index64(context, edges, first, count, to); });
}

static enum trkx_status index32(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first,
                                size_t count, int32_t *to, trkx_error *error)
{
    return run(context, error, [&] { step_index32(context, edges, first, count, to); });
}

static enum trkx_status rows(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first,
                             size_t count, const float *features, size_t width, float *to, trkx_error *error)
{
    return run(context, error, [&] { step_rows(context, edges, first, count, features, width, to); });
}

static enum trkx_status scores_allocate(trkx_cuda_context *context, trkx_cuda_edges *edges, trkx_error *error)
{
    return run(context, error, [&] { step_scores_allocate(context, edges); });
}

static enum trkx_status sigmoid(trkx_cuda_context *context, float *scores, size_t m, trkx_error *error)
{
    return run(context, error, [&] { step_sigmoid(context, scores, m); });
}

static enum trkx_status cut(trkx_cuda_context *context, trkx_cuda_edges *edges, float at, trkx_error *error)
{
    return run(context, error, [&] { step_cut(context, edges, at); });
}

static enum trkx_status over(trkx_cuda_context *context, const trkx_cuda_edges *edges, float at,
                             trkx_cuda_edges *result, trkx_error *error)
{
    *result = {};
    return run(context, error, [&] { step_over(context, edges, at, result); });
}

static enum trkx_status components(trkx_cuda_context *context, size_t n, const trkx_cuda_edges *edges,
                                   float at, uint32_t *labels, trkx_error *error)
{
    return run(context, error, [&] { step_components(context, n, edges, at, labels); });
}

static enum trkx_status tracks(trkx_cuda_context *context, size_t n, const trkx_cuda_edges *edges,
                               const trkx_labelling_options *options, int32_t *labels, size_t *count,
                               trkx_error *error)
{
    const trkx_labelling_options defaults = {sizeof defaults, 0.5f, 3, 0}; /* trkx_labelling_options_init */
    if (options == nullptr) options = &defaults;
    return run(context, error, [&] { step_tracks(context, n, edges, options, labels, count); });
}

/* ---- the table -------------------------------------------------------------------------------------- */

static trkx_cuda_table make_table()
{
    trkx_cuda_table t = {};
    t.version = TRKX_CUDA_VERSION;
    t.size = sizeof t;
    t.host = runtime::host;
    t.name = runtime::name();
    t.count_devices = count_devices;
    t.describe = describe;
    t.open = open;
    t.close = close;
    t.stream = stream;
    t.synchronise = synchronise;
    t.allocate = allocate;
    t.release = release;
    t.usage = usage;
    t.restart_peak = restart_peak;
    t.trim = trim;
    t.upload = upload;
    t.download = download;
    t.computes = step_computes;
    t.features = features;
    t.scale = scale;
    t.radius_graph = radius_graph;
    t.edges_upload = edges_upload;
    t.edges_download = edges_download;
    t.edges_release = step_edges_release;
    t.orient = orient;
    t.index64 = index64;
    t.index32 = index32;
    t.rows = rows;
    t.scores_allocate = scores_allocate;
    t.sigmoid = sigmoid;
    t.cut = cut;
    t.over = over;
    t.components = components;
    t.tracks = tracks;
    t.fail_after = runtime::host ? runtime::fail_after : nullptr;
    t.alive = runtime::host ? runtime::alive : nullptr;
    return t;
}

extern "C" const trkx_cuda_table *trkx_cuda_interface(unsigned version)
{
    static const trkx_cuda_table table = make_table();
    return version == TRKX_CUDA_VERSION ? &table : nullptr;
}
