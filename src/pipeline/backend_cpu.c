/* The back end of the CPU: each operation is a function of the library, on the host's memory. */
#include "pipeline/backend_cpu.h"

#include <math.h>

#include "core/threads.h"
#include "graph/edges.h"
#include "graph/radius_graph.h"
#include "pipeline/edge_tensors.h"

trkx_backend_context *trkx_cpu_context(struct trkx_cpu *cpu)
{
    return (trkx_backend_context *)cpu;
}

static struct trkx_cpu *cpu_of(trkx_backend_context *context)
{
    return (struct trkx_cpu *)context;
}

static trkx_edges view_of(const trkx_backend_edges *edges)
{
    return (trkx_edges){.count = edges->count, .saturated = edges->saturated, .index = edges->index};
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static enum trkx_status allocate(trkx_backend_context *context, size_t bytes, const char *what, void **block,
                                 trkx_error *error)
{
    *block = trkx_allocate(cpu_of(context)->memory, bytes, 1);
    return *block != NULL ? TRKX_OK : trkx_fail_memory(error, what, bytes);
}

static void release(trkx_backend_context *context, void *block)
{
    (void)context;
    trkx_release(block);
}

static size_t restart_peak(trkx_backend_context *context)
{
    return trkx_memory_restart(cpu_of(context)->memory);
}

static enum trkx_status synchronise(trkx_backend_context *context, trkx_error *error)
{
    (void)context, (void)error;
    return TRKX_OK;
}

/* ---- features: all are computed by the host ----------------------------------------------------------- */

static bool computes(enum trkx_feature feature)
{
    (void)feature;
    return false;
}

/* ---- edges ------------------------------------------------------------------------------------------ */

static enum trkx_status radius_graph(trkx_backend_context *context, const trkx_backend_points *points,
                                     const trkx_edges_options *options, trkx_backend_edges *edges,
                                     trkx_error *error)
{
    struct trkx_memory *memory = cpu_of(context)->memory;
    enum trkx_status status = TRKX_OK;
    trkx_edges found = {0};
    double *norms = NULL;
    *edges = (trkx_backend_edges){0};
    TRKX_CHECK(trkx_edges_norms(memory, points->xyz, points->n, &norms, error));
    const struct trkx_points all = {points->values, points->n, points->dim, norms};
    TRKX_CHECK(trkx_radius_graph_in(memory, &all, options, &found, error));
    *edges = (trkx_backend_edges){.count = found.count, .saturated = found.saturated, .index = found.index};
cleanup:
    trkx_release(norms);
    return status;
}

static void release_edges(trkx_backend_context *context, trkx_backend_edges *edges)
{
    (void)context;
    trkx_release(edges->index);
    trkx_release(edges->scores);
    *edges = (trkx_backend_edges){0};
}

static enum trkx_status edge_tensor(trkx_backend_context *context, const trkx_backend_edges *edges,
                                    size_t first, size_t count, const trkx_edge_form *form, void *to,
                                    trkx_error *error)
{
    (void)context, (void)error;
    trkx_edge_tensor_put(form, edges->index + first, edges->index + edges->count + first, count, to);
    return TRKX_OK;
}

static enum trkx_status sigmoid(trkx_backend_context *context, float *scores, size_t m, trkx_error *error)
{
    (void)error;
#pragma omp parallel for num_threads(cpu_of(context)->threads) schedule(static) if (m > 10000)
    for (size_t e = 0; e < m; e++) scores[e] = 1.0f / (1.0f + expf(-scores[e]));
    return TRKX_OK;
}

static enum trkx_status cut(trkx_backend_context *context, trkx_backend_edges *edges, float at,
                            trkx_error *error)
{
    (void)context, (void)error;
    trkx_edges kept = view_of(edges);
    trkx_edges_cut(&kept, edges->scores, at);
    edges->count = kept.count;
    trkx_shrink(edges->index, 2 * edges->count, sizeof *edges->index);
    trkx_shrink(edges->scores, edges->count, sizeof *edges->scores);
    return TRKX_OK;
}

static enum trkx_status over(trkx_backend_context *context, const trkx_backend_edges *edges, float at,
                             trkx_backend_edges *result, trkx_error *error)
{
    const trkx_edges all = view_of(edges);
    trkx_edges kept;
    *result = (trkx_backend_edges){0};
    enum trkx_status status =
        trkx_edges_over_in(cpu_of(context)->memory, &all, edges->scores, at, &kept, error);
    if (status != TRKX_OK) return status;
    *result = (trkx_backend_edges){.count = kept.count, .saturated = kept.saturated, .index = kept.index};
    return TRKX_OK;
}

const trkx_backend *trkx_backend_cpu(void)
{
    static const trkx_backend backend = {.shared = true,
                                         .allocate = allocate,
                                         .release = release,
                                         .restart_peak = restart_peak,
                                         .synchronise = synchronise,
                                         .computes = computes,
                                         .radius_graph = radius_graph,
                                         .release_edges = release_edges,
                                         .edge_tensor = edge_tensor,
                                         .sigmoid = sigmoid,
                                         .cut = cut,
                                         .over = over};
    return &backend;
}
