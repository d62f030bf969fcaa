/* The place of a pipeline's runs: chosen and opened once, and lent to each run. */
#include "pipeline/workplace.h"

#include <string.h>

#include "pipeline/sessions.h"

/* ---- opening ---------------------------------------------------------------------------------------- */

/* Opens all devices with their networks, or none. */
static enum trkx_status open_devices(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                     const char *names, trkx_error *error)
{
    const struct trkx_devices_spec spec = {names, options->max_memory, options->tf32};
    enum trkx_status status = trkx_devices_open(&spec, &pipeline->devices, error);
    if (status != TRKX_OK) return status;
    for (size_t i = 0; i < trkx_devices_count(pipeline->devices) && status == TRKX_OK; i++) {
        struct trkx_gpu *gpu = trkx_devices_at(pipeline->devices, i);
        status = trkx_sessions_load(pipeline, &gpu->device, gpu->sessions, error);
    }
    if (status == TRKX_OK) return status;
    trkx_devices_close(pipeline->devices);
    pipeline->devices = NULL;
    return status;
}

static enum trkx_status use_cpu(trkx_pipeline *pipeline, trkx_error *error)
{
    pipeline->device = (trkx_device_info){.device = "cpu", .description = "", .fallback = pipeline->fallback};
    return trkx_sessions_load(pipeline, NULL, pipeline->sessions, error);
}

static enum trkx_status use_devices(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                    const char *names, trkx_error *error)
{
    pipeline->device_names = trkx_duplicate(names);
    if (pipeline->device_names == NULL) return trkx_fail_memory(error, "a name", strlen(names));
    enum trkx_status status = open_devices(pipeline, options, names, error);
    if (status != TRKX_OK) return status;
    pipeline->device = (trkx_device_info){.device = pipeline->device_names,
                                          .count = trkx_devices_count(pipeline->devices),
                                          .description = trkx_devices_description(pipeline->devices)};
    return TRKX_OK;
}

/* The first GPU, or the CPU if something is missing; the reason is kept. */
static enum trkx_status use_what_there_is(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                          trkx_error *error)
{
    trkx_error missing;
    enum trkx_status status = use_devices(pipeline, options, "cuda:0", &missing);
    if (status == TRKX_OK) return status;
    if (status != TRKX_ERROR_DEVICE) return trkx_fail(error, status, "%s", missing.message);
    pipeline->fallback = trkx_duplicate(missing.message);
    if (pipeline->fallback == NULL) return trkx_fail_memory(error, "a message", strlen(missing.message));
    return use_cpu(pipeline, error);
}

/* The place of whole runs. */
static enum trkx_status open_place(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                   trkx_error *error)
{
    const char *device = options->device != NULL ? options->device : "cpu";
    if (strcmp(device, "auto") == 0) return use_what_there_is(pipeline, options, error);
    if (strcmp(device, "cpu") != 0) return use_devices(pipeline, options, device, error);
    if (options->max_memory > 0 || options->tf32)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "pipeline: max_memory and tf32 are for GPUs, but the device is cpu");
    return use_cpu(pipeline, error);
}

enum trkx_status trkx_workplace_open(trkx_pipeline *pipeline, const trkx_pipeline_options *options,
                                     trkx_error *error)
{
    enum trkx_status status = open_place(pipeline, options, error);
    return status != TRKX_OK ? status : trkx_sessions_load_second(pipeline, pipeline->sessions, error);
}

void trkx_workplace_close(trkx_pipeline *pipeline)
{
    for (int i = 0; i < TRKX_ALL_NETWORKS; i++) trkx_session_destroy(pipeline->sessions[i]);
    trkx_devices_close(pipeline->devices);
    trkx_release(pipeline->device_names);
    trkx_release(pipeline->fallback);
}

/* ---- for one run ------------------------------------------------------------------------------------ */

static void use_gpu(struct trkx_workplace *place, struct trkx_gpu *gpu)
{
    *place = (struct trkx_workplace){
        .backend = gpu->backend, .context = gpu->device.context, .sessions = gpu->sessions, .gpu = gpu};
}

void trkx_workplace_take(struct trkx_workplace *place, const trkx_pipeline *pipeline,
                         struct trkx_memory *memory)
{
    if (pipeline->devices != NULL) {
        use_gpu(place, trkx_devices_lend(pipeline->devices));
    } else {
        trkx_workplace_take_cpu(place, pipeline, memory);
    }
}

void trkx_workplace_take_cpu(struct trkx_workplace *place, const trkx_pipeline *pipeline,
                             struct trkx_memory *memory)
{
    *place = (struct trkx_workplace){.backend = trkx_backend_cpu(),
                                     .context = trkx_cpu_context(&place->cpu),
                                     .sessions = pipeline->sessions,
                                     .cpu = {memory, pipeline->threads}};
}

void trkx_workplace_leave(struct trkx_workplace *place, const trkx_pipeline *pipeline)
{
    if (place->gpu != NULL) trkx_devices_return(pipeline->devices, place->gpu);
}
