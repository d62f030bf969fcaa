/* The steps of the pipeline on a device. What a step makes stays there for the next one. */
#ifndef TRKX_SRC_PIPELINE_DEVICE_H
#define TRKX_SRC_PIPELINE_DEVICE_H

#include "pipeline/pipeline.h"

/* What a run holds on its device between its steps. All pointers but those of the first group are to memory
 * of the device. */
struct trkx_device_run {
    const trkx_pipeline *pipeline;
    const struct trkx_device *device; /* NULL: the run is on the CPU */
    const trkx_hits *hits;
    const struct trkx_run_context *context;
    trkx_error *error;
    int32_t *labels; /* [n] the host's, of the result */
    struct trkx_labelling labelling;

    float *xyz;                     /* [n,3] mm */
    float *features[TRKX_NETWORKS]; /* [n,F] of each network; shared where the lists are the same */
    float *embedding;               /* [n,D] */
    trkx_cuda_edges edges;          /* [m] with scores [m] from the filter on */
    trkx_cuda_edges candidates;
};

enum trkx_status trkx_device_features(struct trkx_device_run *run);
enum trkx_status trkx_device_embed(struct trkx_device_run *run);
enum trkx_status trkx_device_edges(struct trkx_device_run *run);
enum trkx_status trkx_device_filter(struct trkx_device_run *run);
enum trkx_status trkx_device_gnn(struct trkx_device_run *run);
enum trkx_status trkx_device_tracks(struct trkx_device_run *run);

/* Gives back what the run holds. */
void trkx_device_release(struct trkx_device_run *run);

/* Copies to the host, with memory from the run's: edges, and scores [m] where scores is not NULL; *edges and
 * *scores are overwritten, not freed. */
enum trkx_status trkx_device_copy_edges(const struct trkx_device_run *run, const trkx_cuda_edges *from,
                                        trkx_edges *edges, float **scores);
enum trkx_status trkx_device_copy_floats(const struct trkx_device_run *run, const float *from, size_t count,
                                         float **to);

/* The public steps on arrays of the host, of a pipeline that has devices. */
enum trkx_status trkx_device_embed_host(const trkx_pipeline *pipeline, const float *features, size_t n,
                                        float *embedding, trkx_error *error);
enum trkx_status trkx_device_score_host(const trkx_pipeline *pipeline, enum trkx_network network,
                                        const float *features, size_t n, const trkx_edges *edges,
                                        float *scores, trkx_error *error);

#endif
