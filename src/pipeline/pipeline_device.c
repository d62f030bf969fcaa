#include "pipeline/pipeline_device.h"

#include "features/features.h"
#include "networks/edge_tensors.h"
#include "pipeline/graph.h"
#include "tracks/components.h"
#include "tracks/labels.h"

/* ---- memory ----------------------------------------------------------------------------------------- */

static enum trkx_status allocate(const struct trkx_device_run *run, size_t count, size_t size,
                                 const char *what, void **block)
{
    return run->device->cuda->allocate(run->device->context, count * size, what, block, run->error);
}

static enum trkx_status allocate_floats(const struct trkx_device_run *run, size_t count, const char *what,
                                        float **block)
{
    void *taken = NULL;
    enum trkx_status status = allocate(run, count, sizeof **block, what, &taken);
    *block = taken;
    return status;
}

static void release(const struct trkx_device_run *run, void *block)
{
    run->device->cuda->release(run->device->context, block);
}

/* A copy on the device; *block is released by the caller, also on failure. */
static enum trkx_status upload_floats(const struct trkx_device_run *run, const float *from, size_t count,
                                      const char *what, float **block)
{
    enum trkx_status status = allocate_floats(run, count, what, block);
    if (status != TRKX_OK) return status;
    return run->device->cuda->upload(run->device->context, *block, from, count * sizeof *from, run->error);
}

static enum trkx_status download(const struct trkx_device_run *run, void *to, const void *from, size_t bytes)
{
    return run->device->cuda->download(run->device->context, to, from, bytes, run->error);
}

void trkx_device_release(struct trkx_device_run *run)
{
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        bool shared = false;
        for (int j = i + 1; j < TRKX_NETWORKS; j++) shared |= run->features[i] == run->features[j];
        if (!shared) release(run, run->features[i]);
    }
    release(run, run->xyz);
    release(run, run->embedding);
    run->device->cuda->edges_release(run->device->context, &run->edges);
    run->device->cuda->edges_release(run->device->context, &run->candidates);
}

/* ---- features: what follows from the position is computed on the device, the rest comes from the host - */

static bool follows_from_position(const struct trkx_device_run *run, const struct trkx_model *model)
{
    for (size_t i = 0; i < model->features_count; i++)
        if (!run->device->cuda->computes(model->features[i].feature)) return false;
    return true;
}

static enum trkx_status upload_features(struct trkx_device_run *run, enum trkx_network network)
{
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    size_t count = run->hits->count * run->pipeline->bundle.models[network].features_count;
    float *features = NULL;
    TRKX_ALLOCATE(features, run->context->memory, count, "features");
    TRKX_CHECK(trkx_pipeline_features_in(run->pipeline, run->context->memory, network, run->hits,
                                         run->context->modules, features, error));
    TRKX_CHECK(upload_floats(run, features, count, "features", &run->features[network]));
cleanup:
    trkx_release(features);
    return status;
}

static enum trkx_status make_features(struct trkx_device_run *run, enum trkx_network network)
{
    const struct trkx_model *model = &run->pipeline->bundle.models[network];
    enum trkx_status status = TRKX_OK;
    if (!follows_from_position(run, model)) return upload_features(run, network);
    TRKX_CHECK(
        allocate_floats(run, run->hits->count * model->features_count, "features", &run->features[network]));
    TRKX_CHECK(run->device->cuda->features(run->device->context, run->xyz, run->hits->count, model->features,
                                           model->features_count, run->features[network], run->error));
cleanup:
    return status;
}

enum trkx_status trkx_device_features(struct trkx_device_run *run)
{
    const struct trkx_model *models = run->pipeline->bundle.models;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_hits_check_positions(run->hits, run->error));
    TRKX_CHECK(upload_floats(run, run->hits->xyz, 3 * run->hits->count, "positions", &run->xyz));
    for (int i = 0; i < TRKX_NETWORKS; i++) {
        for (int j = 0; j < i && run->features[i] == NULL; j++)
            if (trkx_models_share_features(&models[i], &models[j])) run->features[i] = run->features[j];
        if (run->features[i] == NULL) TRKX_CHECK(make_features(run, (enum trkx_network)i));
    }
