/* The graph network: every edge is scored in the light of the edges around it, so the graph goes in whole. */
#include "pipeline.h"
#include "pipeline_device.h"

enum trkx_status trkx_gnn_in(const trkx_pipeline *pipeline, const struct trkx_run_context *context,
                             const float *features, size_t n, const trkx_edges *edges, float *scores,
                             trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[TRKX_NETWORK_GNN];
    int64_t m = (int64_t)edges->count;
    struct trkx_tensor in[2] = {
        {(float *)features, TRKX_ELEMENT_FLOAT, 2, {(int64_t)n, (int64_t)model->features_count}},
        {edges->index, TRKX_ELEMENT_INT64, 2, {2, m}}};
    struct trkx_tensor out = {scores, TRKX_ELEMENT_FLOAT, 1, {m}};
    if (m == 0) return TRKX_OK;
    enum trkx_status status =
        trkx_session_run(context->sessions[TRKX_NETWORK_GNN], context->memory, in, &out, error);
    if (status == TRKX_OK && !model->sigmoid_in_model) trkx_sigmoid(scores, edges->count, pipeline->threads);
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
