/* For the tests of gpu/: its build for the processor, with a context. Include after cmocka.h. */
#ifndef TRKX_TESTS_GPU_H
#define TRKX_TESTS_GPU_H

#include <stdlib.h>
#include <string.h>

#include "gpu/host/for_tests.h"

static const trkx_cuda_table *library;
static const trkx_backend *gpu;
static const trkx_cuda_tests *inside;
static trkx_backend_context *context;
static trkx_error gpu_error;

#define OK(call) assert_int_equal((call), TRKX_OK)

static inline void open_context(size_t budget)
{
    OK(library->open(0, budget, &context, &gpu_error));
}

/* Nothing may be held but what the test released, and nothing of the library lives on. */
static inline void close_context(void)
{
    trkx_cuda_usage usage;
    inside->usage(context, &usage);
    assert_int_equal(usage.blocks, 0);
    assert_int_equal(usage.held, 0);
    assert_true(usage.reserved <= usage.budget);
    library->close(context);
    context = NULL;
    assert_int_equal(inside->alive(), 0);
}

static inline int gpu_setup(void **state)
{
    (void)state;
    library = trkx_cuda_interface(TRKX_CUDA_VERSION);
    if (library == NULL) return -1;
    gpu = &library->backend;
    inside = trkx_cuda_for_tests();
    open_context((size_t)2 << 30);
    return 0;
}

static inline int gpu_teardown(void **state)
{
    (void)state;
    close_context();
    return 0;
}

/* Memory of the device with a copy of `bytes` bytes. */
static inline void *on_device(const void *from, size_t bytes)
{
    void *block;
    OK(gpu->allocate(context, bytes, "a test", &block, &gpu_error));
    OK(gpu->upload(context, block, from, bytes, &gpu_error));
    return block;
}

static inline trkx_backend_edges edges_on_device(const trkx_edges *edges, const float *scores)
{
    trkx_backend_edges there;
    OK(gpu->upload_edges(context, edges->index, edges->count, &there, &gpu_error));
    there.saturated = edges->saturated;
    if (scores != NULL) there.scores = on_device(scores, edges->count * sizeof *scores);
    return there;
}

/* Compares with edges of the processor, byte by byte, and releases. */
static inline void expect_edges(trkx_backend_edges *there, const trkx_edges *expected, const float *scores)
{
    size_t m = there->count;
    assert_int_equal(m, expected->count);
    assert_int_equal(there->saturated, expected->saturated);
    int64_t *index = malloc((2 * m + 1) * sizeof *index);
    float *own = malloc((m + 1) * sizeof *own);
    OK(gpu->download_edges(context, there, index, &gpu_error));
    if (m > 0 && scores != NULL) OK(gpu->download(context, own, there->scores, m * sizeof *own, &gpu_error));
    if (m > 0) assert_memory_equal(index, expected->index, 2 * m * sizeof *index);
    if (m > 0 && scores != NULL) assert_memory_equal(own, scores, m * sizeof *own);
    free(index);
    free(own);
    gpu->release_edges(context, there);
    assert_null(there->pairs);
}

/* The most that is tried, less where it is instrumented. */
static inline size_t large(void)
{
    const char *instrumented = getenv("TRKX_SANITIZE");
    if (instrumented == NULL || *instrumented == '\0') return 200000;
    return strcmp(instrumented, "coverage") == 0 ? 5000 : 20000;
}

#endif
