/* Loads the networks of a pipeline, and checks each model against its entry in the bundle. */
#include "pipeline/sessions.h"

/* The required form of a model: node features [n,F], for filter and GNN also edges [2,m] or [m,2]; or, for a
 * filter, only pairs [b,2F]. */
static enum trkx_status load_network(const trkx_pipeline *pipeline, enum trkx_network network,
                                     const struct trkx_device *device, struct trkx_session **session,
                                     trkx_error *error)
{
    const struct trkx_model *model = &pipeline->bundle.models[network];
    int64_t width = (int64_t)model->features_count * (model->pairs ? 2 : 1);
    struct trkx_tensor_spec inputs[2] = {{model->inputs[0], TRKX_ELEMENT_FLOAT, 2, {-1, width}},
                                         {model->inputs[1], TRKX_ELEMENT_INT64, 2, {2, -1}}};
    if (model->transposed) inputs[1].shape[0] = -1, inputs[1].shape[1] = 2;
    struct trkx_session_spec spec = {.file = model->path,
                                     .data = &model->data,
                                     .inputs = inputs,
                                     .inputs_count = model->inputs_count,
                                     .output = {model->output, TRKX_ELEMENT_FLOAT, 1, {-1}},
                                     .threads = pipeline->threads,
                                     .kernels = pipeline->kernels,
                                     .device = device};
    if (trkx_network_kind(network) == TRKX_NETWORK_EMBEDDING) {
        spec.output.rank = 2;
        spec.output.shape[1] = (int64_t)trkx_pass_of(&pipeline->bundle, network)->dim;
    }
    void *bytes = NULL;
    enum trkx_status status = trkx_model_read(model, &bytes, &spec.model_bytes, error);
    if (status != TRKX_OK) return status;
    spec.model = bytes;
    status = trkx_session_create(&spec, session, error);
    trkx_release(bytes);
    return status;
}

enum trkx_status trkx_sessions_load(const trkx_pipeline *pipeline, const struct trkx_device *device,
                                    struct trkx_session **sessions, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    for (int i = 0; i < TRKX_NETWORKS && status == TRKX_OK; i++)
        status = load_network(pipeline, (enum trkx_network)i, device, &sessions[i], error);
    return status;
}

enum trkx_status trkx_sessions_load_second(const trkx_pipeline *pipeline, struct trkx_session **sessions,
                                           trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    for (size_t i = TRKX_NETWORKS; i < pipeline->bundle.networks && status == TRKX_OK; i++)
        status = load_network(pipeline, (enum trkx_network)i, NULL, &sessions[i], error);
    return status;
}
