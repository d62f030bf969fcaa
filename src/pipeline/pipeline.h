/* The parts of a pipeline, and the steps as the pipeline calls them. */
#ifndef TRKX_SRC_PIPELINE_H
#define TRKX_SRC_PIPELINE_H

#include "core/arena.h"
#include "detector/modules.h"
#include "networks/device.h"
#include "networks/session.h"
#include "pipeline/bundle.h"

struct trkx_pipeline {
    struct trkx_bundle bundle;
    trkx_bundle_info info;
    struct trkx_session *sessions[TRKX_NETWORKS]; /* of the CPU; NULL where there are devices */
    struct trkx_devices *devices;                 /* with their own networks; NULL: the CPU */
    trkx_device_info device;
    char *device_names, *fallback;  /* what `device` shows */
    struct trkx_detector *detector; /* NULL where no feature needs it */
    int threads;
    size_t filter_batch;
    enum trkx_kernels kernels;
    struct trkx_arenas *runs;   /* memory of the runs, for the next ones */
    struct trkx_arenas *events; /* and of the events that they read */
};

/* What a step needs to know of the run it belongs to. */
struct trkx_run_context {
    struct trkx_session *const *sessions; /* [TRKX_NETWORKS] */
    struct trkx_memory *memory;           /* NULL: from the system, not counted */
    trkx_step_hook hook;                  /* NULL: cannot be cancelled */
    void *user;
    int32_t *modules; /* [n] of the hits, from the step features on; NULL: not looked up */
};

/* Asks the hook, between batches, whether to go on. Errors: CANCELLED. */
enum trkx_status trkx_run_check(const struct trkx_run_context *context, const char *step, trkx_error *error);

/* The public steps, within a run. modules [n]: those of the hits in the pipeline's detector, or NULL. */
enum trkx_status trkx_pipeline_features_in(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                           enum trkx_network network, const trkx_hits *hits,
                                           const int32_t *modules, float *features /* [n,F] */,
                                           trkx_error *error);
enum trkx_status trkx_embed_in(const trkx_pipeline *pipeline, const struct trkx_run_context *context,
                               const float *features /* [n,F] */, size_t n, float *embedding /* [n,D] */,
                               trkx_error *error);
enum trkx_status trkx_filter_in(const trkx_pipeline *pipeline, const struct trkx_run_context *context,
                                const float *features /* [n,F] */, size_t n, const trkx_edges *edges,
                                float *scores /* [m] */, trkx_error *error);
enum trkx_status trkx_gnn_in(const trkx_pipeline *pipeline, const struct trkx_run_context *context,
                             const float *features /* [n,F] */, size_t n, const trkx_edges *edges,
                             float *scores /* [m] */, trkx_error *error);

/* What track labelling came to. */
struct trkx_labelling {
    size_t method_tracks, method_hits; /* by the method alone: tracks, hits on them */
    size_t tracks, hits;               /* after completion, where there is one */
};

enum trkx_status trkx_pipeline_tracks_in(const trkx_pipeline *pipeline, struct trkx_memory *memory,
                                         const trkx_hits *hits, const int32_t *modules,
                                         const trkx_edges *edges, const float *scores,
                                         const trkx_edges *candidates, int32_t *labels,
                                         struct trkx_labelling *outcome, trkx_error *error);

/* Whether two networks look at the same features. */
bool trkx_models_share_features(const struct trkx_model *a, const struct trkx_model *b);

/* score = 1 / (1 + exp(-logit)), in place. */
void trkx_sigmoid(float *scores /* [m] */, size_t m, int threads);

#endif
