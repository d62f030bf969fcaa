/* The graph network: every edge is scored in the light of the edges around it, so the graph goes in whole. */
#include "networks/edge_tensors.h"
#include "pipeline/pipeline_device.h"

enum trkx_status trkx_gnn_in(const trkx_pipeline *pipeline, const struct trkx_run_context *context,
                             const float *features, size_t n, const trkx_edges *edges, float *scores,
                             trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[TRKX_NETWORK_GNN];
    const struct trkx_ends ends = trkx_ends_of(pipeline, context->sessions, TRKX_NETWORK_GNN, features, n);
    struct trkx_tensor in[2], out = {scores, TRKX_ELEMENT_FLOAT, 1, {(int64_t)edges->count}};
    enum trkx_status status = TRKX_OK;
    char *copy = NULL; /* where the network does not take our edges as they are */
    if (edges->count == 0) return TRKX_OK;
    TRKX_CHECK(trkx_ends_check(&ends, error));
    if (trkx_ends_as_they_are(&ends)) {
        trkx_ends_view(&ends, edges, in);
    } else {
        TRKX_ALLOCATE(copy, context->memory, edges->count * trkx_ends_bytes(&ends), "edges");
        trkx_ends_put(&ends, edges, 0, edges->count, copy, in);
    }
    TRKX_CHECK(trkx_session_run(context->sessions[TRKX_NETWORK_GNN], context->memory, in, &out, error));
    if (!model->sigmoid_in_model) trkx_sigmoid(scores, edges->count, pipeline->threads);
cleanup:
    trkx_release(copy);
    return status;
}

enum trkx_status trkx_gnn(const trkx_pipeline *pipeline, const float *features, size_t n,
                          const trkx_edges *edges, float *scores, trkx_error *error)
{
    const struct trkx_run_context context = {.sessions = pipeline->sessions};
    if (pipeline->devices != NULL)
        return trkx_device_score_host(pipeline, TRKX_NETWORK_GNN, features, n, edges, scores, error);
    return trkx_gnn_in(pipeline, &context, features, n, edges, scores, error);
}
