/* Loads pipelines with the command's settings. */
#include "programs/bench/inputs.h"

static enum trkx_status load_with(struct bench *bench, int threads, enum trkx_kernels kernels,
                                  trkx_pipeline **pipeline)
{
    trkx_pipeline_options choice;
    trkx_pipeline_options_init(&choice);
    choice.threads = threads;
    choice.detectors = bench->detectors;
    choice.kernels = kernels;
    return load_pipeline(bench->bundle, &bench->device, &choice, pipeline, &bench->error);
}

bool bench_on_device(const struct bench *bench)
{
    return trkx_pipeline_device(bench->pipeline)->count > 0;
}

enum trkx_status bench_load_pipeline(struct bench *bench, int threads, trkx_pipeline **pipeline)
{
    return load_with(bench, threads, bench->kernels, pipeline);
}

enum trkx_status bench_load_stock(struct bench *bench)
{
    if (bench->stock != NULL) return TRKX_OK;
    return load_with(bench, bench->threads, TRKX_KERNELS_STOCK, &bench->stock);
}
