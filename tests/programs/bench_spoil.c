/* Linked with the program's objects for tests/programs/bench.bats: one function of the public interface
 * (SPOIL names it) gives a result that is a little wrong, from its SPOIL_AFTER-th call on. trkx bench has to
 * find that.
 *
 * The linker wraps each function that is defined here (tests/CMakeLists.txt), whose name is a macro for
 * __wrap_<name>. */
#include <stdlib.h>
#include <string.h>

#include "trkx.h"

static bool spoils(const char *name)
{
    static int calls;
    const char *which = getenv("SPOIL"), *after = getenv("SPOIL_AFTER");
    return strcmp(which, name) == 0 && ++calls >= atoi(after);
}

/* The library's own function of this name. */
#define OWN(name)                              \
    __extension__({                            \
        extern __typeof__(name) __real_##name; \
        __real_##name;                         \
    })

enum trkx_status trkx_event_read(const char *prefix, unsigned parts, int threads, trkx_event **event,
                                 trkx_error *error)
{
    enum trkx_status status = OWN(trkx_event_read)(prefix, parts, threads, event, error);
    if (spoils("event_read")) ((int32_t *)trkx_event_hits(*event)->layer_id)[7]++;
    return status;
}

enum trkx_status trkx_radius_graph(const float *points, size_t n, size_t dim,
                                   const trkx_edges_options *options, trkx_edges *edges, trkx_error *error)
{
    enum trkx_status status = OWN(trkx_radius_graph)(points, n, dim, options, edges, error);
    size_t m = edges->count;
    if (spoils("lost_edge")) { /* the last one */
        memmove(edges->index + m - 1, edges->index + m, (m - 1) * sizeof *edges->index);
        edges->count--;
    }
    if (spoils("other_edge")) edges->index[2 * m - 1]--;
    return status;
}

enum trkx_status trkx_embed(const trkx_pipeline *pipeline, const float *features, size_t n, float *embedding,
                            trkx_error *error)
{
    enum trkx_status status = OWN(trkx_embed)(pipeline, features, n, embedding, error);
    if (spoils("embed")) embedding[5] *= 1 + 0x1p-23f;
    return status;
}

enum trkx_status trkx_filter(const trkx_pipeline *pipeline, const float *features, size_t n,
                             const trkx_edges *edges, float *scores, trkx_error *error)
{
    enum trkx_status status = OWN(trkx_filter)(pipeline, features, n, edges, scores, error);
    if (spoils("filter")) scores[edges->count / 2] = 1 - scores[edges->count / 2];
    return status;
}

enum trkx_status trkx_gnn(const trkx_pipeline *pipeline, const float *features, size_t n,
                          const trkx_edges *edges, float *scores, trkx_error *error)
{
    enum trkx_status status = OWN(trkx_gnn)(pipeline, features, n, edges, scores, error);
    if (spoils("gnn")) scores[edges->count / 2] = 1 - scores[edges->count / 2];
    return status;
}

enum trkx_status trkx_components(size_t n, const trkx_edges *edges, const float *scores,
                                 const trkx_labelling_options *options, int32_t *labels, size_t *count,
                                 trkx_error *error)
{
    enum trkx_status status = OWN(trkx_components)(n, edges, scores, options, labels, count, error);
    if (spoils("components")) labels[n / 2]++;
    return status;
}

enum trkx_status trkx_pipeline_run(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                   const trkx_run_options *options, trkx_result **result, trkx_error *error)
{
    enum trkx_status status = OWN(trkx_pipeline_run)(pipeline, hits, options, result, error);
    if (spoils("pipeline_run")) (*result)->labels[hits->count / 2]++;
    return status;
}
