/* The table of functions: each selects its device, runs a step, and turns failures into statuses. */
#include "gpu/edges.h"
#include "gpu/failure.h"
#include "gpu/features.h"
#include "gpu/runtime.h"
#include "gpu/search.h"
#include "gpu/tracks.h"

/* ---- devices ---------------------------------------------------------------------------------------- */

static void check_device(int device)
{
    int count = runtime::count_devices();
    if (count == 0) fail(TRKX_ERROR_DEVICE, "CUDA: there is no device: run with --device cpu");
    if (device < 0 || device >= count)
        fail(TRKX_ERROR_ARGUMENT, "CUDA: there is no device %d: devices are 0 to %d", device, count - 1);
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

static void close(trkx_backend_context *context)
{
    if (context == nullptr) return;
    try {
        runtime::use(context->device);
        runtime::synchronise(context->stream);
    } catch (const failure &) { /* of work that is no longer needed */
    }
    runtime::destroy_stream(context->stream);
    delete context;
}

static enum trkx_status open(int device, size_t budget, trkx_backend_context **context, trkx_error *error)
{
    *context = nullptr;
    return guarded(error, [&] {
        check_device(device);
        runtime::use(device);
        void *stream = runtime::create_stream();
        try {
            *context = new trkx_backend_context(device, stream, budget);
        } catch (...) {
            runtime::destroy_stream(stream);
            throw;
        }
    });
}

static void *stream(const trkx_backend_context *context)
{
    return context->stream;
}

/* A step on the context's device. */
template <class Step> static enum trkx_status run(trkx_backend_context *context, trkx_error *error, Step step)
{
    return guarded(error, [&] {
        runtime::use(context->device);
        step();
    });
}

static enum trkx_status synchronise(trkx_backend_context *context, trkx_error *error)
{
    return run(context, error, [&] { runtime::synchronise(context->stream); });
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static enum trkx_status allocate(trkx_backend_context *context, size_t bytes, const char *what, void **block,
                                 trkx_error *error)
{
    *block = nullptr;
    return run(context, error, [&] { *block = context->pool.allocate(bytes, what); });
}

static void release(trkx_backend_context *context, void *block)
{
    context->pool.release(block);
}

static size_t restart_peak(trkx_backend_context *context)
{
    return context->pool.restart_peak();
}

static enum trkx_status upload(trkx_backend_context *context, void *to, const void *from, size_t bytes,
                               trkx_error *error)
{
    return run(context, error, [&] { runtime::copy_in(to, from, bytes, context->stream); });
}

static enum trkx_status download(trkx_backend_context *context, void *to, const void *from, size_t bytes,
                                 trkx_error *error)
{
    return run(context, error, [&] { runtime::copy_out(to, from, bytes, context->stream); });
}

/* ---- steps ------------------------------------------------------------------------------------------ */

static enum trkx_status features(trkx_backend_context *context, const float *xyz, size_t n,
                                 const trkx_feature_spec *specs, size_t specs_count, float *features,
                                 trkx_error *error)
{
    return run(context, error, [&] { step_features(context, xyz, n, specs, specs_count, features); });
}

static enum trkx_status radius_graph(trkx_backend_context *context, const trkx_backend_points *points,
                                     const trkx_edges_options *options, trkx_backend_edges *edges,
                                     trkx_error *error)
{
    *edges = {};
    return run(context, error, [&] { step_radius_graph(context, *points, options, edges); });
}

static enum trkx_status upload_edges(trkx_backend_context *context, const int64_t *index, size_t m,
                                     trkx_backend_edges *edges, trkx_error *error)
{
    *edges = {};
    return run(context, error, [&] { step_upload_edges(context, index, m, edges); });
}

static enum trkx_status download_edges(trkx_backend_context *context, const trkx_backend_edges *edges,
                                       int64_t *index, trkx_error *error)
{
    return run(context, error, [&] { step_download_edges(context, edges, index); });
}

static enum trkx_status edge_tensor(trkx_backend_context *context, const trkx_backend_edges *edges,
                                    size_t first, size_t count, const trkx_edge_form *form, void *to,
                                    trkx_error *error)
{
    return run(context, error, [&] { step_edge_tensor(context, edges, first, count, form, to); });
}

static enum trkx_status sigmoid(trkx_backend_context *context, float *scores, size_t m, trkx_error *error)
{
    return run(context, error, [&] { step_sigmoid(context, scores, m); });
}

static enum trkx_status cut(trkx_backend_context *context, trkx_backend_edges *edges, float at,
                            trkx_error *error)
{
    return run(context, error, [&] { step_cut(context, edges, at); });
}

static enum trkx_status over(trkx_backend_context *context, const trkx_backend_edges *edges, float at,
                             trkx_backend_edges *result, trkx_error *error)
{
    *result = {};
    return run(context, error, [&] { step_over(context, edges, at, result); });
}

static enum trkx_status components(trkx_backend_context *context, size_t n, const trkx_backend_edges *edges,
                                   const trkx_labelling_options *options, int32_t *labels, size_t *count,
                                   trkx_error *error)
{
    return run(context, error, [&] { step_components(context, n, edges, options, labels, count); });
}

/* ---- the table -------------------------------------------------------------------------------------- */

static trkx_backend make_backend()
{
    trkx_backend b = {};
    b.allocate = allocate;
    b.release = release;
    b.restart_peak = restart_peak;
    b.synchronise = synchronise;
    b.upload = upload;
    b.download = download;
    b.upload_edges = upload_edges;
    b.download_edges = download_edges;
    b.computes = step_computes;
    b.features = features;
    b.radius_graph = radius_graph;
    b.release_edges = step_release_edges;
    b.edge_tensor = edge_tensor;
    b.sigmoid = sigmoid;
    b.cut = cut;
    b.over = over;
    b.components = components;
    return b;
}

static trkx_cuda_table make_table()
{
    trkx_cuda_table t = {};
    t.version = TRKX_CUDA_VERSION;
    t.size = sizeof t;
    t.host = runtime::host;
    t.count_devices = count_devices;
    t.describe = describe;
    t.open = open;
    t.close = close;
    t.stream = stream;
    t.backend = make_backend();
    return t;
}

extern "C" const trkx_cuda_table *trkx_cuda_interface(unsigned version)
{
    static const trkx_cuda_table table = make_table();
    return version == TRKX_CUDA_VERSION ? &table : nullptr;
}
