/* trkx model import: a bundle before it is written. */
#ifndef TRKX_PROGRAMS_MODEL_BUNDLE_H
#define TRKX_PROGRAMS_MODEL_BUNDLE_H

#include "onnx/adopt.h"
#include "onnx/findings.h"

enum { MOST_FEATURES = 256 };

/* A network's features. */
struct feature_list {
    trkx_feature_spec specs[MOST_FEATURES];
    size_t count; /* 0: unknown */
};

/* A network to be put into the bundle. */
struct import_network {
    const char *path;
    struct trkx_onnx file;
    char source_sha256[65];
    struct trkx_findings changes; /* made by a repair */
    struct trkx_adoption adoption;
    struct feature_list features;
    double cut;          /* of filter and GNN */
    char out_sha256[65]; /* of the file in the bundle */
};

struct import_bundle {
    const char *out, *name, *detector, *detectors; /* detectors: a file, or NULL */
    trkx_detector *described; /* the detector's description; NULL: only a file of modules, or nothing */
    struct import_network networks[TRKX_NETWORKS];
    size_t dim, k, min_hits;
    double radius;
};

/* Writes the directory: the networks, the detector's modules, and bundle.json last; then loads it. Returns an
 * exit code; after a failure nothing is left. */
int import_write(struct import_bundle *bundle);

#endif