cleanup:
    return status;
}

/* ---- embedding and graph ---------------------------------------------------------------------------- */

enum trkx_status trkx_device_embed(struct trkx_device_run *run)
{
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(
        allocate_floats(run, run->hits->count * run->pipeline->bundle.dim, "the embedding", &run->embedding));
    TRKX_CHECK(trkx_embed_in(run->pipeline, run->context, run->features[TRKX_NETWORK_EMBEDDING],
                             run->hits->count, run->embedding, run->error));
cleanup:
    return status;
}

enum trkx_status trkx_device_edges(struct trkx_device_run *run)
{
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    trkx_edges_options options;
    uint32_t *ks = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(
        trkx_pipeline_graph(run->pipeline, run->hits, run->context->memory, &options, &ks, run->error));
    TRKX_CHECK(run->device->cuda->radius_graph(run->device->context, run->embedding, run->hits->count,
                                               bundle->dim, run->xyz, &options, &run->edges, run->error));
cleanup:
    trkx_release(ks);
    return status;
}

/* ---- scores ----------------------------------------------------------------------------------------- */

/* Puts edges as a network takes them; it takes no [m,2], see load.c. */
static enum trkx_status put_ends(struct trkx_device_run *run, const struct trkx_ends *ends, size_t first,
                                 size_t count, void *to)
{
    const trkx_cuda_table *cuda = run->device->cuda;
    trkx_cuda_context *context = run->device->context;
    if (ends->pairs)
        return cuda->rows(context, &run->edges, first, count, ends->features, ends->width, to, run->error);
    return ends->narrow ? cuda->index32(context, &run->edges, first, count, to, run->error)
                        : cuda->index64(context, &run->edges, first, count, to, run->error);
}

/* Runs a network on the nodes and so many of the edges, whose scores (before the sigmoid) are written. */
static enum trkx_status score_batch(struct trkx_device_run *run, enum trkx_network network, size_t first,
                                    size_t count)
{
    struct trkx_session *const *sessions = run->device->sessions;
    const struct trkx_ends ends =
        trkx_ends_of(run->pipeline, sessions, network, run->features[network], run->hits->count);
    struct trkx_tensor in[2], out = {run->edges.scores + first, TRKX_ELEMENT_FLOAT, 1, {(int64_t)count}};
    void *put = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_ends_check(&ends, run->error));
    TRKX_CHECK(allocate(run, count, trkx_ends_bytes(&ends), "a network's edges", &put));
    TRKX_CHECK(put_ends(run, &ends, first, count, put));
    trkx_ends_view_put(&ends, count, put, in);
    TRKX_CHECK(trkx_session_run(sessions[network], run->context->memory, in, &out, run->error));
cleanup:
    release(run, put);
    return status;
}

static enum trkx_status finish_scores(struct trkx_device_run *run, enum trkx_network network)
{
    if (run->pipeline->bundle.models[network].sigmoid_in_model) return TRKX_OK;
    return run->device->cuda->sigmoid(run->device->context, run->edges.scores, run->edges.count, run->error);
}

/* Edges are independent of each other in the filter: where a batch does not fit, half of it may. */
static enum trkx_status score_with_filter(struct trkx_device_run *run)
{
    enum { LEAST = 1024 }; /* edges a call: what a device does at once */
    size_t m = run->edges.count, batch = run->pipeline->filter_batch;
    enum trkx_status status = TRKX_OK;
    if (m == 0) return TRKX_OK;
    TRKX_CHECK(run->device->cuda->scores_allocate(run->device->context, &run->edges, run->error));
    for (size_t first = 0; first < m;) {
        size_t count = m - first < batch ? m - first : batch;
        status = score_batch(run, TRKX_NETWORK_FILTER, first, count);
        if (status == TRKX_ERROR_MEMORY && count > LEAST) {
            batch = count / 2;
            continue;
        }
        if (status != TRKX_OK) goto cleanup;
        first += count;
        TRKX_CHECK(trkx_run_check(run->context, "filter", run->error));
    }
    TRKX_CHECK(finish_scores(run, TRKX_NETWORK_FILTER));
cleanup:
    return status;
}

