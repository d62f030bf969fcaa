/* The model bundle: the content of bundle.json, checked field by field (docs/bundle.md). */
#ifndef TRKX_PIPELINE_BUNDLE_H
#define TRKX_PIPELINE_BUNDLE_H

#include "core/memory.h"
#include "io/external_data.h"
#include "tracks/methods.h"

enum { TRKX_BUNDLE_SCHEMA = 1 };

/* One network's entry. */
struct trkx_model {
    char *path;                 /* directory/file */
    char *sha256;               /* 64 lower-case hexadecimal digits */
    struct trkx_data_list data; /* files beside it with its tensors' data */
    char *inputs[2];            /* tensor names: node features, then edges; or only the features of pairs */
    size_t inputs_count;
    bool pairs;      /* a filter that takes the features of each edge's ends side by side, [b,2F] */
    bool transposed; /* it takes edges as [m,2] */
    char *output;
    trkx_feature_spec *features; /* [features_count] the model's own list, or a copy of the bundle's, with the
                                  * names of its columns */
    size_t features_count;
    bool sigmoid_in_model;
    float cut; /* filter and gnn */
};

/* Number of neighbours that hits of a volume keep, if not the bundle's k. */
struct trkx_volume_k {
    int32_t volume;
    uint32_t k;
};

/* A pass over hits: its networks, and the graph that it makes of the embedding. */
struct trkx_pass {
    enum trkx_network embedding, filter;
    size_t dim, k;
    struct trkx_volume_k *volumes; /* [volumes_count] */
    size_t volumes_count;
    double radius;
};

struct trkx_bundle {
    char *directory, *name, *detector;
    char *detectors; /* path of the detector's description or modules, or NULL */
    size_t networks; /* TRKX_NETWORKS, with a second pass TRKX_ALL_NETWORKS */
    struct trkx_model models[TRKX_ALL_NETWORKS];
    struct trkx_pass first, second; /* the second only if has_second: over the hits on no track */
    bool has_second;
    const char **columns; /* [columns_count] used by any network, each once: views of its list */
    size_t columns_count;
    size_t min_hits;
    size_t method;                                   /* of track labelling: its index in tracks/methods.h */
    double (*method_settings)[TRKX_METHOD_SETTINGS]; /* [methods] settings of each */
    bool completes;                                  /* tracks are completed, with: */
    float candidate_cut;                             /* on the filter's scores */
    trkx_complete_options completion;                /* min_hits as above; its threads are the pipeline's */
    double second_chain_score; /* that of completion, unless the second pass has its own */
};

/* Reads directory/bundle.json. Errors: MEMORY, IO, FORMAT (not JSON), BUNDLE (a field is missing or wrong).
 */
enum trkx_status trkx_bundle_read(const char *directory, struct trkx_bundle *bundle, trkx_error *error);
/* The same from text in memory; messages use `name` as the file. */
enum trkx_status trkx_bundle_parse(const char *text, size_t length, const char *name, const char *directory,
                                   struct trkx_bundle *bundle, trkx_error *error);
/* The networks' names: "embedding", "filter", "gnn", and of the second pass "second_embedding",
 * "second_filter". */
extern const char *const trkx_network_names[TRKX_ALL_NETWORKS];
/* Which of the first three it is, of the first pass or of the second. */
enum trkx_network trkx_network_kind(enum trkx_network network);
/* The pass that it belongs to. */
const struct trkx_pass *trkx_pass_of(const struct trkx_bundle *bundle, enum trkx_network network);

/* Frees the content. */
void trkx_bundle_release(struct trkx_bundle *bundle);

/* Reads a model's file whole and compares its SHA-256 with the bundle's.
 * Errors: MEMORY, IO, MODEL (different checksum). The caller passes *bytes to trkx_release. */
enum trkx_status trkx_model_read(const struct trkx_model *model, void **bytes, size_t *count,
                                 trkx_error *error);

#endif
