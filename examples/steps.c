/* The pipeline step by step, each called separately, on an event's files. usage: steps BUNDLE EVENT */
#include <stdio.h>
#include <stdlib.h>
#include <trkx.h>

#define TRY(call) \
    if ((call) != TRKX_OK) goto failed

/* The features of one network, by its own list. */
static float *features_of(const trkx_pipeline *pipeline, enum trkx_network network, const trkx_hits *hits,
                          trkx_error *error)
{
    size_t width = trkx_pipeline_features_count(pipeline, network);
    float *features = malloc((hits->count * width + 1) * sizeof *features);
    if (features != NULL && trkx_pipeline_features(pipeline, network, hits, features, error) != TRKX_OK) {
        free(features);
        features = NULL;
    }
    return features;
}

int main(int count, char **arguments)
{
    trkx_error error = {TRKX_ERROR_MEMORY, "out of memory"};
    trkx_pipeline *pipeline = NULL;
    trkx_event *event = NULL;
    trkx_edges edges = {0}, candidates = {0};
    float *features[TRKX_NETWORKS] = {NULL}, *embedding = NULL, *scores = NULL;
    int32_t *labels = NULL;
    size_t tracks = 0;
    int code = 1;
    if (count != 3) {
        fprintf(stderr, "usage: steps BUNDLE EVENT\n");
        return 2;
    }
    TRY(trkx_pipeline_create(arguments[1], NULL, &pipeline, &error));
    TRY(trkx_event_read(arguments[2], TRKX_EVENT_CELLS | TRKX_EVENT_OPTIONAL, 0, &event, &error));
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(pipeline);
    const trkx_hits *hits = trkx_event_hits(event);
    size_t n = hits->count;

    for (int i = 0; i < TRKX_NETWORKS; i++) /* features [n,F] */
        if ((features[i] = features_of(pipeline, (enum trkx_network)i, hits, &error)) == NULL) goto failed;

    embedding = malloc((n * bundle->dim + 1) * sizeof *embedding); /* embedding [n,D] */
    if (embedding == NULL) goto failed;
    TRY(trkx_embed(pipeline, features[TRKX_NETWORK_EMBEDDING], n, embedding, &error));

    TRY(trkx_pipeline_edges(pipeline, hits, embedding, &edges, &error)); /* edges [2,m] */
    printf("edges   %zu\n", edges.count);

    scores = malloc((edges.count + 1) * sizeof *scores); /* scores [m], edges [2,m'] */
    if (scores == NULL) goto failed;
    TRY(trkx_filter(pipeline, features[TRKX_NETWORK_FILTER], n, &edges, scores, &error));
    TRY(trkx_edges_over(&edges, scores, bundle->candidate_cut, &candidates, &error));
    trkx_edges_cut(&edges, scores, bundle->filter_cut);
    printf("filter  %zu\n", edges.count);

    TRY(trkx_gnn(pipeline, features[TRKX_NETWORK_GNN], n, &edges, scores, &error)); /* scores [m'] */

    labels = malloc((n + 1) * sizeof *labels); /* labels [n] */
    if (labels == NULL) goto failed;
    const trkx_tracks_input input = {hits, &edges, scores, &candidates};
    TRY(trkx_pipeline_tracks(pipeline, &input, labels, &tracks, &error));
    printf("tracks  %zu\n", tracks);
    code = 0;
failed:
    if (code != 0) fprintf(stderr, "%s\n", error.message);
    for (int i = 0; i < TRKX_NETWORKS; i++) free(features[i]);
    free(embedding);
    free(scores);
    free(labels);
    trkx_edges_destroy(&edges);
    trkx_edges_destroy(&candidates);
    trkx_event_destroy(event);
    trkx_pipeline_destroy(pipeline);
    return code;
}