enum trkx_status trkx_device_filter(struct trkx_device_run *run)
{
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    const struct trkx_device *device = run->device;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(score_with_filter(run));
    if (bundle->completes)
        TRKX_CHECK(device->cuda->over(device->context, &run->edges, bundle->candidate_cut, &run->candidates,
                                      run->error));
    TRKX_CHECK(
        device->cuda->cut(device->context, &run->edges, bundle->models[TRKX_NETWORK_FILTER].cut, run->error));
cleanup:
    return status;
}

/* Each edge is scored in the light of those around it: the graph goes in whole. */
static enum trkx_status score_with_gnn(struct trkx_device_run *run)
{
    enum trkx_status status = TRKX_OK;
    if (run->edges.count == 0) return TRKX_OK;
    TRKX_CHECK(run->device->cuda->scores_allocate(run->device->context, &run->edges, run->error));
    TRKX_CHECK(score_batch(run, TRKX_NETWORK_GNN, 0, run->edges.count));
    TRKX_CHECK(finish_scores(run, TRKX_NETWORK_GNN));
cleanup:
    return status;
}

enum trkx_status trkx_device_gnn(struct trkx_device_run *run)
{
    enum trkx_status status = score_with_gnn(run);
    if (status != TRKX_OK) return status;
    return run->device->cuda->cut(run->device->context, &run->edges,
                                  run->pipeline->bundle.models[TRKX_NETWORK_GNN].cut, run->error);
}

/* ---- tracks ----------------------------------------------------------------------------------------- */

enum trkx_status trkx_device_copy_floats(const struct trkx_device_run *run, const float *from, size_t count,
                                         float **to)
{
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    float *copy = NULL;
    TRKX_ALLOCATE(copy, run->context->memory, count, "a copy from the device");
    if (count > 0) TRKX_CHECK(download(run, copy, from, count * sizeof *copy));
    *to = copy;
    copy = NULL;
cleanup:
    trkx_release(copy);
    return status;
}

enum trkx_status trkx_device_copy_edges(const struct trkx_device_run *run, const trkx_cuda_edges *from,
                                        trkx_edges *edges, float **scores)
{
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    int64_t *index = NULL;
    float *copy = NULL;
    TRKX_ALLOCATE(index, run->context->memory, 2 * from->count, "edges");
    TRKX_ALLOCATE(copy, run->context->memory, scores != NULL ? from->count : 0, "scores");
    TRKX_CHECK(run->device->cuda->edges_download(run->device->context, from, index,
                                                 scores != NULL ? copy : NULL, error));
    *edges = (trkx_edges){.count = from->count, .saturated = from->saturated, .index = index};
    index = NULL;
    if (scores != NULL) {
        *scores = copy;
        copy = NULL;
    }
cleanup:
    trkx_release(index);
    trkx_release(copy);
    return status;
}

static enum trkx_status label_on_device(struct trkx_device_run *run)
{
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    const struct trkx_device *device = run->device;
    enum trkx_status status = TRKX_OK;
    struct trkx_labelling *found = &run->labelling;
    trkx_labelling_options options;
    void *labels = NULL;
    trkx_labelling_options_init(&options);
    options.cut = bundle->models[TRKX_NETWORK_GNN].cut;
    options.min_hits = bundle->min_hits;
    TRKX_CHECK(allocate(run, run->hits->count, sizeof(int32_t), "labels", &labels));
    TRKX_CHECK(device->cuda->tracks(device->context, run->hits->count, &run->edges, &options, labels,
                                    &found->tracks, run->error));
    TRKX_CHECK(download(run, run->labels, labels, run->hits->count * sizeof(int32_t)));
    found->method_tracks = found->tracks;
    found->method_hits = found->hits = trkx_labels_count(run->labels, run->hits->count);
cleanup:
    release(run, labels);
    return status;
}

/* Other methods and completing are the CPU's: what the networks have left comes back once. */
static enum trkx_status label_on_host(struct trkx_device_run *run)
{
    enum trkx_status status = TRKX_OK;
    trkx_edges edges = {0}, candidates = {0};
    float *scores = NULL;
    TRKX_CHECK(trkx_device_copy_edges(run, &run->edges, &edges, &scores));
    TRKX_CHECK(trkx_device_copy_edges(run, &run->candidates, &candidates, NULL));
    TRKX_CHECK(trkx_pipeline_tracks_in(run->pipeline, run->context->memory, run->hits, run->context->modules,
                                       &edges, scores, &candidates, run->labels, &run->labelling,
                                       run->error));
cleanup:
    trkx_edges_destroy(&edges);
    trkx_edges_destroy(&candidates);
    trkx_release(scores);
    return status;
}

enum trkx_status trkx_device_tracks(struct trkx_device_run *run)
{
    const struct trkx_bundle *bundle = &run->pipeline->bundle;
    bool components = trkx_method(bundle->method) == &trkx_method_components && !bundle->completes;
    return components ? label_on_device(run) : label_on_host(run);
}

/* ---- the networks by themselves --------------------------------------------------------------------- */

/* A run without steps before and after. */
struct visit {
    struct trkx_device_run run;
    struct trkx_run_context context;
    trkx_hits hits;
    struct trkx_device *device;
};

static enum trkx_status begin(struct visit *visit, const trkx_pipeline *pipeline, enum trkx_network network,
                              const float *features, size_t n, trkx_error *error)
{
    visit->device = trkx_devices_lend(pipeline->devices);
    visit->context.sessions = visit->device->sessions;
    visit->hits.count = n;
    visit->run = (struct trkx_device_run){.pipeline = pipeline,
                                          .device = visit->device,
                                          .hits = &visit->hits,
                                          .context = &visit->context,
                                          .error = error};
    return upload_floats(&visit->run, features, n * pipeline->bundle.models[network].features_count,
                         "features", &visit->run.features[network]);
}

static void end(struct visit *visit)
{
    trkx_device_release(&visit->run);
    trkx_devices_return(visit->run.pipeline->devices, visit->device);
}

enum trkx_status trkx_device_embed_host(const trkx_pipeline *pipeline, const float *features, size_t n,
                                        float *embedding, trkx_error *error)
{
    struct visit visit = {0};
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(begin(&visit, pipeline, TRKX_NETWORK_EMBEDDING, features, n, error));
    TRKX_CHECK(trkx_device_embed(&visit.run));
    if (n > 0)
        TRKX_CHECK(download(&visit.run, embedding, visit.run.embedding,
                            n * pipeline->bundle.dim * sizeof *embedding));
cleanup:
    end(&visit);
    return status;
}

enum trkx_status trkx_device_score_host(const trkx_pipeline *pipeline, enum trkx_network network,
                                        const float *features, size_t n, const trkx_edges *edges,
                                        float *scores, trkx_error *error)
{
    struct visit visit = {0};
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(begin(&visit, pipeline, network, features, n, error));
    TRKX_CHECK(visit.device->cuda->edges_upload(visit.device->context, edges->index, NULL, edges->count,
                                                &visit.run.edges, error));
    TRKX_CHECK((network == TRKX_NETWORK_FILTER ? score_with_filter : score_with_gnn)(&visit.run));
    if (edges->count > 0)
        TRKX_CHECK(download(&visit.run, scores, visit.run.edges.scores, edges->count * sizeof *scores));
cleanup:
    end(&visit);
    return status;
}
